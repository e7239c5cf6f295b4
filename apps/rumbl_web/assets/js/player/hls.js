// An HLS stream (.m3u8).
import "hls-video-element";
import { el } from "../dom.js";
import { Player } from "./contract.js";
import { styleInside } from "./shadow.js";
import { gettext } from "../words.js";

/** A player for a stream address. */
export function create({ src, title }) {
  const stream = el("hls-video", { controls: true, playsinline: true, preload: "metadata", "aria-label": title });
  const player = new Player(stream);
  stream.src = src;
  styleInside(stream);
  stream.addEventListener("loadstart", () => watchForFailure(stream, player), { once: true });
  queueMicrotask(() => watchForFailure(stream, player));
  return player;
}

// hls.js reports a missing or broken stream by its own event, never as an error of the element.
function watchForFailure(stream, player) {
  if (!stream.api || stream.api.rumblWatched) return;
  stream.api.rumblWatched = true;
  stream.api.on("hlsError", (_name, { fatal, type }) => {
    if (!fatal) return;
    if (type === "networkError") player.fail(gettext("The stream could not be loaded."));
    else player.fail(gettext("The stream does not play."), false);
  });
}
