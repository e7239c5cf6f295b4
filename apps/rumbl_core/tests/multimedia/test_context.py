from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from rumbl_core import multimedia, repo
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.errors import NotFound
from rumbl_core.multimedia import Annotation, Category, Video
from rumbl_core.result import Error, Ok
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture

pytestmark = pytest.mark.usefixtures("sandbox")

VALID = {"description": "desc", "title": "title", "url": "http://local"}
INVALID = {"description": None, "title": None, "url": None}


@pytest.fixture
def owner() -> User:
    return user_fixture()


def errors(result: Ok[Any] | Error[Any]) -> Any:
    assert isinstance(result, Error)
    return result.reason.errors_on()


def value(result: Ok[Any] | Error[Any]) -> Any:
    assert isinstance(result, Ok), result
    return result.value


class TestVideos:
    @pytest.mark.spec("T13", "list_videos/0 returns all videos")
    @pytest.mark.trap(28)
    def test_list_videos_returns_all_videos(self, owner: User) -> None:
        first = video_fixture(owner)
        assert multimedia.list_videos() == [first]
        second = video_fixture(owner)
        assert multimedia.list_videos() == [first, second]

    @pytest.mark.spec("T14", "get_video!/1 returns the video with given id")
    def test_get_video_returns_the_video_with_given_id(self, owner: User) -> None:
        video = video_fixture(owner)
        assert multimedia.get_video_or_raise(video.id).id == video.id

    @pytest.mark.spec("T15", "create_video/2 with valid data creates a video")
    def test_create_video_with_valid_data_creates_a_video(self, owner: User) -> None:
        video = value(multimedia.create_video(owner, VALID))
        assert (video.description, video.title, video.url) == ("desc", "title", "http://local")
        assert (video.user_id, video.user) == (owner.id, owner)

    @pytest.mark.spec("T16", "create_video/2 with invalid data returns error changeset")
    def test_create_video_with_invalid_data_returns_error_changeset(self, owner: User) -> None:
        result = multimedia.create_video(owner, INVALID)
        assert errors(result) == {
            "url": ["can't be blank"],
            "title": ["can't be blank"],
            "description": ["can't be blank"],
        }

    @pytest.mark.spec("T17", "update_video/2 with valid data updates the video")
    @pytest.mark.trap(24)
    def test_update_video_with_valid_data_updates_the_video(self, owner: User) -> None:
        video = video_fixture(owner)
        updated = value(multimedia.update_video(video, {"title": "updated title"}))
        assert (updated.id, updated.title, updated.url) == (video.id, "updated title", video.url)

    @pytest.mark.spec("T18", "update_video/2 with invalid data returns error changeset")
    def test_update_video_with_invalid_data_returns_error_changeset(self, owner: User) -> None:
        video = video_fixture(owner)
        assert errors(multimedia.update_video(video, INVALID))
        assert multimedia.get_video_or_raise(video.id).title == "A Title"

    @pytest.mark.spec("T19", "delete_video/1 deletes the video")
    def test_delete_video_deletes_the_video(self, owner: User) -> None:
        video = video_fixture(owner)
        assert isinstance(multimedia.delete_video(video), Ok)
        assert multimedia.list_videos() == []

    @pytest.mark.spec("T20", "change_video/1 returns a video changeset")
    def test_change_video_returns_a_video_changeset(self, owner: User) -> None:
        assert isinstance(multimedia.change_video(video_fixture(owner)), Changeset)


