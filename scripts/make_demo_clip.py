"""Make the demo video of rumbl: 60 seconds of silent WebM, and its poster.

Needs Chromium (through Playwright) for the frames and ffmpeg with libvpx for the film. Every frame is
drawn by ``demo_clip.html`` from the design tokens of the site, so the clip can be made again whenever the
look changes. The results are committed, so nobody needs these tools to run rumbl:

    python scripts/make_demo_clip.py
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SCENE = Path(__file__).with_name("demo_clip.html")
TOKENS = ROOT / "apps/rumbl_web/assets/css/tokens.css"
MEDIA = ROOT / "apps/rumbl_web/src/rumbl_web/static/media"

WIDTH, HEIGHT = 854, 480
SECONDS = 60
FRAMES_PER_SECOND = 20
POSTER_AT_S = 3.0
# A key frame every two seconds: a click on a time must show its picture at once.
KEYFRAME_EVERY = 2 * FRAMES_PER_SECOND


def open_scene(page: Page) -> None:
    """Load the scene with the tokens of the site, in their dark form."""
    page.set_content(SCENE.read_text("utf-8"))
    page.add_style_tag(content=TOKENS.read_text("utf-8"))


def frame(page: Page, at_s: float) -> bytes:
    """The picture at `at_s` seconds, as PNG."""
    page.evaluate("at => draw(at)", at_s)
    return page.screenshot(type="png")


def frames(page: Page) -> Iterator[bytes]:
    """All pictures of the clip in order."""
    for number in range(SECONDS * FRAMES_PER_SECOND):
        yield frame(page, number / FRAMES_PER_SECOND)


def film(pictures: Iterator[bytes], target: Path) -> None:
    """Encode the pictures as VP9 in WebM (raises CalledProcessError with ffmpeg's own words)."""
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "image2pipe", "-framerate", str(FRAMES_PER_SECOND)]
    command += ["-i", "-", "-c:v", "libvpx-vp9", "-crf", "38", "-b:v", "0", "-g", str(KEYFRAME_EVERY)]
    command += [
        "-pix_fmt",
        "yuv420p",
        "-deadline",
        "good",
        "-cpu-used",
        "2",
        "-row-mt",
        "1",
        "-an",
        str(target),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        for picture in pictures:
            ffmpeg.stdin.write(picture)
        ffmpeg.stdin.close()
    if ffmpeg.returncode:
        raise subprocess.CalledProcessError(ffmpeg.returncode, command)


def poster(picture: bytes, target: Path) -> None:
    """Encode one picture as WebP."""
    command = [
        "ffmpeg",
        "-y",
        "-loglevel",
        "error",
        "-f",
        "image2pipe",
        "-i",
        "-",
        "-quality",
        "82",
        str(target),
    ]
    subprocess.run(command, input=picture, check=True)


def main() -> None:
    """Make both files and print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=MEDIA, help="folder of the results")
    parser.add_argument("--stills", type=float, nargs="*", help="only take these seconds as PNG, to look at")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark")
        open_scene(page)
        if options.stills:
            for at_s in options.stills:
                (options.out / f"still-{at_s:g}.png").write_bytes(frame(page, at_s))
        else:
            film(frames(page), options.out / "demo.webm")
            poster(frame(page, POSTER_AT_S), options.out / "demo-poster.webp")
        browser.close()
    for path in sorted(options.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
