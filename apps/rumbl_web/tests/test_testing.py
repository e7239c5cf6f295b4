from __future__ import annotations

import pytest
from flask import render_template
from jinja2 import DictLoader, Environment

from rumbl_web import auth, csrf
from rumbl_web.testing import Client, compile_pages, flatten, html_response, make_app, redirected_to


def test_fields_are_named_as_forms_name_them() -> None:
    assert flatten({"a": 1, "b": {"c": {"d": "x"}}}) == {"a": "1", "b[c][d]": "x"}


def test_html_response_tells_another_status_and_another_type(client: Client) -> None:
    with pytest.raises(AssertionError, match="status 404"):
        html_response(client.get("/nowhere"))
    with pytest.raises(AssertionError):
        html_response(client.get("/robots.txt"))


def test_redirected_to_wants_a_redirect(client: Client) -> None:
    with pytest.raises(AssertionError, match="status 200"):
        redirected_to(client.get("/"))


def test_a_twin_has_the_session_and_then_goes_its_own_way(client: Client) -> None:
    client.csrf_token()
    twin = client.twin()
    with client.session_transaction() as session, twin.session_transaction() as same:
        assert same["csrf"] == session["csrf"]

    twin.delete_cookie("_rumbl_key")

    assert client.get_cookie("_rumbl_key") is not None


def test_a_cookie_goes_where_a_browser_would_send_it(client: Client) -> None:
    client.set_cookie("anywhere", "1")
    client.set_cookie("below", "1", path="/static")
    client.set_cookie("elsewhere", "1", domain="example.org")
    sent = {
        (base, path): client.get(path, base_url=base).request.headers.get("cookie")
        for base in ("http://localhost:4000", "https://example.org")
        for path in ("/static/favicon.svg", "/staticfavicon.svg")
    }

    assert sent == {
        ("http://localhost:4000", "/static/favicon.svg"): "anywhere=1; below=1",
        ("http://localhost:4000", "/staticfavicon.svg"): "anywhere=1",
        ("https://example.org", "/static/favicon.svg"): "elsewhere=1",
        ("https://example.org", "/staticfavicon.svg"): "elsewhere=1",
    }


def test_the_tokens_of_a_session_are_of_one_secret(client: Client) -> None:
    first, second = client.csrf_token(), client.csrf_token()

    with client.session_transaction() as session:
        assert csrf.is_valid(first, session["csrf"])
        assert csrf.is_valid(second, session["csrf"])


def test_a_site_takes_no_template_that_another_compiled_otherwise() -> None:
    texts = {}
    for name in ("first", "escapes", "like the first"):
        app = make_app()
        app.jinja_env.loader = DictLoader({"one.html": "{{ text }}"})
        app.jinja_env.autoescape = name == "escapes"
        with app.test_request_context("/"):
            texts[name] = render_template("one.html", text="<")

    assert texts == {"first": "<", "escapes": "&lt;", "like the first": "<"}


def test_after_all_pages_are_compiled_no_site_compiles_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_pages()
    compiled: list[str | None] = []
    monkeypatch.setattr(
        Environment, "compile", lambda _self, _source, name=None, *_rest: compiled.append(name)
    )

    assert make_app().test_client().get("/sessions/new").status_code == 200
    assert compiled == []


def test_the_session_of_a_browser_can_be_read(client: Client) -> None:
    assert client.session() == {}

    client.get("/users")

    assert client.session()["flash"]["error"] == auth.MUST_LOG_IN