class TestGetVideo:
    def test_takes_permalinks(self, owner: User) -> None:
        video = video_fixture(owner, title="Hello World!")
        assert multimedia.video_param(video) == f"{video.id}-hello-world-"
        for id in (multimedia.video_param(video), f"{video.id}-anything", f"{video.id}-", str(video.id)):
            assert multimedia.get_video(id) == video

    @pytest.mark.parametrize("id", ["hello-13", "0", "-5", 2**63, "9" * 5000 + "-x", None, "", True, 1.5])
    def test_an_impossible_id_has_no_video(self, id: object, owner: User) -> None:
        assert multimedia.get_video(id) is None
        with pytest.raises(NotFound):
            multimedia.get_video_or_raise(id)
        with pytest.raises(NotFound):
            multimedia.get_user_video_or_raise(owner, id)

    @pytest.mark.trap(34)
    def test_a_user_gets_only_own_videos_to_edit(self, owner: User) -> None:
        sneaky, video = user_fixture(), video_fixture(owner)
        assert multimedia.get_user_video_or_raise(owner, multimedia.video_param(video)) == video
        with pytest.raises(NotFound):
            multimedia.get_user_video_or_raise(sneaky, video.id)
        assert multimedia.list_user_videos(sneaky) == []
        assert multimedia.list_user_videos(owner) == [video]

    def test_lists_come_in_pages_with_user_and_category(self, owner: User) -> None:
        category = multimedia.create_category_or_raise("Action")
        first, second, third = (video_fixture(owner, category_id=category.id) for _ in range(3))
        assert multimedia.list_videos(limit=2) == [first, second]
        assert multimedia.list_videos(limit=2, after=second.id) == [third]
        assert multimedia.list_newest_videos(limit=2) == [third, second]
        assert multimedia.list_newest_videos(limit=2, before=second.id) == [first]
        assert multimedia.list_user_videos(owner, limit=1, before=third.id) == [second]
        listed = multimedia.list_videos()[0]
        assert listed.user is not None
        assert listed.category is not None
        assert (listed.user.username, listed.category.name) == (owner.username, "Action")

    def test_what_was_not_loaded_raises(self, owner: User) -> None:
        with pytest.raises(InvalidRequestError):
            _ = video_fixture(owner).category


