// From which note on a rejoin must ask. Pure.

/** Broadcasts from several servers may swap places by a moment; this long after, they have not. */
export const SETTLE_MS = 2000;

/**
 * The id after which the server lists what this page may have missed.
 *
 * It is the highest id seen, except where that could skip a note: while a long list is still being fetched
 * page by page, ids of live notes lie beyond the gap; and a note that came in the last moments before the
 * connection went may have overtaken another. Asking for too much is harmless, since notes are kept by id.
 */
export class Resume {
  #listed = 0;
  #live = [];
  #complete = true;

  /** A page of the list arrived, complete up to its highest id; `more` says that another one follows. */
  page(ids, more) {
    this.#listed = ids.reduce((highest, id) => Math.max(highest, id), this.#listed);
    this.#complete = !more;
  }

  /** A live note arrived. */
  live(id, nowMs) {
    this.#live.push({ id, at: nowMs });
  }

  /** The connection went: forget what was too fresh to be sure of, and all live ids beyond a gap. */
  lost(nowMs) {
    const settled = this.#complete ? this.#live.filter(({ at }) => nowMs - at >= SETTLE_MS) : [];
    this.#listed = settled.reduce((highest, { id }) => Math.max(highest, id), this.#listed);
    this.#live = [];
  }

  /** The id for `last_seen_id` or `after_id`; never goes back. */
  get id() {
    return this.#listed;
  }
}
