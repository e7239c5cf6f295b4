"""An account goes with everything that belongs to it, at once or not at all."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from rumbl_core import accounts, departure, multimedia
from rumbl_core.accounts import User
from rumbl_core.errors import NotFound
from rumbl_core.result import Error, Ok
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture


def leave(user: User, **attrs: object) -> Ok[departure.Departed] | Error[object]:
    return departure.delete_account(user, {"confirmation": user.username, "password": "supersecret", **attrs})


@pytest.mark.usefixtures("sandbox")
class TestDeleteAccount:
    def test_what_belongs_to_it_is_counted_and_goes(self) -> None:
        user, other, wolfram = user_fixture(), user_fixture(), user_fixture(username="wolfram")
        own, theirs = video_fixture(user), video_fixture(other)
        annotation_fixture(user, own)
        annotation_fixture(other, own)
        question = annotation_fixture(user, theirs)
        annotation_fixture(other, video_fixture(other))
        annotation_fixture(wolfram, theirs, answer_to=question.id)
        kept = annotation_fixture(other, theirs)
        token = accounts.create_session_token(user)
        assert departure.belongings(user) == departure.Belongings(1, 2, 1)

        assert leave(user) == Ok(departure.Departed([own.id], {theirs.id: 1}, [accounts.session_ref(token)]))

        assert accounts.get_user(user.id) is None
        assert multimedia.get_video(own.id) is None
        assert multimedia.list_annotations(theirs) == [kept]
        assert accounts.get_user_by_session_token(token) is None

    @pytest.mark.parametrize(
        ("attrs", "field"),
        [
            ({"password": "wrong"}, "password"),
            ({"password": None}, "password"),
            ({"confirmation": "somebody"}, "confirmation"),
            ({"confirmation": ["x"]}, "confirmation"),
        ],
    )
    def test_it_wants_the_password_and_the_name(self, attrs: dict[str, object], field: str) -> None:
        user = user_fixture()
        result = leave(user, **attrs)
        assert isinstance(result, Error)
        assert list(result.reason.errors_on()) == [field]
        assert accounts.get_user(user.id) == user

    def test_the_case_of_the_name_is_no_matter(self) -> None:
        assert isinstance(leave(user_fixture(username="Eva"), confirmation="EVA "), Ok)

    def test_the_voice_of_a_backend_stays(self) -> None:
        wolfram = user_fixture(username="wolfram")
        with pytest.raises(NotFound):
            leave(wolfram)
        assert accounts.get_user(wolfram.id) == wolfram

    def test_who_is_gone_writes_nothing_more(self) -> None:
        user, other = user_fixture(), user_fixture()
        video = video_fixture(other)
        leave(user)
        note = multimedia.annotate_video(user, video.id, {"body": "x", "at": 0})
        assert isinstance(note, Error)
        assert note.reason.errors_on() == {"user": ["does not exist"]}
        for write in (
            lambda: accounts.create_session_token(user),
            lambda: accounts.update_profile(user, {"name": "New"}),
            lambda: leave(user),
        ):
            with pytest.raises(NotFound):
                write()

    def test_whoever_catches_up_over_the_hole_gets_all_that_is_left(self) -> None:
        """The chain names notes that are gone; a reader by id meets every note that is there, and the end."""
        leaver, other = user_fixture(), user_fixture()
        video = video_fixture(other)
        notes = [annotation_fixture(who, video) for who in (leaver, other, leaver, other, leaver)]
        leave(leaver)
        left = [notes[1], notes[3]]

        for seen in range(notes[0].id - 1, notes[-1].id + 2):
            page, more = multimedia.list_annotations_page(video, seen)
            assert (page, more) == ([note for note in left if note.id > seen], False)
        assert [note.prev_id for note in left] == [notes[0].id, notes[2].id]
        assert multimedia.latest_annotation_ids([video.id]) == {video.id: notes[3].id}
        assert multimedia.annotation_marks([video.id]) == {video.id: (notes[3].id, 1)}
        later = annotation_fixture(other, video)
        assert (later.prev_id, later.id > notes[-1].id) == (notes[3].id, True)


@pytest.mark.usefixtures("committed_database")
class TestAtOnce:
    def test_two_who_annotated_each_other_leave_at_the_same_moment(self) -> None:
        users = [user_fixture() for _ in range(4)]
        videos = [video_fixture(user) for user in users]
        for user in users:
            for video in videos:
                annotation_fixture(user, video)

        with ThreadPoolExecutor(len(users)) as pool:
            results = list(pool.map(leave, users))

        assert [isinstance(result, Ok) for result in results] == [True] * 4
        assert multimedia.list_videos() == accounts.list_users() == []

    def test_who_leaves_while_posting_leaves_nothing_behind(self) -> None:
        user, other = user_fixture(), user_fixture()
        video = video_fixture(other)
        began = threading.Event()

        def post() -> None:
            while True:
                annotation_fixture(user, video)
                video_fixture(user)
                began.set()

        with ThreadPoolExecutor(2) as pool:
            posting = [pool.submit(post) for _ in range(2)]
            assert began.wait(10)
            assert isinstance(leave(user), Ok)
            for one in posting:
                assert isinstance(one.exception(timeout=10), IntegrityError | AssertionError)  # refused

        assert multimedia.list_videos() == [video]
        assert multimedia.list_annotations(video) == []

    def test_of_two_password_changes_one_wins(self) -> None:
        user = user_fixture(username="eva")
        wanted = ["the first sentence", "the second sentence"]

        def change(password: str) -> bool:
            attrs = {"current_password": "supersecret", "password": password}
            return isinstance(accounts.change_password(user, attrs), Ok)

        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(change, wanted))

        assert sorted(won) == [False, True]
        stored = wanted[won.index(True)]
        assert isinstance(accounts.authenticate_by_username_and_pass("eva", stored), Ok)
