// Who is here: initials with the number of tabs, names on hover or focus; only a number in a crowd.
import { Presence } from "phoenix";
import { avatar } from "./avatar.js";
import { el } from "./dom.js";
import { displayName } from "./people.js";
import { formatNumber, gettext, ngettext } from "./words.js";

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
  if (entries.length === 0) return [quiet("person-none", gettext("Nobody is logged in here yet."))];
  const rest = entries.length - SHOWN;
  const shown = entries.slice(0, SHOWN).map(person);
  const more = () => quiet("person-more", gettext("and %(count)s more", { count: formatNumber(rest) }));
  return rest > 0 ? [...shown, more()] : shown;
}

function quiet(name, text) {
  return el("li", { class: `${name} quiet` }, text);
}

function person({ key, user, tabs }) {
  const name = displayName(user);
  const handle = user?.username && user.username !== name ? ` (${user.username})` : "";
  const label = `${name}${handle}`;
  const tabbed = ngettext("%(name)s, %(num)s tab", "%(name)s, %(num)s tabs", tabs, { name: label });
  return el("li", { class: "person", tabindex: "0", "data-key": key },
    avatar({ id: Number(key), ...user }),
    tabs > 1 && el("span", { class: "person-tabs", "aria-hidden": "true" }, String(tabs)),
    el("span", { class: "person-name" }, tabs > 1 ? tabbed : label));
}

function crowd(number) {
  const many = Number.isSafeInteger(number) && number >= 0 ? number : 0;
  return el("li", { class: "person-crowd" }, ngettext("%(num)s person is here", "%(num)s people are here", many));
}
