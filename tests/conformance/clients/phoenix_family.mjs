// The scenario of phoenix.js and its like against the conformance server. Arguments: package, URL of the mount.
import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { answer, done, inbox, please } from "./steps.mjs";

const [name, url] = process.argv.slice(2);
const library = await import(name);
const { Socket, Presence } = library.default ?? library;
const isOld = name === "phoenix-channels"; // protocol version 1, no binary messages

const connect = (userId) => {
  const options = { params: { user_id: userId }, heartbeatIntervalMs: 3000, reconnectAfterMs: () => 50 };
  const socket = new Socket(url, isOld ? options : { ...options, rejoinAfterMs: () => 50, transport: WebSocket });
  const closes = inbox();
  socket.onClose((event) => closes.tell(event.code));
  socket.connect();
  return { socket, closes };
};

const one = connect("1"), two = connect("2");
const heard = { one: inbox(), two: inbox() };
const mine = one.socket.channel("room:lobby", { presence: true, a: 1 });
const theirs = two.socket.channel("room:lobby", { presence: true });
for (const event of ["shout", "new_msg", "pushed", "pushed_bin", "shout_bin"]) {
  mine.on(event, (payload) => heard.one.tell({ event, payload }));
  theirs.on(event, (payload) => heard.two.tell({ event, payload }));
}
const present = inbox();
let list = {};
if (isOld) {
  mine.on("presence_state", (state) => { list = Presence.syncState(list, state); present.tell(Object.keys(list)); });
  mine.on("presence_diff", (diff) => { list = Presence.syncDiff(list, diff); present.tell(Object.keys(list)); });
} else {
  const presence = new Presence(mine);
  presence.onSync(() => present.tell(presence.list((key) => key)));
}

const joins = inbox();
const joined = await answer(mine.join().receive("ok", () => joins.tell("again")));
assert.deepEqual(joined, ["ok", { topic: "room:lobby", params: { presence: true, a: 1 } }]);
assert.equal((await answer(theirs.join()))[0], "ok");
done("joined");

assert.deepEqual(await answer(mine.push("ping", { x: [1, "é"] })), ["ok", { x: [1, "é"] }]);
assert.deepEqual(await answer(mine.push("only_ok", {})), ["ok", {}]);
assert.deepEqual(await answer(mine.push("fail", { why: "so" })), ["error", { why: "so" }]);
assert.deepEqual(await answer(mine.push("only_error", {})), ["error", {}]);
assert.deepEqual(await answer(mine.push("later", { ms: 50 })), ["ok", { ms: 50 }]);
assert.equal((await answer(mine.push("silent", {}, 200)))[0], "timeout");
mine.push("push_back", { x: 1 });
assert.deepEqual(await heard.one.next("a push"), { event: "pushed", payload: { x: 1 } });
done("pushed and answered");

mine.push("shout", { n: 1 });
theirs.push("new_msg", { n: 2 });
for (const ear of [heard.one, heard.two]) {
  assert.deepEqual((await ear.next("a shout", ({ event }) => event === "shout")).payload, { n: 1 });
  assert.deepEqual((await ear.next("a message", ({ event }) => event === "new_msg")).payload, { n: 2 });
}
await answer(mine.push("shout_from", { n: 3 }));
assert.deepEqual((await heard.two.next("a shout of another")).payload, { n: 3 });
assert.deepEqual(heard.one.values, []);
done("broadcast both ways");

const refused = async (topic) => {
  const channel = one.socket.channel(topic, {});
  const [status, response] = await answer(channel.join());
  channel.leave();
  return [status, response.reason];
};
assert.deepEqual(await refused("room:denied"), ["error", "unauthorized"]);
assert.deepEqual(await refused("room:crash"), ["error", "join crashed"]);
assert.deepEqual(await refused("nowhere"), ["error", "unmatched topic"]);
done("refused");

if (!isOld) {
  const bytes = new Uint8Array([0, 1, 255]).buffer;
  const [status, echoed] = await answer(mine.push("ping_bin", bytes));
  assert.deepEqual([status, [...new Uint8Array(echoed)]], ["ok", [0, 1, 255]]);
  mine.push("push_bin", bytes);
  assert.equal((await heard.one.next("a binary push")).payload.byteLength, 3);
  theirs.push("shout_bin", bytes);
  assert.equal((await heard.one.next("a binary broadcast")).payload.byteLength, 3);
  done("binary");
}

await present.next("both present", (keys) => keys.length === 2);
assert.equal((await answer(theirs.leave()))[0], "ok");
await present.next("one present", (keys) => keys.length === 1 && keys[0] === "1");
done("presence");

const errors = inbox();
mine.onError(() => errors.tell("error"));
joins.values.length = 0;
mine.push("crash", {});
await errors.next("the error of a crash");
await joins.next("a rejoin after the crash");
assert.equal((await answer(mine.push("ping", {})))[0], "ok");
done("rejoined after a crash");

joins.values.length = 0;
await please("restart");
assert.equal(await one.closes.next("the close of a restart"), 1012);
await joins.next("a rejoin after the restart");
assert.deepEqual(await answer(mine.push("ping", { back: true })), ["ok", { back: true }]);
done("rejoined after a restart");

joins.values.length = 0;
mine.push("disconnect_me", {});
await one.closes.next("the close of a disconnect", (code) => code === 1001); // failed tries before it have 1006
await joins.next("a rejoin after the disconnect");
done("rejoined after a disconnect");

const closed = inbox();
mine.onClose(() => closed.tell("closed"));
assert.equal((await answer(mine.leave()))[0], "ok");
await closed.next("the close after a leave");
done("left");
process.exit(0);
