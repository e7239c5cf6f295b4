// Notes that were written here and that the server has not yet acknowledged. Pure but for its storage.
import { gettext } from "./words.js";

/** After so many failed tries in a row a note waits for its writer, so that it can't crash us for ever. */
export const MAX_TRIES = 4;

/**
 * What was written and not yet stored. Kept in `storage` (sessionStorage) too, so a reload loses nothing.
 *
 * An entry is `{ key, body, at, state, errors, tries }`; its state is "waiting" (for the connection),
 * "sending", or "failed" (needs its writer). The key is the same at every try: the server stores one note.
 */
export class Outbox extends EventTarget {
  #entries = new Map();
  #storage;
  #name;

  constructor(storage, name) {
    super();
    this.#storage = storage;
    this.#name = name;
    for (const entry of read(storage, name)) this.#entries.set(entry.key, { ...entry, tries: 0, state: "waiting" });
  }

  /** Keep a note; returns its entry. */
  add(body, at, key = makeKey()) {
    const entry = { key, body, at, state: "waiting", errors: [], tries: 0 };
    this.#entries.set(key, entry);
    this.#changed();
    return entry;
  }

  /** At most `most` entries to send now, oldest first; each counts a try and becomes "sending". */
  take(most = Infinity) {
    const ready = this.entries().filter((entry) => entry.state === "waiting").slice(0, most);
    for (const entry of ready) Object.assign(entry, { state: "sending", tries: entry.tries + 1, errors: [] });
    if (ready.length > 0) this.#changed();
    return ready;
  }

  /** The server has it (by its reply or by the broadcast): forget it. Returns whether it was here. */
  acknowledge(key) {
    const known = this.#entries.delete(key);
    if (known) this.#changed();
    return known;
  }

  /** No answer came (the connection went, or time is up): try again later, but not for ever. */
  returned(key) {
    const entry = this.#entries.get(key);
    if (entry?.state !== "sending") return;
    const spent = entry.tries >= MAX_TRIES;
    Object.assign(entry, spent ? { state: "failed", errors: [gettext("could not be sent")] } : { state: "waiting" });
    this.#changed();
  }

  /** The connection went: what was on its way is waiting again. A lost connection is no fault of the note. */
  connectionLost() {
    for (const entry of this.#entries.values()) {
      if (entry.state === "sending") Object.assign(entry, { state: "waiting", tries: entry.tries - 1 });
    }
    this.#changed();
  }

  /** The server can't take anything just now: no fault of the note either. */
  postponed(key) {
    const entry = this.#entries.get(key);
    if (entry?.state !== "sending") return;
    Object.assign(entry, { state: "waiting", tries: entry.tries - 1 });
    this.#changed();
  }

  /** The server refused it: it stays, with the reasons. */
  refused(key, errors) {
    const entry = this.#entries.get(key);
    if (!entry) return;
    Object.assign(entry, { state: "failed", errors });
    this.#changed();
  }

  /** The writer asks to send it again. */
  retry(key) {
    const entry = this.#entries.get(key);
    if (!entry) return;
    Object.assign(entry, { state: "waiting", tries: 0, errors: [] });
    this.#changed();
  }

  /** Take an entry out, to be written anew or dropped; returns it. */
  remove(key) {
    const entry = this.#entries.get(key) ?? null;
    this.acknowledge(key);
    return entry;
  }

  entries() {
    return [...this.#entries.values()];
  }

  get size() {
    return this.#entries.size;
  }

  /** How many are on their way. */
  get sending() {
    return this.#count("sending");
  }

  /** How many wait for their turn. */
  get waiting() {
    return this.#count("waiting");
  }

  #count(state) {
    return this.entries().filter((entry) => entry.state === state).length;
  }

  #changed() {
    write(this.#storage, this.#name, this.entries());
    this.dispatchEvent(new Event("change"));
  }
}

/** Reasons of a refused push as sentences: `{errors: {body: ["can't be blank"]}}` or `{reason}`. */
export function refusals(response) {
  const fields = Object.entries(response?.errors ?? {});
  const lines = fields.flatMap(([field, messages]) => [messages].flat().map((text) => sentence(field, text)));
  if (lines.length > 0) return lines;
  if (!response?.reason) return [gettext("The server could not take this note.")];
  return [gettext("Not accepted: %(reason)s", { reason: String(response.reason) })];
}

/** A random UUID; plain http origins have no crypto.randomUUID, so it is made from random bytes there. */
export function makeKey(source = globalThis.crypto) {
  if (source.randomUUID) return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4, RFC 9562 section 5.4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function sentence(field, problem) {
  if (field === "body") return gettext("The note %(problem)s", { problem });
  if (field === "at") return gettext("The moment %(problem)s", { problem });
  return gettext("%(field)s %(problem)s", { field, problem });
}

function read(storage, name) {
  try {
    const entries = JSON.parse(storage.getItem(name) ?? "[]");
    return entries.filter((entry) => typeof entry?.key === "string" && typeof entry.body === "string");
  } catch {
    return []; // storage may be blocked or hold something else: then there is nothing to restore
  }
}

function write(storage, name, entries) {
  try {
    if (entries.length === 0) storage.removeItem(name);
    else storage.setItem(name, JSON.stringify(entries.map(({ key, body, at }) => ({ key, body, at, errors: [] }))));
  } catch {
    // storage is blocked or full: the notes are still in memory
  }
}
