// What to say about the connection. Pure.
import { count } from "./dom.js";

/** After so long without a connection the page says "offline". */
export const OFFLINE_AFTER_MS = 6000;
/** A connection that is back within this time was never away, as far as anyone could tell. */
export const UNNOTICED_MS = 400;

/**
 * The state line for `{ joined, everJoined, downForMs, online, ended, waiting }`: its kind and its words.
 * `ended` is null, or why this page can't come back by itself: "refused", "loggedout", "missing" or "deleted".
 */
export function describe({ joined, everJoined, downForMs, online, ended, waiting }) {
  const tail = waiting > 0 ? `, ${count(waiting, "note")} waiting` : "";
  if (ended === "deleted") return { kind: "ended", text: "This video was deleted" };
  if (ended === "missing") return { kind: "reload", text: "This video can't be found any more" };
  if (ended === "loggedout") return { kind: "login", text: `You are logged out${tail}.` };
  if (ended === "refused") return { kind: "reload", text: `Please reload this page${tail}` };
  const blinked = everJoined && online && downForMs < UNNOTICED_MS;
  if (joined || blinked) return { kind: "live", text: waiting > 0 ? `Live, sending ${count(waiting, "note")}` : "Live" };
  if (!online || downForMs >= OFFLINE_AFTER_MS) return { kind: "offline", text: `Offline${tail}` };
  return { kind: "connecting", text: `${everJoined ? "Reconnecting" : "Connecting"}${tail}` };
}
