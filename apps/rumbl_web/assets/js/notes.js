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
  #leavers = new Set();
  #gone = new Set();

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

  /** Forget what a user wrote, and the answers to it; nothing of it is taken again. Returns the ids. */
  removeOf(userId) {
    this.#leavers.add(userId);
    const removed = this.#ordered.filter((note) => this.#isGone(note)).map(({ id }) => id);
    for (const id of removed) {
      this.#byId.delete(id);
      this.#revealed.delete(id);
    }
    this.#ordered = this.#ordered.filter(({ id }) => this.#byId.has(id));
    return removed;
  }

  /** The ids of those who wrote what is here. */
  authors() {
    return [...new Set(this.#ordered.map(({ user }) => user?.id).filter(Number.isSafeInteger))];
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
      if (note === null || this.#byId.has(note.id) || this.#isGone(note)) continue;
      this.#byId.set(note.id, note);
      added.push(note);
    }
    if (added.length > 0) this.#ordered = [...this.#ordered, ...added].sort(inVideoOrder);
    return added;
  }

  // An answer has a higher id than its question, and stands at the same moment: it is met after it.
  #isGone(note) {
    const gone = this.#leavers.has(note.user?.id) || this.#gone.has(note.answer_to);
    if (gone) this.#gone.add(note.id);
    return gone;
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
