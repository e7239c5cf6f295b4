import assert from "node:assert/strict";
import { test } from "node:test";
import { makeKey, MAX_TRIES, Outbox, refusals } from "../outbox.js";

class Storage {
  #values = new Map();
  getItem(name) { return this.#values.get(name) ?? null; }
  setItem(name, value) { this.#values.set(name, value); }
  removeItem(name) { this.#values.delete(name); }
}

const states = (outbox) => outbox.entries().map(({ state }) => state);

test("a note goes out once and is forgotten when it is acknowledged", () => {
  const outbox = new Outbox(new Storage(), "box");
  const { key } = outbox.add("hello", 7000);
  assert.deepEqual(outbox.take().map(({ body, at }) => [body, at]), [["hello", 7000]]);
  assert.deepEqual(outbox.take(), []);
  assert.equal(outbox.acknowledge(key), true);
  assert.equal(outbox.acknowledge(key), false);
  assert.equal(outbox.size, 0);
});

test("after a lost connection it goes out again with the same key", () => {
  const outbox = new Outbox(new Storage(), "box");
  outbox.add("hello", 0, "k1");
  outbox.take();
  outbox.connectionLost();
  assert.deepEqual(outbox.take().map(({ key }) => key), ["k1"]);
});

test("a connection that comes and goes never uses up the tries", () => {
  const outbox = new Outbox(new Storage(), "box");
  outbox.add("hello", 0);
  for (let i = 0; i < MAX_TRIES * 3; i += 1) {
    assert.equal(outbox.take().length, 1);
    outbox.connectionLost();
  }
});

test("a note that crashes its channel waits for its writer after some tries", () => {
  const outbox = new Outbox(new Storage(), "box");
  const { key } = outbox.add("poison", 0);
  for (let i = 0; i < MAX_TRIES; i += 1) {
    outbox.take();
    outbox.returned(key);
  }
  assert.deepEqual(states(outbox), ["failed"]);
  outbox.retry(key);
  assert.deepEqual(states(outbox), ["waiting"]);
});

test("a server that can take nothing never uses up the tries", () => {
  const outbox = new Outbox(new Storage(), "box");
  const { key } = outbox.add("hello", 0);
  for (let i = 0; i < MAX_TRIES * 3; i += 1) {
    assert.equal(outbox.take().length, 1);
    outbox.postponed(key);
  }
  assert.deepEqual(states(outbox), ["waiting"]);
});

test("a refused note stays with its reasons", () => {
  const outbox = new Outbox(new Storage(), "box");
  const { key } = outbox.add("", 0);
  outbox.take();
  outbox.refused(key, ["The note can't be blank"]);
  assert.deepEqual(outbox.entries()[0].errors, ["The note can't be blank"]);
  assert.deepEqual(outbox.take(), []);
  assert.equal(outbox.remove(key).key, key);
});

test("a reload of the page loses nothing", () => {
  const storage = new Storage();
  const before = new Outbox(storage, "box");
  before.add("kept", 5, "k1");
  before.take();
  const after = new Outbox(storage, "box");
  assert.deepEqual(after.take().map(({ key, body, at }) => [key, body, at]), [["k1", "kept", 5]]);
  after.acknowledge("k1");
  assert.equal(storage.getItem("box"), null);
});

test("broken or missing storage is no obstacle", () => {
  const storage = new Storage();
  storage.setItem("box", '{"not": "a list"}');
  assert.equal(new Outbox(storage, "box").size, 0);
  assert.equal(new Outbox(null, "box").add("still here", 0).body, "still here");
});

test("every change is told", () => {
  const outbox = new Outbox(new Storage(), "box");
  let told = 0;
  outbox.addEventListener("change", () => { told += 1; });
  const { key } = outbox.add("a", 0);
  outbox.take();
  outbox.acknowledge(key);
  assert.equal(told, 3);
});

test("keys are UUIDs, with or without crypto.randomUUID", () => {
  const plain = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
  for (const key of [makeKey(), makeKey(plain), makeKey(plain)]) assert.match(key, uuid);
  assert.notEqual(makeKey(plain), makeKey(plain));
});

test("reasons become sentences", () => {
  assert.deepEqual(refusals({ errors: { body: ["can't be blank"], at: ["is invalid"] } }),
    ["The note can't be blank", "The moment is invalid"]);
  assert.deepEqual(refusals({ reason: "busy" }), ["Not accepted: busy"]);
  assert.equal(refusals(undefined).length, 1);
});
