// Notes on their way, above the note box.
import { el } from "./dom.js";
import { formatTime } from "./time.js";

/** Shows the entries of an outbox; `onEdit(key)`, `onRetry(key)` and `onDiscard(key)` are the writer's choices. */
export class PendingView {
  #list; #actions;

  constructor(parent, actions) {
    this.#actions = actions;
    this.#list = el("ul", { class: "pending", "aria-label": "Notes that wait to be sent" });
    parent.prepend(this.#list);
  }

  show(entries) {
    this.#list.replaceChildren(...entries.map((entry) => this.#item(entry)));
  }

  #item(entry) {
    const failed = entry.state === "failed";
    const word = { waiting: "Waiting to be sent", sending: "Sending", failed: entry.errors.join(" ") }[entry.state];
    return el("li", { class: `pending-note is-${entry.state}` },
      el("p", { class: "pending-body" }, el("time", {}, formatTime(entry.at)), " ", entry.body),
      el("p", { class: "pending-state" }, word,
        failed && this.#button("Edit", () => this.#actions.onEdit(entry.key)),
        failed && this.#button("Try again", () => this.#actions.onRetry(entry.key)),
        failed && this.#button("Discard", () => this.#actions.onDiscard(entry.key))));
  }

  #button(text, onclick) {
    return el("button", { type: "button", class: "link-button", onclick }, text);
  }
}
