"""The settings of rumbl_core: the environment wins over the given section, which wins over the defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from rumbl_core.errors import SettingsError


def default_data_dir() -> Path:
    """Folder of the embedded database when nothing is set: per user, as the XDG base directories say."""
    return Path.home() / ".local" / "share" / "rumbl"


def _blank_is_none(value: object) -> object:
    """An empty environment variable is as good as none."""
    return None if isinstance(value, str) and not value.strip() else value


def _absolute(folder: Path) -> Path:
    """Once and for all, so that `~` and the folder of the start mean one thing to everybody who asks."""
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(str(error)) from None


class _Environment(PydanticBaseSettingsSource):
    """Only the variables that fields name: pydantic's own source reads those of the fields' names too.

    An empty variable counts as an unset one.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        alias = str(field.validation_alias)
        return os.environ.get(alias), alias, False

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields.items()
        found = (self.get_field_value(field, name) for name, field in fields)
        return {alias: value for value, alias, _ in found if value is not None and value.strip()}


class Settings(BaseSettings):
    """Everything rumbl_core can be told from outside."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    database_url: Annotated[str | None, BeforeValidator(_blank_is_none)] = Field(
        default=None,
        validation_alias="DATABASE_URL",
        repr=False,
        description="PostgreSQL to use, as postgresql://user:password@host:port/name; "
        "without it an embedded PostgreSQL is started in the data folder",
    )
    data_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=default_data_dir,
        validation_alias="RUMBL_DATA",
        description="folder of everything that rumbl keeps, the embedded database among it; "
        "`~` is your home, a relative one starts at the folder of the start",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=500,
        validation_alias="POOL_SIZE",
        description="connections to the database that one process may hold",
    )
    password_cost: Literal["normal", "cheap"] = Field(
        default="normal",
        description="cost of hashing a password; cheap is for tests only, so no environment variable sets it",
    )
    demo_password: str | None = Field(
        default=None,
        validation_alias="RUMBL_DEMO_PASSWORD",
        repr=False,
        description="password of the demo account that the seeds make; without one nobody can log in as it",
    )

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
        return _Environment(settings_cls), init_settings


def variable(field: str) -> str:
    """Name of the environment variable of a field; the field's own name if it has none."""
    info = Settings.model_fields.get(field)
    return str(info.validation_alias) if info and info.validation_alias else field


def load(section: Mapping[str, object] | None = None) -> Settings:
    """Make the settings; raises SettingsError with one line that names the variable."""
    given: dict[str, Any] = {variable(name): value for name, value in (section or {}).items()}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(item) for item in error.errors())) from None


def _explain(item: Any) -> str:
    where = str(item["loc"][0]) if item["loc"] else "settings"
    if item["type"] == "extra_forbidden":
        return f"{where}: rumbl_core has no such setting; take it out of the section"
    return f"{where}: {item['msg']}, not {item['input']!r}; set it right or take it away for the default"
