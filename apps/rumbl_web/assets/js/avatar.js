// The round initials of a user.
import { el } from "./dom.js";
import { displayName, initials, tone } from "./people.js";

/** Initials on the user's colour; the name stands beside it, so it is hidden from screen readers. */
export function avatar(user) {
  return el("span", { class: `avatar ${tone(user?.id)}`, "aria-hidden": "true" }, initials(displayName(user)));
}
