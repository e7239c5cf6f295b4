from __future__ import annotations

import pytest

from rumbl_core import multimedia
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.controllers import video_controller
from rumbl_web.testing import Client, html_response, redirected_to

VALID = {"url": "http://youtu.be", "title": "vid", "description": "a vid"}
ACTIONS = [
    ("GET", "/manage/videos/new"),
    ("GET", "/manage/videos"),
    ("GET", "/manage/videos/123"),
    ("GET", "/manage/videos/123/edit"),
    ("PUT", "/manage/videos/123"),
    ("PATCH", "/manage/videos/123"),
    ("POST", "/manage/videos"),
    ("DELETE", "/manage/videos/123"),
]


@pytest.mark.parametrize(("method", "path"), ACTIONS)
@pytest.mark.spec("T21", "requires user authentication on all actions")
@pytest.mark.trap(3)
def test_requires_user_authentication_on_all_actions(client: Client, method: str, path: str) -> None:
    assert redirected_to(client.submit(path, method=method)) == "/"


@pytest.mark.spec("T22", "lists all user's videos on index")
def test_lists_all_users_videos_on_index(login_as) -> None:
    user = user_fixture(username="max")
    mine = video_fixture(user, title="funny cats")
    video_fixture(user_fixture(username="other"), title="another video")

    page = html_response(login_as(user).get("/manage/videos"))

    assert "Listing Videos" in page
    assert mine.title in page
    assert "another video" not in page


@pytest.mark.spec("T23", "creates user video and redirects")
@pytest.mark.trap(22)
def test_creates_user_video_and_redirects(login_as) -> None:
    user = user_fixture(username="max")
    browser = login_as(user)

    path = redirected_to(browser.submit("/manage/videos", {"video": VALID}))
    page = html_response(browser.get(path))

    assert path.endswith("-vid")
    assert "Show Video" in page
    assert "Video created successfully." in page
    assert multimedia.get_video_or_raise(path.rpartition("/")[2]).user_id == user.id


@pytest.mark.spec("T24", "does not create vid, renders errors when invalid")
def test_does_not_create_vid_renders_errors_when_invalid(login_as) -> None:
    browser = login_as(user_fixture(username="max"))

    page = html_response(browser.submit("/manage/videos", {"video": {"title": "invalid"}}))

    assert "check the errors" in page
    assert 'value="invalid"' in page
    assert multimedia.list_videos() == []


@pytest.mark.spec("T25", "authorizes actions against access by other users")
@pytest.mark.trap(4)
def test_authorizes_actions_against_access_by_other_users(login_as) -> None:
    """Params of the update are in the query string, as the book's test sends them."""
    video = video_fixture(user_fixture(username="owner"), **VALID)
    sneaky = login_as(user_fixture(username="sneaky"))
    path = f"/manage/videos/{video.id}-vid"

    html_response(sneaky.get(path), 404)
    html_response(sneaky.get(f"{path}/edit"), 404)
    html_response(sneaky.submit(f"{path}?video[title]=mine", method="PUT"), 404)
    html_response(sneaky.submit(path, method="PUT"), 404)
    html_response(sneaky.submit(path, method="DELETE"), 404)
    assert multimedia.get_video_or_raise(video.id).title == "vid"


@pytest.mark.parametrize("id", ["0", "abc", "9" * 30, "-1", "%00", "1_"])
def test_a_video_that_is_not_there_is_not_found(login_as, id: str) -> None:
    html_response(login_as(user_fixture()).get(f"/manage/videos/{id}"), 404)


def test_an_empty_list_says_what_to_do_first(login_as) -> None:
    page = html_response(login_as(user_fixture()).get("/manage/videos"))

    assert "No videos of yours yet" in page
    assert 'href="/manage/videos/new"' in page


@pytest.mark.trap(22)
def test_the_list_offers_watch_edit_and_a_delete_with_a_question(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user, title="otters")
    annotation_fixture(user, video)

    page = html_response(login_as(user).get("/manage/videos"))

    assert f'href="/watch/{video.id}-otters"' in page
    assert f'href="/manage/videos/{video.id}-otters/edit"' in page
    assert f'method="post" action="/manage/videos/{video.id}-otters"' in page
    assert "Are you sure?" in page
    assert "with 1 note" in page


def test_the_list_is_paged_and_searched(login_as, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_controller, "PAGE", 2)
    user = user_fixture()
    films = [video_fixture(user, title=f"film {number}") for number in range(3)]
    browser = login_as(user)

    page = html_response(browser.get("/manage/videos"))
    rest = html_response(browser.get(f"/manage/videos?after={films[1].id}"))
    found = html_response(browser.get("/manage/videos?q=ILM+2"))

    assert f'href="/manage/videos?after={films[1].id}"' in page
    assert "film 0" not in page
    assert "film 0" in rest
    assert "Next page" not in rest
    assert f'href="/manage/videos?before={films[0].id}"' in rest
    assert "film 2" in found
    assert "film 1" not in found


def test_new_shows_an_empty_form(login_as) -> None:
    multimedia.create_category_or_raise("Comedy")

    page = html_response(login_as(user_fixture()).get("/manage/videos/new"))

    assert "<h1>New Video</h1>" in page
    assert '<option value="">Choose a category</option>' in page
    assert ">Comedy</option>" in page
    assert "YouTube, Vimeo or the address of an mp4 or WebM file" in page
    assert "help-block" not in page


