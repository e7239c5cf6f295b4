import assert from "node:assert/strict";
import { test } from "node:test";
import { Notes } from "../notes.js";

const max = { id: 1, username: "max" };
const note = (id, at, more = {}) => ({ id, at, body: `note ${id}`, user: max, answer_to: null, ...more });
const ids = (notes) => notes.map(({ id }) => id);

test("notes are in the order of the video, equal moments in the order of their ids", () => {
  const notes = new Notes();
  notes.addListed([note(3, 500), note(2, 900), note(1, 500)]);
  assert.deepEqual(ids(notes.all()), [1, 3, 2]);
});

test("a note that comes twice is kept once", () => {
  const notes = new Notes();
  notes.addListed([note(1, 0)]);
  assert.deepEqual(notes.addListed([note(1, 0), note(2, 0)]).map(({ id }) => id), [2]);
  assert.equal(notes.addLive(note(2, 0)), null);
  assert.equal(notes.all().length, 2);
});

test("listed notes wait until the video reaches them", () => {
  const notes = new Notes();
  notes.addListed([note(1, 0), note(2, 1000), note(3, 2000)]);
  assert.deepEqual(ids(notes.reach(0)), [1]);
  assert.deepEqual(ids(notes.reach(1000)), [2]);
  assert.deepEqual(ids(notes.reach(1500)), []);
  assert.equal(notes.ahead, 1);
});

test("a live note shows at once, whatever its moment", () => {
  const notes = new Notes();
  notes.addLive(note(1, 99_000));
  assert.deepEqual(ids(notes.revealed()), [1]);
});

test("going back hides nothing", () => {
  const notes = new Notes();
  notes.addListed([note(1, 1000)]);
  notes.reach(2000);
  notes.reach(0);
  assert.deepEqual(ids(notes.revealed()), [1]);
});

test("a rejoin keeps the notes that were still ahead", () => {
  const notes = new Notes();
  notes.addListed([note(1, 1000), note(2, 5000)]);
  notes.reach(1000);
  notes.addListed([note(3, 4000)]);
  assert.deepEqual(ids(notes.reach(5000)), [3, 2]);
});

test("everything can be shown at once", () => {
  const notes = new Notes();
  notes.addListed([note(1, 1000), note(2, 500)]);
  assert.deepEqual(ids(notes.revealAll()), [2, 1]);
  assert.equal(notes.ahead, 0);
});

test("the current note is the last one passed that is no answer", () => {
  const notes = new Notes();
  notes.addListed([note(1, 1000), note(2, 1000, { answer_to: 1 }), note(3, 9000)]);
  notes.revealAll();
  assert.equal(notes.current(500), null);
  assert.equal(notes.current(2000).id, 1);
  assert.equal(notes.current(9000).id, 3);
});

test("an answer counts among the notes ahead, as it does on the cards", () => {
  const notes = new Notes();
  notes.addListed([note(1, 1000), note(2, 1000, { answer_to: 1 })]);
  assert.equal(notes.ahead, 2);
  notes.revealAll();
  assert.equal(notes.ahead, 0);
});

test("what is no note is left out, and hostile names do no harm", () => {
  const notes = new Notes();
  assert.deepEqual(notes.addListed([null, {}, { id: "__proto__", at: 0 }, { id: 1.5, at: 0 }]), []);
  const [added] = notes.addListed([JSON.parse('{"id": 4, "__proto__": {"body": "x"}, "at": "soon"}')]);
  assert.deepEqual([added.at, added.body, {}.body], [0, "", undefined]);
});

test("what somebody wrote goes with the answers to it, and does not come back", () => {
  const notes = new Notes();
  const eva = { id: 2, username: "eva" };
  notes.addLive(note(1, 500, { user: eva }));
  notes.addLive(note(2, 500, { answer_to: 1, user: { id: 9 } }));
  notes.addListed([note(3, 500), note(4, 900, { user: eva })]);
  assert.deepEqual(notes.removeOf(2), [1, 2, 4]);
  assert.ok(!notes.authors().includes(2));
  assert.deepEqual([ids(notes.all()), notes.has(2), notes.ahead], [[3], false, 1]);
  assert.deepEqual(notes.removeOf(2), []);
  const late = [note(1, 500, { user: eva }), note(5, 100, { user: eva }), note(6, 100, { answer_to: 5 }), note(7, 0)];
  assert.deepEqual(ids(notes.addListed(late)), [7], "a page that was read before it was gone");
  assert.deepEqual(ids(notes.revealAll()), [7, 3]);
});
