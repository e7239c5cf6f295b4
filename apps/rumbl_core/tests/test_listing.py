from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from rumbl_core import accounts, multimedia, repo
from rumbl_core.accounts import User
from rumbl_core.listing import MAX_SEARCH, Ask, Page, read_cursor, searchable
from rumbl_core.multimedia import Video
from rumbl_core.testing import Sandbox, annotation_fixture, user_fixture, video_fixture

SORTS = ("newest", "oldest", "title")
SEARCHES, SORTED = "enable_indexscan", "enable_sort"  # what else might be chosen for the few rows of a test


@pytest.fixture
def owner(sandbox) -> User:
    return user_fixture()


@pytest.fixture
def explained(rumbl_engine: Engine, sandbox: Sandbox) -> Iterator[Callable[[Callable[[], object], str], str]]:
    """How PostgreSQL does the last statement of a call, where reading a whole table is no choice."""
    made: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            made.append((statement, parameters))

    def explain(call: Callable[[], object], off: str) -> str:
        call()
        statement, parameters = made[-1]
        connection = sandbox._connection
        other = SORTED if off == SEARCHES else SEARCHES  # an earlier look may have switched it off
        connection.exec_driver_sql(
            f"SET LOCAL enable_seqscan = off; SET LOCAL {off} = off; SET LOCAL {other} = on"
        )
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())

    event.listen(rumbl_engine, "before_cursor_execute", note)
    yield explain
    event.remove(rumbl_engine, "before_cursor_execute", note)


def ask(**wanted: object) -> Ask:
    return Ask(**{"size": 4, **wanted})


def titles(page: Page[Video]) -> list[str | None]:
    return [video.title for video in page.rows]


def walked(sort: str, *, back: bool = False, between=lambda: None) -> list[int]:
    """Ids of all pages, from the first to the last; with `back` then from the last to the first again."""
    page = multimedia.list_videos_page(ask(sort=sort))
    pages = [page]
    while page.next:
        between()
        page = multimedia.list_videos_page(ask(sort=sort, after=page.next))
        pages.append(page)
    if back:
        pages = [page]
        while page.previous:
            page = multimedia.list_videos_page(ask(sort=sort, before=page.previous))
            pages.insert(0, page)
        assert page.next or len(pages) == 1
    return [video.id for page in pages for video in page.rows]


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("count", [0, 1, 4, 5, 8, 13])
def test_all_pages_together_are_the_list_both_ways(owner: User, count: int, sort: str, back: bool) -> None:
    films = [video_fixture(owner, title=random.Random(n).choice("ABa")) for n in range(count)]
    by = {
        "newest": lambda video: -video.id,
        "oldest": lambda video: video.id,
        "title": lambda video: (video.title.lower(), video.id),
    }
    assert walked(sort, back=back) == [video.id for video in sorted(films, key=by[sort])]


@pytest.mark.parametrize("sort", SORTS)
def test_what_comes_while_somebody_pages_makes_nothing_come_twice_or_get_lost(owner: User, sort: str) -> None:
    there = {video_fixture(owner, title=f"film {n}").id for n in range(11)}

    found = walked(sort, between=lambda: video_fixture(owner, title="aaa"))

    assert len(found) == len(set(found))
    assert there <= set(found)


def test_a_row_that_goes_while_somebody_pages_takes_no_other_with_it(owner: User) -> None:
    films = [video_fixture(owner, title="same") for _ in range(6)]
    first = multimedia.list_videos_page(ask(size=2, sort="title"))
    multimedia.delete_video(first.rows[-1])

    rest = multimedia.list_videos_page(ask(size=9, sort="title", after=first.next))

    assert rest.rows == films[2:]
    assert rest.next is None


