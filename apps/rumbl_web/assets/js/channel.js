// The conversation `videos:<id>` with the server.
import { Resume } from "./resume.js";

const LOST_CAUSES = new Set(["not_found", "unauthorized"]);

/**
 * Joins and stays joined. `on` hears: `listed(notes)` for each page of the list, `live(note)`, `joined(reply)`,
 * `left(crashed)` when the channel is down until its rejoin, `impossible(reason)` and `deleted()`.
 */
export class VideoChannel {
  #resume = new Resume(); #on; #fetching = 0;

  constructor(connection, videoId, on) {
    this.#on = on;
    this.phoenix = connection.socket.channel(`videos:${videoId}`, () => ({ last_seen_id: this.#resume.id }));
    this.phoenix.on("new_annotation", (note) => this.#live(note));
    this.phoenix.on("video_deleted", () => on.deleted());
    this.phoenix.onError((reason) => this.#lost(reason));
  }

  join() {
    this.phoenix.join()
      .receive("ok", (reply) => this.#joined(reply))
      .receive("error", (reply) => LOST_CAUSES.has(reply?.reason) && this.#on.impossible(reply.reason));
  }

  leave() {
    this.phoenix.leave();
  }

  get joined() {
    return this.phoenix.isJoined();
  }

  /** Send a note; exactly one of `ok(reply)`, `refused(reply)` or `unanswered()` is called, or none if we leave. */
  post({ body, at, key }, { ok, refused, unanswered }) {
    this.phoenix.push("new_annotation", { body, at, key })
      .receive("ok", ok).receive("error", refused).receive("timeout", unanswered);
  }

  #joined(reply) {
    this.#fetching += 1;
    this.#on.joined(reply);
    this.#page(reply, this.#fetching);
  }

  #page({ annotations = [], more = false }, turn) {
    if (turn !== this.#fetching) return; // a rejoin has begun the list anew from where we were
    const before = this.#resume.id;
    this.#resume.page(annotations.map(({ id }) => id), more);
    this.#on.listed(annotations);
    const moved = this.#resume.id > before; // else a wrong server would keep us asking for ever
    if (more && moved) this.#next(turn);
  }

  #next(turn) {
    if (turn !== this.#fetching) return;
    this.phoenix.push("list_annotations", { after_id: this.#resume.id })
      .receive("ok", (reply) => this.#page(reply, turn))
      .receive("timeout", () => this.#next(turn));
  }

  #live(note) {
    this.#resume.live(note.id, performance.now());
    this.#on.live(note);
  }

  #lost(reason) {
    this.#resume.lost(performance.now());
    this.#on.left(reason?.source !== "transport");
  }
}
