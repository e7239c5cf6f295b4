// The scenario of @supabase/realtime-js against the conformance server. Arguments: protocol version, mount's URL.
import assert from "node:assert/strict";
import { RealtimeClient } from "@supabase/realtime-js";
import { WebSocket } from "ws";
import { done, inbox, please } from "./steps.mjs";

const [vsn, url] = process.argv.slice(2);
const connect = () => new RealtimeClient(url, {
  params: { apikey: "none" }, vsn, transport: WebSocket, heartbeatIntervalMs: 3000, reconnectAfterMs: () => 50,
});
const subscribe = (channel) => {
  const states = inbox();
  channel.subscribe((state) => states.tell(state));
  return states;
};

const one = connect(), two = connect();
const config = (key, own) => ({ config: { broadcast: { self: own, ack: true }, presence: { key } } });
const mine = one.channel("lobby", config("one", false)), theirs = two.channel("lobby", config("two", true));
const heard = { one: inbox(), two: inbox() };
mine.on("broadcast", { event: "cursor" }, (message) => heard.one.tell(message.payload));
theirs.on("broadcast", { event: "cursor" }, (message) => heard.two.tell(message.payload));
const present = inbox();
mine.on("presence", { event: "sync" }, () => present.tell(Object.keys(mine.presenceState()).sort()));
const states = subscribe(mine);
await states.next("SUBSCRIBED", (state) => state === "SUBSCRIBED");
await subscribe(theirs).next("SUBSCRIBED", (state) => state === "SUBSCRIBED");
done("joined");

assert.equal(await mine.send({ type: "broadcast", event: "cursor", payload: { x: 1 } }), "ok");
assert.deepEqual(await heard.two.next("a broadcast"), { x: 1 });
assert.equal(await theirs.send({ type: "broadcast", event: "cursor", payload: { x: 2 } }), "ok");
assert.deepEqual(await heard.one.next("a broadcast"), { x: 2 });
assert.deepEqual(await heard.two.next("their own broadcast"), { x: 2 });
assert.deepEqual(heard.one.values, []);
done("broadcast both ways");

if (vsn === "2.0.0") {
  await mine.send({ type: "broadcast", event: "cursor", payload: new Uint8Array([0, 255]).buffer });
  assert.deepEqual([...new Uint8Array(await heard.two.next("a binary broadcast"))], [0, 255]);
  done("binary");
}

assert.equal(await mine.track({ name: "One" }), "ok");
assert.equal(await theirs.track({ name: "Two" }), "ok");
await present.next("both present", (keys) => keys.join() === "one,two");
assert.equal(mine.presenceState().one[0].name, "One");
assert.equal(await theirs.untrack(), "ok");
await present.next("one present", (keys) => keys.join() === "one");
done("presence");

const denied = subscribe(one.channel("denied:1"));
await denied.next("CHANNEL_ERROR", (state) => state === "CHANNEL_ERROR");
done("refused");

states.values.length = 0;
mine.send({ type: "crash" });
await states.next("CHANNEL_ERROR", (state) => state === "CHANNEL_ERROR");
await states.next("SUBSCRIBED", (state) => state === "SUBSCRIBED");
done("rejoined after a crash");

states.values.length = 0;
await please("restart");
await states.next("SUBSCRIBED", (state) => state === "SUBSCRIBED");
assert.equal(await mine.send({ type: "broadcast", event: "cursor", payload: {} }), "ok");
done("rejoined after a restart");

assert.equal(await mine.unsubscribe(), "ok");
await states.next("CLOSED", (state) => state === "CLOSED");
done("left");
process.exit(0);
