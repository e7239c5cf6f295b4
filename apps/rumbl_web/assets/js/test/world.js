// A world in one process: time that is told to pass, chance that can be repeated, a server of two nodes over one
// database, and a network that delays, cuts, and between the nodes loses, doubles and swaps what it carries.

/** Chance from a seed (mulberry32): `random()` in [0, 1). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Timers that run when told; `install` puts them in the place of the real ones until `uninstall`. */
export class Time {
  #now = 0; #last = 0; #timers = new Map(); #real = null;

  now = () => this.#now;

  after = (task, ms = 0) => {
    this.#last += 1;
    this.#timers.set(this.#last, { at: this.#now + Math.max(0, ms), task });
    return this.#last;
  };

  install() {
    this.#real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    Object.assign(globalThis, { setTimeout: this.after, clearTimeout: (id) => this.#timers.delete(id) });
  }

  uninstall() {
    Object.assign(globalThis, this.#real);
  }

  pass(ms) {
    const end = this.#now + ms;
    for (let due; (due = this.#due(end)) !== null;) {
      const { at, task } = this.#timers.get(due);
      this.#timers.delete(due);
      this.#now = at;
      task();
    }
    this.#now = end;
  }

  #due(end) {
    let [first, when] = [null, end];
    for (const [id, { at }] of this.#timers) if (at < when || (at === when && first === null)) [first, when] = [id, at];
    return first;
  }
}

/** The database: notes of one video in the order of their commits. `busy()` says whether it is away just now. */
export class Database {
  notes = []; busy = () => false;

  /** Store a note once; gives `{ note, isNew }`. */
  insert(user, { body, at, key }) {
    const twin = this.notes.find((note) => note.user.id === user && note.key === key);
    if (twin) return { note: twin, isNew: false };
    const before = this.notes.at(-1)?.id ?? null;
    const note = { id: (before ?? 0) + 1 + (this.notes.length % 3), prev: before, body, at, key, user: { id: user } };
    this.notes.push({ ...note, answer_to: null, source: null });
    return { note: this.notes.at(-1), isNew: true };
  }

  page(after, size = 5) {
    const rest = this.notes.filter(({ id }) => id > after);
    return { annotations: rest.slice(0, size), more: rest.length > size };
  }
}

/** One server: subscribes before it lists, stores, tells, acknowledges, as video_channel.py does. */
export class Node {
  #database; #world; #connections = new Set(); #life = 0;
  peers = []; lists = 0;

  constructor(database, world) {
    this.#database = database;
    this.#world = world;
  }

  open(connection) {
    this.#connections.add(connection);
  }

  gone(connection) {
    this.#connections.delete(connection);
  }

  /** Die at once: what was under way is never done, every connection is cut. */
  restart() {
    this.#life += 1;
    for (const connection of [...this.#connections]) connection.cut();
  }

  /** Take a message of a page. Each step takes its time, and the node may die between any two. */
  take(connection, [joinRef, ref, topic, event, payload]) {
    const reply = (status, response) =>
      connection.push([joinRef, ref, topic, "phx_reply", { status, response }]);
    if (event === "heartbeat") return reply("ok", {});
    if (event === "phx_leave") return reply("ok", {});
    if (event === "phx_join") return this.#join(connection, joinRef, payload, reply);
    if (event === "list_annotations") return this.#step(() => this.#list(payload.after_id, reply));
    return this.#step(() => this.#store(connection, payload, reply));
  }

  #join(connection, joinRef, { last_seen_id }, reply) {
    connection.held = []; // subscribed from here on; what comes before the reply waits for it
    this.#step(() => {
      if (this.#database.busy()) return reply("error", { reason: "unavailable" });
      reply("ok", this.#database.page(last_seen_id));
      for (const message of connection.held ?? []) connection.push(message);
      Object.assign(connection, { held: null, joined: true });
    });
  }

  #list(after, reply) {
    this.lists += 1;
    if (this.#database.busy()) return reply("error", { reason: "unavailable" });
    reply("ok", this.#database.page(after));
  }

  #store(connection, payload, reply) {
    if (this.#database.busy()) return reply("error", { reason: "unavailable" });
    const { note, isNew } = this.#database.insert(connection.user, payload);
    this.#step(() => {
      this.tell(isNew ? "new_annotation" : "latest", isNew ? note : { id: note.id });
      reply("ok", { id: note.id });
    });
  }

  /** Tell everybody here, and the other nodes as well as the network lets it. */
  tell(event, payload) {
    this.deliver(event, payload);
    for (const peer of this.peers) this.#world.between(() => peer.deliver(event, payload));
  }

  deliver(event, payload) {
    const message = [null, null, "videos:7", event, payload];
    for (const connection of this.#connections) {
      if (connection.held) connection.held.push(message);
      else if (connection.joined) connection.push(message);
    }
  }

  #step(task) {
    const life = this.#life;
    this.#world.soon(() => life === this.#life && task());
  }
}

/** What a page's socket is given for a WebSocket: in order and whole, until it is cut. */
export function transport(world, node, user) {
  return class {
    readyState = 0; held = null; joined = false; user = user; #up = 0; #down = 0;

    constructor() {
      world.soon(() => {
        if (this.readyState !== 0) return;
        this.node = node();
        this.node.open(this);
        this.readyState = 1;
        this.onopen();
      });
    }

    send(text) {
      this.#up = world.inOrder(this.#up, () => this.readyState === 1 && this.node.take(this, JSON.parse(text)));
    }

    push(message) {
      const text = JSON.stringify(message);
      this.#down = world.inOrder(this.#down, () => this.readyState === 1 && this.onmessage({ data: text }));
    }

    /** What is on its way, either way, is lost. */
    cut(code = 1006) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.node?.gone(this);
      world.soon(() => this.onclose({ code, wasClean: false }));
    }

    close(code) {
      this.cut(code);
    }
  };
}

/** Delays and losses. `calm` loses nothing. */
export class World {
  constructor(time, random, { calm = false } = {}) {
    Object.assign(this, { time, random, calm });
  }

  soon(task) {
    this.time.after(task, 1 + this.random() * 30);
  }

  /** Do `task` after some time, but not before `earliest`; gives the time for the next one. */
  inOrder(earliest, task) {
    const at = Math.max(earliest, this.time.now() + 1 + this.random() * 30);
    this.time.after(task, at - this.time.now());
    return at + 0.001;
  }

  /** Between nodes there is no promise: lost, doubled, late, in any order. */
  between(task) {
    const times = this.calm ? 1 : [0, 1, 1, 1, 1, 1, 1, 1, 1, 2][Math.floor(this.random() * 10)];
    for (let i = 0; i < times; i += 1) this.time.after(task, this.random() * 300);
  }
}
