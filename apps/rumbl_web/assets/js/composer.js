// The note box: what is written, the moment it will be pinned to, and what went wrong.
import { el } from "./dom.js";
import { formatTime, spokenTime } from "./time.js";
import { gettext } from "./words.js";

/** Asks `onPost(body, atMs)`; `now()` is the moment of the video. */
export class Composer {
  #form; #input; #moment; #hold; #problems; #now; #onPost; #held = null;

  constructor(form, { now, onPost }) {
    this.#form = form;
    this.#now = now;
    this.#onPost = onPost;
    this.#input = form.querySelector("#msg-input");
    this.#build();
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("input", () => this.problems([]));
    this.tick();
  }

  /** Show the moment anew. */
  tick() {
    const time = formatTime(this.at());
    const text = this.#held === null ? gettext("at %(time)s", { time }) : gettext("held at %(time)s", { time });
    if (this.#moment.textContent !== text) this.#moment.textContent = text;
  }

  /** The moment that a note would get now, in ms. */
  at() {
    return this.#held ?? this.#now();
  }

  /** Whether nothing is written. */
  get empty() {
    return this.#input.value.trim() === "";
  }

  /** Put the cursor into the box. */
  focus() {
    this.#input.focus();
  }

  /** Put a text back with its moment, after what is written already. */
  restore(body, at) {
    this.#input.value = this.empty ? body : `${this.#input.value.trimEnd()}\n${body}`;
    this.#keep(at);
    this.#input.focus();
  }

  /** Show what is wrong beside the box; an empty list clears it. */
  problems(lines) {
    this.#problems.replaceChildren(...lines.map((line) => el("p", {}, line)));
    this.#input.toggleAttribute("aria-invalid", lines.length > 0);
    if (lines.length > 0) this.#input.setAttribute("aria-invalid", "true");
  }

  /** Close the box for good, saying why. */
  close(reason) {
    this.#form.replaceChildren(el("p", { class: "note-closed" }, reason));
  }

  #build() {
    this.#moment = el("span", { class: "moment", id: "msg-moment" });
    const toggle = () => this.#toggle();
    const hold = { type: "button", class: "hold", "aria-pressed": "false", onclick: toggle };
    this.#hold = el("button", hold, gettext("Hold"));
    this.#problems = el("div", { class: "note-problems", id: "msg-problems", role: "alert" });
    const bar = el("div", { class: "note-bar" }, this.#moment, this.#hold);
    this.#input.setAttribute("aria-describedby", "msg-moment msg-problems msg-hint");
    this.#input.setAttribute("enterkeyhint", "send");
    this.#input.before(bar);
    this.#input.after(this.#problems);
    if (!this.#form.querySelector("#msg-hint")) {
      const hint = gettext("Enter posts, Shift+Enter starts a new line.");
      this.#form.append(el("p", { class: "note-hint", id: "msg-hint" }, hint));
    }
  }

  #toggle() {
    this.#keep(this.#held === null ? this.#now() : null);
  }

  #keep(at) {
    this.#held = at;
    this.#hold.setAttribute("aria-pressed", String(at !== null));
    this.#hold.title = at === null
      ? gettext("Keep this moment while the video plays on")
      : gettext("Let the moment move on");
    this.#moment.setAttribute("aria-label", gettext("Pinned at %(time)s", { time: spokenTime(this.at()) }));
    this.tick();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    if (this.empty) {
      this.problems([gettext("Write something first.")]);
      this.#input.focus();
      return;
    }
    const [body, at] = [this.#input.value.trim(), this.at()];
    this.#input.value = "";
    this.#keep(null);
    this.problems([]);
    this.#onPost(body, at);
  }
}
