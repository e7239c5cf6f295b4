from pathlib import Path

import pytest

from info_sys.settings import Settings, SettingsError, load, variable


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


def test_defaults_hold_without_anything():
    settings = load()
    assert settings.wolfram_app_id is None
    assert (settings.timeout_ms, settings.cache_clear_interval_ms) == (10_000, 60_000)
    assert settings.backends is None


def test_the_environment_wins_over_the_section(monkeypatch):
    monkeypatch.setenv("INFO_SYS_TIMEOUT_MS", "5")
    monkeypatch.setenv("INFO_SYS_BACKENDS", "calculator, wolfram")
    settings = load({"timeout_ms": 7, "cache_clear_interval_ms": 9})
    assert (settings.timeout_ms, settings.cache_clear_interval_ms) == (5, 9)
    assert settings.backends == ("calculator", "wolfram")


def test_an_empty_app_id_is_none_and_a_real_one_is_not_shown(monkeypatch):
    monkeypatch.setenv("WOLFRAM_APP_ID", " ")
    assert load({"wolfram_app_id": "section"}).wolfram_app_id is None
    monkeypatch.setenv("WOLFRAM_APP_ID", "S3CRET")
    settings = load()
    assert settings.wolfram_app_id.get_secret_value() == "S3CRET"
    assert "S3CRET" not in repr(settings)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"timeout_ms": "soon"}, "INFO_SYS_TIMEOUT_MS: "),
        (
            {"backends": "google"},
            "INFO_SYS_BACKENDS: 'google' is no backend, there are wolfram,",
        ),
        ({"colour": "red"}, "colour: info_sys has no such setting"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_variable(section, line):
    with pytest.raises(SettingsError, match=line) as caught:
        load(section)
    assert "\n" not in str(caught.value)


def test_every_setting_stands_in_the_readme_with_its_variable_and_default():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` | `{field.validation_alias}` |" in readme, name
        assert field.description in readme, name
