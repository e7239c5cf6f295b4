import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../outbox.js";
import { BUSY_MS, IN_FLIGHT, PACE_MS, Sender } from "../sender.js";
import { FakeClock } from "./fakes.js";

class FakeChannel {
  joined = true; posts = [];
  post(entry, answers) { this.posts.push({ ...entry, ...answers }); }
}

function sender() {
  const [outbox, channel, told, clock] = [new Outbox(null, "box"), new FakeChannel(), [], new FakeClock()];
  const on = { refused: (_entry, lines) => told.push(lines), unauthorized: () => told.push("log in") };
  return { outbox, channel, told, clock, sender: new Sender(outbox, channel, on, clock) };
}

test("nothing goes out before the channel is there", () => {
  const { outbox, channel, sender: out } = sender();
  outbox.add("a", 0);
  channel.joined = false;
  out.flush();
  assert.equal(channel.posts.length, 0);
  channel.joined = true;
  out.flush();
  assert.equal(channel.posts.length, 1);
});

test("an acknowledged note is forgotten", () => {
  const { outbox, channel, sender: out } = sender();
  outbox.add("a", 0);
  out.flush();
  channel.posts[0].ok({ id: 1 });
  assert.equal(outbox.size, 0);
});

test("a refused note is kept and its reasons are told", () => {
  const { outbox, channel, told, sender: out } = sender();
  outbox.add("", 0);
  out.flush();
  channel.posts[0].refused({ errors: { body: ["can't be blank"] } });
  assert.deepEqual(told, [["The note can't be blank"]]);
  assert.equal(outbox.size, 1);
});

test("a writer who was logged out is told so", () => {
  const { outbox, channel, told, sender: out } = sender();
  outbox.add("a", 0);
  out.flush();
  channel.posts[0].refused({ reason: "unauthorized" });
  assert.deepEqual(told, ["log in"]);
});

test("a server that can take nothing just now gets the note again, and time", () => {
  const { outbox, channel, told, clock, sender: out } = sender();
  outbox.add("a", 0, "k1");
  out.flush();
  const times = [];
  for (let tries = 1; tries <= 20; tries += 1) {
    channel.posts.at(-1).refused({ reason: "unavailable" });
    while (channel.posts.length === tries) clock.pass(10);
    times.push(clock.now());
  }
  assert.deepEqual(new Set(channel.posts.map(({ key }) => key)), new Set(["k1"]));
  assert.deepEqual(told, []);
  assert.ok(times[0] >= BUSY_MS && times.at(-1) - times.at(-2) >= 8000, times.join());
  channel.posts.at(-1).ok({ id: 1 });
  assert.equal(outbox.size, 0);
});

test("notes that were refused together make one pause, not one each", () => {
  const { outbox, channel, clock, sender: out } = sender();
  for (let i = 0; i < IN_FLIGHT; i += 1) outbox.add(`note ${i}`, 0);
  out.flush();
  clock.pass(60_000);
  for (const post of channel.posts.splice(0)) post.refused({ reason: "unavailable" });
  clock.pass(BUSY_MS);
  assert.equal(channel.posts.length, 1);
  channel.posts[0].ok({ id: 1 });
  clock.pass(PACE_MS * IN_FLIGHT);
  assert.equal(channel.posts.length, IN_FLIGHT);
});

test("a note without an answer is sent again with the same key", () => {
  const { outbox, channel, clock, sender: out } = sender();
  outbox.add("a", 0, "k1");
  out.flush();
  channel.posts[0].unanswered();
  clock.pass(PACE_MS);
  assert.deepEqual(channel.posts.map(({ key }) => key), ["k1", "k1"]);
});

test("a note posted again after a reconnect is not posted once more when its first post runs out of time", () => {
  const { outbox, channel, clock, sender: out } = sender();
  outbox.add("a", 0, "k1");
  out.flush();
  outbox.connectionLost();
  clock.pass(PACE_MS);
  out.flush();
  channel.posts[0].unanswered();
  clock.pass(PACE_MS * 9);
  assert.equal(channel.posts.length, 2);
});

test("only a few notes are on their way at once", () => {
  const { outbox, channel, clock, sender: out } = sender();
  for (let i = 0; i < 20; i += 1) outbox.add(`note ${i}`, 0);
  out.flush();
  clock.pass(60_000);
  assert.equal(channel.posts.length, IN_FLIGHT);
  channel.posts[0].ok({ id: 1 });
  clock.pass(PACE_MS);
  assert.equal(channel.posts.length, IN_FLIGHT + 1);
});

test("two hundred waiting notes drain in order, each sent once, never more than fifteen in a second", () => {
  const { outbox, channel, clock, sender: out } = sender();
  const [times, bodies] = [[], Array.from({ length: 200 }, (_, i) => `note ${i}`)];
  channel.post = (entry, { ok }) => {
    times.push(clock.now());
    channel.posts.push(entry.body);
    clock.later(() => ok({ id: channel.posts.length }), 25);
  };
  for (const body of bodies) outbox.add(body, 0);
  out.flush();
  for (let i = 0; i < 30; i += 1) {
    clock.pass(1000);
    out.flush(); // a rejoin or a new note asks again and again; the pace is the same
  }
  assert.deepEqual(channel.posts, bodies);
  assert.equal(outbox.size, 0);
  const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
  assert.ok(busiest <= 15, `${busiest} in one second`);
});
