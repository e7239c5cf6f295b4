// When to connect again after a connection went. Pure.

/** The server closes with it a client that sends too much (RFC 6455 section 7.4.1). */
export const POLICY_VIOLATION = 1008;

const STEPS_MS = [50, 100, 150, 200, 250, 500, 1000, 2000];
const LONGEST_MS = 5000;
const REJOIN_STEPS_MS = [1000, 2000, 5000];
const LONGEST_REJOIN_MS = 10_000;
const PENANCE_MS = 5000;
const LONGEST_PENANCE_MS = 60_000;

/**
 * The wait before try number `tries` (from 1) in a row. Pages whose connections went at the same moment come
 * back spread out: each wait is drawn between half and one and a half of its step. `rebukes` counts closes for
 * sending too much since something went well: whoever was told to slow down waits for seconds, ever longer.
 */
export function reconnectAfterMs(tries, rebukes = 0, random = Math.random) {
  const penance = rebukes > 0 ? Math.min(PENANCE_MS * 2 ** (rebukes - 1), LONGEST_PENANCE_MS) : 0;
  const step = STEPS_MS[tries - 1] ?? LONGEST_MS;
  return Math.round((tries === 1 && penance > 0 ? penance : step) * (0.5 + random()));
}

/**
 * The wait before try number `tries` (from 1) to join again on a connection that stands: the phoenix client's own
 * steps, spread out. A database that comes back must not meet everybody in the same moment.
 */
export function rejoinAfterMs(tries, random = Math.random) {
  return Math.round((REJOIN_STEPS_MS[tries - 1] ?? LONGEST_REJOIN_MS) * (0.5 + random()));
}
