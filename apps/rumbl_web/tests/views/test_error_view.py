from __future__ import annotations

import pytest

from rumbl_web.views import error_view


@pytest.mark.spec("T2", "renders 404.html")
def test_renders_404_html() -> None:
    assert error_view.render("404.html") == "Not Found"


@pytest.mark.spec("T3", "renders 500.html")
def test_renders_500_html() -> None:
    assert error_view.render("500.html") == "Internal Server Error"


@pytest.mark.parametrize("template", ["x.html", "999.html", ""])
def test_an_unknown_template_counts_as_500(template: str) -> None:
    assert error_view.render(template) == "Internal Server Error"
