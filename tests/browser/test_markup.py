"""What people write stays text in a real browser, on pages and live: nothing runs, loads or is made of it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import post, watch
from tests.browser.test_watch import route_socket
from tests.running import RunningSite
from tests.viewer import Account

pytestmark = pytest.mark.browser

RUN = "window.pwned=1;alert(1)"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"\"><svg/onload={RUN}>",
    f"'><iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"</title></textarea></script></noscript><img src=x onerror={RUN}>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x>",
    "<base href=//pwned.example/><style>@import '//pwned.example'</style>",
    f"<details open ontoggle={RUN}>\u202e<x-y autofocus tabindex=1 onfocus={RUN}>",
    f"<!--><script>{RUN}</script>{{{{ 7*7 }}}}",
]  # fmt: skip
ADDRESSES = [f"javascript:{RUN}", f" JaVaScRiPt:{RUN}//a.mp4", f"data:text/html,<script>{RUN}</script>"]
FOUND = """() => {
  const leads = ["href", "src", "action", "formaction", "data"];
  const away = (value) => !/^(https?|blob):$/.test(new URL(value, document.baseURI).protocol);
  const acts = ({ name, value }) =>
    name.startsWith("on") || name === "srcdoc" || (leads.includes(name) && away(value));
  const made = "iframe, object, embed, base, math, style, x-y, animate, main script:not([type])";
  return [
    ...(window.pwned ? ["it ran"] : []),
    ...window.violations,
    ...[...document.querySelectorAll("*")].flatMap((element) => [...element.attributes].filter(acts))
      .map(({ name, value }) => `${name}=${value}`),
    ...[...document.querySelectorAll(made)].map((element) => element.outerHTML),
  ];
}"""
LISTEN = """window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective} ${blockedURI}`));"""


def carefully(page: Page, seen: list[str]) -> Page:
    """Write down what a payload that gets its way would do."""
    page.add_init_script(LISTEN)
    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: seen.append(request.url) if "pwned.example" in request.url else None)
    page.on("console", lambda line: seen.append(line.text) if "Content Security" in line.text else None)
    return page


def add_videos(account: Account) -> list[str]:
    """Videos with payloads in every field; the paths of their watch pages."""
    for number, address in enumerate([*ADDRESSES, "/static/media/demo.webm"]):
        fields = {"title": PAYLOADS[number], "url": address, "description": "\n".join(PAYLOADS)}
        sent = {f"video[{name}]": value for name, value in fields.items()}
        answer = account.submit("/manage/videos/new", "/manage/videos", sent)
        assert "Video created successfully." in answer.text
    page = account.http.get(f"{account.url}/manage/videos", timeout=10).text
    return sorted(
        set(re.findall(r'href="(/watch/[^"]+)"', page)), key=lambda path: int(path[7:].split("-")[0])
    )


def video_id(path: str) -> int:
    return int(path.removeprefix("/watch/").split("-")[0])


def cookies(account: Account) -> list[dict[str, str]]:
    return [{"name": one.name, "value": one.value or "", "url": account.url} for one in account.http.cookies]


def answer(question: int, video: int, number: int) -> str:
    """A frame of the server with an answer that is all payload."""
    payload = PAYLOADS[number % len(PAYLOADS)]
    note = {
        "id": question + 1 + number, "prev": question + number, "at": 0, "answer_to": question,
        "body": payload,
        "user": {"id": 1, "name": payload, "username": payload}, "key": None,
        "source": {"name": payload, "url": ADDRESSES[number % len(ADDRESSES)]},
    }  # fmt: skip
    return json.dumps([None, None, f"videos:{video}", "new_annotation", note])


@pytest.mark.timeout(120)
def test_nothing_that_somebody_wrote_runs(new_page: NewPage, site: RunningSite) -> None:
    joker = Account(site.url)
    fields = {"name": PAYLOADS[1], "username": "<img src onerror=x>", "password": "supersecret"}
    joker.submit("/users/new", "/users", {f"user[{name}]": value for name, value in fields.items()})
    paths, seen = add_videos(joker), list[str]()
    page = carefully(new_page(), seen)
    page.context.add_cookies(cookies(joker))  # type: ignore[arg-type]
    guest = carefully(new_page(), seen)
    sockets = route_socket(page)

    for path in (*paths, "/", "/videos", "/users", "/manage/videos", "/settings", "/settings/account",
                 f"/videos?q={PAYLOADS[2]}", f"/nowhere/{PAYLOADS[1]}"):  # fmt: skip
        page.goto(path)
        assert page.evaluate(FOUND) == [], path
    for reader in (guest, page):
        watch(reader, paths[-1])
    for payload in PAYLOADS:
        post(page, payload)
        expect(guest.locator("#msg-container .note-body").get_by_text(payload, exact=True)).to_have_count(1)
    expect(page.locator("#msg-container .note")).to_have_count(len(PAYLOADS))
    expect(page.locator(".pending-note")).to_have_count(0)
    question = int(page.locator("#msg-container .note").last.get_attribute("data-id") or 0)
    for number in range(len(PAYLOADS)):
        sockets[-1].send(answer(question, video_id(paths[-1]), number))
    expect(page.locator(".answer")).to_have_count(len(PAYLOADS))
    expect(page.locator(".answer a")).to_have_count(0)

    for reader in (page, guest):
        expect(reader.locator("#user-list .person-name")).to_contain_text("<img src onerror=x>")
        assert reader.evaluate(FOUND) == []
    assert seen == []
