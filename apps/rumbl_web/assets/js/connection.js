// The socket of the page: connects, notices a refusal, and gets a fresh token by itself.
import { LongPoll, Socket } from "phoenix";
import { POLICY_VIOLATION, reconnectAfterMs, rejoinAfterMs } from "./backoff.js";
import { fetchBoot } from "./boot.js";
import { language } from "./words.js";

const REFUSED_AFTER = 3; // failed attempts in a row before asking why
const ASK_EVERY_MS = 3000;
const HANGS_AFTER_MS = 8000; // some networks swallow a WebSocket without a word
const POLLS = "rumbl:polls"; // this tab's network lets no WebSocket through
const FORGIVEN_AFTER_MS = 60_000; // a connection that lasted so long begins anew with the server's patience

/**
 * A Phoenix socket that never retries in silence for ever: when attempts fail although the site answers, it
 * fetches a fresh token with the page; if that does not help, or somebody else is logged in now, it ends with
 * the event "refused", or with "loggedout" when nobody is logged in any more. Other events: "open" and "down".
 *
 * Where no WebSocket ever opens although the site answers, it polls instead. Not phoenix.js's own fallback: that
 * one polls for good after a single failed attempt, so a restart of the server would turn every page to polling.
 */
export class Connection extends EventTarget {
  #boot; #failures = 0; #renewals = 0; #askedAt = -Infinity; #ended = false; #openedAt = 0; #rebukes = 0;
  #polls = remembersPolling(); #hasOpened = false; #hanging;

  constructor(boot) {
    super();
    this.#boot = { ...boot };
    this.socket = new Socket(boot.socketUrl, {
      params: () => ({ token: this.#boot.userToken, language: language() }),
      transport: this.#polls ? LongPoll : hearingCloses(({ code }) => this.#closed(code)),
      reconnectAfterMs: (tries) => reconnectAfterMs(tries, this.#rebukes),
      rejoinAfterMs: (tries) => rejoinAfterMs(tries),
    });
    this.socket.onOpen(() => this.#opened());
    this.socket.onClose(() => this.dispatchEvent(new Event("down")));
    this.socket.onError(() => this.#failed());
    addEventListener("online", () => this.restart());
    addEventListener("offline", () => this.restart());
  }

  connect() {
    this.socket.connect();
    if (!this.#polls) this.#hanging = setTimeout(() => this.#ask({ hangs: true }), HANGS_AFTER_MS);
  }

  /** Drop the connection, if any, and try at once: what the browser knew of the network has changed. */
  restart() {
    if (this.#ended) return;
    this.socket.disconnect();
    this.socket.connect();
  }

  /** Stop for good. */
  end() {
    this.#ended = true;
    clearTimeout(this.#hanging);
    this.socket.disconnect();
  }

  #closed(code) {
    const lasted = performance.now() - this.#openedAt >= FORGIVEN_AFTER_MS;
    if (code === POLICY_VIOLATION) this.#rebukes = lasted ? 1 : this.#rebukes + 1;
    else this.#rebukes = 0;
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#failures = 0;
    this.#renewals = 0;
    this.#hasOpened = true;
    clearTimeout(this.#hanging);
    if (this.#polls) rememberPolling();
    this.dispatchEvent(new Event("open"));
  }

  #failed() {
    this.#failures += 1;
    if (this.#failures >= REFUSED_AFTER && performance.now() - this.#askedAt >= ASK_EVERY_MS) this.#ask();
  }

  async #ask({ hangs = false } = {}) {
    this.#askedAt = performance.now();
    const fresh = await fetchBoot();
    if (fresh === null || this.#ended || this.socket.isConnected()) return;
    this.#renewals += 1;
    const same = fresh.userId === this.#boot.userId && fresh.guest === this.#boot.guest;
    if (fresh.guest && !this.#boot.guest) return this.#stop("loggedout");
    if (!same || this.#renewals > 2) return this.#stop("refused");
    this.#boot.userToken = fresh.userToken;
    if (!this.#hasOpened && (hangs || this.#renewals > 1)) this.#poll();
  }

  #poll() {
    if (this.#polls) return;
    this.#polls = true;
    clearTimeout(this.#hanging);
    this.socket.replaceTransport(LongPoll);
    this.socket.connect();
  }

  #stop(event) {
    this.end();
    this.dispatchEvent(new Event(event));
  }
}

// The client plans its next try before it tells anyone about a close; only the transport hears of it earlier.
function hearingCloses(onClose) {
  return class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("close", onClose);
    }
  };
}

function remembersPolling() {
  try {
    return sessionStorage.getItem(POLLS) !== null;
  } catch {
    return false; // storage is forbidden: found out again on each page
  }
}

function rememberPolling() {
  try {
    sessionStorage.setItem(POLLS, "yes");
  } catch {
    // as above
  }
}
