from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest

from rumbl_web import params


@pytest.mark.parametrize(
    ("pairs", "nested"),
    [
        ([], {}),
        ([("a", "1")], {"a": "1"}),
        ([("user[name]", "Ana"), ("user[username]", "ana")], {"user": {"name": "Ana", "username": "ana"}}),
        ([("a[b][c]", "1"), ("a[b][d]", "2")], {"a": {"b": {"c": "1", "d": "2"}}}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b]", "2"), ("a", "1")], {"a": "1"}),
        ([("a[]", "1")], {"a": {"": "1"}}),
        ([("a[b", "1"), ("]a", "2"), ("a[b]c", "3")], {"a[b": "1", "]a": "2", "a[b]c": "3"}),
        ([("a[b][c][d][e]", "1")], {"a[b][c][d][e]": "1"}),
        ([("__class__[x]", "1")], {"__class__": {"x": "1"}}),
    ],
)
def test_bracket_names_nest(pairs: list, nested: dict) -> None:
    assert params.nest(pairs) == nested


def test_required_gives_the_fields_of_body_and_query(app: Flask) -> None:
    with app.test_request_context(
        "/?video[a]=query&video[b]=query", method="POST", data={"video[a]": "body"}
    ):
        assert params.required("video") == {"a": "body", "b": "query"}


@pytest.mark.parametrize("query", ["", "video=x", "other[a]=1"])
def test_required_refuses_a_request_without_fields(app: Flask, query: str) -> None:
    with app.test_request_context(f"/?{query}"), pytest.raises(BadRequest):
        params.required("video")


def test_text_is_a_text_or_nothing() -> None:
    assert params.text({"a": "x"}, "a") == "x"
    assert params.text({"a": {"b": "x"}}, "a") == ""
    assert params.text({}, "a") == ""
