// Follow the end of a list that scrolls by itself (wide screens) or with the page (phones).

const NEAR_PX = 48;

/** Says whether the reader is at the end of `list` inside `box`, and goes where asked. */
export class Scroller {
  #box; #list; #dock;

  /** `dock` is what may cover the lower edge of the window (the note box on a phone). */
  constructor(box, list, dock) {
    this.#box = box;
    this.#list = list;
    this.#dock = dock;
  }

  /** Whether the last note is in view, so that the next one should be as well. */
  atEnd() {
    return this.#list.getBoundingClientRect().bottom <= this.#bottom() + NEAR_PX;
  }

  /** Whether any part of `element` is in view. */
  shows(element) {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > this.#top() && top < this.#bottom();
  }

  /** Bring `element` into view by the shortest way. */
  reveal(element) {
    const { top, bottom } = element.getBoundingClientRect();
    const [upper, lower] = [this.#top(), this.#bottom()];
    if (bottom > lower) this.#by(Math.min(bottom - lower, top - upper));
    else if (top < upper) this.#by(top - upper);
  }

  toEnd() {
    if (this.#own()) return this.#box.scrollTo({ top: this.#box.scrollHeight, behavior: "instant" });
    const past = this.#list.getBoundingClientRect().bottom - this.#bottom();
    if (past > 0) this.#by(past);
  }

  #by(distance) {
    (this.#own() ? this.#box : window).scrollBy({ top: distance, behavior: "instant" });
  }

  #own() {
    return getComputedStyle(this.#box).overflowY !== "visible";
  }

  #top() {
    return Math.max(this.#box.getBoundingClientRect().top, this.#own() ? 0 : stickyTop());
  }

  #bottom() {
    if (this.#own()) return this.#box.getBoundingClientRect().bottom;
    return Math.min(window.innerHeight, this.#dock?.getBoundingClientRect().top ?? Infinity);
  }
}

function stickyTop() {
  return document.getElementById("timeline")?.getBoundingClientRect().bottom ?? 0;
}
