from __future__ import annotations

import pytest

from rumbl_core import multimedia
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.controllers import gallery_controller
from rumbl_web.testing import Client, html_response, make_app


def test_everybody_sees_all_videos_with_owner_category_and_notes(client: Client) -> None:
    owner = user_fixture(name="Ana Silva")
    drama = multimedia.create_category_or_raise("Drama")
    video = video_fixture(owner, title="Otters", category_id=drama.id)
    annotation_fixture(owner, video)

    page = html_response(client.get("/videos"))

    assert "<h1>All videos</h1>" in page
    assert f'href="/watch/{video.id}-otters"' in page
    assert "Ana Silva" in page
    assert f'<a href="/categories/{drama.id}-drama">Drama</a>' in page
    assert "1 note<" in page


def test_a_gallery_without_videos_says_what_to_do_first(client: Client, login_as) -> None:
    guest = html_response(client.get("/videos"))
    member = html_response(login_as(user_fixture()).get("/videos"))

    assert "Nothing to watch yet" in guest
    assert 'href="/users/new">Create your account' in guest
    assert 'href="/manage/videos/new">Add a video' in member


def test_a_category_shows_its_own_videos(client: Client) -> None:
    owner = user_fixture()
    drama, action = (multimedia.create_category_or_raise(name) for name in ("Sci-fi & Drama", "Action"))
    video_fixture(owner, title="sad film", category_id=drama.id)
    video_fixture(owner, title="loud film", category_id=action.id)

    page = html_response(client.get(f"/categories/{drama.id}"))

    assert "<h1>Sci-fi &amp; Drama</h1>" in page
    assert "sad film" in page
    assert "loud film" not in page
    assert f'<link rel="canonical" href="/categories/{drama.id}-sci-fi-drama">' in page


@pytest.mark.parametrize("id", ["0", "abc", "9" * 30, "-1", "%00", "999999"])
def test_a_category_that_is_not_there_is_not_found(client: Client, id: str) -> None:
    html_response(client.get(f"/categories/{id}"), 404)


def test_an_empty_category_leads_to_the_others(client: Client) -> None:
    empty = multimedia.create_category_or_raise("Drama")

    page = html_response(client.get(f"/categories/{empty.id}"))

    assert "No videos in this category yet" in page
    assert 'href="/videos">See all videos' in page


def test_categories_are_listed_with_their_numbers_of_videos(client: Client) -> None:
    drama = multimedia.create_category_or_raise("Drama")
    multimedia.create_category_or_raise("<b>Action")
    video_fixture(user_fixture(), category_id=drama.id)

    page = html_response(client.get("/categories"))

    assert page.index("&lt;b&gt;Action") < page.index("Drama")
    assert "1 video<" in page
    assert "no videos<" in page
    assert "No categories yet" not in page


def test_categories_can_be_none_and_can_be_searched(client: Client) -> None:
    assert "No categories yet" in html_response(client.get("/categories"))
    multimedia.create_category_or_raise("Drama")
    assert "Drama" in html_response(client.get("/categories?q=dra"))
    assert "Nothing found" in html_response(client.get("/categories?q=opera"))


def test_links_keep_the_search_and_lead_through_all_pages_and_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_controller, "PAGE", 1)
    owner = user_fixture()
    otters = [video_fixture(owner, title=f"otter & {n}") for n in range(3)]
    video_fixture(owner, title="cat")

    first = html_response(client.get("/videos?q=otter+%26&sort=title"))
    path = f"/videos?q=otter+%26&sort=title&after={otters[0].id}:otter+%26+0"
    assert f'href="{path.replace("&", "&amp;")}" rel="next"' in first
    second = html_response(client.get(path))

    assert 'value="otter &amp;"' in second
    assert "otter &amp; 1" in second
    assert 'rel="prev"' in second
    assert 'rel="prev"' not in first


def test_the_canonical_address_is_the_list_s_own_whatever_was_asked(sandbox) -> None:
    video_fixture(user_fixture(), title="otters")
    browser = make_app(url="https://rumbl.example/").test_client()

    page = html_response(browser.get("/videos?q=otters&sort=title", headers={"host": "evil.example"}))

    assert '<link rel="canonical" href="https://rumbl.example/videos">' in page
    assert "evil.example" not in page


def test_the_demo_has_its_own_picture_and_no_page_loads_one_from_elsewhere(client: Client) -> None:
    owner = user_fixture()
    video_fixture(owner, url="/static/media/demo.webm")
    video_fixture(owner, url="https://www.youtube.com/watch?v=dQw4w9WgXcQ")

    page = html_response(client.get("/videos"))

    assert page.count("<img") == 1
    assert 'src="/static/media/demo-poster.webp' in page
    assert "ytimg" not in page


@pytest.mark.parametrize("path", ["/", "/videos", "/categories", "/users", "/manage/videos"])
def test_no_list_tells_what_is_private(login_as, path: str) -> None:
    ana = user_fixture(name="Ana", username="ana_private")
    drama = multimedia.create_category_or_raise("Drama")
    video_fixture(ana, category_id=drama.id)

    page = html_response(login_as(ana).get(path))

    assert "argon2" not in page
    assert "supersecret" not in page


def test_nothing_in_a_list_can_break_out_of_it(client: Client, login_as) -> None:
    evil = '"><script>alert(1)</script><img src=x>'
    user = user_fixture(name=evil)
    drama = multimedia.create_category_or_raise(evil)
    video_fixture(user, title=evil, category_id=drama.id)

    for path in ("/", "/videos", "/categories", f"/categories/{drama.id}", "/users", "/manage/videos"):
        for query in ("", "?q=%22%3E%3Cscript%3Ealert(1)&sort=%22%3E%3Cscript%3E&after=1:%22%3E%3Cscript%3E"):
            page = html_response(login_as(user).get(path + query))
            assert "<script>alert" not in page, path
            assert "<img src=x" not in page, path
