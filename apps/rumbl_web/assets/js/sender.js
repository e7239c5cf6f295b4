// Sends what the outbox holds whenever the channel is there, and sorts the answers.
import { refusals } from "./outbox.js";

/** `onRefused(entry, lines)` and `onUnauthorized(entry)` say what the server thought of a note. */
export class Sender {
  #outbox; #channel; #on;

  constructor(outbox, channel, on) {
    this.#outbox = outbox;
    this.#channel = channel;
    this.#on = on;
  }

  /** Send everything that waits; without a channel it goes on waiting. */
  flush() {
    if (!this.#channel.joined) return;
    for (const entry of this.#outbox.take()) this.#send(entry);
  }

  #send(entry) {
    this.#channel.post(entry, {
      ok: () => this.#outbox.acknowledge(entry.key),
      refused: (reply) => this.#refused(entry, reply),
      unanswered: () => this.#again(entry),
    });
  }

  #refused(entry, reply) {
    const lines = refusals(reply);
    this.#outbox.refused(entry.key, lines);
    if (reply?.reason === "unauthorized") this.#on.unauthorized(entry);
    else this.#on.refused(entry, lines);
  }

  #again(entry) {
    this.#outbox.returned(entry.key);
    this.flush();
  }
}
