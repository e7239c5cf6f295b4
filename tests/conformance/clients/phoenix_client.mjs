// A client of npm on one video of the site, steered by lines on standard input, telling what it hears as JSON
// lines on standard output. Arguments: package, socket URL, token, topic, way to connect.
import { createInterface } from "node:readline";
import { WebSocket } from "ws"; // Node 20 has none of its own

const [name, url, token, topic, how] = process.argv.slice(2);
if (name === "phoenix17") await import("./xhr.mjs"); // newer ones poll with fetch
const library = await import(name);
const { LongPoll, Presence, Socket } = library.default ?? library;
const isOld = name === "phoenix-channels";
const tell = (kind, data = {}) => console.log(JSON.stringify({ kind, ...data }));

// A network that lets no WebSocket through.
class Blocked extends WebSocket {
  constructor() { super("ws://127.0.0.1:1"); }
}
const ways = {
  websocket: { transport: WebSocket },
  longpoll: { transport: LongPoll },
  fallback: { transport: Blocked, longPollFallbackMs: 2500 },
};

let lastSeenId = 0;
const seen = (id) => { lastSeenId = Math.max(lastSeenId, id); };
const options = { params: { token }, heartbeatIntervalMs: 3000, reconnectAfterMs: () => 100 };
const socket = new Socket(url, isOld ? options : { ...options, ...ways[how] });
socket.onClose((event) => tell("closed", { code: event.code }));
socket.connect();

// The old client knows no params that are asked for at each join: it would be told the same notes again.
const params = () => ({ last_seen_id: lastSeenId });
const channel = socket.channel(topic, isOld ? {} : params);
const shown = (list) => Object.entries(list).map(([key, { metas, user }]) => [key, metas.length, user?.username]);
if (isOld) {
  let list = {};
  const sync = (how) => (change) => { list = how(list, change); tell("presence", { people: shown(list) }); };
  channel.on("presence_state", sync((...args) => Presence.syncState(...args)));
  channel.on("presence_diff", sync((...args) => Presence.syncDiff(...args)));
} else {
  const presence = new Presence(channel);
  presence.onSync(() => tell("presence", { people: shown(presence.state) }));
}
channel.on("new_annotation", (note) => { seen(note.id); tell("note", { note }); });
channel.onError(() => tell("channel_error"));
channel.onClose(() => tell("channel_close"));
channel.join()
  .receive("ok", ({ annotations }) => {
    annotations.forEach(({ id }) => seen(id));
    tell("joined", { bodies: annotations.map(({ body }) => body) });
  })
  .receive("error", (reason) => tell("refused", { reason }));

const commands = {
  push: ({ event, payload }) => channel.push(event, payload)
    .receive("ok", (response) => tell("reply", { status: "ok", response }))
    .receive("error", (response) => tell("reply", { status: "error", response })),
  leave: () => channel.leave().receive("ok", () => tell("left")),
  end: () => process.exit(0),
};
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  commands[command.do](command);
}
