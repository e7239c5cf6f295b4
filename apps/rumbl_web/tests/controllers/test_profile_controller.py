from __future__ import annotations

from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web.testing import html_response, redirected_to


def test_the_form_is_filled_and_the_bar_leads_to_it(login_as) -> None:
    browser = login_as(user_fixture(name="Ana Silva", username="ana"))

    page = html_response(browser.get("/settings"))

    assert 'value="Ana Silva"' in page
    assert 'class="nav-user" href="/settings"' in page


def test_what_changed_is_stored(login_as) -> None:
    user = user_fixture(username="ana")

    answer = login_as(user).submit("/settings/profile", {"profile": {"name": "Bea"}}, method="PUT")

    assert redirected_to(answer) == "/settings"
    assert accounts.get_user_or_raise(user.id).name == "Bea"


def test_a_refusal_stands_beside_its_field(login_as) -> None:
    fields = {"profile": {"name": "<b>Bea", "username": "Wolfram"}}

    page = html_response(login_as(user_fixture()).submit("/settings/profile", fields, method="PUT"))

    assert 'id="profile_username_error_1">is reserved<' in page
    assert 'value="&lt;b&gt;Bea"' in page


def test_the_voice_of_a_backend_has_no_profile(login_as) -> None:
    browser = login_as(user_fixture(username="wolfram"))

    html_response(browser.submit("/settings/profile", {"profile": {"name": "x"}}, method="PUT"), 404)
