from __future__ import annotations

import re
from pathlib import Path

import pytest

from rumbl_web import settings
from rumbl_web.settings import Settings, SettingsError, load, variable

SECRET = "s" * 50


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


def test_the_defaults_are_for_development() -> None:
    loaded = load({})

    assert (loaded.env, loaded.host, loaded.port, loaded.check_origin) == ("dev", "127.0.0.1", 4000, True)
    assert (loaded.cookie_secure, loaded.secret_key_base) == (False, None)


def test_the_environment_wins_over_the_section_which_wins_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "5000")

    loaded = load({"port": 4500, "threads": 3})

    assert (loaded.port, loaded.threads, loaded.workers) == (5000, 3, 1)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert load({"port": 4500}).port == 4500


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("https://a.example, //*.b.example", ("https://a.example", "//*.b.example")),
    ],
)
def test_origins_are_read_from_one_line(monkeypatch: pytest.MonkeyPatch, text: str, value: object) -> None:
    monkeypatch.setenv("CHECK_ORIGIN", text)

    assert load().check_origin == value


def test_production_sends_its_cookie_over_https_only() -> None:
    assert load({"env": "prod"}).cookie_secure is True
    assert load({"env": "prod", "cookie_secure": False}).cookie_secure is False


@pytest.mark.parametrize(
    ("section", "start"),
    [
        ({"port": "abc"}, "PORT: "),
        ({"port": 70_000}, "PORT: "),
        ({"secret_key_base": "short"}, "SECRET_KEY_BASE: "),
        ({"secret_key_fallbacks": f"{'x' * 50},short"}, "SECRET_KEY_FALLBACKS: each"),
        ({"env": "staging"}, "RUMBL_ENV: "),
        ({"url": "rumbl.example"}, "RUMBL_URL: "),
        (
            {"url": "https://x/path?y"},
            "RUMBL_URL: 'https://x/path?y' won't do: it must be http:// or https://, a",
        ),
        ({"check_origin": "maybe"}, "CHECK_ORIGIN: 'maybe' won't do: check_origin has"),
        ({"redis_url": "http://x"}, "REDIS_URL: it is no address of a Redis. "),
        ({"log_level": "loud"}, "LOG_LEVEL: "),
        ({"colour": "red"}, "colour: rumbl_web has no such setting"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_its_variable(section: dict, start: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(section)

    text = str(caught.value)
    assert text.startswith(start)
    assert "\n" not in text


@pytest.mark.parametrize(
    "url", ["redis://localhost", "redis://:secret@[::1]:6380/3", "rediss://user:p%40ss@redis.example:6379/0"]
)
def test_the_address_of_a_redis_is_taken_as_it_is_and_never_shown(url: str) -> None:
    loaded = load({"redis_url": url})

    assert loaded.redis_url == url
    assert url not in repr(loaded)


@pytest.mark.parametrize(
    "url",
    ["localhost:6379", "http://localhost", "redis://", "redis://h:port", "redis://h:99999", "redis://h/name"],
)
def test_what_is_no_address_of_a_redis_is_refused_in_one_line_without_it(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({"redis_url": url.replace("redis://", "redis://:hunter2@")})

    text = str(caught.value)
    assert text.startswith("REDIS_URL: ")
    assert "\n" not in text
    assert "hunter2" not in text


def test_no_error_and_no_repr_shows_the_secret() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"secret_key_base": "hunter2"})

    assert "hunter2" not in str(caught.value)
    assert SECRET not in repr(load({"secret_key_base": SECRET, "secret_key_fallbacks": SECRET}))


def test_the_readme_lists_every_setting_with_its_variable_and_meaning() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.*?) \| (.*?) \|$", readme, re.MULTILINE)
    fields = Settings.model_fields.items()

    assert [(name, env, text) for name, env, _, text in rows] == [
        (name, settings.variable(name), field.description) for name, field in fields
    ]


def test_variables_that_only_look_like_a_field_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENV", "URL", "DATA_DIR", "SECRET_KEY"):
        monkeypatch.setenv(name, "something of another program")

    assert load({}).url is None
    assert load({}).env == "dev"


@pytest.mark.parametrize(
    "url", ["mail.example", "https://mail.example", "smtp+plain://u:hidden@mail.example"]
)
def test_what_is_no_mail_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^MAIL_URL: ") as refused:
        load({"mail_url": url})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("sender", ["nobody", "a@b.c\nBcc: x@y.z", ""])
def test_what_no_mail_could_come_from_is_refused(sender: str) -> None:
    with pytest.raises(SettingsError, match=r"^MAIL_FROM: "):
        load({"mail_from": sender})


def test_mails_come_from_the_site_unless_told_otherwise() -> None:
    assert load({"url": "https://rumbl.example/x"}).sender == "rumbl <noreply@rumbl.example>"
    assert load({"mail_from": "me@rumbl.example"}).sender == "me@rumbl.example"
