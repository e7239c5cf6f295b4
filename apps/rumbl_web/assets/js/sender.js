// Sends what the outbox holds whenever the channel is there, at a measured pace, and sorts the answers.
import { refusals } from "./outbox.js";

/** So many notes may wait for the server's answer at once. */
export const IN_FLIGHT = 8;
/** Time between two notes: less than 15 a second, half of what the server allows a socket. */
export const PACE_MS = 70;

const CLOCK = { now: () => performance.now(), later: (task, ms) => setTimeout(task, ms) };

/** `onRefused(entry, lines)` and `onUnauthorized(entry)` say what the server thought of a note. */
export class Sender {
  #outbox; #channel; #on; #clock; #nextAt = -Infinity; #pausing = false; #posts = 0;

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
      refused: (reply) => this.#refused(entry, reply),
      unanswered: () => entry.post === post && this.#again(entry),
    });
  }

  #stored(entry) {
    this.#outbox.acknowledge(entry.key);
    this.flush();
  }

  #refused(entry, reply) {
    const lines = refusals(reply);
    this.#outbox.refused(entry.key, lines);
    if (reply?.reason === "unauthorized") this.#on.unauthorized(entry);
    else this.#on.refused(entry, lines);
    this.flush();
  }

  #again(entry) {
    this.#outbox.returned(entry.key);
    this.flush();
  }
}
