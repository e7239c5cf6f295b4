// The list of notes on the page.
import { el } from "./dom.js";
import { answerItem, noteItem } from "./note-item.js";
import { inVideoOrder } from "./notes.js";
import { Scroller } from "./scroller.js";
import { isNews, showNoSources, showSources, showState } from "./why.js";
import { gettext, ngettext } from "./words.js";

/** Shows revealed notes in order and follows their end while the reader is there. */
export class NotesView {
  #box; #list; #empty; #more; #aheadText; #fresh; #scroller; #onShowAll;
  #states = new Map(); #shown = []; #items = new Map(); #orphans = new Map(); #unseen = []; #current = null;

  /**
   * `box` is the container, `dock` the note box below it; `onSeek(ms)`, `onShowAll()` and
   * `onWhy(id, { shown, failed })` are its wishes.
   */
  constructor(box, dock, { onSeek, onShowAll, onWhy }) {
    this.#box = box;
    this.#onShowAll = onShowAll;
    this.#build(dock);
    box.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-seek]");
      if (chip) onSeek(Number(chip.dataset.seek));
    });
    box.addEventListener("toggle", ({ target }) => this.#opened(target, onWhy), { capture: true });
    this.#scroller = new Scroller(box, this.#list, dock);
    const seen = () => this.#scroller.atEnd() && this.#clearFresh();
    for (const target of [box, window]) target.addEventListener("scroll", seen, { passive: true });
  }

  /**
   * Put notes in, each at its place. A reader at the end is kept there, unless `follow` is false; `live` notes
   * out of view are announced.
   */
  show(notes, { live = false, follow = true } = {}) {
    if (notes.length === 0) return;
    const following = follow && this.#scroller.atEnd();
    for (const note of notes) this.#place(note);
    if (following) this.#scroller.toEnd();
    if (live) this.#announce(notes);
  }

  /** Say what became of the question in a note, whether it is shown already or not. */
  question(id, state, { stored = false } = {}) {
    if (!isNews(this.#states.get(id), state)) return; // late, or told again in case that we had missed it
    this.#states.set(id, state);
    const item = this.#items.get(id);
    if (item) showState(item, state, { stored });
  }

  /** The same from the server's memory: what this page was told itself is newer. */
  remembered(id, state) {
    if (!this.#states.has(id) || this.#states.get(id) === "waiting") this.question(id, state, { stored: true });
  }

  /** The ids of the questions that are being looked up, as far as this page was told. */
  get waiting() {
    return [...this.#states].filter(([, state]) => state === "waiting").map(([id]) => id);
  }

  /** Take notes away: they are gone for everybody. */
  remove(ids) {
    const focused = ids.some((id) => this.#items.get(id)?.contains(document.activeElement));
    for (const id of ids) {
      this.#items.get(id)?.remove();
      for (const known of [this.#items, this.#states, this.#orphans]) known.delete(id);
    }
    const stays = ({ id }) => this.#items.has(id);
    [this.#shown, this.#unseen] = [this.#shown.filter(stays), this.#unseen.filter(stays)];
    if (ids.includes(this.#current)) this.#current = null;
    this.#tellFresh();
    if (focused) this.#takeFocus();
  }

  /** Say how many notes are still ahead, `playing` or not, and whether there are any at all. */
  status({ ahead, playing, known }) {
    const none = this.#shown.length === 0;
    this.#empty.hidden = !none || ahead > 0 || !known;
    this.#more.hidden = ahead === 0;
    this.#more.classList.toggle("is-first", none);
    this.#aheadText.textContent = none && !playing
      ? ngettext("%(num)s note ahead. Play to meet it.", "%(num)s notes ahead. Play to meet them.", ahead)
      : ngettext("%(num)s note ahead.", "%(num)s notes ahead.", ahead);
  }

  /** Mark the note that the playhead passed last; when the reader follows, keep it in view. */
  highlight(note) {
    if (this.#current === (note?.id ?? null)) return;
    const before = this.#items.get(this.#current);
    const after = this.#items.get(note?.id);
    const following = before ? this.#scroller.shows(before) : true;
    before?.removeAttribute("aria-current");
    after?.setAttribute("aria-current", "true");
    this.#current = note?.id ?? null;
    if (after && following) this.#scroller.reveal(after);
  }

  #build(dock) {
    this.#list = el("ol", { class: "notes-list" });
    this.#empty = el("p", { class: "notes-empty", hidden: true }, gettext("No notes yet. Write the first one."));
    this.#aheadText = el("span", {});
    this.#more = el("p", { class: "notes-ahead", hidden: true }, this.#aheadText,
      el("button", { type: "button", class: "link-button", onclick: () => this.#showAll() }, gettext("Show all")));
    this.#fresh = el("button", { type: "button", class: "notes-fresh", hidden: true, onclick: () => this.#toFresh() });
    this.#box.setAttribute("role", "log"); // read out politely, new notes only
    this.#box.setAttribute("aria-relevant", "additions");
    this.#box.replaceChildren(this.#list, this.#empty, this.#more);
    dock.prepend(this.#fresh);
  }

  #place(note) {
    if (this.#items.has(note.id)) return;
    const question = note.answer_to === null ? null : this.#items.get(note.answer_to);
    const item = note.answer_to === null ? noteItem(note) : answerItem(note);
    this.#items.set(note.id, item);
    if (note.answer_to === null && this.#states.has(note.id)) {
      showState(item, this.#states.get(note.id), { stored: true });
    }
    if (note.answer_to !== null) this.question(note.answer_to, "answered"); // also if nobody could tell us
    if (question) return question.querySelector(".note-answers").append(item);
    this.#insert(note, item);
    if (note.answer_to === null) this.#adopt(note.id, item);
    else this.#orphans.set(note.answer_to, [...(this.#orphans.get(note.answer_to) ?? []), note]);
  }

  #insert(note, item) {
    let index = this.#shown.length;
    while (index > 0 && inVideoOrder(this.#shown[index - 1], note) > 0) index -= 1;
    this.#shown.splice(index, 0, note);
    this.#list.insertBefore(item, this.#items.get(this.#shown[index + 1]?.id) ?? null);
  }

  // An answer may come before its question; it moves under it as soon as the question is there.
  #adopt(id, item) {
    const answers = this.#orphans.get(id);
    if (!answers) return;
    this.#orphans.delete(id);
    this.#shown = this.#shown.filter((note) => note.answer_to !== id);
    item.querySelector(".note-answers").append(...answers.map((answer) => this.#items.get(answer.id)));
  }

  #announce(notes) {
    const hidden = notes.filter((note) => !this.#scroller.shows(this.#items.get(note.id)));
    if (hidden.length === 0) return;
    this.#unseen.push(...hidden);
    this.#tellFresh();
  }

  #tellFresh() {
    this.#fresh.textContent = ngettext("%(num)s new note", "%(num)s new notes", this.#unseen.length);
    this.#fresh.hidden = this.#unseen.length === 0;
  }

  #showAll() {
    this.#onShowAll();
    this.#takeFocus();
  }

  #opened(details, onWhy) {
    if (!details.open || !details.dataset.why) return;
    onWhy(Number(details.dataset.why), {
      shown: (reply) => showSources(details, reply),
      failed: () => showNoSources(details),
    });
  }

  #toFresh() {
    const first = this.#items.get(this.#unseen[0]?.id);
    if (first) this.#scroller.reveal(first);
    this.#clearFresh();
    this.#takeFocus();
  }

  // A button that was pressed and is gone now must not take the keyboard's place along.
  #takeFocus() {
    this.#box.focus({ preventScroll: true });
  }

  #clearFresh() {
    this.#unseen = [];
    this.#tellFresh();
  }
}
