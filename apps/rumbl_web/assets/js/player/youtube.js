// YouTube, through its iframe script (https://developers.google.com/youtube/iframe_api_reference).
import "youtube-video-element";
import { el } from "../dom.js";
import { Player, Unplayable } from "./contract.js";
import { loadScript } from "./script.js";
import { styleInside } from "./shadow.js";
import { gettext } from "../words.js";

const API = "https://www.youtube.com/iframe_api";
const READY_WITHIN_MS = 12000;
// Error numbers of the iframe API that stay what they are.
const REASONS = new Map([
  [2, gettext("This YouTube address names no video.")],
  [100, gettext("YouTube says that this video is gone or private.")],
  [101, gettext("Its owner lets this video play on YouTube only.")],
  [150, gettext("Its owner lets this video play on YouTube only.")],
]);

/** A player for a YouTube id; fails when YouTube can't be reached or the id is none. */
export async function create({ id, title }) {
  if (!/^[\w-]{11}$/.test(id)) throw new Unplayable(gettext("This YouTube address names no video."));
  await apiReady();
  const video = el("youtube-video", { controls: true, playsinline: true, "aria-label": title });
  styleInside(video, { attach: true });
  // YouTube refuses to play for pages that hide where they are.
  video.config = { referrerpolicy: "strict-origin-when-cross-origin" };
  const player = new Player(video, { tickMs: 250, explain });
  video.src = `https://www.youtube.com/watch?v=${id}`;
  return player;
}

function explain(error) {
  const final = REASONS.get(error?.code);
  return { message: final ?? gettext("YouTube can't play this video here."), retry: !final };
}

async function apiReady() {
  if (globalThis.YT?.Player) return;
  const announced = new Promise((resolve, reject) => {
    globalThis.onYouTubeIframeAPIReady = resolve;
    setTimeout(() => reject(new Error(gettext("YouTube did not answer."))), READY_WITHIN_MS);
  });
  announced.catch(() => {}); // the script's own failure may be told first
  await loadScript(API).catch(() => { throw new Error(gettext("YouTube can't be reached from here.")); });
  if (!globalThis.YT?.Player) await announced;
}
