import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumbl_core.multimedia import PlayerSource, player_id, player_source

YOUTUBE = PlayerSource("youtube", "dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "http://youtube.com/watch?v=dQw4w9WgXcQ&t=10s",
        "https://m.youtube.com/watch?t=10&v=dQw4w9WgXcQ",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ#t=1",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLx/y",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0",
        "https://www.youtube.com/v/dQw4w9WgXcQ",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube.com/live/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?t=5",
        "youtu.be/dQw4w9WgXcQ",
        "HTTPS://WWW.YOUTUBE.COM/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com:443/watch?v=dQw4w9WgXcQ",
    ],
)
def test_youtube_is_known_by_its_host(url: str) -> None:
    assert player_source(url) == YOUTUBE


@pytest.mark.parametrize(
    "url",
    [
        "https://vimeo.com/12345",
        "https://www.vimeo.com/12345/",
        "https://player.vimeo.com/video/12345?h=1",
        "https://vimeo.com/channels/staffpicks/12345",
        "https://vimeo.com/12345/0a1b2c3d4e",
    ],
)
def test_vimeo_is_known_by_its_host(url: str) -> None:
    assert player_source(url) == PlayerSource("vimeo", "12345", "https://vimeo.com/12345")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://example.com/a/film.mp4", "file"),
        ("http://localhost:4000/film.WEBM?x=1", "file"),
        ("https://example.com/film.m4v", "file"),
        ("https://example.com/live/index.m3u8?token=a", "hls"),
        ("/static/media/demo.webm", "demo"),
    ],
)
def test_own_files_are_known_by_their_ending(url: str, kind: str) -> None:
    assert player_source(url) == PlayerSource(kind, None, url)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://local",
        "http://youtu.be",
        "https://youtu.be/",
        "test@example.com",
        "https://www.youtube.com/watch?v=",
        "https://www.youtube.com/watch?v=a%22onload%3D",
        "https://www.youtube.com/playlist?list=x",
        "https://www.youtube.com.evil.example/watch?v=abc",
        "https://evil.example/www.youtube.com/watch?v=abc",
        "https://www.youtube.com@evil.example/a.mp4",
        "https://user:pass@example.com/a.mp4",
        "javascript:alert(1)//a.mp4",
        "javascript://youtu.be/%0aalert(1)",
        "data:video/mp4;base64,AAAA.mp4",
        "file:///etc/passwd.mp4",
        "//example.com/a.mp4",
        "/static/media/../../etc/x.webm",
        "/static/media/a/b.webm",
        "/static/demo.webm",
        "/a.mp4",
        "https:///a.mp4",
        "https://example.com/a.mp4.html",
        "https://example.com/?x=.mp4",
        'https://example.com/"onerror=x.mp4',
        "https://example.com/a b.mp4",
        "https://example.com\\@evil/a.mp4",
        "https://example.com:99999/a.mp4",
        "http://[::1/a.mp4",
        "https://vimeo.com/",
        "https://vimeo.com/abc",
        "https://example.com/" + "a" * 300 + ".mp4",
    ],
)
def test_everything_else_has_no_player(url: str | None) -> None:
    assert player_source(url) == PlayerSource()


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?t=10&v=ID", "ID"),
        ("https://youtu.be/ID?t=5", "ID"),
        ("https://www.youtube.com/embed/ID?rel=0", "ID"),
        ("https://vimeo.com/12345", "12345"),
        ("http://example.com", None),
        ("http://local", None),
        ("http://youtu.be", None),
        ("test@example.com", None),
        ("", None),
        (None, None),
        ("https://youtu.be/", ""),
        ("https://www.youtube.com/watch?v=", ""),
        ("https://www.youtube.com/watch?v=abc&list=PLx/y", "y"),
        ("https://www.youtube.com/watch?v=abc&foo=v=evil", "evil"),
        ("HTTPS://WWW.YOUTUBE.COM/WATCH?V=abc", "WATCH"),
        ("text\nhttps://youtu.be/ID", None),
    ],
)
@pytest.mark.trap(32)
def test_player_id_is_the_book_s(url: str | None, id: str | None) -> None:
    assert player_id(url) == id


@pytest.mark.trap(33)
def test_long_input_costs_nothing() -> None:
    started = time.thread_time()
    for url in ("v=" * 100_000, "https://" + "a/" * 100_000, "a" * 1_000_000):
        assert player_id(url) is None
        assert player_source(url).kind is None
    assert time.thread_time() - started < 0.2


@given(st.text(max_size=255))
def test_no_text_breaks_it(url: str) -> None:
    player_id(url)
    source = player_source(url)
    assert source.kind is None or not set(source.url or "") & set("\"'<> ")
