import assert from "node:assert/strict";
import { test } from "node:test";
import { AGAIN_MS, PAUSE_MS, Questions } from "../questions.js";
import { FakeClock } from "./fakes.js";

const notes = (...ids) => ({ annotations: ids.map((id) => ({ id })) });

/** A page that remembers before which ids it asks and what it is told. */
function page() {
  const [asked, told, clock] = [[], [], new FakeClock()];
  const ask = (before, { told, failed }) => {
    asked.push({ before, failed, told: (reply) => { told(reply); clock.pass(PAUSE_MS); } });
  };
  const questions = new Questions(ask, (id, state) => told.push([id, state]), clock);
  return { questions, asked, told, clock, windows: () => asked.map(({ before }) => before) };
}

const reply = (before, ...ids) => ({ before, questions: ids.map((id) => ({ id, state: "nothing" })) });

test("a page that loads hears of every question, window after window down to its first note", () => {
  const { questions, asked, told, windows } = page();
  questions.joined(notes(3, 4, 5), []);
  asked[0].told(reply(800, 900));
  asked[1].told(reply(300, 310));
  asked[2].told(reply(null, 3));
  assert.deepEqual(windows(), [null, 800, 300]);
  assert.deepEqual(told.map(([id]) => id), [900, 310, 3]);
});

test("many windows are no flood of messages", () => {
  const sent = [];
  const clock = new FakeClock();
  const ask = (before, { told }) => { sent.push(clock.now()); told(reply((before ?? 30_000) - 500)); };
  new Questions(ask, () => {}, clock).joined(notes(1), []);
  clock.pass(60_000);
  assert.equal(sent.length, 60);
  assert.ok(sent.at(-1) >= 59 * PAUSE_MS, "so that other messages fit between them");
});

test("a video without notes has nothing to ask for", () => {
  const { questions, asked } = page();
  questions.joined(notes(), []);
  questions.joined({}, []);
  assert.equal(asked.length, 0);
});

test("what fails is asked again after five seconds, where it failed", () => {
  const { questions, asked, clock, windows } = page();
  questions.joined(notes(1), []);
  asked[0].told(reply(500));
  asked[1].failed();
  clock.pass(AGAIN_MS - 1);
  assert.equal(asked.length, 2);
  clock.pass(1);
  assert.deepEqual(windows(), [null, 500, 500]);
  asked[2].failed();
  clock.pass(5000);
  asked[3].told(reply(null));
  clock.pass(60_000);
  assert.equal(asked.length, 4);
});

test("a page that lost its channel leaves it to the rejoin, which begins anew", () => {
  const { questions, asked, told, clock, windows } = page();
  questions.joined(notes(1), []);
  asked[0].failed();
  questions.lost();
  clock.pass(60_000);
  assert.equal(asked.length, 1);
  questions.joined(notes(), []);
  asked[0].told(reply(null, 7));
  assert.deepEqual(told, []);
  asked[1].told(reply(500));
  assert.deepEqual(windows(), [null, null, 500]);
});

test("a rejoin asks for what was missed and for what was being looked up, and for nothing else", () => {
  const { questions, asked, windows } = page();
  questions.joined(notes(1), []);
  asked[0].told(reply(null));
  questions.joined(notes(), []);
  assert.equal(asked.length, 1);
  questions.joined(notes(900, 901), []);
  asked[1].told(reply(450));
  assert.equal(asked.length, 2);
  questions.joined(notes(950), [400]);
  asked[2].told(reply(460));
  asked[3].told(reply(300));
  assert.deepEqual(windows(), [null, null, null, 460]);
});

test("notes that were fetched late are asked about once, also when it is just asking", () => {
  const { questions, asked, windows } = page();
  questions.joined(notes(1), []);
  questions.missed([{ id: 1000 }, { id: 1001 }]);
  questions.missed([{ id: 1003 }]);
  asked[0].told(reply(500));
  asked[1].told(reply(null));
  asked[2].told(reply(501));
  assert.deepEqual(windows(), [null, 500, null]);
});

test("a server that answers nonsense is not asked for ever", () => {
  const { questions, asked } = page();
  questions.joined(notes(1), []);
  asked[0].told(reply(500));
  asked[1].told(reply(500));
  questions.joined(notes(2), []);
  asked[2].told({ questions: [] });
  assert.equal(asked.length, 3);
});
