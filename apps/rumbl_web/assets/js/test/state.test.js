import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, OFFLINE_AFTER_MS, UNNOTICED_MS } from "../state.js";

const say = (facts) => describe({
  joined: false, everJoined: true, downForMs: UNNOTICED_MS, online: true, ended: null, waiting: 0, ...facts,
});

test("joined is live", () => {
  assert.deepEqual(say({ joined: true }), { kind: "live", text: "Live" });
});

test("before the first join it connects, later it reconnects", () => {
  assert.equal(say({ everJoined: false }).text, "Connecting");
  assert.equal(say({}).text, "Reconnecting");
});

test("a connection that is back at once is not talked about", () => {
  assert.equal(say({ downForMs: UNNOTICED_MS - 1 }).text, "Live");
  assert.equal(say({ downForMs: 0, everJoined: false }).text, "Connecting");
  assert.equal(say({ downForMs: 0, online: false }).text, "Offline");
});

test("who was logged out elsewhere is asked to log in, and told what waits", () => {
  assert.deepEqual(say({ ended: "loggedout" }), { kind: "login", text: "You are logged out." });
  assert.equal(say({ ended: "loggedout", waiting: 2 }).text, "You are logged out, 2 notes waiting.");
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
