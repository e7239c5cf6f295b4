// The unchanged phoenix npm client on one video, steered by lines on standard input, telling what it hears as
// JSON lines on standard output. Arguments: the folder node_modules, socket URL, token, topic.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules, url, token, topic] = process.argv.slice(2);
const { Presence, Socket } = await import(pathToFileURL(`${modules}/phoenix/priv/static/phoenix.mjs`));
const { WebSocket } = await import(pathToFileURL(`${modules}/ws/wrapper.mjs`)); // Node 20 has none of its own
const tell = (kind, data = {}) => console.log(JSON.stringify({ kind, ...data }));

let lastSeenId = 0;
const seen = (id) => { lastSeenId = Math.max(lastSeenId, id); };
const socket = new Socket(url, { params: { token }, transport: WebSocket, heartbeatIntervalMs: 500 });
socket.onClose((event) => tell("closed", { code: event.code }));
socket.connect();

const channel = socket.channel(topic, () => ({ last_seen_id: lastSeenId }));
const presence = new Presence(channel);
presence.onSync(() => {
  const people = presence.list((key, { metas, user }) => [key, metas.length, user?.username]);
  tell("presence", { people });
});
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
  ping: () => tell("ping", { sent: socket.ping((rtt) => tell("pong", { ok: rtt >= 0 })) }),
  leave: () => channel.leave().receive("ok", () => tell("left")),
  end: () => process.exit(0),
};
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  commands[command.do](command);
}
