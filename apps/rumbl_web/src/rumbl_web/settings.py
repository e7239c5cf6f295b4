"""What the site needs to be told from outside: one frozen object, read once at start.

A value comes from the environment, else from the section of the config tree that was handed in, else from the
default here. So an installed wheel runs from the environment alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from rumbl_web import mail
from rumbl_web.phoenix.transports import origin

Names = tuple[str, ...]

MIN_SECRET = 50
_BASE_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:/[A-Za-z0-9._~-]+)*")


class SettingsError(Exception):
    """A setting is missing or wrong. The text is one line that begins with the variable's name."""


class Settings(BaseSettings):
    """Configuration of rumbl_web. `load` gives the same with errors that a person can act on."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True)

    env: Literal["dev", "test", "prod"] = Field(
        "dev", validation_alias="RUMBL_ENV", description="Which environment this is: dev, test or prod."
    )
    host: str = Field(
        "127.0.0.1", validation_alias="HOST", min_length=1, description="Address the server listens on."
    )
    port: int = Field(
        4000,
        validation_alias="PORT",
        ge=0,
        le=65535,
        description="Port the server listens on; 0 takes a free one.",
    )
    workers: int = Field(
        1,
        validation_alias="WORKERS",
        ge=1,
        le=64,
        description="Number of server processes; more than 1 are joined by REDIS_URL.",
    )
    pin_workers: bool = Field(
        False,
        validation_alias="PIN_WORKERS",
        description="Give each server process a core of its own; for machines that do little else.",
    )
    threads: int = Field(
        8, validation_alias="THREADS", ge=1, le=256, description="Request threads of each server process."
    )
    redis_url: str | None = Field(
        None,
        validation_alias="REDIS_URL",
        repr=False,
        description="Redis that joins server processes and machines, as redis://user:password@host:6379/0; "
        "without one this process is alone.",
    )
    secret_key_base: str | None = Field(
        None,
        validation_alias="SECRET_KEY_BASE",
        min_length=MIN_SECRET,
        repr=False,
        description="Secret that signs cookies and tokens, at least 50 random characters; made once in dev.",
    )
    secret_key_fallbacks: Annotated[Names, NoDecode] = Field(
        (),
        validation_alias="SECRET_KEY_FALLBACKS",
        repr=False,
        description="Earlier values of SECRET_KEY_BASE, with commas: what they have signed is still good.",
    )
    url: str | None = Field(
        None,
        validation_alias="RUMBL_URL",
        description="Public base address of the site: https://rumbl.example, or https://example.org/rumbl.",
    )
    trusted_proxies: int = Field(
        0,
        validation_alias="TRUSTED_PROXIES",
        ge=0,
        le=10,
        description="Reverse proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    )
    trusted_hosts: Annotated[Names, NoDecode] = Field(
        (),
        validation_alias="TRUSTED_HOSTS",
        description="Host names that requests may ask for, separated by commas; empty trusts every name.",
    )
    check_origin: Annotated[bool | Names, NoDecode] = Field(
        True,
        validation_alias="CHECK_ORIGIN",
        description="Who may open a socket: true (our host), false (anyone), or origins separated by commas.",
    )
    session_days: int = Field(
        60,
        validation_alias="SESSION_DAYS",
        ge=1,
        le=60,
        description="Days until a log-in has to be repeated.",
    )
    cookie_secure: bool = Field(
        default_factory=lambda fields: fields["env"] == "prod",
        validation_alias="COOKIE_SECURE",
        description="Send the session cookie over HTTPS only; on in prod unless told otherwise.",
    )
    presence_down_ms: int = Field(
        10_000,
        validation_alias="PRESENCE_DOWN_MS",
        ge=1000,
        le=600_000,
        description="Milliseconds of silence after which a node's viewers leave; the same on every node.",
    )
    sockets_per_user: int = Field(
        50,
        validation_alias="SOCKETS_PER_USER",
        ge=1,
        description="Sockets that one user may hold open in each server process; more are refused with 429.",
    )
    throttle_store: Literal["shared", "memory"] = Field(
        "shared",
        validation_alias="THROTTLE_STORE",
        description="Where wrong passwords are counted: shared (REDIS_URL, else the database) or memory, "
        "which a restart empties and no other process sees.",
    )
    registrations_per_hour: int = Field(
        20,
        validation_alias="REGISTRATIONS_PER_HOUR",
        ge=0,
        description="Tries to register that one address has in an hour; 0 is as many as it likes.",
    )
    mail_url: str | None = Field(
        None,
        validation_alias="MAIL_URL",
        repr=False,
        description="Mail server, as smtps://user:password@host, or smtp:// (STARTTLS), or smtp+plain:// "
        "(own relay, no TLS); without one no mail is sent, and in dev it is shown at /dev/mailbox.",
    )
    mail_from: str | None = Field(
        None,
        validation_alias="MAIL_FROM",
        max_length=300,
        description="Sender of mails, like rumbl <mail@rumbl.example>; else noreply at RUMBL_URL's host.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias="LOG_LEVEL", description="Least weight of the log lines that are written."
    )
    log_format: Literal["text", "json"] = Field(
        default_factory=lambda fields: "json" if fields["env"] == "prod" else "text",
        validation_alias="LOG_FORMAT",
        description="How log lines are written: text or json; json in prod unless told otherwise.",
    )

    @field_validator("trusted_hosts", "check_origin", "secret_key_fallbacks", mode="before")
    @classmethod
    def split_names(cls, value: object) -> object:
        """Read `a, b` from the environment as two names."""
        if not isinstance(value, str) or value.lower() in {"true", "false"}:
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @field_validator("check_origin")
    @classmethod
    def judge_origins(cls, value: bool | Names) -> bool | Names:
        """Refuse at the start what no socket could be judged by."""
        origin.rule(value)
        return value

    @field_validator("secret_key_fallbacks")
    @classmethod
    def judge_older_secrets(cls, value: Names) -> Names:
        """Who can guess one of them can be anybody, as with the secret of today."""
        if any(len(secret) < MIN_SECRET for secret in value):
            raise ValueError(f"each must have at least {MIN_SECRET} characters")
        return value

    @field_validator("redis_url")
    @classmethod
    def judge_redis_url(cls, value: str | None) -> str | None:
        """Refuse what is no address of a Redis, without repeating it: it may hold a password."""
        if value is not None:
            parts = urlsplit(value)
            port_is_one = parts.port != 0  # raises ValueError for what is no port
            if parts.scheme not in {"redis", "rediss"} or not parts.hostname or not port_is_one:
                raise ValueError("it is no address of a Redis")
            if not re.fullmatch(r"/?[0-9]{0,4}", parts.path):
                raise ValueError("its path must be the number of a database")
        return value

    @field_validator("mail_url")
    @classmethod
    def judge_mail_url(cls, value: str | None) -> str | None:
        """Refuse what is no address of a mail server, without repeating it: it may hold a password."""
        wrong = mail.refusal(value) if value is not None else None
        if wrong:
            raise ValueError(wrong)
        return value

    @field_validator("mail_from")
    @classmethod
    def judge_mail_from(cls, value: str | None) -> str | None:
        """Refuse what no mail could come from."""
        if value is not None and (not value.isprintable() or "@" not in parseaddr(value)[1]):
            raise ValueError("it must be a mail address, perhaps with a name before it")
        return value

    @property
    def sender(self) -> str:
        """Whom mails come from."""
        host = urlsplit(self.url).hostname if self.url else None
        return self.mail_from or f"rumbl <noreply@{host or 'localhost'}>"

    @field_validator("url", mode="before")
    @classmethod
    def drop_last_slash(cls, value: object) -> object:
        """Let `https://rumbl.example/` be `https://rumbl.example`."""
        return value.removesuffix("/") if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def judge_url(cls, value: str | None) -> str | None:
        """Refuse what links and cookies could not be made from."""
        if value is not None and not _BASE_ADDRESS.fullmatch(value):
            raise ValueError("it must be http:// or https://, a host, and at most a path")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def upper_level(cls, value: object) -> object:
        """Let `info` be INFO."""
        return value.upper() if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over what the config tree says, and read nothing else."""
        return env_settings, init_settings


def load(section: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the environment over `section`. Raises SettingsError for the first wrong value."""
    # By variable names: fields' own names (`url`, `env`) are too common to be read from an environment.
    given: dict[str, Any] = {variable(name): value for name, value in (section or {}).items()}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def variable(field: str) -> str:
    """Name of the environment variable behind `field`; an unknown field is its own name."""
    info = Settings.model_fields.get(field)
    return str(info.validation_alias) if info else field


def _explain(error: ValidationError) -> str:
    """One line for the first error: the variable, what is wrong, and what it is for."""
    first = error.errors(include_url=False)[0]
    place = str(first["loc"][0])
    for name, field in Settings.model_fields.items():
        if place in (name, field.validation_alias):
            given = f"{first['input']!r} won't do: " if field.repr else ""
            wrong = first["msg"].removeprefix("Value error, ")
            return f"{variable(name)}: {given}{wrong}. {field.description}"
    return f"{place}: rumbl_web has no such setting. Remove it from the config section."
