"""How nodes write to each other, and what they refuse to read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.gossip import Ask, Bye, Delta, Heartbeat, Malformed, Message, Page, Peer
from rumbl_web.phoenix.tracker.room import Entry

from ..fuzz import texts

ME = Peer("node", "life")

keys = texts | st.sampled_from(["__proto__", "constructor", "", "ключ", "x" * 5000])
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.lists(texts)
clocks = st.integers(1, 2**53)


@st.composite
def entries(draw: st.DrawFn, up_to: int) -> list[Entry]:
    numbers = draw(st.lists(st.integers(1, up_to), unique=True, max_size=5))
    metas = st.dictionaries(keys, values)
    return [
        Entry(None, draw(keys), draw(keys), {**draw(metas), "phx_ref": str(clock)}, clock)
        for clock in numbers
    ]


@st.composite
def messages(draw: st.DrawFn) -> Message:
    clock = draw(clocks)
    some = draw(entries(clock))
    leaves = draw(st.lists(clocks))
    return draw(
        st.sampled_from(
            [
                Heartbeat(ME, clock),
                Delta(ME, 0, clock, some, leaves),
                Page(ME, clock, 1, 2, some),
                Ask(ME, Peer("other", "x")),
                Bye(ME),
            ]
        )
    )


@given(messages())
def test_what_is_written_is_read(message: Message) -> None:
    event, payload = gossip.encode(message)

    read = gossip.decode(event, orjson.loads(orjson.dumps(payload)))

    assert type(read) is type(message)
    assert gossip.encode(read) == (event, payload)


ENTRY = ["room", "1", 1, {"phx_ref": "a"}]
DELTA = {"from": ["a", "b"], "start": 0, "end": 1, "joins": [ENTRY], "leaves": []}
PAGE = {"from": ["a", "b"], "clock": 1, "page": 0, "pages": 1, "entries": [ENTRY]}


def test_the_samples_below_are_good_as_they_are() -> None:
    gossip.decode("delta", DELTA)
    gossip.decode("state", PAGE)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("hello", {"from": ["a", "b"]}),
        ("bye", []),
        ("bye", b"bytes"),
        ("bye", {}),
        ("bye", {"from": "ab"}),
        ("bye", {"from": ["a"]}),
        ("bye", {"from": ["", "b"]}),
        ("bye", {"from": [1, 2]}),
        ("ask", {"from": ["a", "b"], "whom": None}),
        ("heartbeat", {"from": ["a", "b"]}),
        ("heartbeat", {"from": ["a", "b"], "clock": -1}),
        ("heartbeat", {"from": ["a", "b"], "clock": True}),
        ("heartbeat", {"from": ["a", "b"], "clock": 1.5}),
        ("heartbeat", {"from": ["a", "b"], "clock": "1"}),
        ("delta", {**DELTA, "joins": {}}),
        ("delta", {**DELTA, "joins": [["room", "1", 2, {"phx_ref": "a"}]]}),
        ("delta", {**DELTA, "joins": [["room", "1", 1, {}]]}),
        ("delta", {**DELTA, "joins": [["room", "1", 1, {"phx_ref": 1}]]}),
        ("delta", {**DELTA, "joins": [["room", 1, 1, {"phx_ref": "a"}]]}),
        ("delta", {**DELTA, "joins": [["room", "1", 1, [["phx_ref", "a"]]]]}),
        ("delta", {**DELTA, "joins": ["room"]}),
        ("delta", {**DELTA, "joins": [["room", "1", 1, {"phx_ref": ref}] for ref in "ab"]}),
        ("delta", {**DELTA, "leaves": ["1"]}),
        ("state", {**PAGE, "page": 1}),
        ("state", {**PAGE, "pages": 10**9}),
        ("state", {**PAGE, "clock": 0}),
    ],
)
def test_nothing_else_is_read(event: str, payload: object) -> None:
    with pytest.raises(Malformed):
        gossip.decode(event, payload)


anything = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats() | st.lists(st.integers())
)
wrong = st.dictionaries(
    st.sampled_from([*DELTA, *PAGE]),
    anything | st.lists(anything, max_size=4) | st.lists(st.lists(anything, max_size=4), max_size=2),
    max_size=3,
)


@given(st.sampled_from(["heartbeat", "delta", "state", "ask", "bye", ""]), wrong)
def test_whatever_comes_is_a_message_or_malformed(event: str, fields: dict[str, Any]) -> None:
    try:
        gossip.decode(event, {**DELTA, **PAGE, **fields})
    except Malformed:
        return


@pytest.mark.parametrize(
    "meta", [{"x": object()}, {"x": {1, 2}}, {"x": b"bytes"}, {"x": 2**70}, {"x": "\ud800"}, ["no dict"], 7]
)
def test_a_meta_that_json_cannot_carry_is_refused(meta: Any) -> None:
    with pytest.raises(TypeError):
        gossip.plain("room", "1", meta)


def test_so_is_such_a_key() -> None:
    with pytest.raises(TypeError):
        gossip.plain("room", "\ud800", {})


def test_a_plain_meta_is_a_copy_through_and_through() -> None:
    meta: dict[Any, Any] = {"device": "browser", "tags": ["a"], 7: (1, 2)}

    plain = gossip.plain("room", "1", meta)
    meta["tags"].append(object())

    assert plain == {"device": "browser", "tags": ["a"], "7": [1, 2]}


def test_a_state_is_cut_into_pages_and_nothing_is_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [Entry(None, "room", "1", {"phx_ref": "x" * 16}, clock) for clock in range(1, 101)]
    monkeypatch.setattr(gossip, "MAX_BYTES", 1000)

    pages = gossip.pages(ME, 100, some)

    assert [page.number for page in pages] == list(range(len(pages)))
    assert {page.pages for page in pages} == {len(pages)}
    assert [entry for page in pages for entry in page.entries] == some
    assert max(len(orjson.dumps(gossip.encode(page)[1])) for page in pages) < 1200
    assert gossip.pages(ME, 0, []) == [Page(ME, 0, 0, 1, [])]
