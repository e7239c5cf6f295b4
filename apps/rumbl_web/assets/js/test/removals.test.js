import assert from "node:assert/strict";
import { test } from "node:test";
import { LATE_MS, PAUSE_MS, SPREAD_MS } from "../catch-up.js";
import { MAX_ASKED, Removals } from "../removals.js";
import { FakeClock } from "./fakes.js";

const LONG = LATE_MS + SPREAD_MS;

/** A page with notes of these people on a video that had lost some twice when it joined. */
function page({ authors = [1, 2, 3], removals = 2 } = {}) {
  const [asked, gone, clock] = [[], [], new FakeClock()];
  const on = {
    authors: () => authors,
    ask: (ids, answers) => asked.push({ ids, ...answers }),
    gone: (id) => gone.push(id),
  };
  const known = new Removals(on, clock);
  known.joined({ removals });
  return { known, asked, gone, clock };
}

test("a page that hears of every loss asks nothing", () => {
  const { known, asked, clock } = page();
  known.removed(3);
  known.heard(3);
  known.removed(4);
  known.joined({ removals: 4 });
  clock.pass(60_000);
  assert.equal(asked.length, 0);
});

test("who missed one asks who of its people is gone, once", () => {
  const { known, asked, gone, clock } = page();
  known.heard(3);
  known.heard(3);
  clock.pass(LONG);
  assert.deepEqual(asked.map(({ ids }) => ids), [[1, 2, 3]]);
  asked[0].told({ user_ids: [2] });
  known.heard(3);
  known.removed(4);
  clock.pass(60_000);
  assert.deepEqual([gone, asked.length], [[2], 1]);
});

test("a page that was away learns at its rejoin that it missed some", () => {
  const { known, asked, clock } = page();
  known.lost();
  known.joined({ removals: 3 });
  clock.pass(LONG);
  assert.equal(asked.length, 1);
});

test("losses that only overtook each other are no miss", () => {
  const { known, asked, clock } = page();
  known.removed(5);
  known.removed(4);
  clock.pass(LATE_MS);
  known.removed(3);
  known.removed(6);
  clock.pass(60_000);
  assert.equal(asked.length, 0);
  known.removed(8);
  clock.pass(LONG);
  assert.equal(asked.length, 1);
});

test("a loss that comes while one is asked about is asked about then", () => {
  const { known, asked, clock } = page();
  known.heard(3);
  clock.pass(LONG);
  known.heard(4);
  asked[0].told({ user_ids: [] });
  clock.pass(LONG);
  asked[1].told({ user_ids: [] });
  clock.pass(60_000);
  assert.equal(asked.length, 2);
});

test("many people are asked about a few hundred at a time, at a pace that no server takes for a flood", () => {
  const { known, asked, clock } = page({ authors: Array.from({ length: MAX_ASKED + 1 }, (_, i) => i + 1) });
  known.heard(3);
  clock.pass(LONG);
  asked[0].told({ user_ids: [] });
  clock.pass(PAUSE_MS - 1);
  assert.equal(asked.length, 1);
  clock.pass(1);
  assert.deepEqual(asked.map(({ ids }) => ids.length), [MAX_ASKED, 1]);
  asked[1].told({ user_ids: [] });
  clock.pass(60_000);
  assert.equal(asked.length, 2);
});

test("what fails is asked again, ever more rarely, and not over a channel that is down", () => {
  const { known, asked, clock } = page();
  known.heard(3);
  clock.pass(LONG);
  asked[0].failed();
  const usual = LATE_MS + SPREAD_MS * clock.random();
  clock.pass(2 * usual - 1);
  assert.equal(asked.length, 1);
  clock.pass(1);
  assert.equal(asked.length, 2);
  known.lost();
  asked[1].failed();
  clock.pass(60_000);
  assert.equal(asked.length, 2);
});

test("a page without notes has nothing to ask, nor has one of a server that does not count", () => {
  const empty = page({ authors: [] });
  empty.known.heard(3);
  empty.clock.pass(60_000);
  assert.equal(empty.asked.length, 0);
  const old = page({ removals: null });
  old.known.removed(undefined);
  old.known.heard(undefined);
  old.clock.pass(60_000);
  assert.equal(old.asked.length, 0);
});

test("what is heard before the join is answered counts from then on", () => {
  const { known, asked, clock } = page({ removals: null });
  known.removed(3);
  clock.pass(60_000);
  assert.equal(asked.length, 0);
  known.joined({ removals: 2 });
  clock.pass(LONG);
  assert.equal(asked.length, 1);
});
