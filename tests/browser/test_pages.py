"""What other pages do to a watch page that is open somewhere else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import add_demo_video, register, watch

pytestmark = pytest.mark.browser


def test_who_watches_a_video_that_is_deleted_is_told(new_page: NewPage) -> None:
    owner, guest = new_page(), new_page()
    register(owner, "Olga Owner", "olga")
    path = add_demo_video(owner, "Soon gone")
    watch(guest, path)

    owner.goto("/manage/videos")
    owner.get_by_role("button", name="Delete").first.click()
    owner.get_by_role("button", name=re.compile("Delete")).last.click()
    expect(owner.get_by_text("Video deleted successfully.")).to_be_visible()

    expect(guest.get_by_text("This video was deleted by its owner.")).to_be_visible()
    assert guest.goto(path).status == 404  # type: ignore[union-attr]


def test_a_log_out_in_one_tab_ends_the_posting_in_the_other(new_page: NewPage) -> None:
    tab = new_page()
    register(tab, "Tom Tabs", "tomtabs")
    watch(tab, "/watch/1")
    other = tab.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_role("link", name="Log in")).to_be_visible()

    expect(tab.locator("#connection-state")).not_to_have_text(re.compile("^live$", re.IGNORECASE))
