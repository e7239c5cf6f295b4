from __future__ import annotations

import pytest
from flask import Flask

from rumbl_core import multimedia
from rumbl_web.views import watch_view


@pytest.mark.parametrize(
    ("url", "attributes"),
    [
        (
            "https://youtu.be/abc",
            {"kind": "youtube", "src": "https://www.youtube.com/watch?v=abc", "id": "abc"},
        ),
        ("https://x.example/a.mp4", {"kind": "file", "src": "https://x.example/a.mp4", "id": ""}),
        ("/static/media/demo.webm", {"kind": "demo", "src": "/static/media/demo.webm", "id": ""}),
        ("javascript:alert(1)", {"kind": "", "src": "", "id": ""}),
        (None, {"kind": "", "src": "", "id": ""}),
    ],
)
def test_the_player_gets_text_whatever_the_address(url: str | None, attributes: dict) -> None:
    assert watch_view.player_attributes(multimedia.player_source(url)) == attributes


def test_the_way_to_log_in_remembers_the_page(app: Flask) -> None:
    with app.test_request_context("/"):
        assert watch_view.login_path("/watch/1-a&b=c") == "/sessions/new?next=%2Fwatch%2F1-a%26b%3Dc"
