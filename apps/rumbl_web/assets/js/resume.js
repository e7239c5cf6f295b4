// Up to which note this page has everything. Pure.

/**
 * Every note names the one before it on its video (`prev`, null for the first), so live notes are a chain: one
 * whose `prev` is here leads on, one whose `prev` is not lies beyond a gap. `id` is the end of what is complete;
 * the list after it is all that a page ever has to ask for, whatever was lost, doubled or overtaken on the way.
 */
export class Resume {
  #id = 0;
  #heard = 0;
  #beyond = new Map(); // id of each live note beyond a gap: its prev

  /** The id for `last_seen_id` or `after_id`; never goes back. */
  get id() {
    return this.#id;
  }

  /** Whether a note is known to be there that can't be reached from what is here. */
  get gap() {
    return this.#heard > this.#id;
  }

  /** What a list that is asked for now must bring: hand it to `page` with the answer. */
  ask() {
    return { after: this.#id, heard: this.#heard };
  }

  /** A page of the list came, complete from `after` to its highest id; `more` says that another one follows. */
  page({ heard }, ids, more) {
    // What we had heard of before we asked was stored by then: a list to the end has it, or it was deleted.
    const end = more ? 0 : heard;
    this.#lead(ids.reduce((highest, id) => Math.max(highest, id), end));
  }

  /** A live note came. One of a server that names no `prev` is simply listed again after a reconnect. */
  live(id, prev) {
    if (id <= this.#id || !(prev === null || Number.isSafeInteger(prev))) return;
    this.heard(id);
    if (this.#follows(prev)) this.#lead(id);
    else this.#beyond.set(id, prev);
  }

  /** Somebody said that there is a note of this id. */
  heard(id) {
    if (Number.isSafeInteger(id)) this.#heard = Math.max(this.#heard, id);
  }

  #follows(prev) {
    return prev === null ? this.#id === 0 : prev <= this.#id;
  }

  #lead(id) {
    this.#id = Math.max(this.#id, id);
    for (const [next, prev] of [...this.#beyond].sort(([a], [b]) => a - b)) {
      if (!this.#follows(prev) && next > this.#id) return;
      this.#id = Math.max(this.#id, next);
      this.#beyond.delete(next);
    }
  }
}
