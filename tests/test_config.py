"""The config tree: its layers, what it refuses, and that it speaks of settings that exist."""

from __future__ import annotations

import importlib

import pytest

import config
from config import ConfigError, runtime
from tests.project import APPS

PROD = {
    "DATABASE_URL": "postgresql://rumbl@db.example/rumbl",
    "SECRET_KEY_BASE": "x" * 64,
    "RUMBL_URL": "https://rumbl.example",
}


def settings_of(app: str):
    return importlib.import_module(f"{app}.settings")


@pytest.fixture(autouse=True)
def _no_variable_of_ours_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variables in runtime.VARIABLES.values():
        for name in variables:
            monkeypatch.delenv(name, raising=False)


def test_dev_is_the_default_and_listens_on_port_4000_of_this_machine() -> None:
    web = config.load(environ={})["rumbl_web"]
    assert (web["env"], web["host"], web["port"]) == ("dev", "127.0.0.1", 4000)


@pytest.mark.trap(42)
def test_rumbl_env_picks_the_environment() -> None:
    assert config.load(environ={"RUMBL_ENV": "test"})["rumbl_core"]["password_cost"] == "cheap"


def test_the_caller_wins_over_rumbl_env() -> None:
    assert config.load("dev", environ={"RUMBL_ENV": "test"})["rumbl_web"]["env"] == "dev"


def test_an_unknown_environment_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ConfigError, match=r"RUMBL_ENV: 'staging' .* dev, test, prod"):
        config.load(environ={"RUMBL_ENV": "staging"})


def test_the_environment_wins_over_the_files() -> None:
    assert config.load(environ={"PORT": "5000"})["rumbl_web"]["port"] == "5000"


def test_an_empty_variable_is_an_unset_one() -> None:
    assert config.load(environ={"PORT": " "})["rumbl_web"]["port"] == 4000


@pytest.mark.parametrize("missing", PROD)
def test_production_is_refused_with_the_name_of_what_is_missing(missing: str) -> None:
    environ = {name: value for name, value in PROD.items() if name != missing}
    with pytest.raises(ConfigError, match=rf"\A{missing} is not set: put .+\Z"):
        config.load("prod", environ)


def test_production_starts_with_what_it_needs_and_sends_cookies_over_https_only() -> None:
    assert config.load("prod", PROD)["rumbl_web"]["cookie_secure"] is True


def test_loading_twice_gives_trees_of_their_own() -> None:
    config.load(environ={})["rumbl_web"]["port"] = 1
    assert config.load(environ={})["rumbl_web"]["port"] == 4000


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("env", config.OVERLAYS)
def test_every_key_of_the_tree_is_a_setting_of_its_app(env: str, app: str) -> None:
    section = config.load(env, PROD if env == "prod" else {})[app]
    assert set(section) <= set(settings_of(app).Settings.model_fields)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("env", config.OVERLAYS)
def test_every_app_accepts_its_section(env: str, app: str) -> None:
    section = config.load(env, {**PROD})[app]
    loaded = settings_of(app).load(section)
    assert str(loaded.model_dump()[next(iter(section))]) == str(section[next(iter(section))])


@pytest.mark.parametrize("app", APPS)
def test_runtime_reads_exactly_the_variables_that_the_settings_name(app: str) -> None:
    fields = settings_of(app).Settings.model_fields
    named = {field.validation_alias: name for name, field in fields.items() if field.validation_alias}
    assert named == runtime.VARIABLES[app]


def test_a_wrong_value_is_one_line_that_names_its_variable() -> None:
    web = settings_of("rumbl_web")
    with pytest.raises(web.SettingsError, match=r"\APORT: [^\n]+\Z"):
        web.load(config.load(environ={"PORT": "many", **PROD})["rumbl_web"])
