// The quiet line that tells how the page is connected.
import { el } from "./dom.js";
import { describe } from "./state.js";
import { gettext } from "./words.js";

/** Writes the state into `element`, but only when its words change: it is a live region. */
export class StateLine {
  #element; #loginUrl; #said = "";

  constructor(element, loginUrl) {
    this.#element = element;
    this.#loginUrl = loginUrl;
    element.setAttribute("role", "status");
  }

  show(facts) {
    const { kind, text } = describe(facts);
    if (text === this.#said) return;
    this.#said = text;
    this.#element.dataset.state = kind;
    const dot = el("span", { class: "state-dot", "aria-hidden": "true" });
    this.#element.replaceChildren(dot, el("span", {}, text), ...this.#wayOut(kind));
  }

  #wayOut(kind) {
    if (kind === "reload") return [" ", reloadButton()];
    return kind === "login" ? [" ", el("a", { href: this.#loginUrl }, gettext("Log in to go on."))] : [];
  }
}

function reloadButton() {
  return el("button", { type: "button", class: "link-button", onclick: () => location.reload() }, gettext("Reload"));
}
