import pytest
from sqlalchemy import select

from rumbl_core import accounts, multimedia, repo, seeds
from rumbl_core.accounts import User
from rumbl_core.backend_seeds import BACKEND_USERS
from rumbl_core.multimedia import Annotation, Category, Video
from rumbl_core.result import Error, Ok

from .processes import at_once


def everything() -> list[list[object]]:
    """Every row as it is stored."""
    return [
        [
            {name: value for name, value in vars(row).items() if name[0] != "_"}
            for row in repo.all(select(table))
        ]
        for table in (User, Category, Video, Annotation)
    ]


@pytest.mark.usefixtures("sandbox")
class TestSeeds:
    def test_put_in_what_a_fresh_site_needs(self) -> None:
        seeds.run()
        names = [category.name for category in multimedia.list_alphabetical_categories()]
        assert names == ["Action", "Comedy", "Drama", "Romance", "Sci-fi"]
        for username in ("wolfram", "calculator"):
            user = accounts.get_user_by(username=username)
            assert user is not None
            assert user.password_hash is None

    def test_the_demo_is_alive(self) -> None:
        seeds.run()
        (video,) = multimedia.list_videos()
        assert multimedia.video_param(video).endswith("-welcome-to-rumbl")
        assert multimedia.player_source(video.url).kind == "demo"
        notes = multimedia.list_annotations(video)
        assert len({note.user.username for note in notes}) == 3
        assert all(note.at < 60_000 for note in notes), "the clip lasts a minute"
        (answer,) = [note for note in notes if note.answer_to]
        (question,) = [note for note in notes if note.id == answer.answer_to]
        assert (question.at, answer.user.username) == (answer.at, "calculator")
        assert float(answer.body) == pytest.approx((2 + 3) * 8.4)

    @pytest.mark.trap(17)
    def test_twice_is_no_change(self) -> None:
        seeds.run(demo_password="demodemo")
        before = everything()
        seeds.run(demo_password="another")
        assert everything() == before

    def test_nobody_logs_in_as_demo_unless_a_password_is_given(self) -> None:
        seeds.run()
        assert isinstance(accounts.authenticate_by_username_and_pass("demo", "demodemo"), Error)
        seeds.run(demo_password="demodemo")
        assert isinstance(accounts.authenticate_by_username_and_pass("demo", "demodemo"), Ok)

    def test_the_demo_s_answer_says_why(self) -> None:
        seeds.run()
        (video,) = multimedia.list_videos()
        (answer,) = (note for note in multimedia.list_annotations(video) if note.answer_to)
        question = multimedia.get_question(video.id, answer.answer_to)
        assert question is not None
        assert (question.state, question.sources) == ("answered", [seeds.DEMO_SOURCE])

    def test_without_the_demo(self) -> None:
        seeds.run(demo=False)
        assert multimedia.list_videos() == []
        assert accounts.get_user_by(username="demo") is None


@pytest.mark.trap(17)
def test_two_processes_may_seed_at_once(committed_database: str) -> None:
    at_once("app.seed()", committed_database)
    before = everything()
    assert [len(rows) for rows in before] == [len(BACKEND_USERS) + 2, 5, 1, len(seeds.DEMO_NOTES) + 1]
    seeds.run()
    assert everything() == before
