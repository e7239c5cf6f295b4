// The one contract of all players, over anything that behaves like an HTMLMediaElement.
import { toMs } from "../time.js";
import { gettext } from "../words.js";

const TELL_LENGTH = ["loadedmetadata", "durationchange", "canplay"];
const PASSED_ON = ["timeupdate", "seeked", "play", "pause", "ended"];

/**
 * A player that the page may drive:
 *
 * - `element`: what to put into the page;
 * - `play()`, `pause()`, `seekTo(ms)`, `currentTime()` and `duration()` in ms (0 while unknown), `paused()`;
 * - `dispose()`: stop the ticking;
 * - events: "ready" (length known), "timeupdate", "seeked", "play", "pause", and "error" with
 *   `detail: { message, retry }`.
 *
 * `tickMs` gives timeupdate its own beat where the provider has none.
 */
export class Player extends EventTarget {
  #ready = false;
  #wanted = null;
  #ticker = null;

  constructor(element, { tickMs = 0, explain = explainMediaError } = {}) {
    super();
    this.element = element;
    for (const event of TELL_LENGTH) element.addEventListener(event, () => this.#check());
    for (const event of PASSED_ON) element.addEventListener(event, () => this.#emit(event));
    element.addEventListener("error", () => {
      const { message, retry } = explain(element.error);
      this.fail(message, retry);
    });
    if (tickMs > 0) this.#ticker = setInterval(() => this.#tick(), tickMs);
  }

  /** Start to play; a browser that refuses (autoplay rules) is no error. */
  async play() {
    try {
      await this.element.play();
    } catch {
      // the viewer has to press play
    }
  }

  pause() {
    this.element.pause();
  }

  /** Go to a moment; before the video is ready the wish is kept. */
  seekTo(ms) {
    if (!this.#ready) {
      this.#wanted = ms;
      return;
    }
    const end = this.duration();
    this.element.currentTime = (end > 0 ? Math.min(ms, end) : ms) / 1000;
    this.#emit("timeupdate");
  }

  currentTime() {
    return toMs(this.element.currentTime);
  }

  duration() {
    return toMs(this.element.duration);
  }

  paused() {
    return this.element.paused !== false;
  }

  /** Say that it does not play, and whether trying again may help. */
  fail(message, retry = true) {
    this.dispatchEvent(new CustomEvent("error", { detail: { message, retry } }));
  }

  dispose() {
    clearInterval(this.#ticker);
    this.pause();
  }

  #check() {
    if (this.#ready || !(this.duration() > 0 || this.element.duration === Infinity)) return;
    this.#ready = true;
    this.#emit("ready");
    if (this.#wanted !== null) this.seekTo(this.#wanted);
  }

  #tick() {
    if (this.#ready && !this.paused()) this.#emit("timeupdate");
  }

  #emit(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** A MediaError in words of the page, and whether trying again may help. */
export function explainMediaError(error) {
  switch (error?.code) {
    case 2: return { message: gettext("The video could not be loaded. Is the connection there?"), retry: true };
    case 3: return { message: gettext("The video is damaged and stopped playing."), retry: false };
    case 4: return { message: gettext("This video can't be found, or this browser can't play it."), retry: true };
    default: return { message: gettext("The video does not play."), retry: true };
  }
}

/** An address that no second try will make play. */
export class Unplayable extends Error {}
