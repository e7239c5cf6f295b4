from __future__ import annotations

from flask import Flask

from rumbl_core import multimedia
from rumbl_core.listing import Ask, Page
from rumbl_core.multimedia import Video
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.views.card_view import cards


def test_a_card_has_what_is_shown_of_a_video(app: Flask) -> None:
    ana = user_fixture(name="Ana Silva")
    drama = multimedia.create_category_or_raise("Drama")
    video = video_fixture(ana, title="Two otters", category_id=drama.id)
    annotation_fixture(ana, video)

    with app.test_request_context("/"):
        (card,) = cards(multimedia.list_videos_page(Ask(5)))

    assert card.path == f"/watch/{video.id}-two-otters"
    assert (card.title, card.initials, card.is_demo) == ("Two otters", "TO", False)
    assert (card.owner, card.category, card.notes) == ("Ana Silva", "Drama", "1 note")
    assert card.category_path == f"/categories/{drama.id}-drama"


def test_a_card_does_without_what_there_is_not(app: Flask) -> None:
    video = Video(id=1, user=None, category=None, url="/static/media/demo.webm")

    with app.test_request_context("/"):
        (card,) = cards(Page([video]))

    assert (card.title, card.initials, card.is_demo) == ("", "", True)
    assert (card.owner, card.category, card.category_path, card.notes) == (None, None, None, "no notes")