class TestWriteVideo:
    def test_the_owner_never_comes_from_the_form(self, owner: User) -> None:
        other = user_fixture()
        video = video_fixture(owner, user_id=other.id, slug="mine", id=99)
        assert (video.user_id, video.slug, video.id != 99) == (owner.id, "a-title", True)

    def test_an_unknown_category_is_an_error_named_category(self, owner: User) -> None:
        result = multimedia.create_video(owner, {**VALID, "category_id": 2**40})
        assert errors(result) == {"category": ["does not exist"]}
        video = video_fixture(owner)
        assert errors(multimedia.update_video(video, {"category_id": "999"})) == {
            "category": ["does not exist"]
        }

    @pytest.mark.trap(12)
    def test_an_unknown_owner_is_our_bug_and_crashes(self) -> None:
        with pytest.raises(IntegrityError, match="videos_user_id_fkey"):
            multimedia.create_video(User(id=2**40), VALID)

    @pytest.mark.parametrize("category_id", ["abc", str(2**63), 2**70, "1.5", [1], {"a": 1}, True])
    @pytest.mark.trap(14)
    def test_a_category_that_is_no_id_is_invalid(self, owner: User, category_id: object) -> None:
        result = multimedia.create_video(owner, {**VALID, "category_id": category_id})
        assert errors(result) == {"category_id": ["is invalid"]}

    @pytest.mark.trap(14)
    def test_an_empty_category_is_none(self, owner: User) -> None:
        category = multimedia.create_category_or_raise("Action")
        video = video_fixture(owner, category_id=str(category.id))
        assert video.category_id == category.id
        assert value(multimedia.update_video(video, {"category_id": ""})).category_id is None

    @pytest.mark.parametrize("field", ["url", "title"])
    @pytest.mark.parametrize("letter", ["x", "ß", "İ", "\U0001f600"])
    @pytest.mark.trap(27)
    def test_what_does_not_fit_the_column_is_refused(self, owner: User, field: str, letter: str) -> None:
        assert value(multimedia.create_video(owner, {**VALID, field: letter * 255}))
        result = multimedia.create_video(owner, {**VALID, field: letter * 256})
        assert errors(result) == {field: ["should be at most 255 character(s)"]}

    @pytest.mark.parametrize("url", ["http://local", "http://youtu.be", "test@example.com", "javascript:x"])
    def test_any_text_of_one_line_is_an_address(self, owner: User, url: str) -> None:
        assert video_fixture(owner, url=url).url == url
        assert errors(multimedia.create_video(owner, {**VALID, "url": f"{url}\n"})) == {"url": ["is invalid"]}

    @pytest.mark.trap(25)
    def test_white_space_is_blank_but_kept_around_words(self, owner: User) -> None:
        for title in (" \u3000", "\u200b\u2060"):
            assert errors(multimedia.create_video(owner, {**VALID, "title": title})) == {
                "title": ["can't be blank"]
            }
        assert video_fixture(owner, title=" two ").title == " two "

    @pytest.mark.trap(18)
    def test_the_slug_follows_the_title_only(self, owner: User) -> None:
        video = video_fixture(owner, title="Programming Elixir")
        assert video.slug == "programming-elixir"
        repo.update(Changeset(video).put_change("slug", None))
        old = multimedia.get_video_or_raise(video.id)
        assert multimedia.video_param(old) == f"{old.id}-"
        same = value(multimedia.update_video(old, {"title": "Programming Elixir", "url": "http://x"}))
        assert (same.slug, same.url) == (None, "http://x")
        assert value(multimedia.update_video(old, {"title": "José"})).slug == "josé"

    def test_an_update_leaves_the_given_video_as_it_was(self, owner: User) -> None:
        category = multimedia.create_category_or_raise("Action")
        video = multimedia.get_video_or_raise(video_fixture(owner).id)
        updated = value(multimedia.update_video(video, {"category_id": category.id}))
        assert (video.category_id, updated.category_id) == (None, category.id)
        assert updated.user == owner, "the same user is still loaded"
        with pytest.raises(InvalidRequestError):
            _ = updated.category

    def test_writing_to_a_deleted_video_is_not_found(self, owner: User) -> None:
        video = video_fixture(owner)
        multimedia.delete_video(video)
        with pytest.raises(NotFound):
            multimedia.update_video(video, {"title": "new"})
        with pytest.raises(NotFound):
            multimedia.delete_video(video)

    @pytest.mark.trap(35)
    def test_deleting_a_video_deletes_its_annotations(self, owner: User) -> None:
        video, other = video_fixture(owner), video_fixture(owner)
        question = annotation_fixture(owner, video)
        annotation_fixture(user_fixture(username="wolfram"), video, answer_to=question.id)
        kept = annotation_fixture(owner, other)
        assert isinstance(multimedia.delete_video(video), Ok)
        assert multimedia.list_annotations(video) == []
        assert multimedia.list_annotations(other) == [kept]


