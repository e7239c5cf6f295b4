// The place of the video: the player, or in its place what went wrong and a way forward.
import { el, webAddress } from "./dom.js";
import { Unplayable } from "./player/contract.js";
import { createPlayer, sourceOf } from "./player/index.js";
import { gettext } from "./words.js";

const PASSED_ON = ["ready", "timeupdate", "seeked", "play", "pause", "ended"];

/**
 * Holds the player of `element` (`#video`) and passes its events on; "failed" when there is none to wait for.
 * Until the player is there its moment is 0, so the rest of the page never depends on it.
 */
export class Stage extends EventTarget {
  #element; #source; #player = null; #wanted = null; #notice = null;

  constructor(element) {
    super();
    this.#element = element;
    this.#source = sourceOf(element);
  }

  /** Put the player into the page. */
  async load() {
    this.#element.replaceChildren();
    try {
      this.#use(await createPlayer(this.#source));
    } catch (error) {
      this.#fail(error.message, !(error instanceof Unplayable));
    }
  }

  now() {
    return this.#player?.currentTime() ?? 0;
  }

  duration() {
    return this.#player?.duration() ?? 0;
  }

  get playing() {
    return this.#player !== null && !this.#player.paused();
  }

  /** Go to a moment, and bring the picture into view. */
  seekTo(ms) {
    this.#wanted = ms;
    this.#player?.seekTo(ms);
  }

  /** The video is gone for good: show why instead of it. */
  close(message) {
    this.#player?.dispose();
    this.#player = null;
    this.#element.replaceChildren(el("div", { class: "player-notice" }, el("p", {}, message)));
  }

  #use(player) {
    this.#player?.dispose();
    this.#player = player;
    for (const name of PASSED_ON) player.addEventListener(name, () => this.dispatchEvent(new Event(name)));
    player.addEventListener("ready", () => this.#clear());
    player.addEventListener("error", ({ detail }) => this.#fail(detail.message, detail.retry));
    this.#element.replaceChildren(player.element);
    if (this.#wanted !== null) player.seekTo(this.#wanted);
  }

  #clear() {
    this.#notice?.remove();
    this.#notice = null;
  }

  #fail(message, retry) {
    this.#clear();
    const href = webAddress(this.#source.src) ?? webAddress(this.#source.link);
    const ways = [retry && this.#again(), href && elsewhere(href)].filter(Boolean);
    this.#notice = el("div", { class: "player-notice", role: "alert" },
      el("p", {}, message),
      el("p", { class: "quiet" }, gettext("The notes are here all the same.")),
      ways.length > 0 && el("p", { class: "actions" }, ...ways));
    this.#element.append(this.#notice);
    this.dispatchEvent(new Event("failed"));
  }

  #again() {
    return el("button", { type: "button", class: "button", onclick: () => this.load() }, gettext("Try again"));
  }
}

function elsewhere(href) {
  const away = { target: "_blank", rel: "noopener noreferrer nofollow" };
  return el("a", { class: "button button-quiet", href, ...away }, gettext("Open it at its address"));
}
