import assert from "node:assert/strict";
import { test } from "node:test";
import { reconnectAfterMs, rejoinAfterMs } from "../backoff.js";

const middle = () => 0.5;

test("the first try comes soon, later ones ever later, but never later than some seconds", () => {
  const waits = [1, 2, 5, 8, 9, 500].map((tries) => reconnectAfterMs(tries, 0, middle));
  assert.deepEqual(waits, [50, 100, 250, 2000, 5000, 5000]);
});

test("pages that lost the server at once come back spread out", () => {
  assert.deepEqual([0, 0.999].map((drawn) => reconnectAfterMs(7, 0, () => drawn)), [500, 1499]);
});

test("who was told to slow down waits for seconds, ever longer", () => {
  assert.deepEqual([1, 2, 3, 9].map((rebukes) => reconnectAfterMs(1, rebukes, middle)), [5000, 10_000, 20_000, 60_000]);
});

test("after that wait the tries go on as usual", () => {
  assert.equal(reconnectAfterMs(2, 1, middle), 100);
});

test("pages that were refused at once join again spread out, a little later each time", () => {
  const range = (tries) => [0, 1].map((random) => rejoinAfterMs(tries, () => random));
  assert.deepEqual([1, 2, 3, 4, 99].map(range),
    [[500, 1500], [1000, 3000], [2500, 7500], [5000, 15_000], [5000, 15_000]]);
});
