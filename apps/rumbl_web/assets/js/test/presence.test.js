import assert from "node:assert/strict";
import { before, test } from "node:test";
import { showPresence } from "../presence.js";

const EVIL = "<img src=x onerror=alert(1)>";

// As little of a DOM as the list needs. Text is a child that is a string; nothing can be set as HTML.
class FakeElement {
  constructor(tag) { Object.assign(this, { tag, attributes: {}, children: [] }); Object.preventExtensions(this); }
  setAttribute(name, value) { this.attributes[name] = value; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  get text() { return this.children.map((child) => child.text ?? child).join(""); }
  get tags() { return [this.tag, ...this.children.flatMap((child) => child.tags ?? [])]; }
}

class FakeChannel {
  handlers = new Map();
  on(event, handler) { this.handlers.set(event, handler); }
  joinRef() { return "1"; }
  // As it comes over the wire: JSON may have a key of its own called __proto__, which an object literal can't.
  hear(event, json) { this.handlers.get(event)(JSON.parse(json)); }
}

function shown() {
  const channel = new FakeChannel();
  const list = new FakeElement("ul");
  showPresence(channel, list, 1);
  return { channel, list };
}

const entry = (ref, user) => JSON.stringify({ metas: [{ phx_ref: ref, device: "browser" }], user });

before(() => { globalThis.document = { createElement: (tag) => new FakeElement(tag), getElementById: () => null }; });

test("what people call themselves is text, in the first list and in what follows", () => {
  const { channel, list } = shown();
  channel.hear("presence_state", `{"1":${entry("a", { id: 1, name: EVIL, username: EVIL })}}`);
  channel.hear("presence_diff", `{"joins":{"2":${entry("b", { id: 2, name: "Max", username: EVIL })}},"leaves":{}}`);

  assert.deepEqual(list.children.map((item) => item.children.at(-1).text), [EVIL, `Max (${EVIL})`]);
  assert.deepEqual([...new Set(list.tags)], ["ul", "li", "span"]);
});

test("a key is text too, whatever it is called, and leaves like any other", () => {
  const { channel, list } = shown();
  const keys = ["__proto__", "constructor", "toString", "", EVIL, "x".repeat(5000), "ключ"];
  channel.hear("presence_state", "{}");
  for (const key of keys) {
    channel.hear("presence_diff", `{"joins":{${JSON.stringify(key)}:${entry(key, null)}},"leaves":{}}`);
  }
  assert.deepEqual(list.children.map((item) => item.attributes["data-key"]).sort(), [...keys].sort());

  for (const key of keys) {
    channel.hear("presence_diff", `{"joins":{},"leaves":{${JSON.stringify(key)}:${entry(key, null)}}}`);
  }
  assert.equal(list.text, "Nobody is logged in here yet.");
});

test("a crowd is a number, and no other thing", () => {
  const { channel, list } = shown();
  channel.hear("presence_count", '{"count":12345}');
  assert.match(list.text, /^12.345 people are here$/u);

  channel.hear("presence_count", JSON.stringify({ count: EVIL }));
  assert.equal(list.text, "0 people are here");
});

test("who came while names were not to be had gets one when they are, with as many tabs as before", () => {
  const { channel, list } = shown();
  channel.hear("presence_state", `{"1":${entry("a", { id: 1, name: "Ana", username: "ana" })}}`);
  channel.hear("presence_diff", '{"joins":{"2":{"metas":[{"phx_ref":"b"},{"phx_ref":"c"}]}},"leaves":{}}');
  const nameless = list.text;
  const again = JSON.stringify({ metas: [{ phx_ref: "b" }, { phx_ref: "c" }], user: { id: 2, name: "Ben", username: "ben" } });
  channel.hear("presence_diff", `{"joins":{"2":${again}},"leaves":{}}`);

  assert.ok(!nameless.includes("Ben"));
  assert.deepEqual(list.children.map((item) => item.children.at(-1).text), ["Ana (ana)", "Ben (ben), 2 tabs"]);
});
