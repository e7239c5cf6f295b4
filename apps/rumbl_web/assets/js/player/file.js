// A plain video file (MP4, WebM, Ogg) in the browser's own player.
import { el } from "../dom.js";
import { Player } from "./contract.js";

/** A player for a file address. */
export function create({ src, title, poster }) {
  const video = el("video", { controls: true, playsinline: true, preload: "metadata", poster, "aria-label": title });
  const player = new Player(video);
  video.src = src;
  return player;
}
