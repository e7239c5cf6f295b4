// How people are shown: a name, initials and a tone, by the same rules as on the server's pages.
import { gettext } from "./words.js";

/** Number of `.tone-N` colours in the stylesheet. */
export const TONES = 8;

/** What to call the user of a note or a presence entry; a missing user is a guest. */
export function displayName(user) {
  return user?.name || user?.username || gettext("Guest");
}

/** "Ana Silva" is "AS", "dogs" is "D"; whole characters, even outside the basic plane. */
export function initials(name) {
  const words = String(name).trim().split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0]).join("").toLocaleUpperCase() || "?";
}

/** The class that gives the user with this id the same colour everywhere. */
export function tone(id) {
  const number = Number.isSafeInteger(id) && id > 0 ? id : 0;
  return `tone-${(number % TONES) + 1}`;
}
