// Every acknowledged note is shown exactly once to everyone who stays or comes back, whatever the network does.
// The page's own modules and the phoenix client, on a model of the server and of time; chance from a seed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Socket } from "phoenix";
import { reconnectAfterMs } from "../backoff.js";
import { VideoChannel } from "../channel.js";
import { Notes } from "../notes.js";
import { Outbox } from "../outbox.js";
import { Sender } from "../sender.js";
import { Database, Node, Time, World, chance, transport } from "./world.js";

const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : Array.from({ length: 40 }, (_, i) => i + 1);
let time;

before(() => { time = new Time(); time.install(); });
after(() => time.uninstall());

/** A page without a screen: wired as in watch.js, it counts how often it shows each note. */
class Page {
  notes = new Notes(); shown = new Map(); written = []; #time; #outbox; #sender; #socket; #channel;

  constructor(world, node, user) {
    this.#time = world.time;
    this.user = user;
    const clock = { now: world.time.now, later: world.time.after, random: world.random };
    this.#outbox = new Outbox(null, "box");
    this.#socket = new Socket("ws://model/socket", {
      transport: transport(world, node, user), reconnectAfterMs: (tries) => reconnectAfterMs(tries, 0, world.random),
    });
    this.#channel = new VideoChannel({ socket: this.#socket }, 7, this.#hears(), clock);
    this.#sender = new Sender(this.#outbox, this.#channel, { refused: assert.fail, unauthorized: assert.fail }, clock);
    this.#socket.connect();
    this.#channel.join();
  }

  write(body) {
    this.written.push(this.#outbox.add(body, this.#time.now(), `${this.user}-${body}`).key);
    this.#sender.flush();
  }

  cut() {
    this.#socket.conn?.cut();
  }

  get unsent() {
    return this.#outbox.size;
  }

  #hears() {
    return {
      joined: () => this.#sender.flush(),
      left: () => this.#outbox.connectionLost(),
      listed: (notes) => this.#show(this.notes.addListed(notes)),
      live: (note) => { this.#outbox.acknowledge(note.key); this.#show([this.notes.addLive(note)].filter(Boolean)); },
      missed: () => {}, impossible: assert.fail, deleted: assert.fail,
    };
  }

  #show(notes) {
    for (const { id, key } of notes) {
      this.#outbox.acknowledge(key);
      this.shown.set(id, (this.shown.get(id) ?? 0) + 1);
    }
  }
}

/** Two nodes, their database, and some pages, each of which finds itself on any node at every connection. */
function site(seed, { calm = false, pages = 3 } = {}) {
  const world = new World(time, chance(seed), { calm });
  const database = new Database();
  const nodes = [new Node(database, world), new Node(database, world)];
  [nodes[0].peers, nodes[1].peers] = [[nodes[1]], [nodes[0]]];
  const anyNode = () => nodes[world.random() < 0.5 ? 0 : 1];
  return { world, database, nodes, pages: Array.from({ length: pages }, (_, user) => new Page(world, anyNode, user)) };
}

const any = (world, list) => list[Math.floor(world.random() * list.length)];

/** Some seconds of writing, in which cuts, crashes and an away database come as chance has it. */
function trouble({ world, database, nodes, pages }) {
  let awayUntil = 0;
  database.busy = () => time.now() < awayUntil;
  for (let n = 0; n < 60; n += 1) {
    time.pass(world.random() * 250);
    any(world, pages).write(`note ${n}`);
    const dice = world.random();
    if (dice < 0.12) any(world, pages).cut();
    else if (dice < 0.16) any(world, nodes).restart();
    else if (dice < 0.19) awayUntil = time.now() + world.random() * 3000;
  }
}

/** Let everything come to rest. The last note betrays what was lost before it; it reaches everybody. */
function rest({ world, pages }) {
  time.pass(60_000);
  world.calm = true;
  pages[0].write("the last one");
  time.pass(30_000);
}

for (const seed of SEEDS) {
  test(`each note is stored once and shown once to everybody (SEED=${seed})`, () => {
    const here = site(seed);
    trouble(here);
    rest(here);
    const stored = here.database.notes;
    const written = here.pages.flatMap((page) => page.written);
    assert.deepEqual(stored.map(({ key }) => key).sort(), written.sort(), "stored once");
    for (const page of here.pages) {
      assert.equal(page.unsent, 0);
      assert.deepEqual([...page.shown].sort(([a], [b]) => a - b), stored.map(({ id }) => [id, 1]), "shown once");
    }
  });
}

test("where nothing is lost, nothing is fetched, though notes overtake each other", () => {
  const here = site(1, { calm: true, pages: 4 });
  time.pass(5000);
  for (let n = 0; n < 200; n += 1) {
    any(here.world, here.pages).write(`note ${n}`);
    time.pass(40);
  }
  time.pass(30_000);
  assert.equal(here.database.notes.length, 200);
  for (const page of here.pages) assert.equal(page.shown.size, 200);
  assert.deepEqual(here.nodes.map(({ lists }) => lists), [0, 0]);
});

test("a broadcast that is lost between nodes is healed within seconds, without a reconnect and by one question", () => {
  const { world, database, nodes } = site(2, { calm: true, pages: 0 });
  const [writer, reader] = nodes.map((node, user) => new Page(world, () => node, user));
  time.pass(3000);
  nodes[0].peers = []; // the network swallows this one
  writer.write("lost");
  time.pass(3000);
  assert.equal(reader.shown.size, 0);
  nodes[0].peers = [nodes[1]];
  writer.write("heard");
  time.pass(4000);
  assert.deepEqual([...reader.shown.keys()].sort(), database.notes.map(({ id }) => id));
  assert.equal(nodes[1].lists, 1);
});

test("a note whose server died between commit and broadcast reaches everybody once it is sent again", () => {
  const { world, database, nodes } = site(3, { calm: true, pages: 0 });
  const homes = [nodes[0], nodes[1]];
  const [writer, reader] = homes.map((_, user) => new Page(world, () => homes[user], user));
  time.pass(3000);
  writer.write("nearly lost");
  while (database.notes.length === 0) time.pass(1);
  homes[0] = nodes[1];
  nodes[0].restart();
  time.pass(8000);
  assert.equal(database.notes.length, 1);
  for (const page of [writer, reader]) assert.deepEqual([...page.shown.values()], [1]);
  assert.equal(writer.unsent, 0);
});
