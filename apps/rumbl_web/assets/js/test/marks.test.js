import assert from "node:assert/strict";
import { test } from "node:test";
import { cluster, extent, step } from "../marks.js";

const at = (...moments) => moments.map((moment, index) => ({ id: index + 1, at: moment }));
const sizes = (marks) => marks.map(({ notes }) => notes.length);

test("notes that lie apart have a mark each", () => {
  const marks = cluster(at(0, 5000, 10_000), 10_000, 1000);
  assert.deepEqual(marks.map(({ fraction }) => fraction), [0, 0.5, 1]);
});

test("notes closer than the gap share a mark at the first of them", () => {
  const marks = cluster(at(1000, 1100, 5000), 10_000, 1000, 14);
  assert.deepEqual(sizes(marks), [2, 1]);
  assert.equal(marks[0].at, 1000);
});

test("a long row of close notes does not melt into one mark", () => {
  const row = at(...Array.from({ length: 100 }, (_, i) => i * 100));
  const marks = cluster(row, 10_000, 1000, 15);
  assert.equal(marks.length, 50);
});

test("a narrower strip joins more", () => {
  const notes = at(0, 1000, 2000, 3000);
  assert.deepEqual(sizes(cluster(notes, 10_000, 1000, 14)), [1, 1, 1, 1]);
  assert.deepEqual(sizes(cluster(notes, 10_000, 100, 14)), [2, 2]);
});

test("a note beyond the end sits at the end", () => {
  assert.equal(cluster(at(20_000), 10_000, 1000)[0].fraction, 1);
});

test("without a known length the notes say how long it is", () => {
  assert.equal(extent(60_000, at(1000)), 60_000);
  assert.ok(extent(0, at(1000)) > 1000);
  assert.equal(extent(0, []), 1);
});

test("arrow keys walk along the marks and stop at the ends", () => {
  assert.deepEqual([step("ArrowRight", 0, 3), step("ArrowRight", 2, 3), step("ArrowLeft", 0, 3)], [1, 2, 0]);
  assert.deepEqual([step("Home", 2, 3), step("End", 0, 3), step("x", 1, 3)], [0, 2, null]);
});
