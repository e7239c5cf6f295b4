import pytest
from babel.support import NullTranslations
from flask import Flask

from rumbl_core.testing import Sandbox
from rumbl_web import gettext
from rumbl_web.testing import Client, html_response


class Shouted(NullTranslations):
    """A language in which everything is in capitals."""

    def gettext(self, message: str) -> str:
        return message.upper()

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return (msgid1 if n == 1 else msgid2).upper()

    ugettext = gettext
    ungettext = ngettext


@pytest.fixture
def shouted(monkeypatch: pytest.MonkeyPatch) -> None:
    """German as capitals: what is under test is the machinery, not the words."""
    monkeypatch.setattr(gettext, "catalogue", lambda code: Shouted() if code == "de" else NullTranslations())


@pytest.mark.parametrize(
    ("accepted", "cookie", "spoken"),
    [
        (None, None, "en"),
        ("de", None, "de"),
        ("de-AT,de;q=0.9,en;q=0.8", None, "de"),
        ("ar-EG", None, "ar"),
        ("fr, de;q=0.5", None, "de"),
        ("fr, it", None, "en"),
        ("en;q=0.3, ar;q=0.7", None, "ar"),
        ("ar", "de", "de"),
        ("de", "en", "en"),
        ("de", "xx", "de"),
        ("de", "../../etc/passwd", "de"),
        (";;;q=,,,=;q=x", None, "en"),
        ("*", None, "en"),
        ("de;q=nan", None, "en"),
        ("\x00\xff" * 10, "", "en"),
        ("x" * 4000, "y" * 3000, "en"),
    ],
)
def test_the_language_is_the_choice_else_the_browsers_else_english(
    app: Flask, accepted: str | None, cookie: str | None, spoken: str
) -> None:
    headers = {"accept-language": accepted} if accepted is not None else {}
    if cookie is not None:
        headers["cookie"] = f"{gettext.COOKIE}={cookie}"
    with app.test_request_context("/", headers=headers):
        assert gettext.language() == spoken


def test_a_page_says_its_language_its_direction_and_what_they_depend_on(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "ar"})
    assert '<html lang="ar" dir="rtl">' in html_response(page)
    assert page.headers["content-language"] == "ar"
    assert {"accept-language", "cookie"} <= {name.lower() for name in page.vary}
    assert '<html lang="de" dir="ltr">' in client.get("/", headers={"accept-language": "de"}).text


def test_an_error_page_is_in_the_readers_language(client: Client) -> None:
    page = client.get("/nothing", headers={"accept-language": "ar"})
    assert '<html lang="ar" dir="rtl">' in html_response(page, 404)
    assert page.headers["content-language"] == "ar"


@pytest.mark.usefixtures("shouted")
def test_code_and_templates_speak_the_language_of_the_request(app: Flask) -> None:
    with app.test_request_context("/", headers={"accept-language": "de"}):
        assert gettext.gettext("Language") == "LANGUAGE"
        assert gettext.ngettext("one note", "notes", 1) == "ONE NOTE"
        assert app.jinja_env.from_string("{{ _('Language') }}").render() == "LANGUAGE"
        assert app.jinja_env.from_string("{% trans %}Language{% endtrans %}").render() == "LANGUAGE"
    with app.test_request_context("/"):
        assert gettext.gettext("Language") == "Language"


TEMPLATES = [
    "{{ _('%(name)s is here', name=name) }}",
    "{{ gettext('%(name)s is here', name=name) }}",
    "{{ ngettext('%(name)s is here', '%(num)s are here', 1, name=name) }}",
    "{% trans name=name %}{{ name }} is here{% endtrans %}",
    "{{ _(name) }} is here",
]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_fills_in_and_escapes(app: Flask, template: str) -> None:
    html = app.jinja_env.from_string(f"{{% autoescape true %}}{template}{{% endautoescape %}}")
    text = app.jinja_env.from_string(f"{{% autoescape false %}}{template}{{% endautoescape %}}")
    with app.test_request_context("/"):
        assert html.render(name="<Ana>") == "&lt;Ana&gt; is here"
        assert text.render(name="<Ana>") == "<Ana> is here"


def test_code_fills_in_without_escaping(app: Flask) -> None:
    with app.test_request_context("/"):
        assert gettext.gettext("%(name)s is here", name="<Ana>") == "<Ana> is here"
        assert gettext.ngettext("%(num)d note", "%(num)d notes", 2) == "2 notes"
        assert gettext.gettext("100 %") == "100 %"
        assert gettext.gettext("") == ""


@pytest.mark.parametrize(("code", "written"), [("en", "1,234.5"), ("de", "1.234,5"), ("ar", "1,234.5")])
def test_a_number_is_written_as_the_language_does(code: str, written: str) -> None:
    with gettext.speaking(code):
        assert gettext.number(1234.5) == written


@pytest.mark.parametrize("code", ["xx", "", None, ["de"], {"de": 1}, 7])
def test_what_is_no_language_of_ours_is_english(code: object) -> None:
    with gettext.speaking("de"), gettext.speaking(code):
        assert gettext.language() == "en"


def test_a_language_is_spoken_in_its_block_only(app: Flask) -> None:
    with app.test_request_context("/", headers={"accept-language": "ar"}):
        with gettext.speaking("de"):
            assert gettext.gettext("Log in") == "Anmelden"
        assert gettext.language() == "ar"


def test_outside_of_a_request_it_is_english(sandbox: Sandbox, app: Flask) -> None:
    assert gettext.gettext("Language") == "Language"
    with app.app_context():
        assert gettext.language() == "en"


def test_a_marked_constant_is_itself() -> None:
    assert gettext.noop("Title") == "Title"


def test_every_language_but_english_has_its_catalogues() -> None:
    there = {path.name for path in gettext.TRANSLATIONS.iterdir() if path.is_dir()}
    assert there == gettext.LANGUAGES.keys() - {gettext.SOURCE}
    for code in there:
        assert (gettext.TRANSLATIONS / code / "LC_MESSAGES" / "messages.po").is_file()
