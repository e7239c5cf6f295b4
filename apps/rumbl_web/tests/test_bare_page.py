from __future__ import annotations

from rumbl_web import bare_page


def test_it_says_the_phrase_the_text_and_the_request() -> None:
    page = bare_page.html(500, "It broke.", "id-1")

    for part in ("<h1>Internal Server Error</h1>", "<p>It broke.</p>", "<p>Request id-1</p>"):
        assert part in page
    assert "Request" not in bare_page.html(404, "Nothing.")


def test_what_it_says_is_text() -> None:
    assert "<script>" not in bare_page.html(400, "<script>", "<script>")


def test_an_unknown_status_counts_as_500() -> None:
    assert bare_page.phrase(999) == "Internal Server Error"


def test_an_answer_is_whole_and_ends_the_connection() -> None:
    head, _, body = bare_page.answer(414, "Too long.").partition(b"\r\n\r\n")

    lines = head.decode().split("\r\n")
    assert lines[0] == f"HTTP/1.1 414 {bare_page.phrase(414)}"
    assert f"content-length: {len(body)}" in lines
    assert {"connection: close", "x-content-type-options: nosniff"} <= set(lines)
