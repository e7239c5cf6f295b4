"""The mailbox of a site under development, and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from rumbl_web import mailer
from rumbl_web.mail import Mail
from rumbl_web.mailer import EXTENSION, Mailer
from rumbl_web.testing import Client, html_response


def page(client: Client, app: Flask, using: Mailer, status: int = 200) -> str:
    before, app.extensions[EXTENSION] = app.extensions[EXTENSION], using
    try:
        return html_response(client.get("/dev/mailbox"), status)
    finally:
        app.extensions[EXTENSION] = before


def test_mails_are_shown_escaped_with_links_to_this_site_alone(
    client: Client, app: Flask, tmp_path: Path
) -> None:
    using = Mailer(mailer.adapter(None, "dev", tmp_path))
    assert "No mail yet." in page(client, app, using)
    text = "<script>alert(1)</script>\n\nhttp://localhost/reset/abc\n\nhttps://evil.example/"
    using.send(Mail("ana@example.org", "<b>Hello</b>", text))

    shown = page(client, app, using)
    assert "&lt;b&gt;Hello&lt;/b&gt;" in shown
    assert '<time dir="ltr" ' in shown, "day before time of day, in Arabic too"
    assert "&lt;script&gt;alert(1)" in shown
    assert '<a href="http://localhost/reset/abc">' in shown
    assert 'href="https://evil' not in shown


@pytest.mark.parametrize(
    ("url", "env"), [(None, "prod"), ("smtp://m.example", "prod"), ("smtp://m.example", "dev")]
)
def test_there_is_none_where_mails_are_real(
    client: Client, app: Flask, tmp_path: Path, url: str | None, env: str
) -> None:
    page(client, app, Mailer(mailer.adapter(url, env, tmp_path)), 404)
