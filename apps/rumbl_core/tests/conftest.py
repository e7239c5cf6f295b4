"""Every test of rumbl_core may use its test kit."""

pytest_plugins = ["rumbl_core.testing"]
