from __future__ import annotations

import pytest

from rumbl_web import devices

AGENTS = [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
        "Edge",
        "Windows",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
        "Safari",
        "iOS",
    ),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome", "Android"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1", "Safari", "macOS"),
    ("<script>alert(1)</script>", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("agent", "browser", "system"), AGENTS)
def test_an_agent_is_one_of_the_words_we_know(agent: str, browser: str | None, system: str | None) -> None:
    assert (devices.browser(agent), devices.system(agent)) == (browser, system)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.9", "203.0.*.*"),
        ("::ffff:203.0.113.9", "203.0.*.*"),
        ("2001:db8:7::1", "2001:db8:*"),
        ("fe80::1", "fe80:0:*"),
        ("unix:", None),
        ("", None),
        (None, None),
    ],
)
def test_of_an_address_only_the_beginning_is_kept(address: str | None, kept: str | None) -> None:
    assert devices.shortened(address) == kept
