"""The last layer: the environment, where secrets and addresses live. What is set there wins."""

from __future__ import annotations

from collections.abc import Mapping

from config.errors import ConfigError
from config.tree import Tree

# Which setting of which app each environment variable fills.
VARIABLES = {
    "rumbl_core": {
        "DATABASE_URL": "database_url",
        "RUMBL_DATA": "data_dir",
        "POOL_SIZE": "pool_size",
        "RUMBL_DEMO_PASSWORD": "demo_password",
    },
    "info_sys": {
        "WOLFRAM_APP_ID": "wolfram_app_id",
        "INFO_SYS_BACKENDS": "backends",
        "INFO_SYS_REDIS_URL": "redis_url",
        "INFO_SYS_TIMEOUT_MS": "timeout_ms",
        "INFO_SYS_CACHE_CLEAR_INTERVAL_MS": "cache_clear_interval_ms",
    },
    "rumbl_web": {
        "RUMBL_ENV": "env",
        "HOST": "host",
        "PORT": "port",
        "WORKERS": "workers",
        "REDIS_URL": "redis_url",
        "PIN_WORKERS": "pin_workers",
        "THREADS": "threads",
        "SECRET_KEY_BASE": "secret_key_base",
        "SECRET_KEY_FALLBACKS": "secret_key_fallbacks",
        "RUMBL_URL": "url",
        "TRUSTED_PROXIES": "trusted_proxies",
        "TRUSTED_HOSTS": "trusted_hosts",
        "CHECK_ORIGIN": "check_origin",
        "SESSION_DAYS": "session_days",
        "COOKIE_SECURE": "cookie_secure",
        "PRESENCE_DOWN_MS": "presence_down_ms",
        "SOCKETS_PER_USER": "sockets_per_user",
        "THROTTLE_STORE": "throttle_store",
        "REGISTRATIONS_PER_HOUR": "registrations_per_hour",
        "MAIL_URL": "mail_url",
        "MAIL_FROM": "mail_from",
        "LOG_LEVEL": "log_level",
        "LOG_FORMAT": "log_format",
    },
}

# What production can't guess, and what to put there.
NEEDED_IN_PROD = {
    "DATABASE_URL": "put the address of a PostgreSQL database there, like postgresql://user:password@host/rumbl",
    "SECRET_KEY_BASE": "put at least 50 random characters there, like the output of "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
    "RUMBL_URL": "put the public address of the site there, like https://rumbl.example.org",
}


def overlay(env: str, environ: Mapping[str, str]) -> Tree:
    """The settings that `environ` gives, as text: each app's Settings casts and judges its own.

    An empty variable is an unset one. Raises ConfigError for the first that production needs and lacks.
    """
    given = {name: value for name, value in environ.items() if value.strip()}
    for name, advice in NEEDED_IN_PROD.items():
        if env == "prod" and name not in given:
            raise ConfigError(f"{name} is not set: {advice}")
    return {
        app: {field: given[name] for name, field in fields.items() if name in given}
        for app, fields in VARIABLES.items()
    }
