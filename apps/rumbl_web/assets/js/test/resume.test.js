import assert from "node:assert/strict";
import { test } from "node:test";
import { Resume, SETTLE_MS } from "../resume.js";

test("it begins at 0 and follows the pages", () => {
  const resume = new Resume();
  assert.equal(resume.id, 0);
  resume.page([1, 5, 3], false);
  assert.equal(resume.id, 5);
});

test("it never goes back", () => {
  const resume = new Resume();
  resume.page([9], false);
  resume.page([], false);
  resume.live(4, 0);
  resume.lost(SETTLE_MS);
  assert.equal(resume.id, 9);
});

test("live notes count by their highest id, in whatever order they came", () => {
  const resume = new Resume();
  resume.page([1], false);
  resume.live(12, 0);
  resume.live(11, 0);
  resume.lost(SETTLE_MS);
  assert.equal(resume.id, 12);
});

test("while pages are missing, a live note does not hide the gap", () => {
  const resume = new Resume();
  resume.page([1, 2], true);
  resume.live(900, 0);
  resume.lost(60_000);
  assert.equal(resume.id, 2);
});

test("a note that came just before the connection went is asked for again", () => {
  const resume = new Resume();
  resume.page([1], false);
  resume.live(7, 1000);
  resume.live(9, 9000);
  resume.lost(9000 + SETTLE_MS - 1);
  assert.equal(resume.id, 7);
});
