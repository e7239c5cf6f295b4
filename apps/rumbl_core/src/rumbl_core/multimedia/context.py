"""Multimedia: videos, their categories, and the annotations on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ScalarSelect, Select, any_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from rumbl_core import repo
from rumbl_core.accounts import User
from rumbl_core.casts import MAX_ID, cast_id
from rumbl_core.changeset import Changeset
from rumbl_core.errors import NotFound
from rumbl_core.excerpt import Excerpt
from rumbl_core.listing import Ask, Listing, Order, Page, sort_key
from rumbl_core.multimedia import permalink
from rumbl_core.multimedia.annotation import Annotation
from rumbl_core.multimedia.category import Category
from rumbl_core.multimedia.video import Video
from rumbl_core.result import Error, Ok

MAX_PAGE: Final = 500
"""Most rows that any list gives at once."""
MAX_COUNT: Final = 1_000
"""Where the counting of a list ends: one more stands for all that is more."""
_ANNOTATION_LOCKS: Final = 1
# Built once: these are asked for by every page or every join.
# What pages show and nothing else: whatever is private raises.
_OWNER: Final = Excerpt(User, "name", "username")
_OF_CATEGORY: Final = Excerpt(Category, "name")
_WATCHED: Final = Excerpt(Video, user=_OWNER, category=_OF_CATEGORY)
_VIDEO: Final = _WATCHED.select().where(Video.id == bindparam("id"))
_OWN: Final = Excerpt(Video, user=Excerpt(User), category=Excerpt(Category))
_OWN_VIDEO: Final = _OWN.select().where(Video.user_id == bindparam("user_id"), Video.id == bindparam("id"))
_NOTE: Final = Excerpt(Annotation, user=_OWNER)
_NOTES: Final = (
    _NOTE.select()
    .where(Annotation.video_id == bindparam("video_id"), Annotation.id > bindparam("since_id"))
    .order_by(Annotation.at, Annotation.id)
    .limit(bindparam("size"))
)
# Of lists besides: long texts stay where they are.
_LISTED: Final = Excerpt(
    Video, "url", "title", "slug", "user_id", "category_id", user=_OWNER, category=_OF_CATEGORY
)
_LISTED_VIDEOS: Final = _LISTED.select()
_VIDEOS_OF_CATEGORY: Final = _LISTED_VIDEOS.where(Video.category_id == bindparam("category_id"))
_VIDEOS_OF_USER: Final = _LISTED_VIDEOS.where(Video.user_id == bindparam("user_id"))
_CATEGORY: Final = Excerpt(Category)
_ALL_CATEGORIES: Final = _CATEGORY.select()
_CATEGORY_OF_NAME: Final = _ALL_CATEGORIES.where(Category.name == bindparam("name"))
_LATEST_ID: Final = Annotation.latest_id(bindparam("of_video", type_=BigInteger))
# By the database's clock, for `list_recent_annotations`: the clocks of nodes may differ.
_TIME: Final = repo.database_time()
_LATEST: Final = select(Video.id, func.coalesce(Annotation.latest_id(Video.id), 0), Video.removals).where(
    Video.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
)


def _counted(column: InstrumentedAttribute[Any], of: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    """How many rows have `of` in `column`, `MAX_COUNT` + 1 at most, as a part of a statement."""
    some = select(column).where(column == of).limit(MAX_COUNT + 1).correlate(of.class_).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


_VIDEOS: Final[Listing[Video]] = Listing(
    _LISTED,
    Video.id,
    {"newest": Order(descending=True), "oldest": Order(), "title": Order(sort_key(Video.title))},
    func.rumbl_fold(Video.title),
    _counted(Annotation.video_id, Video.id),
)
_CATEGORIES: Final[Listing[Category]] = Listing(
    _CATEGORY,
    Category.id,
    {"name": Order(sort_key(Category.name)), "newest": Order(descending=True)},
    func.rumbl_fold(Category.name),
    _counted(Video.category_id, Category.id),
)


def list_videos(limit: int = MAX_PAGE, after: object = None) -> list[Video]:
    """Videos with user and category, oldest first, of them only those after the id `after`."""
    query = _with_associations(select(Video)).where(Video.id > (permalink.cast(after) or 0))
    return repo.all(query.order_by(Video.id).limit(_page(limit)))


def list_newest_videos(limit: int = 24, before: object = None) -> list[Video]:
    """Videos with user and category, newest first, of them only those before the id `before`."""
    query = _with_associations(select(Video)).where(Video.id < (permalink.cast(before) or MAX_ID))
    return repo.all(query.order_by(Video.id.desc()).limit(_page(limit)))


def list_videos_page(ask: Ask, category: Category | None = None) -> Page[Video]:
    """A page of everybody's videos, or of a category's: searched by title, "newest", "oldest" or by "title".

    Each comes with user and category, of all three what is public and short, and the page with the numbers of
    annotations.
    """
    if category is None:
        return _VIDEOS.page(_LISTED_VIDEOS, ask)
    return _VIDEOS.page(_VIDEOS_OF_CATEGORY, ask, {"category_id": category.id})


def list_user_videos_page(user: User, ask: Ask) -> Page[Video]:
    """A page of a user's own videos, as in `list_videos_page`."""
    return _VIDEOS.page(_VIDEOS_OF_USER, ask, {"user_id": user.id})


