from __future__ import annotations

import pytest
from flask import Flask, url_for

from rumbl_core import multimedia
from rumbl_core.multimedia import Category, Video
from rumbl_web.views.addresses import category_path, video_path, watch_path


@pytest.mark.parametrize("slug", [None, "otters", "日本の夏-", "a~b%c/d?e#f g&h"])
@pytest.mark.parametrize("root", ["", "/rumbl", "/with~tilde"])
def test_addresses_are_those_of_the_router_wherever_the_site_is_mounted(
    app: Flask, slug: str | None, root: str
) -> None:
    video = Video(id=12, slug=slug)
    param = multimedia.video_param(video)
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
        assert watch_path(video) == url_for("watch.show", id=param)
        assert video_path("edit", video) == url_for("video.edit", id=param)


def test_a_category_has_its_name_in_its_address(app: Flask) -> None:
    with app.test_request_context("/"):
        assert category_path(Category(id=3, name="Sci-fi & more")) == "/categories/3-sci-fi-more"
