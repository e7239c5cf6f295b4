// The conversation `videos:<id>` with the server.
import { CatchUp } from "./catch-up.js";
import { Removals } from "./removals.js";

const LOST_CAUSES = new Set(["not_found", "unauthorized"]);

/**
 * Joins and stays joined. `on` hears: `listed(notes)` for each page of the list, `live(note)`, `missed(notes)` that
 * came as `live` but late, `joined(reply)`, `left(crashed)` when the channel is down until its rejoin,
 * `impossible(reason)`, `deleted()`, `removed(userId)` when what somebody wrote is gone, and `question(id, state)`
 * when a question is being looked up, or was. It is asked for `authors()`, the ids of those whose notes are here.
 */
export class VideoChannel {
  #catchUp; #removals; #on;

  constructor(connection, videoId, on, clock) {
    this.#on = on;
    this.#catchUp = new CatchUp((id, answers) => this.#list(id, answers), on, clock);
    this.#removals = new Removals({
      authors: () => on.authors(), ask: (ids, answers) => this.#gone(ids, answers), gone: (id) => on.removed(id),
    }, clock);
    this.phoenix = connection.socket.channel(`videos:${videoId}`, () => ({ last_seen_id: this.#catchUp.join() }));
    this.phoenix.on("new_annotation", (note) => this.#catchUp.live(note));
    this.phoenix.on("latest", (mark) => this.#latest(mark));
    this.phoenix.on("video_deleted", () => on.deleted());
    this.phoenix.on("notes_removed", (removal) => this.#removed(removal));
    this.phoenix.on("question", ({ id, state }) => on.question(id, state));
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
      .receive("ok", (reply) => this.#stored(reply, ok)).receive("error", refused).receive("timeout", unanswered);
  }

  /** What became of a question, source by source: `shown(reply)`, or `failed()`. */
  why(id, { shown, failed }) {
    this.phoenix.push("why", { id }).receive("ok", shown).receive("error", failed).receive("timeout", failed);
  }

  /** Ask what has no answer in some notes before an id, null for the newest: `told(reply)`, or `failed()`. */
  questions(before, { told, failed }) {
    this.phoenix.push("questions", before === null ? {} : { before_id: before })
      .receive("ok", told).receive("error", failed).receive("timeout", failed);
  }

  #stored(reply, ok) {
    ok(reply);
    this.#catchUp.heard(reply.id); // its broadcast came before, unless it was lost
  }

  #joined(reply) {
    this.#on.joined(reply);
    this.#catchUp.joined(reply);
    this.#removals.joined(reply);
  }

  #latest({ id, removals }) {
    this.#catchUp.heard(id);
    this.#removals.heard(removals);
  }

  #removed({ user_id: userId, removals }) {
    this.#on.removed(userId);
    this.#removals.removed(removals);
  }

  #gone(ids, { told, failed }) {
    this.phoenix.push("gone", { user_ids: ids })
      .receive("ok", told).receive("error", failed).receive("timeout", failed);
  }

  #list(after, { ok, failed }) {
    this.phoenix.push("list_annotations", { after_id: after })
      .receive("ok", ok).receive("error", failed).receive("timeout", failed);
  }

  #lost(reason) {
    this.#catchUp.lost();
    this.#removals.lost();
    this.#on.left(reason?.source !== "transport");
  }
}
