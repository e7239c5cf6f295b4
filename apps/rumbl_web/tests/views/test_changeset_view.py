import pytest
from babel.support import NullTranslations
from flask import Flask

from rumbl_core.changeset import Changeset
from rumbl_core.message import counted, message
from rumbl_web import gettext
from rumbl_web.views import changeset_view

WORDS = {
    "is reserved": "vergeben",
    "at least %(number)s": "mindestens %(number)s",
    "%(count)d letter": "%(count)d Buchstabe",
    "%(count)d letters": "%(count)d Buchstaben",
    "said plainly": "einfach gesagt",
}


class German(NullTranslations):
    def gettext(self, message: str) -> str:
        return WORDS[message]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return WORDS[msgid1 if n == 1 else msgid2]

    ugettext = gettext
    ungettext = ngettext


MESSAGES = [
    (message("is reserved"), "vergeben"),
    (message("at least %(number)s", number=3), "mindestens 3"),
    (counted("%(count)d letter", "%(count)d letters", 1), "1 Buchstabe"),
    (counted("%(count)d letter", "%(count)d letters", 2), "2 Buchstaben"),
    ("said plainly", "einfach gesagt"),
]


@pytest.mark.parametrize(("said", "translated"), MESSAGES)
def test_a_message_is_told_in_the_readers_language(
    app: Flask, monkeypatch: pytest.MonkeyPatch, said: str, translated: str
) -> None:
    monkeypatch.setattr(gettext, "catalogue", lambda _code: German())
    with app.test_request_context("/"):
        assert changeset_view.translated(said) == translated


@pytest.mark.parametrize("said", [said for said, _translated in MESSAGES])
def test_on_the_wire_without_a_request_it_is_english(said: str) -> None:
    changeset = Changeset(object()).add_error("name", said)
    assert changeset_view.errors(changeset) == {"name": [str(said)]}
