from __future__ import annotations

import re
import secrets

import pytest

from rumbl_core import accounts, multimedia
from rumbl_core.testing import user_fixture, video_fixture
from rumbl_web import csrf, router
from rumbl_web.testing import Client, html_response

UNSAFE = [
    (method, route.path.replace("<id>", "1"))
    for route in router.ROUTES
    for method in route.methods
    if method not in csrf.SAFE_METHODS
]


NO_TOKENS = [{}, *({"_csrf_token": token} for token in ("", "x", "é", "A" * 88, "=" * 88))]


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.trap(36)
def test_every_unsafe_route_refuses_without_a_token(login_as, method: str, path: str) -> None:
    browser = login_as(user_fixture())
    browser.csrf_token()

    for data in NO_TOKENS:
        answer = browser.open(path, method=method, data=data)

        assert "Forbidden" in html_response(answer, 403), data
        assert csrf.REFUSAL in answer.text, data


def test_the_walk_knows_every_unsafe_rule_of_the_site(app) -> None:
    rules = {
        (method, rule.rule.replace("<id>", "1"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - csrf.SAFE_METHODS
    }
    assert rules == set(UNSAFE)


def test_a_refused_delete_and_a_refused_registration_change_nothing(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user)
    browser = login_as(user)

    browser.post(f"/manage/videos/{video.id}", data={"_method": "delete"})
    browser.post("/users", data={"user[name]": "x", "user[username]": "x", "user[password]": "123456"})

    assert multimedia.get_video(video.id) is not None
    assert [row.id for row in accounts.list_users()] == [user.id]


def test_the_token_of_another_session_is_refused(client: Client, app) -> None:
    other = app.test_client().csrf_token()
    client.csrf_token()

    html_response(client.post("/sessions", data={"_csrf_token": other}), 403)


def test_the_token_may_come_in_a_header(client: Client) -> None:
    answer = client.delete("/sessions/1", headers={"x-csrf-token": client.csrf_token()})

    html_response(answer, 302)


def test_the_token_of_a_form_on_a_page_works(client: Client) -> None:
    user_fixture(username="ana")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sessions/new").text)
    assert token is not None
    fields = {"_csrf_token": token[1], "session[username]": "ana", "session[password]": "supersecret"}

    html_response(client.post("/sessions", data=fields), 302)


def test_who_only_reads_gets_no_cookie(client: Client) -> None:
    video = video_fixture(user_fixture(), category_id=multimedia.create_category_or_raise("Drama").id)
    rows = {"watch": video.id, "categories": video.category_id}
    given = {}
    for route in router.ROUTES:
        path = re.sub("<.*>", str(rows.get(route.path.split("/")[1], 1)), route.path)
        answer = client.application.test_client().get(path)
        if "GET" in route.methods and not route.members and answer.status_code == 200:
            given[route.name] = "set-cookie" in answer.headers

    with_a_form_of_their_own = {"user.new", "session.new", "reset.new"}
    assert {name for name, cookie in given.items() if cookie} == with_a_form_of_their_own
    assert given.keys() > {"page.index", "watch.show", "gallery.index", "gallery.category"}
    assert "set-cookie" not in client.get("/nowhere").headers


def test_a_token_in_the_address_does_not_count(client: Client) -> None:
    html_response(client.post("/sessions", query_string={"_csrf_token": client.csrf_token()}), 403)


def test_two_masks_of_a_secret_differ_and_both_are_valid() -> None:
    secret = secrets.token_hex(32)
    one, other = csrf.mask(secret), csrf.mask(secret)

    assert one != other
    assert csrf.is_valid(one, secret)
    assert csrf.is_valid(other, secret)
    assert not csrf.is_valid(one, secrets.token_hex(32))
    assert not csrf.is_valid(one, "")
