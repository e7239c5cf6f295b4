"""What every suite of the umbrella may use."""

pytest_plugins = ["tests.forked"]
