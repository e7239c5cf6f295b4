from __future__ import annotations

import io

import pytest
from flask import Blueprint, Flask, request

from rumbl_core import multimedia
from rumbl_core.testing import Sandbox, user_fixture, video_fixture
from rumbl_web import endpoint
from rumbl_web.endpoint import MAX_BODY, create_endpoint
from rumbl_web.settings import SettingsError
from rumbl_web.testing import Client, html_response, make_app, make_settings, redirected_to


@pytest.mark.trap(44)
def test_head_works_wherever_get_does(client: Client) -> None:
    got, head = client.get("/"), client.head("/")

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("accept", ["text/html", "*/*", "text/*", "application/json, text/html;q=0.1", None])
def test_whoever_takes_html_gets_it(client: Client, accept: str | None) -> None:
    html_response(client.get("/", headers={"accept": accept} if accept else {}))


@pytest.mark.parametrize("accept", ["image/*", "text/plain", "text/html;q=0"])
@pytest.mark.trap(44)
def test_whoever_takes_no_html_is_told_so_in_plain_text(client: Client, accept: str) -> None:
    answer = client.get("/", headers={"accept": accept})

    assert (answer.status_code, answer.mimetype, answer.text) == (406, "text/plain", "Not Acceptable")


def test_another_format_by_parameter_is_refused(client: Client) -> None:
    html_response(client.get("/?_format=html"))
    html_response(client.get("/?_format=json"), 406)


@pytest.mark.parametrize(
    "content_type", [None, "multipart/form-data; boundary=x", "text/plain", "application/json"]
)
def test_a_body_over_the_limit_is_refused(client: Client, content_type: str | None) -> None:
    body = b"a=" + b"x" * MAX_BODY
    answer = client.post(
        "/sessions", data=body, content_type=content_type or "application/x-www-form-urlencoded"
    )

    assert "up to 1 MB" in html_response(answer, 413)


@pytest.mark.parametrize("path", ["/sessions", "/nowhere"])
def test_a_body_over_the_limit_is_refused_at_every_level_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level("DEBUG", "rumbl_web.request")
    answer = client.post(path, data="x=" + "a" * 1_100_000, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_a_body_over_the_limit_is_refused_without_a_length(client: Client) -> None:
    overrides = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"a=" + b"x" * (MAX_BODY + 1))}
    environ = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_TRANSFER_ENCODING": "chunked"}

    html_response(client.open("/sessions", method="POST", environ_overrides={**overrides, **environ}), 413)


def test_too_many_parts_are_refused(client: Client) -> None:
    parts = {f"field{number}": "x" for number in range(200)}

    answer = client.post("/sessions", data=parts, content_type="multipart/form-data")

    html_response(answer, 413)


@pytest.mark.parametrize("override", ["delete", "DELETE", "Delete"])
def test_a_form_may_say_delete(login_as, override: str) -> None:
    user = user_fixture()
    video = video_fixture(user)

    redirected_to(login_as(user).submit(f"/manage/videos/{video.id}", {"_method": override}))

    assert multimedia.get_video(video.id) is None


@pytest.mark.parametrize("override", ["get", "post", "trace", "x", ""])
def test_a_form_may_say_nothing_but_put_patch_and_delete(login_as, override: str) -> None:
    user = user_fixture()
    video = video_fixture(user)

    html_response(login_as(user).submit(f"/manage/videos/{video.id}", {"_method": override}), 405)


@pytest.mark.trap(23)
def test_the_address_and_a_get_cannot_override_the_method(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user)
    browser = login_as(user)

    html_response(browser.submit(f"/manage/videos/{video.id}?_method=delete"), 405)
    html_response(browser.get(f"/manage/videos/{video.id}?_method=delete"))
    assert multimedia.get_video(video.id) is not None


@pytest.mark.trap(46)
def test_params_of_the_body_win_over_the_query(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user)
    path = f"/manage/videos/{video.id}?video[title]=query&video[description]=query"

    login_as(user).submit(path, {"video": {"title": "body"}}, method="PUT")

    stored = multimedia.get_video_or_raise(video.id)
    assert (stored.title, stored.description) == ("body", "query")


def test_only_trusted_hosts_are_served(sandbox) -> None:
    browser = make_app(trusted_hosts=("rumbl.example",)).test_client()

    assert browser.get("/sessions/new", base_url="http://rumbl.example").status_code == 200
    assert browser.get("/sessions/new", base_url="http://evil.example").status_code == 400


