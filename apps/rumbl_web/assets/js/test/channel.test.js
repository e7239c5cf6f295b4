import assert from "node:assert/strict";
import { test } from "node:test";
import { VideoChannel } from "../channel.js";
import { FakeClock } from "./fakes.js";

/** Stands in for the phoenix client: remembers pushes, answers when told. */
class FakePhoenix {
  pushes = []; handlers = new Map();
  socket = { channel: (topic, params) => Object.assign(this, { topic, params }) };
  on(event, handler) { this.handlers.set(event, handler); }
  onError(handler) { this.error = handler; }
  join() { return this.push("phx_join", this.params()); }
  push(event, payload) {
    const hooks = new Map();
    const push = { event, payload, reply: (status, response) => hooks.get(status)?.(response) };
    this.pushes.push(push);
    return { receive(status, hook) { hooks.set(status, hook); return this; } };
  }
}

function joined() {
  const phoenix = new FakePhoenix();
  const heard = [];
  const on = Object.fromEntries(["listed", "live", "missed", "joined", "left", "impossible", "deleted", "removed"]
    .map((name) => [name, (value) => heard.push([name, value])]));
  on.authors = () => [3, 4];
  const clock = new FakeClock();
  const channel = new VideoChannel(phoenix, 7, on, clock);
  channel.join();
  return { phoenix, heard, channel, clock };
}

test("it joins the topic of its video from the beginning", () => {
  const { phoenix } = joined();
  assert.equal(phoenix.topic, "videos:7");
  assert.deepEqual(phoenix.pushes[0].payload, { last_seen_id: 0 });
});

test("it hears whose notes are gone, and asks what has no answer", () => {
  const { phoenix, heard, channel } = joined();
  phoenix.handlers.get("notes_removed")({ user_id: 3 });
  assert.deepEqual(heard, [["removed", 3]]);
  const answers = [];
  const hooks = { told: (reply) => answers.push(reply), failed: () => answers.push("failed") };
  for (const before of [null, 9, 9]) channel.questions(before, hooks);
  const asked = phoenix.pushes.slice(1);
  assert.deepEqual(asked.map(({ event, payload }) => [event, payload]),
    [["questions", {}], ["questions", { before_id: 9 }], ["questions", { before_id: 9 }]]);
  const reply = { questions: [{ id: 5, state: "waiting" }], before: 9 };
  asked[0].reply("ok", reply);
  asked[1].reply("error", { reason: "unavailable" });
  asked[2].reply("timeout");
  assert.deepEqual(answers, [reply, "failed", "failed"]);
});

test("it asks who is gone when it learns that it missed that", () => {
  const { phoenix, heard, clock } = joined();
  phoenix.pushes[0].reply("ok", { annotations: [], more: false, removals: 0 });
  phoenix.handlers.get("notes_removed")({ user_id: 3, removals: 1 });
  phoenix.handlers.get("latest")({ id: 0, removals: 2 });
  clock.pass(10_000);
  assert.deepEqual([phoenix.pushes[1].event, phoenix.pushes[1].payload], ["gone", { user_ids: [3, 4] }]);
  phoenix.pushes[1].reply("ok", { user_ids: [4] });
  assert.deepEqual(heard.filter(([name]) => name === "removed").map(([, id]) => id), [3, 4]);
  phoenix.error({ source: "transport" });
  phoenix.pushes[0].reply("ok", { annotations: [], more: false, removals: 3 });
  clock.pass(10_000);
  assert.equal(phoenix.pushes[2].event, "gone");
});

test("it fetches page after page until there are no more", () => {
  const { phoenix, heard } = joined();
  phoenix.pushes[0].reply("ok", { annotations: [{ id: 1 }, { id: 2 }], more: true });
  assert.deepEqual([phoenix.pushes[1].event, phoenix.pushes[1].payload], ["list_annotations", { after_id: 2 }]);
  phoenix.pushes[1].reply("ok", { annotations: [{ id: 3 }], more: false });
  assert.equal(phoenix.pushes.length, 2);
  assert.deepEqual(heard.filter(([name]) => name === "listed").map(([, notes]) => notes.length), [2, 1]);
});

test("a server that promises more but gives nothing new is not asked for ever", () => {
  const { phoenix } = joined();
  phoenix.pushes[0].reply("ok", { annotations: [], more: true });
  assert.equal(phoenix.pushes.length, 1);
});

test("a page that comes after a rejoin is left alone", () => {
  const { phoenix, heard } = joined();
  phoenix.pushes[0].reply("ok", { annotations: [{ id: 1 }], more: true });
  phoenix.error({ source: "transport" });
  phoenix.pushes[0].reply("ok", { annotations: [{ id: 2 }], more: false });
  phoenix.pushes[1].reply("ok", { annotations: [{ id: 9 }], more: true });
  assert.deepEqual(heard.filter(([name]) => name === "listed").length, 2);
  assert.deepEqual(phoenix.params(), { last_seen_id: 2 });
});

test("a lost note is fetched, and a page that could not be had is asked for again", () => {
  const { phoenix, heard, clock } = joined();
  phoenix.pushes[0].reply("ok", { annotations: [{ id: 1, prev: null }], more: false });
  phoenix.handlers.get("new_annotation")({ id: 3, prev: 2 });
  clock.pass(10_000);
  assert.deepEqual([phoenix.pushes[1].event, phoenix.pushes[1].payload], ["list_annotations", { after_id: 1 }]);
  phoenix.pushes[1].reply("error", { reason: "unavailable" });
  clock.pass(10_000);
  phoenix.pushes[2].reply("ok", { annotations: [{ id: 2, prev: 1 }, { id: 3, prev: 2 }], more: false });
  assert.deepEqual(heard.filter(([name]) => name === "live").map(([, { id }]) => id), [3, 2, 3]);
  assert.deepEqual(heard.filter(([name]) => name === "missed").map(([, notes]) => notes.length), [2]);
  assert.deepEqual(phoenix.params(), { last_seen_id: 3 });
});

test("a note that somebody announces, or that was stored but not heard, is fetched", () => {
  const { phoenix, channel, clock } = joined();
  phoenix.pushes[0].reply("ok", { annotations: [], more: false });
  phoenix.handlers.get("latest")({ id: 1 });
  clock.pass(10_000);
  phoenix.pushes[1].reply("ok", { annotations: [{ id: 1, prev: null }], more: false });
  channel.post({ body: "x", at: 0, key: "k" }, { ok() {}, refused() {}, unanswered() {} });
  phoenix.pushes[2].reply("ok", { id: 2 });
  clock.pass(10_000);
  assert.deepEqual(phoenix.pushes[3].payload, { after_id: 1 });
});

test("it tells a crash of the channel from a lost connection", () => {
  const { phoenix, heard } = joined();
  phoenix.error({ source: "transport" });
  phoenix.error({});
  assert.deepEqual(heard, [["left", false], ["left", true]]);
});

test("a join that the server can't answer just now is left to the rejoin", () => {
  const { phoenix, heard } = joined();
  phoenix.pushes[0].reply("error", { reason: "unavailable" });
  assert.deepEqual(heard, []);
});

test("a video that is not there is reported, a crashed join is left to the rejoin", () => {
  const { phoenix, heard } = joined();
  phoenix.pushes[0].reply("error", { reason: "join crashed" });
  phoenix.pushes[0].reply("error", { reason: "not_found" });
  assert.deepEqual(heard, [["impossible", "not_found"]]);
});