def test_titles_are_in_order_whatever_their_case_and_accents(owner: User) -> None:
    wanted = ["", "10 Otters", "ähnlich", "Banane", "École", "eden", "zebra", "日本"]
    for title in reversed(wanted):
        repo.insert_new(Video, [{"title": title or None, "user_id": owner.id}])

    assert titles(multimedia.list_videos_page(ask(size=20, sort="title"))) == [None, *wanted[1:]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", {"50% off", "50 cents", "a_b", "aXb", "back\\slash", "José Valim", "日本語"}),
        ("50%", {"50% off"}),
        ("%", {"50% off"}),
        ("a_b", {"a_b"}),
        ("\\", {"back\\slash"}),
        ("JOSE", {"José Valim"}),
        ("josé v", {"José Valim"}),
        ("本", {"日本語"}),
        ("ents", {"50 cents"}),
        ("  50  cents ", {"50 cents"}),
        ("nothing like it", set()),
        ("'; DROP TABLE videos; --", set()),
    ],
)
def test_a_search_finds_any_part_of_a_title_and_nothing_in_it_is_a_pattern(
    owner: User, search: str, found: set[str]
) -> None:
    for title in ("50% off", "50 cents", "a_b", "aXb", "back\\slash", "José Valim", "日本語"):
        video_fixture(owner, title=title)

    page = multimedia.list_videos_page(ask(size=20, search=search))

    assert set(titles(page)) == found
    assert page.search == " ".join(search.split())


def test_a_search_is_paged_within_itself(owner: User) -> None:
    for n in range(9):
        video_fixture(owner, title=f"otter {n}" if n % 2 else f"cat {n}")

    first = multimedia.list_videos_page(ask(size=3, search="otter", sort="title"))
    rest = multimedia.list_videos_page(ask(size=3, search="otter", sort="title", after=first.next))

    assert titles(first) + titles(rest) == ["otter 1", "otter 3", "otter 5", "otter 7"]
    assert (rest.next, first.previous) == (None, None)


def test_people_are_found_by_name_and_username_and_by_nothing_else(sandbox) -> None:
    ana = user_fixture(name="Ana Silva", username="anas")
    ben = user_fixture(name="Ben", username="silvaner")

    def found(search: str) -> list[User]:
        return accounts.list_users_page(ask(search=search)).rows

    assert found("silva") == [ana, ben]
    assert found("ANAS") == [ana]
    assert found("supersecret") == []
    assert found("argon2") == []


def in_sql(sandbox: Sandbox, call: str, *values: object) -> Any:
    return sandbox._connection.exec_driver_sql(f"SELECT {call}", values).scalar_one()


@pytest.mark.parametrize("letter", ["\ufdfa", "\ufb03", "한", "é", "o"])
def test_what_is_indexed_of_a_text_is_bounded_whatever_its_letters_fold_to(sandbox, letter: str) -> None:
    assert in_sql(sandbox, "length(rumbl_fold(%s))", letter * 255) <= 1024


def test_every_letter_of_the_longest_title_in_a_script_of_people_is_found(owner: User) -> None:
    for title in ("한" * 250 + "끝났다", "ﬃ" * 250 + "otter", "é" * 250 + "otter"):
        film = video_fixture(owner, title=title)
        assert multimedia.list_videos_page(ask(search=title[-4:])).rows[0] == film


def test_a_title_that_folds_to_more_than_is_kept_is_found_by_itself(owner: User) -> None:
    film = video_fixture(owner, title="\ufdfa" * 255)
    assert multimedia.list_videos_page(ask(search="\ufdfa" * 255)).rows == [film]


def test_the_pieces_of_a_text_are_all_of_its_one_to_three_letters(sandbox) -> None:
    random_ = random.Random(1)
    for length in [0, 1, 2, 3, 4, 9, 60]:
        text = "".join(random_.choice("ab é日%_\\\U0001f9a6") for _ in range(length))
        for shortest in (1, 2, 3):
            sizes = range(shortest, 4)
            pieces = {text[n : n + size] for size in sizes for n in range(length - size + 1)}
            assert sorted(in_sql(sandbox, "rumbl_ngrams(%s, %s)", text, shortest)) == sorted(pieces)


def test_nobody_hides_from_a_search_by_a_name_of_many_letters(sandbox) -> None:
    ana = user_fixture(name="\ufdfa" * 255, username="anas")
    assert accounts.list_users_page(ask(search="anas")).rows == [ana]


@pytest.mark.parametrize("sort", [None, "", "password_hash", "name; DROP TABLE users", 7, ["name"], "NAME"])
def test_an_order_that_there_is_not_is_the_first(sandbox, sort: object) -> None:
    users = [user_fixture(name=name) for name in "BA"]
    page = accounts.list_users_page(ask(sort=sort))
    assert (page.sort, page.rows) == ("oldest", users)
    assert accounts.list_users_page(ask(sort="name")).rows == users[::-1]


