// Vimeo, through its player library (bundled; it talks to an iframe of player.vimeo.com).
import "vimeo-video-element";
import { el } from "../dom.js";
import { Player, Unplayable } from "./contract.js";
import { styleInside } from "./shadow.js";
import { gettext } from "../words.js";

const READY_WITHIN_MS = 15000;

/** A player for a Vimeo id; a private video's address carries its hash, so the address is kept. */
export function create({ id, src, title }) {
  if (!/^\d+$/.test(id)) throw new Unplayable(gettext("This Vimeo address names no video."));
  const video = el("vimeo-video", { controls: true, playsinline: true, "aria-label": title });
  styleInside(video, { attach: true });
  const player = new Player(video);
  const late = () => player.fail(gettext("Vimeo did not answer, or does not show this video here."));
  const timer = setTimeout(late, READY_WITHIN_MS);
  player.addEventListener("ready", () => clearTimeout(timer), { once: true });
  video.src = privateAddress(src) ?? `https://vimeo.com/${id}`;
  return player;
}

function privateAddress(src) {
  return /^https:\/\/(?:www\.|player\.)?vimeo\.com\/(?:video\/)?\d+(?:\/[\da-f]+|\?h=[\da-f]+)/.test(src) ? src : null;
}
