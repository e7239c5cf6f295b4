// The strip under the player: a mark per note, the playhead, a preview of what a mark holds.
import { cluster, extent, step } from "./marks.js";
import { cssVar, el } from "./dom.js";
import { displayName } from "./people.js";
import { formatTime, spokenTime } from "./time.js";
import { formatNumber, gettext, ngettext } from "./words.js";

const PREVIEW_NOTES = 3;
const SETTLE_MS = 120;

/** Draws the notes it is given; a chosen mark or place calls `onSeek(ms)`. */
export class Timeline {
  #root; #strip; #rail; #played; #head; #layer; #preview; #onSeek;
  #notes = []; #marks = []; #length = 1; #duration = 0; #now = 0; #focus = 0; #timer = null;

  constructor(root, { onSeek }) {
    this.#root = root;
    this.#onSeek = onSeek;
    this.#build();
    new ResizeObserver(() => this.#soon()).observe(this.#strip);
  }

  /** The notes in order, and the length of the video in ms (0 while unknown). */
  update(notes, durationMs) {
    this.#notes = notes;
    this.#duration = durationMs;
    this.#soon();
  }

  /** Move the playhead. */
  at(nowMs) {
    this.#now = nowMs;
    const fraction = Math.min(1, nowMs / this.#length);
    cssVar(this.#root, "--playhead", `${(fraction * 100).toFixed(3)}%`);
    for (const [index, mark] of this.#marks.entries()) {
      this.#layer.children[index]?.classList.toggle("is-past", mark.at <= nowMs);
    }
  }

  #build() {
    this.#played = el("span", { class: "timeline-played" });
    this.#head = el("span", { class: "timeline-head" });
    const seek = (event) => this.#seekTo(event);
    this.#rail = el("div", { class: "timeline-rail", onclick: seek }, this.#played, this.#head);
    this.#layer = el("div", { class: "timeline-marks" });
    this.#preview = el("div", { class: "timeline-preview", id: "timeline-preview", role: "tooltip", hidden: true });
    this.#layer.addEventListener("keydown", (event) => this.#key(event));
    this.#root.setAttribute("role", "group");
    this.#root.setAttribute("aria-label", gettext("Notes along the video"));
    this.#strip = el("div", { class: "timeline" }, this.#rail, this.#layer, this.#preview);
    this.#root.replaceChildren(this.#strip);
    this.#root.hidden = true;
  }

  #soon() {
    this.#timer ??= setTimeout(() => this.#draw(), this.#marks.length > 0 ? SETTLE_MS : 0);
  }

  #draw() {
    this.#timer = null;
    this.#root.hidden = this.#notes.length === 0 && this.#duration === 0;
    this.#length = extent(this.#duration, this.#notes);
    const questions = this.#notes.filter((note) => note.answer_to === null);
    const focused = this.#layer.contains(document.activeElement);
    this.#marks = cluster(questions, this.#length, this.#strip.clientWidth || 1);
    this.#focus = Math.min(this.#focus, Math.max(0, this.#marks.length - 1));
    this.#layer.replaceChildren(...this.#marks.map((mark, index) => this.#mark(mark, index)));
    if (focused) this.#layer.children[this.#focus]?.focus();
    this.at(this.#now);
  }

  #mark(mark, index) {
    const many = mark.notes.length;
    const time = spokenTime(mark.at);
    const button = el("button", {
      type: "button", class: many > 1 ? "mark mark-many" : "mark", tabindex: index === this.#focus ? "0" : "-1",
      "aria-label": ngettext("%(num)s note at %(time)s", "%(num)s notes at %(time)s", many, { time }),
      "aria-describedby": "timeline-preview",
      onclick: () => this.#onSeek(mark.at),
      onpointerenter: () => this.#show(mark), onpointerleave: () => this.#hide(),
      onfocus: () => { this.#focus = index; this.#show(mark); }, onblur: () => this.#hide(),
    }, many > 1 ? (many > 99 ? "99+" : String(many)) : null);
    return cssVar(button, "--at", `${(mark.fraction * 100).toFixed(3)}%`);
  }

  #show(mark) {
    const shown = mark.notes.slice(0, PREVIEW_NOTES).map((note) => el("p", {},
      el("b", {}, displayName(note.user)), " ", el("bdi", {}, note.body)));
    const rest = mark.notes.length - shown.length;
    this.#preview.replaceChildren(el("time", {}, formatTime(mark.at)), ...shown,
      rest > 0 ? el("p", { class: "quiet" }, gettext("and %(count)s more", { count: formatNumber(rest) })) : "");
    cssVar(this.#preview, "--at", `${(mark.fraction * 100).toFixed(3)}%`);
    this.#preview.hidden = false;
    this.#keepInside();
  }

  #keepInside() {
    cssVar(this.#preview, "--shift", "0px");
    const [strip, box] = [this.#strip.getBoundingClientRect(), this.#preview.getBoundingClientRect()];
    const shift = Math.max(strip.left - box.left, 0) + Math.min(strip.right - box.right, 0);
    cssVar(this.#preview, "--shift", `${shift}px`);
  }

  #hide() {
    this.#preview.hidden = true;
  }

  #key(event) {
    if (event.key === "Escape") return this.#hide();
    const next = step(event.key, this.#focus, this.#marks.length);
    if (next === null) return;
    event.preventDefault();
    const buttons = this.#layer.children;
    buttons[this.#focus].tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  }

  #seekTo(event) {
    const { left, width } = this.#rail.getBoundingClientRect();
    this.#onSeek(Math.max(0, Math.round(((event.clientX - left) / width) * this.#length)));
  }
}