@pytest.mark.parametrize(
    "cursor",
    ["", "abc", "-1", "0", "9" * 30, "1" * 5000, "1:\x00", "9223372036854775807:zzz", "1:\ud800", 5, ["1"]],
)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_cursor_that_leads_nowhere_gives_a_page_of_the_list(
    owner: User, cursor: object, sort: str, side: str
) -> None:
    films = [video_fixture(owner, title="film") for _ in range(3)]
    page = multimedia.list_videos_page(ask(sort=sort, **{side: cursor}))
    assert set(page.rows) == set(films)


def test_a_cursor_of_another_order_is_a_place_in_this_one(owner: User) -> None:
    films = [video_fixture(owner, title=title) for title in "cab"]
    page = multimedia.list_videos_page(ask(size=1, sort="oldest"))
    other = multimedia.list_videos_page(ask(sort="title", after=page.next))
    assert set(other.rows) <= set(films)


def test_counts_come_with_the_page(owner: User) -> None:
    category = multimedia.create_category_or_raise("Drama")
    busy, quiet = (video_fixture(owner, category_id=category.id) for _ in range(2))
    for _ in range(3):
        annotation_fixture(owner, busy)

    assert multimedia.list_videos_page(ask()).counts == {busy.id: 3, quiet.id: 0}
    assert multimedia.list_categories_page(ask()).counts == {category.id: 2}


def test_a_category_and_an_owner_have_lists_of_their_own(owner: User) -> None:
    drama, action = (multimedia.create_category_or_raise(name) for name in ("Drama", "Action"))
    mine = video_fixture(owner, category_id=drama.id)
    other = video_fixture(user_fixture(), category_id=action.id)

    assert multimedia.list_videos_page(ask()).rows == [other, mine]
    assert multimedia.list_videos_page(ask(), action).rows == [other]
    assert multimedia.list_user_videos_page(owner, ask()).rows == [mine]


def test_lists_load_nothing_private(owner: User) -> None:
    video_fixture(owner)
    (video,) = multimedia.list_videos_page(ask()).rows
    (user,) = accounts.list_users_page(ask()).rows
    for whose in (user, video.user):
        with pytest.raises(SQLAlchemyError):
            _ = whose.password_hash
    with pytest.raises(SQLAlchemyError):
        _ = video.description


def test_sizes_are_bounded(owner: User) -> None:
    video_fixture(owner)
    assert len(multimedia.list_videos_page(ask(size=10**9)).rows) == 1
    assert len(multimedia.list_videos_page(ask(size=-5)).rows) == 1


def test_a_search_is_one_line_of_bounded_length() -> None:
    assert searchable("x" * 1000) == "x" * MAX_SEARCH
    assert searchable("  a \u3000 b ") == "a b"
    assert [searchable(value) for value in (None, 7, "a\x00", "\ud800", ["a"])] == [""] * 5


def test_a_long_title_has_a_short_cursor(owner: User) -> None:
    films = [video_fixture(owner, title="\ufdfa" * 255) for _ in range(3)]  # one character that folds to 18
    page = multimedia.list_videos_page(ask(size=1, sort="title"))
    assert page.next is not None
    assert len(page.next) < 100
    assert read_cursor(page.next) is not None
    assert multimedia.list_videos_page(ask(sort="title", after=page.next)).rows == films[1:]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"search": "otters"}, "videos_search_index"),
        ({"search": "o"}, "videos_search_index"),
        ({"sort": "title"}, "videos_title_key_index"),
        ({"sort": "title", "after": "12:otters"}, "videos_title_key_index"),
        ({"sort": "title", "before": "12:otters"}, "videos_title_key_index"),
        ({"after": "12"}, "videos_pkey"),
    ],
)
def test_videos_are_searched_and_sorted_by_index(explained, wanted: dict, index: str) -> None:
    off = SEARCHES if "search" in index else SORTED
    assert index in explained(lambda: multimedia.list_videos_page(ask(**wanted)), off)


def test_people_and_categories_are_searched_and_sorted_by_index(explained) -> None:
    assert "users_search_index" in explained(lambda: accounts.list_users_page(ask(search="ana")), SEARCHES)
    assert "users_name_key_index" in explained(lambda: accounts.list_users_page(ask(sort="name")), SORTED)
    assert "categories_search_index" in explained(
        lambda: multimedia.list_categories_page(ask(search="ama")), SEARCHES
    )
    assert "categories_name_key_index" in explained(lambda: multimedia.list_categories_page(ask()), SORTED)
