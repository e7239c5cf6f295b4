// Learns which questions have no answer, where this page was not there to be told of it.

/** So long after a failure it is asked again. */
export const AGAIN_MS = 5000;

/** Between two questions: the server closes who sends more than 30 messages a second for long. */
export const PAUSE_MS = 150;

const CLOCK = { later: (task, ms) => setTimeout(task, ms) };

/**
 * `ask(before, { told({ questions, before }), failed() })` asks for those in some notes before an id, null for the
 * newest; `remembered(id, state)` hears of each.
 */
export class Questions {
  #ask; #remembered; #clock;
  #wanted = Infinity; // down to the note of this id we don't know,
  #until = Infinity; // and to this one we are asking
  #busy = false;
  #turn = 0; // counts joins and losses: what was begun in an earlier turn is void

  constructor(ask, remembered, clock = CLOCK) {
    this.#ask = ask;
    this.#remembered = remembered;
    this.#clock = clock;
  }

  /** The channel joined, and was given the first of the notes that were missed. `waiting`: ids that were looked up. */
  joined({ annotations = [] }, waiting) {
    this.lost();
    this.missed([...annotations, ...waiting.map((id) => ({ id }))]);
  }

  /** Notes came later than they were written: what became of them may not have been heard. */
  missed(notes) {
    this.#wanted = Math.min(this.#wanted, ...notes.map(({ id }) => id));
    this.#begin();
  }

  /** The channel is down: the next join asks again. */
  lost() {
    this.#turn += 1;
    this.#busy = false;
    this.#wanted = Math.min(this.#wanted, this.#until);
    this.#until = Infinity;
  }

  #begin() {
    if (this.#busy || this.#wanted === Infinity) return;
    this.#busy = true;
    [this.#until, this.#wanted] = [this.#wanted, Infinity];
    this.#look(null);
  }

  #look(before) {
    this.#ask(before, {
      told: this.#now((reply) => this.#told(reply, before)),
      failed: this.#now(() => this.#clock.later(this.#now(() => this.#look(before)), AGAIN_MS)),
    });
  }

  #told({ questions, before: rest }, before) {
    for (const { id, state } of questions) this.#remembered(id, state);
    const on = rest > this.#until && rest < (before ?? Infinity); // else a wrong server would keep us asking for ever
    if (on) return this.#clock.later(this.#now(() => this.#look(rest)), PAUSE_MS);
    this.#until = Infinity;
    this.#busy = false;
    this.#begin();
  }

  // Runs `task` only in the turn in which it was meant.
  #now(task) {
    const turn = this.#turn;
    return (value) => turn === this.#turn && task(value);
  }
}
