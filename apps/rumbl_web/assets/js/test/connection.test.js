import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

const until = async (holds) => {
  for (const end = performance.now() + 10_000; !holds(); await new Promise((on) => setTimeout(on, 5))) {
    if (performance.now() > end) assert.fail(`waited in vain for ${holds}`);
  }
};

/** The site: which tokens its socket takes, and what its page says when it is fetched again. */
const site = { good: new Set(), page: {}, asked: 0, sockets: [] };

/** A WebSocket of the site: opens if the token in its address is good, else it fails as a refused upgrade does. */
class FakeWebSocket extends EventTarget {
  readyState = 0; bufferedAmount = 0;
  constructor(url) {
    super();
    site.sockets.push(this);
    this.token = new URL(url).searchParams.get("token");
    setTimeout(() => (site.good.has(this.token) ? this.#open() : this.#shut("error", 1006)), 1);
  }
  send() {}
  close(code = 1000) { this.#shut(null, code); }
  /** The server sends it away, as after a change of the password or when its token expired. */
  sentAway() { this.#shut(null, 1001); }
  #open() { this.readyState = 1; this.onopen?.(); }
  #shut(error, code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (error) this.onerror?.(new Event("error"));
    const close = Object.assign(new Event("close"), { code });
    this.dispatchEvent(close);
    this.onclose?.(close);
  }
}

const MEMBER = { userToken: "fresh", userId: 1, guest: false, socketUrl: "ws://rumbl.example/socket" };
let Connection;

beforeEach(async () => {
  Object.assign(site, { good: new Set(["first"]), page: MEMBER, asked: 0, sockets: [] });
  const page = () => ({ getElementById: () => ({ textContent: JSON.stringify(site.page) }) });
  Object.assign(globalThis, {
    WebSocket: FakeWebSocket, location: { href: "http://rumbl.example/watch/1" },
    addEventListener() {}, DOMParser: class { parseFromString = page; },
    document: { documentElement: { lang: "en" }, getElementById: () => null },
    fetch: async () => { site.asked += 1; return { status: 200, text: async () => "" }; },
  });
  ({ Connection } = await import("../connection.js"));
});

let connection;
afterEach(() => connection.end());

async function opened() {
  const heard = [];
  connection = new Connection({ ...MEMBER, userToken: "first" });
  for (const event of ["open", "down", "refused", "loggedout"]) {
    connection.addEventListener(event, () => heard.push(event));
  }
  connection.connect();
  await until(() => heard.includes("open"));
  heard.length = 0;
  return heard;
}

test("a page that is sent away comes back with a fresh token by itself", async () => {
  const heard = await opened();
  site.good = new Set(["fresh"]);
  site.sockets.at(-1).sentAway();
  await until(() => heard.includes("open"));
  assert.equal(site.sockets.at(-1).token, "fresh");
  assert.equal(site.asked, 1);
  assert.ok(!heard.includes("refused"));
});

test("a page whose person has logged out says so", async () => {
  const heard = await opened();
  [site.good, site.page] = [new Set(["guest"]), { ...MEMBER, userId: null, guest: true, userToken: "guest" }];
  site.sockets.at(-1).sentAway();
  await until(() => heard.includes("loggedout"));
});

test("a page does not become somebody else's", async () => {
  const heard = await opened();
  [site.good, site.page] = [new Set(["fresh"]), { ...MEMBER, userId: 2 }];
  site.sockets.at(-1).sentAway();
  await until(() => heard.includes("refused"));
});
