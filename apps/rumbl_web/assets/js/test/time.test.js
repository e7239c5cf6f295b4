import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTime, spokenTime, toMs } from "../time.js";

test("a moment is written as minutes and seconds", () => {
  assert.deepEqual([0, 999, 7000, 59_999, 60_000, 622_000, 3_599_999].map(formatTime),
    ["0:00", "0:00", "0:07", "0:59", "1:00", "10:22", "59:59"]);
});

test("past an hour the hours are kept", () => {
  assert.equal(formatTime(3_600_000), "1:00:00");
  assert.equal(formatTime(3_723_000), "1:02:03");
});

test("what is no moment reads as the beginning", () => {
  assert.deepEqual([NaN, -5, undefined, Infinity].map(formatTime), ["0:00", "0:00", "0:00", "0:00"]);
});

test("a moment is spoken in words", () => {
  assert.equal(spokenTime(67_000), "1 minute 7 seconds");
  assert.equal(spokenTime(3_601_000), "1 hour 1 second");
  assert.equal(spokenTime(0), "0 seconds");
});

test("seconds of a player become whole milliseconds", () => {
  assert.deepEqual([1.9999, 0, NaN, -1].map(toMs), [1999, 0, 0, 0]);
});