class TestAnnotateVideo:
    def test_pins_a_note_and_gives_it_with_its_user(self, owner: User) -> None:
        video = video_fixture(owner)
        note = value(multimedia.annotate_video(owner, video.id, {"body": "hi", "at": 7}))
        assert (note.body, note.at, note.user, note.video_id) == ("hi", 7, owner, video.id)
        assert multimedia.list_annotations(video)[0].user.username == owner.username

    @pytest.mark.parametrize(
        ("attrs", "expected"),
        [
            ({}, {"body": ["can't be blank"], "at": ["can't be blank"]}),
            (["body"], {"body": ["can't be blank"], "at": ["can't be blank"]}),
            ({"body": " ", "at": 0}, {"body": ["can't be blank"]}),
            ({"body": "x", "at": -1}, {"at": ["must be greater than or equal to 0"]}),
            ({"body": "x", "at": 2**31}, {"at": ["must be less than or equal to 2147483647"]}),
            ({"body": "x", "at": 1.5}, {"at": ["is invalid"]}),
            ({"body": "x", "at": True}, {"at": ["is invalid"]}),
            ({"body": "x", "at": 10**100}, {"at": ["is invalid"]}),
            ({"body": "x" * 10_001, "at": 0}, {"body": ["should be at most 10000 character(s)"]}),
            ({"body": "e" + "\u0301" * 500_000, "at": 0}, {"body": ["should be at most 10000 character(s)"]}),
            ({"body": "a\x00", "at": 0}, {"body": ["is invalid"]}),
            ({"body": 7, "at": 0}, {"body": ["is invalid"]}),
            (
                {"body": "x", "at": 0, "client_key": "k" * 65},
                {"client_key": ["should be at most 64 character(s)"]},
            ),
            ({"body": "x", "at": 0, "client_key": 7}, {"client_key": ["is invalid"]}),
        ],
    )
    def test_refuses_what_is_no_note(
        self, owner: User, attrs: object, expected: dict[str, list[str]]
    ) -> None:
        video = video_fixture(owner)
        assert errors(multimedia.annotate_video(owner, video.id, attrs)) == expected
        assert multimedia.count_annotations([video]) == {video.id: 0}

    def test_a_note_on_a_video_that_is_gone_is_refused(self, owner: User) -> None:
        for id in (2**40, "x", None):
            result = multimedia.annotate_video(owner, id, {"body": "x", "at": 0})
            assert errors(result) == {"video": ["does not exist"]}

    def test_a_note_of_a_user_who_was_deleted_meanwhile_is_refused(self, owner: User) -> None:
        video, gone = video_fixture(owner), user_fixture()
        repo.delete(gone)
        result = multimedia.annotate_video(gone, video.id, {"body": "x", "at": 0})
        assert errors(result) == {"user": ["does not exist"]}

    def test_the_same_key_of_the_same_user_is_the_same_note(self, owner: User) -> None:
        video, other = video_fixture(owner), user_fixture()
        first = annotation_fixture(owner, video, body="first", client_key="k")
        again = annotation_fixture(owner, video, body="second", client_key="k")
        assert (again.id, again.body, again.user) == (first.id, "first", owner)
        assert annotation_fixture(other, video, client_key="k").id != first.id
        assert annotation_fixture(owner, video).id != annotation_fixture(owner, video).id, "no key, no twin"
        assert multimedia.count_annotations([video]) == {video.id: 4}

    def test_the_same_key_on_another_video_is_another_note(self, owner: User) -> None:
        video, other = video_fixture(owner), video_fixture(owner)
        first = annotation_fixture(owner, video, client_key="k")
        second = annotation_fixture(owner, other, client_key="k")
        assert (second.video_id, second.id != first.id) == (other.id, True)
        assert annotation_fixture(owner, other, client_key="k").id == second.id

    def test_a_note_says_whether_it_is_new_or_the_twin(self, owner: User) -> None:
        video, wolfram = video_fixture(owner), user_fixture(username="wolfram")
        with repo.transaction():
            first = annotation_fixture(owner, video, client_key="k")
            again = annotation_fixture(owner, video, client_key="k")
        assert (first.is_new, again.is_new) == (True, False)
        answers = [annotation_fixture(wolfram, video, answer_to=first.id).is_new for _ in range(2)]
        assert answers == [True, False]
        assert not any(note.is_new for note in multimedia.list_annotations(video))

    def test_a_note_names_the_one_before_it_on_its_video(self, owner: User) -> None:
        video, other = video_fixture(owner), video_fixture(owner)
        first = annotation_fixture(owner, video, at=9)
        annotation_fixture(owner, other)
        second = annotation_fixture(owner, video, at=1, client_key="k")
        assert annotation_fixture(owner, video, client_key="k").prev_id == first.id, (
            "a twin stays where it is"
        )
        third = annotation_fixture(owner, video)
        assert [note.prev_id for note in (first, second, third)] == [None, first.id, second.id]
        assert [note.prev_id for note in multimedia.list_annotations_after(video)] == [
            None,
            first.id,
            second.id,
        ]

    def test_a_backend_answers_a_question_once(self, owner: User) -> None:
        video, wolfram = video_fixture(owner), user_fixture(username="wolfram")
        question = annotation_fixture(owner, video, body="1 + 1")
        source = "https://www.wolframalpha.com/input?i=1%2B1"
        answer = annotation_fixture(wolfram, video, body="2", answer_to=question.id, source_url=source)
        assert (answer.answer_to, answer.source_url) == (question.id, source)
        assert annotation_fixture(wolfram, video, body="2", answer_to=question.id).id == answer.id
        calculator = user_fixture(username="calculator")
        assert annotation_fixture(calculator, video, answer_to=question.id).id != answer.id

    def test_nobody_else_can_pose_as_a_backend(self, owner: User) -> None:
        video = video_fixture(owner)
        question = annotation_fixture(owner, video)
        note = annotation_fixture(
            owner, video, answer_to=question.id, source_url="https://evil.example", user_id=0
        )
        assert (note.answer_to, note.source_url, note.user_id) == (None, None, owner.id)

    def test_an_answer_to_nothing_or_from_nowhere_is_refused(self, owner: User) -> None:
        video, wolfram = video_fixture(owner), user_fixture(username="wolfram")
        attrs = {"body": "2", "at": 0}
        result = multimedia.annotate_video(wolfram, video.id, {**attrs, "answer_to": 2**40})
        assert errors(result) == {"answer_to": ["does not exist"]}
        for url in ("javascript:alert(1)", "//x", "https://", "http://[", "data:x"):
            result = multimedia.annotate_video(wolfram, video.id, {**attrs, "source_url": url})
            assert errors(result) == {"source_url": ["is invalid"]}


