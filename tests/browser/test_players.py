"""The players of YouTube, Vimeo and HLS keep the one contract; the providers are stubbed at the network."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import post, register, watch

pytestmark = pytest.mark.browser

YOUTUBE = """(() => {
  class Player {
    constructor(_frame, { events }) {
      Object.assign(this, { seconds: 0, state: 5, listeners: {}, events });
      window.youtubeStub = this;
      setTimeout(() => events.onReady({}), 20);
    }
    addEventListener(name, listener) { this.listeners[name] = listener; }
    getCurrentTime() { return this.seconds; }
    getDuration() { return 90; }
    getPlayerState() { return this.state; }
    getVideoLoadedFraction() { return 1; }
    getVolume() { return 100; }
    getOption() { return []; }
    seekTo(seconds) { this.seconds = seconds; }
    pauseVideo() { this.state = 2; this.listeners.onStateChange({ data: 2 }); }
    playVideo() { this.state = 1; setTimeout(() => this.listeners.onStateChange({ data: 1 })); }
  }
  window.YT = { Player, PlayerState: { ENDED: 0, PLAYING: 1, PAUSED: 2, BUFFERING: 3 } };
  window.onYouTubeIframeAPIReady?.();
})();"""

VIMEO = """<script>
  let seconds = 0;
  const send = (message) => parent.postMessage(JSON.stringify(message), "*");
  const answers = { getMuted: () => false, getVolume: () => 1, getDuration: () => 80, getTextTracks: () => [],
                    getCurrentTime: () => seconds };
  addEventListener("message", ({ data: { method, value } }) => {
    const argument = [value].flat()[0];
    if (method === "ping") return send({ event: "ready" });
    const loaded = { event: "loaded", data: { id: 1 } };
    if (method === "addEventListener") return argument === "loaded" && send(loaded);
    if (method === "setCurrentTime") {
      seconds = argument;
      send({ event: "timeupdate", data: { seconds, duration: 80, percent: seconds / 80 } });
    }
    send({ method, value: answers[method]?.() ?? argument ?? null });
  });
  send({ event: "ready" });
</script>"""


def answer(body: str, content_type: str = "text/html"):  # type: ignore[no-untyped-def]
    def fulfil(route: Route) -> None:
        route.fulfill(body=body, content_type=content_type)

    return fulfil


def add_video(page: Page, title: str, url: str) -> str:
    page.goto("/manage/videos/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Url").fill(url)
    page.get_by_label("Description").fill("A video from elsewhere.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Video created successfully.")).to_be_visible()
    page.get_by_role("link", name="Watch", exact=True).first.click()
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_youtube_gives_the_moment_of_a_note_and_goes_to_it(new_page: NewPage) -> None:
    page = new_page()
    page.route("https://www.youtube.com/iframe_api", answer(YOUTUBE, "text/javascript"))
    page.route("https://www.youtube.com/embed/**", answer("a video"))
    register(page, "Yara Tube", "yara")
    watch(page, add_video(page, "From YouTube", "https://www.youtube.com/watch?v=abcdefghijk"))
    expect(page.locator("youtube-video")).to_have_js_property("isLoaded", True)
    page.evaluate("youtubeStub.seconds = 12.5")
    expect(page.locator("#msg-moment")).to_have_text("at 0:12")
    post(page, "Here")
    page.evaluate("youtubeStub.seconds = 50")
    page.get_by_role("button", name=re.compile("0:12, go")).click()
    expect(page.locator("#msg-moment")).to_have_text("at 0:12")
    page.evaluate("youtubeStub.events.onError({ data: 150 })")
    expect(page.locator("#video")).to_contain_text("YouTube only")


def test_vimeo_gives_the_moment_of_a_note_and_goes_to_it(new_page: NewPage) -> None:
    page = new_page()
    page.route("https://player.vimeo.com/**", answer(VIMEO))
    register(page, "Vima Meo", "vima")
    watch(page, add_video(page, "From Vimeo", "https://vimeo.com/12345"))
    expect(page.locator("vimeo-video")).to_have_js_property("duration", 80)
    page.evaluate("document.querySelector('vimeo-video').currentTime = 33")
    expect(page.locator("#msg-moment")).to_have_text("at 0:33")
    post(page, "There")
    page.evaluate("document.querySelector('vimeo-video').currentTime = 2")
    page.get_by_role("button", name=re.compile("0:33, go")).click()
    expect(page.locator("#msg-moment")).to_have_text("at 0:33")


def test_a_blocked_provider_keeps_nobody_from_the_notes(new_page: NewPage) -> None:
    page = new_page()
    page.route("https://www.youtube.com/**", lambda route: route.abort())
    register(page, "Bea Locked", "bea")
    watch(page, add_video(page, "Out of reach", "https://www.youtube.com/watch?v=abcdefghijk"))
    expect(page.locator("#video")).to_contain_text("YouTube can't be reached")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    post(page, "Posted without a player")
    expect(page.locator(".note-body", has_text="Posted without a player")).to_have_count(1)
