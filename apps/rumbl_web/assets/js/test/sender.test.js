import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../outbox.js";
import { Sender } from "../sender.js";

class FakeChannel {
  joined = true; posts = [];
  post(entry, answers) { this.posts.push({ ...entry, ...answers }); }
}

function sender() {
  const [outbox, channel, told] = [new Outbox(null, "box"), new FakeChannel(), []];
  const on = { refused: (_entry, lines) => told.push(lines), unauthorized: () => told.push("log in") };
  return { outbox, channel, told, sender: new Sender(outbox, channel, on) };
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

test("a note without an answer is sent again with the same key", () => {
  const { outbox, channel, sender: out } = sender();
  outbox.add("a", 0, "k1");
  out.flush();
  channel.posts[0].unanswered();
  assert.deepEqual(channel.posts.map(({ key }) => key), ["k1", "k1"]);
});
