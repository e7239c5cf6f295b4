from __future__ import annotations

import pytest

from rumbl_web.testing import Client, flatten, html_response, redirected_to


def test_fields_are_named_as_forms_name_them() -> None:
    assert flatten({"a": 1, "b": {"c": {"d": "x"}}}) == {"a": "1", "b[c][d]": "x"}


def test_html_response_tells_another_status_and_another_type(client: Client) -> None:
    with pytest.raises(AssertionError, match="status 404"):
        html_response(client.get("/nowhere"))
    with pytest.raises(AssertionError):
        html_response(client.get("/robots.txt"))


def test_redirected_to_wants_a_redirect(client: Client) -> None:
    with pytest.raises(AssertionError, match="status 200"):
        redirected_to(client.get("/"))