def test_create_takes_the_demo_clip_without_an_address(login_as) -> None:
    browser = login_as(user_fixture())

    redirected_to(browser.submit("/manage/videos", {"video": {**VALID, "url": "", "source": "demo"}}))

    assert [video.url for video in multimedia.list_videos()] == ["/static/media/demo.webm"]


@pytest.mark.trap(30)
def test_create_keeps_category_and_choice_of_clip_after_an_error(login_as) -> None:
    category = multimedia.create_category_or_raise("Comedy")
    fields = {"title": "", "category_id": category.id, "source": "demo", "description": "<b>"}

    page = html_response(login_as(user_fixture()).submit("/manage/videos", {"video": fields}))

    assert f'<option value="{category.id}" selected>' in page
    assert 'value="demo" checked' in page
    assert "&lt;b&gt;" in page
    assert '<a href="#video_title">Title can&#39;t be blank</a>' in page


@pytest.mark.parametrize(("category", "message"), [("999999", "does not exist"), ("abc", "is invalid")])
@pytest.mark.trap(13)
def test_create_shows_a_category_error_beside_the_select(login_as, category: str, message: str) -> None:
    browser = login_as(user_fixture())

    page = html_response(browser.submit("/manage/videos", {"video": {**VALID, "category_id": category}}))

    assert f'id="video_category_id_error_1">{message}<' in page
    assert f'<a href="#video_category_id">Category {message}</a>' in page


def test_create_without_a_category(login_as) -> None:
    browser = login_as(user_fixture())

    redirected_to(browser.submit("/manage/videos", {"video": {**VALID, "category_id": ""}}))

    assert multimedia.list_videos()[0].category is None


def test_create_never_takes_the_owner_from_the_form(login_as) -> None:
    user, other = user_fixture(), user_fixture()

    login_as(user).submit("/manage/videos", {"video": {**VALID, "user_id": other.id, "slug": "evil"}})

    created = multimedia.list_videos()[0]
    assert (created.user_id, created.slug) == (user.id, "vid")


def test_create_without_fields_is_a_bad_request(login_as) -> None:
    html_response(login_as(user_fixture()).submit("/manage/videos"), 400)


def test_show_lists_what_is_known(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user, url="https://youtu.be/abc", title="otters", description="they\nswim")

    page = html_response(login_as(user).get(f"/manage/videos/{video.id}"))

    assert "Show Video" in page
    assert 'href="https://youtu.be/abc"' in page
    assert "they\nswim" in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//x", "http://[x"]
)
@pytest.mark.trap(31)
def test_an_address_that_is_no_web_address_never_becomes_a_link(login_as, url: str) -> None:
    user = user_fixture()
    video = video_fixture(user, url=url)

    page = html_response(login_as(user).get(f"/manage/videos/{video.id}"))

    assert f'href="{url}"' not in page
    assert 'href="None"' not in page
    assert url in page


def test_edit_shows_the_stored_values(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user, title="otters", url="https://youtu.be/abc")

    page = html_response(login_as(user).get(f"/manage/videos/{video.id}/edit"))

    assert "Edit Video" in page
    assert 'name="_method" value="put"' in page
    assert 'value="https://youtu.be/abc"' in page
    assert 'value="otters"' in page


@pytest.mark.parametrize("send", [{"method": "PUT"}, {"method": "PATCH"}, {"method": "POST"}])
@pytest.mark.trap(23)
def test_update_stores_by_put_patch_and_form(login_as, send: dict) -> None:
    user = user_fixture()
    video = video_fixture(user)
    fields = {"video": {"title": "new title"}, "_method": "put"}

    path = redirected_to(login_as(user).submit(f"/manage/videos/{video.id}", fields, **send))

    assert path == f"/manage/videos/{video.id}-new-title"
    assert multimedia.get_video_or_raise(video.id).title == "new title"


def test_update_refuses_and_keeps_what_was_typed(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user, title="otters")
    fields = {"video": {"title": " ", "description": "typed"}}

    page = html_response(login_as(user).submit(f"/manage/videos/{video.id}", fields, method="PUT"))

    assert "Edit Video" in page
    assert "check the errors" in page
    assert ">\ntyped</textarea>" in page
    assert multimedia.get_video_or_raise(video.id).title == "otters"


def test_delete_deletes_with_notes_and_says_so(login_as) -> None:
    user = user_fixture()
    video = video_fixture(user)
    annotation_fixture(user, video)
    browser = login_as(user)

    path = redirected_to(browser.submit(f"/manage/videos/{video.id}", {"_method": "delete"}))

    assert path == "/manage/videos"
    assert "Video deleted successfully." in html_response(browser.get(path))
    assert multimedia.get_video(video.id) is None


@pytest.mark.trap(20)
def test_a_slug_beyond_ascii_survives_the_redirect(login_as) -> None:
    browser = login_as(user_fixture())

    path = redirected_to(browser.submit("/manage/videos", {"video": {**VALID, "title": "日本語 José"}}))

    assert path.isascii()
    assert "Show Video" in html_response(browser.get(path))


@pytest.mark.trap(46)
def test_an_id_in_the_form_or_the_query_never_replaces_the_one_of_the_path(login_as) -> None:
    user = user_fixture()
    video, other = video_fixture(user, title="first"), video_fixture(user, title="second")
    fields = {"id": other.id, "video": {"id": other.id, "title": "changed"}}

    login_as(user).submit(f"/manage/videos/{video.id}?id={other.id}", fields, method="PUT")

    titles = [multimedia.get_video_or_raise(row.id).title for row in (video, other)]
    assert titles == ["changed", "second"]
