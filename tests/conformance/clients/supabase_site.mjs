// @supabase/realtime-js on a video of the site. Arguments: socket URL, token. Its channels begin with "realtime:"
// unless they are made by hand.
import assert from "node:assert/strict";
import { RealtimeChannel, RealtimeClient } from "@supabase/realtime-js";
import { WebSocket } from "ws";
import { done, inbox } from "./steps.mjs";

const [url, token] = process.argv.slice(2);
const client = new RealtimeClient(url, { params: { token, apikey: "none" }, transport: WebSocket });
const channel = new RealtimeChannel("videos:1", { config: {} }, client);
const states = inbox();
channel.subscribe((state) => states.tell(state));
await states.next("SUBSCRIBED", (state) => state === "SUBSCRIBED");
assert.equal(await channel.send({ type: "new_annotation", body: "from supabase", at: 1 }), "ok");
assert.equal(await channel.send({ type: "new_annotation", body: "", at: 1 }), "error");
assert.equal(await channel.unsubscribe(), "ok");
done("left");
process.exit(0);
