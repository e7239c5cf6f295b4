from pathlib import Path

import pytest

from rumbl_core import settings
from rumbl_core.errors import SettingsError


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in settings.Settings.model_fields:
        monkeypatch.delenv(settings.variable(field), raising=False)


def test_everything_has_a_default() -> None:
    loaded = settings.load()
    assert (loaded.database_url, loaded.pool_size, loaded.password_cost) == (None, 10, "normal")
    assert loaded.data_dir == settings.default_data_dir()


def test_the_environment_wins_over_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    section = {"pool_size": 3, "data_dir": "/here", "password_cost": "cheap"}
    assert settings.load(section).pool_size == 3
    monkeypatch.setenv("POOL_SIZE", "7")
    loaded = settings.load(section)
    assert (loaded.pool_size, loaded.data_dir, loaded.password_cost) == (7, Path("/here"), "cheap")


def test_an_empty_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", " ")
    assert settings.load().database_url is None


def test_the_environment_can_not_make_passwords_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_COST", "cheap")
    assert settings.load().password_cost == "normal"


@pytest.mark.parametrize("size", ["0", "many", "-1", "501"])
def test_a_wrong_value_is_one_line_that_names_the_variable(
    size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOL_SIZE", size)
    with pytest.raises(SettingsError, match=r"^POOL_SIZE: [^\n]+$"):
        settings.load()


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="pool: rumbl_core has no such setting"):
        settings.load({"pool": 1})


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.load().pool_size = 3


def test_a_variable_named_like_a_field_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "elsewhere")
    assert settings.load({"data_dir": "/here"}).data_dir == Path("/here")


@pytest.mark.parametrize(
    ("given", "meant"), [("~/x", "{home}/x"), ("x", "{here}/x"), ("./x", "{here}/x"), ("/x", "/x")]
)
def test_the_data_folder_is_absolute(
    given: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/of/a/test")
    expected = Path(meant.format(home="/home/of/a/test", here=tmp_path))
    assert settings.load({"data_dir": given}).data_dir == expected
    monkeypatch.setenv("RUMBL_DATA", given)
    assert settings.load().data_dir == expected


def test_a_home_of_nobody_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUMBL_DATA", "~no-such-user/x")
    with pytest.raises(SettingsError, match=r"^RUMBL_DATA: [^\n]+$"):
        settings.load()


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUMBL_DATA", " ")
    assert settings.load({"data_dir": "/here"}).data_dir == Path("/here")


def test_keywords_are_a_section_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.Settings(pool_size=3).pool_size == 3
    monkeypatch.setenv("POOL_SIZE", "7")
    assert settings.Settings(pool_size=3).pool_size == 7