def get_video(id: object) -> Video | None:
    """The video of an id or permalink, with user and category, or None. Of those two: what is public."""
    number = permalink.cast(id)
    found = [] if number is None else _WATCHED.objects(repo.values(_VIDEO, {"id": number}))
    return found[0] if found else None


def get_video_or_raise(id: object) -> Video:
    """The video of an id or permalink, with user and category; raises NotFound."""
    video = get_video(id)
    if video is None:
        raise NotFound(f"no video {id!r}")
    return video


def list_user_videos(user: User, limit: int = MAX_PAGE, before: object = None) -> list[Video]:
    """A user's own videos with user and category, newest first, of them only those before the id `before`."""
    query = _with_associations(_user_videos_query(select(Video), user))
    query = query.where(Video.id < (permalink.cast(before) or MAX_ID))
    return repo.all(query.order_by(Video.id.desc()).limit(_page(limit)))


def get_user_video_or_raise(user: User, id: object) -> Video:
    """A user's own video; raises NotFound for somebody else's, as for none."""
    number = permalink.cast(id)
    if number is None:
        raise NotFound(f"no video {id!r}")
    video = repo.one_of(_OWN, _OWN_VIDEO, {"user_id": user.id, "id": number})
    if video is None:
        raise NotFound(f"no video {id!r} of {user!r}")
    return video


def create_video(user: User, attrs: object = None) -> Ok[Video] | Error[Changeset[Video]]:
    """Add a video of this user."""
    result = repo.insert(Video.changeset(Video(user_id=user.id), attrs))
    if isinstance(result, Ok):
        set_committed_value(result.value, "user", user)
    return result


def update_video(video: Video, attrs: object) -> Ok[Video] | Error[Changeset[Video]]:
    """Change a video; the one given stays as it was. Raises NotFound if it was deleted meanwhile."""
    return repo.update(Video.changeset(video, attrs))


def delete_video(video: Video) -> Ok[Video] | Error[Changeset[Video]]:
    """Delete a video and its annotations. Raises NotFound if it was deleted meanwhile."""
    return repo.delete(video)


def change_video(video: Video, attrs: object = None) -> Changeset[Video]:
    """A changeset of a video that is not tried yet, for a form."""
    return Video.changeset(video, attrs)


def list_alphabetical_categories() -> list[Category]:
    """All categories in the order of their names."""
    return repo.all(Category.alphabetical(select(Category)))


def list_categories_page(ask: Ask) -> Page[Category]:
    """A page of categories with their numbers of videos: searched by name, by "name" or "newest"."""
    return _CATEGORIES.page(_ALL_CATEGORIES, ask)


def get_category_or_raise(id: object) -> Category:
    """The category of an id or of the end of its path; raises NotFound."""
    category = repo.get(Category, permalink.cast(id))
    if category is None:
        raise NotFound(f"no category {id!r}")
    return category


def category_param(category: Category) -> str:
    """The category's part of a path, as in `3-sci-fi`: only the id counts."""
    return f"{category.id}-{permalink.slugify(category.name)}"


def create_category_or_raise(name: str) -> Category:
    """The category of this name, made if there is none yet; raises ValueError if it can't be a name."""
    wanted = Category.changeset(Category(), {"name": name})
    if not wanted.valid:
        raise ValueError(f"category {name!r}: {wanted.errors_on()}")
    repo.insert_new(Category, [wanted.changes])
    category = repo.one_of(_CATEGORY, _CATEGORY_OF_NAME, {"name": name})
    assert category is not None
    return category


def annotate_video(
    user: User, video_id: object, attrs: object
) -> Ok[Annotation] | Error[Changeset[Annotation]]:
    """Pin a note to a video; the annotation comes with its user.

    The same `client_key` of the same user on the same video, and a second answer of the same user to one
    question, give the annotation that is there already: its `is_new` is False. Only a user without a password
    (a backend's) may set `answer_to` and `source_url`.

    The lock makes ids within a video grow in the order of commits, so "everything after the last id I saw"
    can't miss a row; and it makes `prev_id` exact: between the two no note of the video lies or ever will.
    """
    row = Annotation(user_id=user.id, video_id=permalink.cast(video_id) or 0)
    judge = Annotation.changeset if user.password_hash else Annotation.answer_changeset
    wanted = judge(row, attrs)
    if not wanted.valid:
        return Error(wanted.put_action("insert"))
    result = _insert_once(wanted.put_change("prev_id", _LATEST_ID).put_change("inserted_at", _TIME))
    if isinstance(result, Ok):
        set_committed_value(result.value, "user", user)
    return result