def test_a_slash_at_the_end_is_no_other_page(client: Client) -> None:
    html_response(client.get("/sessions/new/"))


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/users/new", "/nowhere", "/users//new"])
def test_unknown_addresses_are_not_found_and_lead_nowhere(client: Client, path: str) -> None:
    assert "Not Found" in html_response(client.open(environ_overrides={"PATH_INFO": path}), 404)


def test_invalid_utf8_in_a_form_does_not_crash(client: Client) -> None:
    body = b"_csrf_token=" + client.csrf_token().encode() + b"&session[username]=%ff%fe&session[password]=%00"

    answer = client.post("/sessions", data=body, content_type="application/x-www-form-urlencoded")

    assert "Invalid username/password" in html_response(answer)


def test_a_socket_blueprint_is_mounted_outside_the_browser_pipeline() -> None:
    socket = Blueprint("socket", __name__)
    socket.post("/socket")(lambda: "as it is")
    app: Flask = create_endpoint(make_settings(), socket_blueprint=socket)

    answer = app.test_client().post("/socket", headers={"accept": "application/json"})

    assert answer.text == "as it is"
    assert "set-cookie" not in answer.headers


def test_what_is_posted_to_a_socket_arrives_though_it_calls_itself_a_form() -> None:
    socket = Blueprint("socket", __name__)
    socket.post("/socket")(lambda: request.get_data())
    app: Flask = create_endpoint(make_settings(), socket_blueprint=socket)

    answer = app.test_client().post("/socket", data='["1"]', content_type="application/x-www-form-urlencoded")

    assert answer.text == '["1"]'


def test_without_a_secret_there_is_no_site() -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY_BASE: "):
        create_endpoint(make_settings(secret_key_base=None))


def test_a_site_without_a_live_half_hands_out_no_token() -> None:
    assert endpoint.no_token(None, None) == ""


def test_home_asks_the_database_as_often_for_many_videos_as_for_one(count_queries, login_as) -> None:
    user = user_fixture()
    browser = login_as(user)
    video_fixture(user)
    with count_queries() as one:
        browser.get("/")
    for _ in range(5):
        video_fixture(user_fixture())
    with count_queries() as many:
        browser.get("/")
    with count_queries() as listed:
        browser.get("/manage/videos")

    assert len(many) == len(one) == 1
    assert len(listed) == 1


def test_the_address_of_a_page_is_where_the_site_is_mounted_each_time(app: Flask) -> None:
    for root in ("", "/rumbl", ""):
        with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            assert app.url_for("gallery.index") == f"{root}/videos"
            assert app.url_for("gallery.index", q="x") == f"{root}/videos?q=x"


def test_a_log_in_outlives_a_change_of_the_secret(sandbox: Sandbox) -> None:
    old, new, user = "old " * 20, "new " * 20, user_fixture(name="Rota Tion", username="rota")
    before = make_app(secret_key_base=old).test_client()
    assert isinstance(before, Client)
    before.submit("/sessions", {"session": {"username": "rota", "password": "supersecret"}})
    cookie = before.get_cookie("_rumbl_key")
    assert cookie is not None

    rotated = make_app(secret_key_base=new, secret_key_fallbacks=(old,)).test_client()
    rotated.set_cookie("_rumbl_key", cookie.value)
    assert user.username in html_response(rotated.get("/settings"))
    stranger = make_app(secret_key_base=new).test_client()
    stranger.set_cookie("_rumbl_key", cookie.value)
    assert redirected_to(stranger.get("/settings")) == "/"


def test_a_session_is_signed_with_the_secret_that_the_site_has_now() -> None:
    app = make_app()
    first = app.secret_key
    before, after, kept = app.test_client(), app.test_client(), app.test_client()
    for early in (before, kept):
        with early.session_transaction() as session:
            session["it"] = "is there"
    app.secret_key = "another secret of the tests, which protects nothing"
    with after.session_transaction() as session:
        session["it"] = "is there"

    with before.session_transaction() as old, after.session_transaction() as new:
        assert ("it" in old, "it" in new) == (False, True)

    app.config["SECRET_KEY_FALLBACKS"] = [first]
    with kept.session_transaction() as old:
        assert "it" in old
