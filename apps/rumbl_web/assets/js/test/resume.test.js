import assert from "node:assert/strict";
import { test } from "node:test";
import { Resume } from "../resume.js";

/** Ask and get a page, as after a join. */
function listed(resume, ids, more = false) {
  resume.page(resume.ask(), ids, more);
  return resume;
}

test("it begins at 0 and follows the pages", () => {
  const resume = new Resume();
  assert.equal(resume.id, 0);
  assert.equal(listed(resume, [1, 5, 3]).id, 5);
});

test("live notes lead on when each names one that is here", () => {
  const resume = listed(new Resume(), [3]);
  resume.live(8, 3);
  resume.live(9, 8);
  assert.deepEqual([resume.id, resume.gap], [9, false]);
});

test("the first note of a video follows nothing, and only nothing", () => {
  const resume = new Resume();
  resume.live(4, null);
  assert.equal(resume.id, 4);
  resume.live(9, null); // what was before it was deleted, or its server knows no better: the list will tell
  assert.deepEqual([resume.id, resume.gap], [4, true]);
});

test("it never goes back", () => {
  const resume = listed(new Resume(), [9]);
  listed(resume, []);
  listed(resume, [4]);
  resume.live(4, 3);
  assert.deepEqual([resume.id, resume.gap], [9, false]);
});

test("a note whose predecessor is missing opens a gap, and the missing one closes it", () => {
  const resume = listed(new Resume(), [1]);
  resume.live(4, 3);
  resume.live(3, 2);
  assert.deepEqual([resume.id, resume.gap], [1, true]);
  resume.live(2, 1);
  assert.deepEqual([resume.id, resume.gap], [4, false]);
});

test("while pages are missing, a live note does not hide the gap", () => {
  const resume = listed(new Resume(), [1, 2], true);
  resume.live(900, 899);
  assert.equal(resume.id, 2);
  listed(resume, [3, 899]);
  assert.deepEqual([resume.id, resume.gap], [900, false]);
});

test("a list to the end answers for all that was heard of before, even what was deleted since", () => {
  const resume = listed(new Resume(), [1]);
  resume.live(5, 4);
  const asked = resume.ask();
  resume.live(9, 8);
  resume.page(asked, [3], false);
  assert.deepEqual([resume.id, resume.gap], [5, true], "9 came after we asked");
  listed(resume, []);
  assert.deepEqual([resume.id, resume.gap], [9, false]);
});

test("an announced note is a gap until it is here", () => {
  const resume = listed(new Resume(), [1]);
  resume.heard(2);
  assert.equal(resume.gap, true);
  resume.live(2, 1);
  assert.equal(resume.gap, false);
});

test("a note of a server that names no predecessor is asked for again, but is no gap", () => {
  const resume = listed(new Resume(), [1]);
  for (const prev of [undefined, "1", 0.5]) resume.live(2, prev);
  assert.deepEqual([resume.id, resume.gap], [1, false]);
});
