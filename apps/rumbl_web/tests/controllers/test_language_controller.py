import pytest

from rumbl_core.testing import user_fixture, video_fixture
from rumbl_web import csrf, gettext
from rumbl_web.testing import Client, html_response, make_app, redirected_to


def test_a_choice_is_kept_and_leads_back_to_the_page(client: Client) -> None:
    answer = client.submit("/language", {"language": "de", "here": "/sessions/new?next=/watch/1"})
    assert redirected_to(answer) == "/sessions/new?next=/watch/1"
    page = client.get("/", headers={"accept-language": "ar"})
    assert '<html lang="de"' in html_response(page)


def test_the_page_offers_every_language_and_names_itself_to_come_back_to(client: Client) -> None:
    page = html_response(client.get("/sessions/new?next=/watch/1"))
    for code in gettext.LANGUAGES:
        assert f'value="{code}"' in page
    assert 'name="here" value="/sessions/new?next=/watch/1"' in page


def test_a_page_that_answers_a_form_comes_back_to_the_form(client: Client) -> None:
    form = {"session": {"username": "nobody", "password": "wrong"}}
    page = client.submit("/sessions", form, headers={"referer": "http://localhost/sessions/new"})
    assert 'name="here" value="/sessions/new"' in page.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "", "/\\evil.example"])
def test_it_never_leads_to_another_site(client: Client, elsewhere: str) -> None:
    assert redirected_to(client.submit("/language", {"language": "ar", "here": elsewhere})) == "/"


@pytest.mark.parametrize("code", ["xx", "", "../de", "DE\r\n"])
def test_a_language_that_we_do_not_speak_is_refused(client: Client, code: str) -> None:
    answer = client.submit("/language", {"language": code})
    assert answer.status_code == 400
    assert gettext.COOKIE not in answer.headers.get("set-cookie", "")


def test_a_forged_choice_is_refused(client: Client) -> None:
    assert client.post("/language", data={"language": "de"}).status_code == 403


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_as_strict_as_the_session(secure: bool) -> None:
    client = make_app(cookie_secure=secure).test_client()
    assert isinstance(client, Client)
    with client.session_transaction(base_url="https://localhost") as session:
        session["csrf"] = "00" * 32
    form = {"language": "de", csrf.FIELD: csrf.mask("00" * 32)}
    answer = client.post("/language", data=form, base_url="https://localhost")
    cookie = next(c for c in answer.headers.getlist("set-cookie") if c.startswith(gettext.COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=31536000" in cookie
    assert ("Secure" in cookie) is secure


def test_the_watch_page_offers_every_language_too(client: Client) -> None:
    video = video_fixture(user_fixture())
    page = html_response(client.get(f"/watch/{video.id}"))
    assert page.count('name="language"') == len(gettext.LANGUAGES)
