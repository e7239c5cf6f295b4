// What to say about the connection. Pure.
import { gettext, ngettext } from "./words.js";

/** After so long without a connection the page says "offline". */
export const OFFLINE_AFTER_MS = 6000;
/** A connection that is back within this time was never away, as far as anyone could tell. */
export const UNNOTICED_MS = 400;

/**
 * The state line for `{ joined, everJoined, downForMs, online, ended, waiting }`: its kind and its words.
 * `ended` is null, or why this page can't come back by itself: "refused", "loggedout", "missing" or "deleted".
 */
export function describe({ joined, everJoined, downForMs, online, ended, waiting }) {
  const say = (kind, name) => ({ kind, text: waiting > 0 ? WAITING[name](waiting) : PLAIN[name]() });
  if (ended === "deleted") return { kind: "ended", text: gettext("This video was deleted") };
  if (ended === "missing") return { kind: "reload", text: gettext("This video can't be found any more") };
  if (ended === "loggedout") return say("login", "loggedout");
  if (ended === "refused") return say("reload", "refused");
  const blinked = everJoined && online && downForMs < UNNOTICED_MS;
  if (joined || blinked) return say("live", "live");
  if (!online || downForMs >= OFFLINE_AFTER_MS) return say("offline", "offline");
  return say("connecting", everJoined ? "reconnecting" : "connecting");
}

// Whole sentences: another language has another order.
const PLAIN = {
  loggedout: () => gettext("You are logged out."),
  refused: () => gettext("Please reload this page"),
  live: () => gettext("Live"),
  offline: () => gettext("Offline"),
  connecting: () => gettext("Connecting"),
  reconnecting: () => gettext("Reconnecting"),
};

const WAITING = {
  loggedout: (n) =>
    ngettext("You are logged out, %(num)s note waiting.", "You are logged out, %(num)s notes waiting.", n),
  refused: (n) =>
    ngettext("Please reload this page, %(num)s note waiting", "Please reload this page, %(num)s notes waiting", n),
  live: (n) => ngettext("Live, sending %(num)s note", "Live, sending %(num)s notes", n),
  offline: (n) => ngettext("Offline, %(num)s note waiting", "Offline, %(num)s notes waiting", n),
  connecting: (n) => ngettext("Connecting, %(num)s note waiting", "Connecting, %(num)s notes waiting", n),
  reconnecting: (n) => ngettext("Reconnecting, %(num)s note waiting", "Reconnecting, %(num)s notes waiting", n),
};
