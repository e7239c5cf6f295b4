// Sends what the outbox holds whenever the channel is there, at a measured pace, and sorts the answers.
import { refusals } from "./outbox.js";

/** So many notes may wait for the server's answer at once. */
export const IN_FLIGHT = 8;
/** Time between two notes: less than 15 a second, half of what the server allows a socket. */
export const PACE_MS = 70;
/** How long to leave a server alone that is busy or has lost its database; doubled each time it says so again. */
export const BUSY_MS = 500;
const LONGEST_BUSY_MS = 8000;

const CLOCK = { now: () => performance.now(), later: (task, ms) => setTimeout(task, ms) };

/** `onRefused(entry, lines)` and `onUnauthorized(entry)` say what the server thought of a note. */
export class Sender {
  #outbox; #channel; #on; #clock; #nextAt = -Infinity; #pausing = false; #posts = 0; #busy = 0;

  constructor(outbox, channel, on, clock = CLOCK) {
    this.#outbox = outbox;
    this.#channel = channel;
    this.#on = on;
    this.#clock = clock;
  }

  /** Send what waits, oldest first, as fast as pace and answers allow; without a channel it goes on waiting. */
  flush() {
    while (this.#free()) {
      const [entry] = this.#outbox.take(1);
      if (!entry) return;
      this.#nextAt = this.#clock.now() + PACE_MS;
      this.#send(entry);
    }
  }

  #free() {
    if (this.#pausing || !this.#channel.joined || this.#outbox.sending >= IN_FLIGHT) return false;
    const wait = this.#nextAt - this.#clock.now();
    if (wait <= 0) return true;
    this.#pausing = this.#outbox.waiting > 0;
    if (this.#pausing) this.#clock.later(() => this.#resume(), wait);
    return false;
  }

  #resume() {
    this.#pausing = false;
    this.flush();
  }

  #send(entry) {
    this.#posts += 1;
    const post = this.#posts;
    entry.post = post; // a late verdict on an earlier post, from before a reconnect, says nothing about this one
    this.#channel.post(entry, {
      ok: () => this.#stored(entry),
      refused: (reply) => this.#refused(entry, post, reply),
      unanswered: () => entry.post === post && this.#again(entry),
    });
  }

  #stored(entry) {
    this.#busy = 0;
    this.#outbox.acknowledge(entry.key);
    this.flush();
  }

  #refused(entry, post, reply) {
    if (reply?.reason === "unavailable") return entry.post === post && this.#postpone(entry);
    const lines = refusals(reply);
    this.#outbox.refused(entry.key, lines);
    if (reply?.reason === "unauthorized") this.#on.unauthorized(entry);
    else this.#on.refused(entry, lines);
    this.flush();
  }

  // Notes that were refused together wait together: the pause grows once for all of them.
  #postpone(entry) {
    this.#outbox.postponed(entry.key);
    const now = this.#clock.now();
    if (this.#nextAt <= now + PACE_MS) {
      this.#nextAt = now + Math.min(BUSY_MS * 2 ** this.#busy, LONGEST_BUSY_MS);
      this.#busy += 1;
    }
    this.flush();
  }

  #again(entry) {
    this.#outbox.returned(entry.key);
    this.flush();
  }
}