def list_annotations(video: Video | int, since_id: object = 0, limit: int = MAX_PAGE) -> list[Annotation]:
    """A video's annotations after `since_id`, with users, in the order of the film: by `at`, then id."""
    id = video.id if isinstance(video, Video) else video
    values = {"video_id": id, "since_id": cast_id(since_id) or 0, "size": _page(limit)}
    return _NOTE.objects(repo.values(_NOTES, values))


def list_annotations_after(
    video: Video | int, since_id: object = 0, limit: int = MAX_PAGE
) -> list[Annotation]:
    """A video's annotations after `since_id`, with users, by id: the next page of what was missed."""
    return repo.all(_annotations(video, since_id).order_by(Annotation.id).limit(_page(limit)))


def list_recent_annotations(video: Video | int, within_s: float, limit: int = MAX_PAGE) -> list[Annotation]:
    """The newest of a video's annotations, `limit` at most, with users, by id.

    Those are the ones made in the last `within_s` seconds by the database's clock, and the very newest
    however old it is. Old ones cost nothing, however many there are.
    """
    id = video.id if isinstance(video, Video) else video
    newest = select(Annotation.id).where(Annotation.video_id == id)
    newest = newest.order_by(Annotation.id.desc()).limit(_page(limit))
    since = repo.database_time() - timedelta(seconds=within_s)
    recent = or_(Annotation.inserted_at >= since, Annotation.id == Annotation.latest_id(id))
    query = _annotations(id, 0).where(Annotation.id.in_(newest), recent)
    return repo.all(query.order_by(Annotation.id))


def list_annotations_page(
    video: Video | int, since_id: object = 0, limit: int = MAX_PAGE
) -> tuple[list[Annotation], bool]:
    """What `list_annotations_after` gives, and whether there are more after it."""
    size = _page(limit)
    found = repo.all(_annotations(video, since_id).order_by(Annotation.id).limit(size + 1))
    return found[:size], len(found) > size


def latest_annotation_ids(video_ids: Collection[int]) -> dict[int, int]:
    """The highest id of the annotations of each video, 0 for one without any; who is no video is left out."""
    return {video_id: latest for video_id, (latest, _) in annotation_marks(video_ids).items()}


def annotation_marks(video_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """The latest id of each video and how often it lost annotations: while both stay, so do all of them.

    Who is no video is left out.
    """
    marks = repo.values(_LATEST, {"ids": list(video_ids)})
    return {video_id: (latest, removals) for video_id, latest, removals in marks}


def count_annotations(of: Collection[Video]) -> dict[int, int]:
    """Number of annotations of each video, by its id, in one query."""
    counts = dict.fromkeys((video.id for video in of), 0)
    if counts:
        query = select(Annotation.video_id, func.count()).where(repo.among(Annotation.video_id, counts))
        counts.update((id, number) for id, number in repo.rows(query.group_by(Annotation.video_id)))
    return counts


def _insert_once(wanted: Changeset[Annotation]) -> Ok[Annotation] | Error[Changeset[Annotation]]:
    """Insert under the video's lock, or find the one that the unique indexes name as its twin."""
    video_id = wanted.data.video_id
    result = repo.insert(wanted, lock=(video_id, _ANNOTATION_LOCKS), parameters={"of_video": video_id})
    if isinstance(result, Ok):
        result.value.is_new = True
        return result
    of_user = select(Annotation).where(Annotation.user_id == wanted.data.user_id)
    twins = {
        "client_key": of_user.where(Annotation.video_id == video_id),
        "answer_to": of_user,
    }
    for name, query in twins.items():
        if "has already been taken" in result.reason.errors.get(name, ()):
            return Ok(repo.one_or_raise(query.where(getattr(Annotation, name) == wanted.changes[name])))
    return result


def _annotations(video: Video | int, since_id: object) -> Select[Annotation]:
    id = video.id if isinstance(video, Video) else video
    return Annotation.of_video(id, cast_id(since_id) or 0)


def _user_videos_query(query: Select[Video], user: User) -> Select[Video]:
    return query.where(Video.user_id == user.id)


def _with_associations(query: Select[Video]) -> Select[Video]:
    return query.options(joinedload(Video.user), joinedload(Video.category))


def _page(limit: int) -> int:
    return max(0, min(limit, MAX_PAGE))