class TestListAnnotations:
    @pytest.fixture
    def video(self, owner: User) -> Video:
        return video_fixture(owner)

    def test_for_display_by_moment_for_resuming_by_id(self, owner: User, video: Video) -> None:
        late, early, same = (annotation_fixture(owner, video, at=at) for at in (9, 1, 9))
        annotation_fixture(owner, video_fixture(owner))
        assert multimedia.list_annotations(video) == [early, late, same]
        assert multimedia.list_annotations_after(video) == [late, early, same]
        assert multimedia.list_annotations(video, late.id) == [early, same]
        assert multimedia.list_annotations_after(video.id, late.id, limit=1) == [early]

    @pytest.mark.parametrize("since", ["x", -1, None, [], 1.5, "-9", True])
    def test_nonsense_from_a_client_means_from_the_start(
        self, owner: User, video: Video, since: object
    ) -> None:
        note = annotation_fixture(owner, video)
        assert multimedia.list_annotations(video, since) == [note]

    def test_a_page_has_500_at_most(self, owner: User, video: Video) -> None:
        row = {"body": "x", "at": 0, "user_id": owner.id, "video_id": video.id}
        repo.insert_new(Annotation, [row] * 501)
        first = multimedia.list_annotations_after(video, 0, 10_000)
        rest = multimedia.list_annotations_after(video, first[-1].id)
        assert (len(first), len(rest)) == (500, 1)

    def test_a_page_says_whether_there_are_more(self, owner: User, video: Video) -> None:
        assert multimedia.list_annotations_page(video) == ([], False)
        row = {"body": "x", "at": 0, "user_id": owner.id, "video_id": video.id}
        repo.insert_new(Annotation, [row] * 501)
        first, more = multimedia.list_annotations_page(video)
        assert (len(first), more) == (500, True)
        assert multimedia.list_annotations_page(video, first[0].id)[1] is False, "500 are left: no more"
        rest, more = multimedia.list_annotations_page(video.id, first[-1].id, 1)
        assert (len(rest), more) == (1, False)

    def test_counts_for_a_list_in_one_query(self, owner: User, video: Video) -> None:
        other = video_fixture(owner)
        annotation_fixture(owner, video)
        assert multimedia.count_annotations([video, other]) == {video.id: 1, other.id: 0}
        assert multimedia.count_annotations([]) == {}


def test_unsaved_rows_can_be_shown() -> None:
    assert Video(id=1, title="dogs").title == "dogs"
    assert [vars(row).get("id") for row in (Category(name="x"), User())] == [None, None]
    assert User().name is None
