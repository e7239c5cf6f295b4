// The watch page: wires the player, the notes, the note box and the conversation with the server.
import { VideoChannel } from "./channel.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { cssVar, el } from "./dom.js";
import { NotesView } from "./notes-view.js";
import { Notes } from "./notes.js";
import { Outbox } from "./outbox.js";
import { PendingView } from "./pending-view.js";
import { showPresence } from "./presence.js";
import { Questions } from "./questions.js";
import { Sender } from "./sender.js";
import { Stage } from "./stage.js";
import { UNNOTICED_MS } from "./state.js";
import { StateLine } from "./state-line.js";
import { Timeline } from "./timeline.js";
import { gettext } from "./words.js";

const TICK_MS = 1000; // the book's rhythm: notes are met about every second even if a player is silent

/** Bring the watch page of `boot` to life. */
export function watch(element, boot) {
  new WatchPage(element, boot).start();
}

class WatchPage {
  #boot; #stage; #notes = new Notes(); #timeline; #view; #composer = null; #outbox; #pending;
  #line; #connection; #channel; #questions; #sender;
  #everything = false; #everJoined = false; #ended = null; #downSince = performance.now();

  constructor(element, boot) {
    this.#boot = boot;
    const find = (id) => document.getElementById(id);
    const dock = dockOf(find("msg-form") ?? find("guest-prompt") ?? find("msg-container"));
    this.#stage = new Stage(element);
    this.#timeline = new Timeline(find("timeline"), { onSeek: (ms) => this.#seek(ms) });
    this.#view = new NotesView(find("msg-container"), dock, {
      onSeek: (ms) => this.#seek(ms),
      onShowAll: () => this.#showAll(),
      onWhy: (id, told) => this.#channel.why(id, told),
    });
    this.#line = new StateLine(find("connection-state"), boot.loginUrl);
    new ResizeObserver(() => cssVar(dock.parentElement, "--dock-height", `${dock.offsetHeight}px`)).observe(dock);
    this.#outbox = new Outbox(storage(), `rumbl:outbox:${boot.videoId}:${boot.userId}`);
    this.#connection = new Connection(boot);
    this.#channel = new VideoChannel(this.#connection, boot.videoId, this.#hears());
    this.#questions = new Questions((before, answers) => this.#channel.questions(before, answers),
      (id, state) => this.#view.remembered(id, state));
    showPresence(this.#channel.phoenix, find("user-list"), boot.userId);
    if (!boot.guest) this.#buildComposer(find("msg-form"), dock);
  }

  start() {
    this.#listen();
    this.#stage.load(); // not awaited: a player that fails or is slow keeps nobody from the notes
    this.#connection.connect();
    this.#channel.join();
    setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  #buildComposer(form, dock) {
    this.#composer = new Composer(form, { now: () => this.#stage.now(), onPost: (body, at) => this.#post(body, at) });
    this.#pending = new PendingView(dock, {
      onEdit: (key) => this.#edit(this.#outbox.remove(key)),
      onRetry: (key) => { this.#outbox.retry(key); this.#sender.flush(); this.#composer.focus(); },
      onDiscard: (key) => { this.#outbox.remove(key); this.#composer.focus(); },
    });
    this.#sender = new Sender(this.#outbox, this.#channel, {
      refused: (entry, lines) => this.#refused(entry, lines),
      unauthorized: (entry) => this.#refused(entry, [gettext("Log in again to post this note.")]),
    });
    this.#outbox.addEventListener("change", () => this.#tellOutbox());
    this.#tellOutbox();
  }

  #listen() {
    const moves = ["timeupdate", "seeked", "play", "pause"];
    for (const event of moves) this.#stage.addEventListener(event, () => this.#tick());
    this.#stage.addEventListener("ready", () => this.#drawTimeline());
    this.#stage.addEventListener("failed", () => this.#showAll());
    for (const reason of ["refused", "loggedout"]) this.#connection.addEventListener(reason, () => this.#end(reason));
    this.#connection.addEventListener("down", () => this.#tellState());
    for (const event of ["online", "offline"]) addEventListener(event, () => this.#tellState());
  }

  #hears() {
    return {
      listed: (notes) => this.#listed(notes),
      live: (note) => this.#live(note),
      missed: (notes) => this.#questions.missed(notes),
      joined: (reply) => this.#joined(reply),
      left: (crashed) => this.#left(crashed),
      impossible: (reason) => this.#end(reason === "not_found" ? "missing" : "refused"),
      deleted: () => this.#end("deleted"),
      removed: (userId) => this.#removed(userId),
      authors: () => this.#notes.authors(),
      question: (id, state) => this.#view.question(id, state),
    };
  }

  #joined(reply) {
    this.#questions.joined(reply, this.#view.waiting);
    this.#everJoined = true;
    this.#downSince = null;
    this.#sender?.flush();
    this.#tellState();
  }

  #left(crashed) {
    this.#questions.lost();
    this.#downSince ??= performance.now();
    if (crashed) for (const { key } of this.#outbox.entries()) this.#outbox.returned(key);
    else this.#outbox.connectionLost();
    this.#tellState();
    setTimeout(() => this.#tellState(), UNNOTICED_MS);
  }

  #listed(notes) {
    const added = this.#notes.addListed(notes);
    for (const { key } of added) this.#outbox.acknowledge(key);
    this.#meet();
    if (added.length > 0) this.#drawTimeline();
  }

  #live(note) {
    this.#outbox.acknowledge(note.key);
    const added = this.#notes.addLive(note);
    if (!added) return;
    this.#view.show([added], { live: true });
    this.#drawTimeline();
    this.#tick();
  }

  #removed(userId) {
    this.#view.remove(this.#notes.removeOf(userId));
    this.#drawTimeline();
    this.#tick();
  }

  #tick() {
    this.#meet();
    this.#timeline.at(this.#stage.now());
    this.#composer?.tick();
    this.#tellState();
  }

  #meet() {
    const now = this.#stage.now();
    const met = this.#everything ? this.#notes.revealAll() : this.#notes.reach(now);
    this.#view.show(met, { follow: !this.#everything });
    this.#view.highlight(this.#notes.current(now));
    this.#view.status({ ahead: this.#notes.ahead, playing: this.#stage.playing, known: this.#everJoined });
  }

  #showAll() {
    this.#everything = true;
    this.#meet();
  }

  #drawTimeline() {
    this.#timeline.update(this.#notes.all(), this.#stage.duration());
  }

  #seek(ms) {
    this.#stage.seekTo(ms);
    this.#tick();
  }

  #post(body, at) {
    this.#outbox.add(body, at);
    this.#sender.flush();
  }

  #refused(entry, lines) {
    if (this.#composer.empty) this.#edit(this.#outbox.remove(entry.key));
    this.#composer.problems(lines);
  }

  #edit(entry) {
    if (entry) this.#composer.restore(entry.body, entry.at);
  }

  #end(reason) {
    this.#ended = reason;
    this.#connection.end();
    if (reason !== "deleted") return this.#tellState();
    this.#stage.close(gettext("This video was deleted by its owner."));
    this.#composer?.close(gettext("No more notes can be written here."));
    this.#tellState();
  }

  #tellOutbox() {
    this.#pending.show(this.#outbox.entries());
    this.#tellState();
  }

  #tellState() {
    const { joined } = this.#channel;
    if (!joined) this.#downSince ??= performance.now();
    this.#line.show({
      joined, everJoined: this.#everJoined, ended: this.#ended, online: navigator.onLine,
      downForMs: this.#downSince === null ? 0 : performance.now() - this.#downSince,
      waiting: this.#outbox.entries().filter(({ state }) => state !== "failed").length,
    });
  }
}

function dockOf(anchor) {
  const dock = anchor.closest(".note-dock");
  if (dock) return dock;
  const made = el("div", { class: "note-dock" });
  anchor.after(made);
  if (anchor.id !== "msg-container") made.append(anchor);
  return made;
}

function storage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null; // the browser blocks storage: the outbox lives in memory alone
  }
}
