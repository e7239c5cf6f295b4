"""The settings of info_sys: the environment wins over the given section, which wins over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from info_sys.backends import known


class SettingsError(Exception):
    """A setting is wrong; one line that begins with its variable."""


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _words(value: object) -> object:
    """An environment variable is a list with commas."""
    return (
        tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value
    )


class Settings(BaseSettings):
    """Everything info_sys can be told from outside."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    wolfram_app_id: Annotated[SecretStr | None, BeforeValidator(_blank_is_none)] = Field(
        default=None,
        validation_alias="WOLFRAM_APP_ID",
        description="app id of a Wolfram Alpha account; without one Wolfram Alpha is off",
    )
    redis_url: Annotated[SecretStr | None, BeforeValidator(_blank_is_none)] = Field(
        default=None,
        validation_alias="INFO_SYS_REDIS_URL",
        description="address of a Redis, to have questions answered by workers, who share what they know",
    )
    timeout_ms: int = Field(
        default=10_000,
        ge=1,
        le=600_000,
        validation_alias="INFO_SYS_TIMEOUT_MS",
        description="how long one question may take, all backends together, in ms",
    )
    cache_clear_interval_ms: int = Field(
        default=60_000,
        ge=1,
        validation_alias="INFO_SYS_CACHE_CLEAR_INTERVAL_MS",
        description="how often the cache of answers is emptied, in ms",
    )
    backends: Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(_words)] = Field(
        default=None,
        validation_alias="INFO_SYS_BACKENDS",
        description="who is asked, as names with commas, default all; equal scores rank in this order",
    )

    @field_validator("backends")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in names or ():
            if name not in known():
                raise ValueError(f"{name!r} is no backend, there are {', '.join(known())}")
        return names

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment before the section."""
        return env_settings, init_settings


def variable(field: str) -> str:
    """The environment variable of a field; an unknown field is its own name."""
    info = Settings.model_fields.get(field)
    return str(info.validation_alias) if info else field


def load(section: Mapping[str, object] | None = None) -> Settings:
    """Make the settings. Raises SettingsError with one line that names the variable."""
    given: dict[str, Any] = {variable(name): value for name, value in (section or {}).items()}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(item) for item in error.errors())) from None


def _explain(item: Any) -> str:
    where = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return f"{where}: info_sys has no such setting; take it out of the section"
    wrong = item["msg"].removeprefix("Value error, ")
    return f"{where}: {wrong}; set it right, or take it away for the default"
