// Who is here: initials with the number of tabs, names on hover or focus; only a number in a crowd.
import { Presence } from "phoenix";
import { avatar } from "./avatar.js";
import { count, el } from "./dom.js";
import { displayName } from "./people.js";

const SHOWN = 24;

/** Keeps `list` (a `<ul>`) up to date with the presence of `channel`; `userId` comes first. */
export function showPresence(channel, list, userId) {
  const presence = new Presence(channel);
  presence.onSync(() => list.replaceChildren(...items(people(presence, userId))));
  channel.on("presence_count", ({ count: number }) => list.replaceChildren(crowd(number)));
}

/** Presence entries as `{ key, user, tabs }`: the viewer first, the others by name. */
export function people(presence, userId) {
  const entries = presence.list((key, { metas, user }) => ({ key, user: user ?? null, tabs: metas?.length ?? 1 }));
  const mine = ({ key }) => (key === String(userId) ? 0 : 1);
  return entries.sort((a, b) => mine(a) - mine(b) || displayName(a.user).localeCompare(displayName(b.user)));
}

function items(entries) {
  if (entries.length === 0) return [el("li", { class: "person-none quiet" }, "Nobody is logged in here yet.")];
  const rest = entries.length - SHOWN;
  const shown = entries.slice(0, SHOWN).map(person);
  return rest > 0 ? [...shown, el("li", { class: "person-more quiet" }, `and ${rest} more`)] : shown;
}

function person({ key, user, tabs }) {
  const name = displayName(user);
  const handle = user?.username && user.username !== name ? ` (${user.username})` : "";
  const label = `${name}${handle}`;
  return el("li", { class: "person", tabindex: "0", "data-key": key },
    avatar({ id: Number(key), ...user }),
    tabs > 1 && el("span", { class: "person-tabs", "aria-hidden": "true" }, String(tabs)),
    el("span", { class: "person-name" }, tabs > 1 ? `${label}, ${count(tabs, "tab")}` : label));
}

function crowd(number) {
  const many = Number.isSafeInteger(number) && number >= 0 ? number : 0;
  return el("li", { class: "person-crowd" }, `${many.toLocaleString()} people are here`);
}
