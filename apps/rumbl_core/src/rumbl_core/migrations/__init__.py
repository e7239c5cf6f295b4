"""The migrations, packaged so that an installed wheel can run them. `rumbl-core migrate` does."""
