from __future__ import annotations

import pytest

from rumbl_web.pagination import Page, paginate


@pytest.mark.parametrize(
    ("stored", "page"),
    [
        ([], Page([], None)),
        ([1, 2], Page([1, 2], None)),
        ([1, 2, 3], Page([1, 2, 3], None)),
        ([1, 2, 3, 4], Page([1, 2, 3], 3)),
    ],
)
def test_a_page_knows_whether_there_is_a_next(stored: list[int], page: Page[int]) -> None:
    assert paginate(lambda limit: stored[:limit], 3, lambda row: row) == page
