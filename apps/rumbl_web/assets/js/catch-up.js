// Fetches what this page has not: page after page after a join, and what was lost on the way since.
import { Resume } from "./resume.js";

/** A note that another one has overtaken needs no fetching: so long it may be late. */
export const LATE_MS = 500;
/** One loss may meet everybody on a server: they ask spread over so long. */
export const SPREAD_MS = 2000;
/** The server closes who sends more than 30 messages a second for long: so many pages of a list are asked for at once. */
export const AT_ONCE = 30;
/** After those a page waits so long for its turn. */
export const PAUSE_MS = 50;
/** The longest wait after failures. */
export const LONGEST_MS = 30_000;

/** Real time and chance. */
export const CLOCK = { later: (task, ms) => setTimeout(task, ms), random: Math.random };

/**
 * `fetch(afterId, { ok(reply), failed() })` asks for a page. `on` hears `listed(notes)` for each page of the list,
 * and for notes that should have come live `live(note)` for each, then `missed(notes)`.
 */
export class CatchUp {
  #known = new Resume(); #fetch; #on; #clock;
  #asked = null; #more = false; #busy = false; #fails = 0; #pages = 0;
  #turn = 0; // counts joins and losses: what was begun in an earlier turn is void

  constructor(fetch, on, clock = CLOCK) {
    this.#fetch = fetch;
    this.#on = on;
    this.#clock = clock;
  }

  /** The id to (re)join from. */
  join() {
    this.#asked = this.#known.ask();
    return this.#asked.after;
  }

  /** The join was answered with the first page. */
  joined(reply) {
    this.#begin();
    this.#more = true;
    this.#page(reply);
  }

  /** The channel is down: the next join asks for what is missing. */
  lost() {
    this.#begin();
  }

  /** A live note came. */
  live(note) {
    this.#known.live(note.id, note.prev);
    this.#on.live(note);
    this.#mind();
  }

  /** Somebody said that there is a note of this id. */
  heard(id) {
    this.#known.heard(id);
    this.#mind();
  }

  #begin() {
    this.#turn += 1;
    this.#busy = false;
    this.#fails = 0;
    this.#pages = 0;
  }

  #page({ annotations = [], more = false }) {
    const before = this.#known.id;
    this.#known.page(this.#asked, annotations.map(({ id }) => id), more);
    if (this.#more) this.#on.listed(annotations);
    else this.#missed(annotations);
    const moved = this.#known.id > before; // else a wrong server would keep us asking for ever
    this.#more &&= more && moved;
    this.#fails = moved || !this.#known.gap ? 0 : this.#fails + 1;
    if (more && moved) this.#next();
    else this.#mind();
  }

  #next() {
    this.#busy = true;
    this.#pages += 1;
    if (this.#pages <= AT_ONCE) this.#ask();
    else this.#clock.later(this.#now(() => this.#ask()), PAUSE_MS);
  }

  #missed(notes) {
    for (const note of notes) this.#on.live(note);
    if (notes.length > 0) this.#on.missed(notes);
  }

  #mind() {
    if (this.#busy || !(this.#more || this.#known.gap)) return;
    this.#busy = true;
    this.#later();
  }

  // Notes that overtake each other make one gap after the other: only one that has lasted is asked for.
  #later() {
    const { heard } = this.#known.ask();
    const wait = (LATE_MS + SPREAD_MS * this.#clock.random()) * 2 ** this.#fails;
    this.#clock.later(this.#now(() => this.#still(heard)), Math.min(wait, LONGEST_MS));
  }

  #still(heard) {
    this.#busy = false;
    if (this.#more || this.#known.id < heard) this.#ask();
    else this.#mind();
  }

  #ask() {
    this.#busy = true;
    this.#asked = this.#known.ask();
    this.#fetch(this.#asked.after, { ok: this.#now((reply) => this.#got(reply)), failed: this.#now(() => this.#failed()) });
  }

  #got(reply) {
    this.#busy = false;
    this.#page(reply);
  }

  #failed() {
    this.#fails += 1;
    this.#later();
  }

  // Runs `task` only in the turn in which it was meant.
  #now(task) {
    const turn = this.#turn;
    return (value) => turn === this.#turn && task(value);
  }
}
