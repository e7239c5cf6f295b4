import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, OFFLINE_AFTER_MS } from "../state.js";

const say = (facts) => describe({
  joined: false, everJoined: true, downForMs: 0, online: true, ended: null, waiting: 0, ...facts,
});

test("joined is live", () => {
  assert.deepEqual(say({ joined: true }), { kind: "live", text: "Live" });
});

test("before the first join it connects, later it reconnects", () => {
  assert.equal(say({ everJoined: false }).text, "Connecting");
  assert.equal(say({}).text, "Reconnecting");
});

test("after a while, or when the browser knows, it is offline and says what waits", () => {
  assert.equal(say({ downForMs: OFFLINE_AFTER_MS, waiting: 2 }).text, "Offline, 2 notes waiting");
  assert.equal(say({ online: false, waiting: 1 }).text, "Offline, 1 note waiting");
});

test("a page that can't come back by itself offers to reload", () => {
  assert.equal(say({ ended: "refused" }).kind, "reload");
  assert.equal(say({ ended: "missing", joined: true }).kind, "reload");
  assert.equal(say({ ended: "deleted" }).kind, "ended");
});
