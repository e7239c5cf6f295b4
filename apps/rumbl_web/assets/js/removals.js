// Learns whose notes are gone, where this page was not there to be told.
import { LATE_MS, LONGEST_MS, PAUSE_MS, SPREAD_MS, CLOCK } from "./catch-up.js";

/** So many people are asked about in one event. */
export const MAX_ASKED = 200;

/**
 * The server counts how often a video has lost somebody's notes, and says so when it tells of a loss, at each join,
 * and now and then. Who knows of fewer asks which of those whose notes it has are gone. `on`: `authors()` gives their
 * ids, `ask(ids, { told({ user_ids }), failed() })` asks about some, `gone(id)` hears of each.
 */
export class Removals {
  #on; #clock;
  #known = null; #heard = 0; // up to which loss we know of all, and of the latest
  #beyond = new Set(); // losses that were told before those between
  #busy = false; #fails = 0;
  #turn = 0; // counts joins and losses of the channel: what was begun in an earlier turn is void

  constructor(on, clock = CLOCK) {
    this.#on = on;
    this.#clock = clock;
  }

  /** The join was answered, at first with notes of which nothing is missing. */
  joined({ removals }) {
    this.lost();
    if (!Number.isSafeInteger(removals)) return; // an older server
    this.#known ??= removals;
    this.heard(removals);
  }

  /** Somebody's notes went, as the loss of this number. */
  removed(removals) {
    if (this.#known !== null && removals > this.#known) this.#beyond.add(removals);
    while (this.#beyond.delete(this.#known + 1)) this.#known += 1;
    this.heard(removals);
  }

  /** There were so many losses by now. */
  heard(removals) {
    if (Number.isSafeInteger(removals)) this.#heard = Math.max(this.#heard, removals);
    this.#mind();
  }

  /** The channel is down: the next join asks. */
  lost() {
    this.#turn += 1;
    this.#busy = false;
    this.#fails = 0;
  }

  get #behind() {
    return this.#known !== null && this.#known < this.#heard;
  }

  #mind() {
    if (this.#busy || !this.#behind) return;
    this.#busy = true;
    const wait = (LATE_MS + SPREAD_MS * this.#clock.random()) * 2 ** this.#fails;
    this.#clock.later(this.#now(() => (this.#behind ? this.#ask(this.#on.authors(), this.#heard) : this.#rest())),
      Math.min(wait, LONGEST_MS));
  }

  #ask(ids, heard) {
    if (ids.length === 0) return this.#settled(heard);
    this.#on.ask(ids.slice(0, MAX_ASKED), {
      told: this.#now(({ user_ids: gone }) => {
        for (const id of gone) this.#on.gone(id);
        const rest = ids.slice(MAX_ASKED);
        if (rest.length === 0) this.#settled(heard);
        else this.#clock.later(this.#now(() => this.#ask(rest, heard)), PAUSE_MS);
      }),
      failed: this.#now(() => { this.#fails += 1; this.#rest(); }),
    });
  }

  #settled(heard) {
    this.#known = Math.max(this.#known, heard);
    this.#beyond.clear();
    this.#fails = 0;
    this.#rest();
  }

  #rest() {
    this.#busy = false;
    this.#mind();
  }

  // Runs `task` only in the turn in which it was meant.
  #now(task) {
    const turn = this.#turn;
    return (value) => turn === this.#turn && task(value);
  }
}
