// Notes on their way, above the note box.
import { el } from "./dom.js";
import { formatTime } from "./time.js";
import { gettext } from "./words.js";

/** Shows the entries of an outbox; `onEdit(key)`, `onRetry(key)` and `onDiscard(key)` are the writer's choices. */
export class PendingView {
  #list; #actions; #shown = new Map();

  constructor(parent, actions) {
    this.#actions = actions;
    this.#list = el("ul", { class: "pending", "aria-label": gettext("Notes that wait to be sent") });
    parent.prepend(this.#list);
  }

  /** Only what changed is drawn anew: a button under somebody's finger or focus stays where it is. */
  show(entries) {
    const keys = new Set(entries.map(({ key }) => key));
    for (const [key, { item }] of this.#shown) if (!keys.has(key)) this.#drop(key, item);
    for (const entry of entries) this.#draw(entry);
  }

  #drop(key, item) {
    item.remove();
    this.#shown.delete(key);
  }

  #draw(entry) {
    const [known, says] = [this.#shown.get(entry.key), [entry.state, ...entry.errors].join("\n")];
    if (known?.says === says) return;
    const item = this.#item(entry);
    if (known) known.item.replaceWith(item);
    else this.#list.append(item);
    this.#shown.set(entry.key, { item, says });
  }

  #item(entry) {
    const failed = entry.state === "failed";
    const problems = entry.errors.join(" ");
    const says = { waiting: gettext("Waiting to be sent"), sending: gettext("Sending"), failed: problems };
    return el("li", { class: `pending-note is-${entry.state}` },
      el("p", { class: "pending-body" }, el("time", {}, formatTime(entry.at)), " ", entry.body),
      el("p", { class: "pending-state" }, says[entry.state],
        failed && this.#button(gettext("Edit"), () => this.#actions.onEdit(entry.key)),
        failed && this.#button(gettext("Try again"), () => this.#actions.onRetry(entry.key)),
        failed && this.#button(gettext("Discard"), () => this.#actions.onDiscard(entry.key))));
  }

  #button(text, onclick) {
    return el("button", { type: "button", class: "link-button", onclick }, text);
  }
}
