"""Objects of rows that no session has seen: what they show, what they refuse, and how they are written."""

from typing import Any

import pytest
from sqlalchemy import event, func, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from rumbl_core import multimedia, repo
from rumbl_core.accounts import User
from rumbl_core.excerpt import Excerpt
from rumbl_core.multimedia import Category, Video
from rumbl_core.result import Ok
from rumbl_core.testing import user_fixture, video_fixture

PUBLIC = Excerpt(User, "name", "username")
WITH_OWNER = Excerpt(Video, "title", user=PUBLIC, category=Excerpt(Category, "name"))


@pytest.fixture
def owner(sandbox: object) -> User:
    return user_fixture(name="Ana")


def read(excerpt: Excerpt[Any]) -> list[Any]:
    return excerpt.objects(repo.values(excerpt.select().order_by(Video.id)))


def test_an_object_has_its_columns_and_what_it_belongs_to(owner: User) -> None:
    category = multimedia.create_category_or_raise("Action")
    stored = video_fixture(owner, title="Otters", category_id=category.id)
    (video,) = read(WITH_OWNER)
    assert video == stored
    assert (video.title, video.user.name, video.category.name) == ("Otters", "Ana", "Action")
    assert (video.user, video.category) == (owner, category)
    assert inspect(video).detached, "as what a session has let go of"


def test_what_it_does_not_belong_to_is_none(owner: User) -> None:
    video_fixture(owner)
    (video,) = read(WITH_OWNER)
    assert video.category is None


def test_rows_of_one_owner_share_the_object(owner: User) -> None:
    video_fixture(owner)
    video_fixture(owner)
    first, second = read(WITH_OWNER)
    assert first is not second
    assert first.user is second.user


def test_all_columns_if_none_are_named(owner: User) -> None:
    stored = video_fixture(owner)
    (video,) = read(Excerpt(Video))
    names = Video.__mapper__.column_attrs.keys()
    assert {name: getattr(video, name) for name in names} == {name: getattr(stored, name) for name in names}


@pytest.mark.parametrize(
    "look",
    [lambda video: video.url, lambda video: video.user.password_hash, lambda video: video.user.email],
    ids=["a column", "a secret of the owner", "an address of the owner"],
)
def test_what_was_not_read_raises(owner: User, look: Any) -> None:
    video_fixture(owner)
    (video,) = read(WITH_OWNER)
    with pytest.raises(SQLAlchemyError):
        look(video)


def test_an_association_that_was_not_read_raises(owner: User) -> None:
    video_fixture(owner)
    (video,) = read(Excerpt(Video))
    with pytest.raises(SQLAlchemyError):
        _ = video.user


def test_columns_behind_it_are_left_alone(owner: User) -> None:
    video_fixture(owner, title="Otters")
    ((*_, length),) = found = repo.values(PUBLIC.select().add_columns(func.length(User.name)))
    assert (PUBLIC.objects(found), length) == ([owner], 3)


def test_it_can_be_written_like_any_other(owner: User) -> None:
    stored = video_fixture(owner, title="Otters")
    (video,) = read(Excerpt(Video, user=PUBLIC))
    match multimedia.update_video(video, {"title": "Cats"}):
        case Ok(updated):
            assert (updated.title, updated.user.name, video.title) == ("Cats", "Ana", "Otters")
        case refused:
            pytest.fail(str(refused))
    assert multimedia.get_video_or_raise(stored.id).title == "Cats"


@pytest.mark.usefixtures("committed_database")
def test_no_session_is_made() -> None:
    """What it is for: a session costs more than the statement."""
    video_fixture(user_fixture())
    begun: list[object] = []

    def note(session: object, *_rest: object) -> None:
        begun.append(session)

    event.listen(Session, "after_begin", note)
    try:
        read(WITH_OWNER)
        assert begun == []
        repo.rows(WITH_OWNER.select())
        assert begun != [], "a session is noticed"
    finally:
        event.remove(Session, "after_begin", note)


def test_inside_a_transaction_it_sees_what_that_has_written(owner: User) -> None:
    with repo.transaction():
        video_fixture(owner, title="Otters")
        assert [video.title for video in read(WITH_OWNER)] == ["Otters"]
