// The notes of a video that this page knows. Pure: no page, no socket, no clock.

/**
 * Every note once, whatever came twice; in the order of the video (`at`, then `id`).
 *
 * A note is *revealed* when it came live, when the playhead reached it, or when all were asked for. Once
 * revealed it stays: going back in the video hides nothing. An answer is revealed with its question.
 */
export class Notes {
  #byId = new Map();
  #revealed = new Set();
  #ordered = [];

  /** Take notes that the server listed; returns those that are new. They wait for the playhead. */
  addListed(notes) {
    return this.#add(notes);
  }

  /** Take a note that was written just now: it shows at once. Returns it, or null when known already. */
  addLive(note) {
    const [added] = this.#add([note]);
    if (!added) return null;
    this.#revealed.add(added.id);
    return added;
  }

  /** Reveal what the playhead has reached; returns the notes that were hidden until now, in order. */
  reach(nowMs) {
    return this.#reveal((note) => note.at <= nowMs);
  }

  /** Reveal everything; returns what was hidden. */
  revealAll() {
    return this.#reveal(() => true);
  }

  /** All notes in order. */
  all() {
    return this.#ordered;
  }

  /** The notes that may be seen, in order. */
  revealed() {
    return this.#ordered.filter((note) => this.#revealed.has(note.id));
  }

  /** How many notes the playhead has yet to reach; answers are notes too, as on the cards of the other pages. */
  get ahead() {
    return this.#ordered.length - this.#revealed.size;
  }

  has(id) {
    return this.#byId.has(id);
  }

  get(id) {
    return this.#byId.get(id);
  }

  /** The last revealed note at or before this moment that is no answer, or null. */
  current(nowMs) {
    const past = (note) => note.at <= nowMs && note.answer_to === null && this.#revealed.has(note.id);
    return this.#ordered.findLast(past) ?? null;
  }

  #add(notes) {
    const added = [];
    for (const raw of notes) {
      const note = normal(raw);
      if (note === null || this.#byId.has(note.id)) continue;
      this.#byId.set(note.id, note);
      added.push(note);
    }
    if (added.length > 0) this.#ordered = [...this.#ordered, ...added].sort(inVideoOrder);
    return added;
  }

  #reveal(predicate) {
    const shown = this.#ordered.filter((note) => !this.#revealed.has(note.id) && predicate(note));
    for (const note of shown) this.#revealed.add(note.id);
    return shown;
  }
}

/** Order of the video: by moment, then by id. */
export function inVideoOrder(a, b) {
  return a.at - b.at || a.id - b.id;
}

function normal(raw) {
  if (!Number.isSafeInteger(raw?.id)) return null;
  const at = Number.isFinite(raw.at) && raw.at > 0 ? raw.at : 0;
  return {
    id: raw.id, at,
    body: String(raw.body ?? ""),
    user: raw.user ?? null,
    answer_to: raw.answer_to ?? null,
    source: raw.source ?? null,
    key: raw.key ?? null,
  };
}
