from __future__ import annotations

import pytest

from rumbl_web.views import error_view


def test_renders_404_html() -> None:
    """T2."""
    assert error_view.render("404.html") == "Not Found"


def test_renders_500_html() -> None:
    """T3."""
    assert error_view.render("500.html") == "Internal Server Error"


@pytest.mark.parametrize("template", ["x.html", "999.html", ""])
def test_an_unknown_template_counts_as_500(template: str) -> None:
    assert error_view.render(template) == "Internal Server Error"
