import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_ONCE, CatchUp, LATE_MS, PAUSE_MS, SPREAD_MS } from "../catch-up.js";
import { FakeClock } from "./fakes.js";

const note = (id, prev = id - 1 || null) => ({ id, prev });
const LONG = LATE_MS + SPREAD_MS;

/** A page that has joined with the notes 1 to 3, and remembers what it asks and what it is given. */
function page(first = { annotations: [note(1), note(2), note(3)], more: false }) {
  const [asked, given, clock] = [[], [], new FakeClock()];
  const on = {
    listed: (notes) => given.push(["listed", notes.map(({ id }) => id)]),
    live: ({ id }) => given.push(["live", id]),
    missed: () => {},
  };
  const catchUp = new CatchUp((after, answers) => asked.push({ after, ...answers }), on, clock);
  catchUp.join();
  catchUp.joined(first);
  return { catchUp, asked, given, clock };
}

test("as long as note follows note nothing is asked", () => {
  const { catchUp, asked, clock } = page();
  for (let id = 4; id < 9; id += 1) catchUp.live(note(id));
  clock.pass(60_000);
  assert.equal(asked.length, 0);
  assert.equal(catchUp.join(), 8);
});

test("a note that was only overtaken is waited for, not fetched", () => {
  const { catchUp, asked, clock } = page();
  catchUp.live(note(5));
  clock.pass(LATE_MS - 1);
  catchUp.live(note(4));
  clock.pass(60_000);
  assert.equal(asked.length, 0);
});

test("a stream in which notes overtake each other all the time is no loss", () => {
  const { catchUp, asked, clock } = page();
  for (let id = 5; id < 200; id += 1) {
    catchUp.live(note(id));
    clock.pass(100);
    catchUp.live(note(id - 1));
  }
  assert.equal(asked.length, 0);
});

test("a lost note is fetched once, within seconds, and shows at once like any live one", () => {
  const { catchUp, asked, given, clock } = page();
  catchUp.live(note(5));
  catchUp.live(note(6));
  clock.pass(LONG);
  assert.deepEqual(asked.map(({ after }) => after), [3]);
  asked[0].ok({ annotations: [note(4), note(5), note(6)], more: false });
  assert.deepEqual(given.slice(-3), [["live", 4], ["live", 5], ["live", 6]]);
  clock.pass(60_000);
  assert.equal(asked.length, 1);
  assert.equal(catchUp.join(), 6);
});

test("a very long list is asked for no faster than the server lets a page speak", () => {
  const { asked, given, clock } = page({ annotations: [note(1)], more: true });
  const last = AT_ONCE + 100;
  const began = clock.now();
  for (let id = 2; id <= last; id += 1) {
    while (asked.length < id - 1) clock.pass(1);
    asked.at(-1).ok({ annotations: [note(id)], more: id < last });
  }
  clock.pass(60_000);
  assert.equal(asked.length, last - 1);
  assert.deepEqual(given.map(([, ids]) => ids[0]), asked.map(({ after }) => after).concat(last));
  assert.ok(clock.now() - 60_000 - began >= 99 * PAUSE_MS);
});

test("who comes back asks for many pages at once again", () => {
  const { catchUp, asked, clock } = page({ annotations: [note(1)], more: true });
  for (let id = 2; id <= AT_ONCE + 1; id += 1) asked.at(-1).ok({ annotations: [note(id)], more: true });
  catchUp.lost();
  catchUp.join();
  const before = asked.length;
  catchUp.joined({ annotations: [note(AT_ONCE + 2)], more: true });
  assert.equal(asked.length, before + 1);
  clock.pass(60_000);
  assert.equal(asked.length, before + 1);
});

test("pages that meet the same loss do not all ask at the same moment", () => {
  const times = [0, 0.5, 1].map((random) => {
    const { catchUp, asked, clock } = page();
    clock.random = () => random;
    catchUp.live(note(5));
    while (asked.length === 0) clock.pass(10);
    return clock.now();
  });
  assert.deepEqual(times, [LATE_MS, LATE_MS + SPREAD_MS / 2, LONG]);
});

test("a server that is busy or silent is asked again, ever more rarely", () => {
  const { catchUp, asked, clock } = page();
  catchUp.live(note(5));
  const times = [];
  for (let tries = 0; tries < 6; tries += 1) {
    while (asked.length === tries) clock.pass(100);
    times.push(clock.now());
    asked[tries].failed();
  }
  const waits = times.slice(1).map((time, i) => time - times[i]);
  for (let i = 1; i < waits.length; i += 1) assert.ok(waits[i] >= waits[i - 1], waits.join());
  assert.ok(waits.at(-1) >= 8000, waits.join());
});

test("a page of a long list that could not be had is asked for again", () => {
  const { asked, given, clock } = page({ annotations: [note(1)], more: true });
  asked[0].failed();
  clock.pass(LONG * 2);
  assert.deepEqual(asked.map(({ after }) => after), [1, 1]);
  asked[1].ok({ annotations: [note(2)], more: false });
  assert.deepEqual(given, [["listed", [1]], ["listed", [2]]]);
});

test("live notes during a long list ask for nothing besides", () => {
  const { catchUp, asked, clock } = page({ annotations: [note(1)], more: true });
  catchUp.live(note(9));
  clock.pass(60_000);
  assert.equal(asked.length, 1);
});

test("an announced note is fetched if it does not come", () => {
  const { catchUp, asked, clock } = page();
  catchUp.heard(4);
  catchUp.live(note(4));
  clock.pass(60_000);
  assert.equal(asked.length, 0);
  catchUp.heard(5);
  clock.pass(LONG);
  assert.equal(asked.length, 1);
});

test("what was meant for a connection that is gone is not done on the next one", () => {
  const { catchUp, asked, given, clock } = page();
  catchUp.live(note(5));
  clock.pass(LONG);
  catchUp.live(note(9));
  catchUp.lost();
  asked[0].ok({ annotations: [note(4)], more: true });
  clock.pass(60_000);
  assert.equal(asked.length, 1);
  assert.deepEqual(given.at(-1), ["live", 9]);
  assert.equal(catchUp.join(), 3, "the rejoin asks for all of it");
  catchUp.joined({ annotations: [4, 5, 6, 7, 8, 9].map((id) => note(id)), more: false });
  clock.pass(60_000);
  assert.equal(asked.length, 1);
});
