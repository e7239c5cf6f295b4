import assert from "node:assert/strict";
import { test } from "node:test";
import { displayName, initials, tone } from "../people.js";
import { people } from "../presence.js";

test("initials are those of the server's pages", () => {
  assert.deepEqual(["Ana Silva", "dogs", "Ana Maria Silva", "  ", "éva"].map(initials), ["AS", "D", "AS", "?", "É"]);
});

test("a letter outside the basic plane stays whole", () => {
  assert.equal(initials("𝒜lpha 𝒝eta"), "𝒜𝒝");
});

test("a user has one tone everywhere, and whoever has no id has one too", () => {
  assert.deepEqual([1, 9, 8, undefined, NaN].map(tone), ["tone-2", "tone-2", "tone-1", "tone-1", "tone-1"]);
});

test("a missing user is a guest", () => {
  assert.deepEqual([displayName(null), displayName({ username: "max" }), displayName({ name: "Max", username: "max" })],
    ["Guest", "max", "Max"]);
});

test("who is here: oneself first, then by name, with the number of tabs", () => {
  const zoe = { metas: [{}, {}], user: { name: "Zoe" } };
  const state = { 2: zoe, 3: { metas: [{}], user: { name: "Ana" } }, 7: { metas: [{}], user: null } };
  const presence = { list: (chooser) => Object.entries(state).map(([key, entry]) => chooser(key, entry)) };
  assert.deepEqual(people(presence, 2).map(({ key, tabs }) => [key, tabs]), [["2", 2], ["3", 1], ["7", 1]]);
});
