"""What the configuration refuses."""


class ConfigError(ValueError):
    """A setting is missing or wrong. Its text is one line for the person who starts rumbl."""
