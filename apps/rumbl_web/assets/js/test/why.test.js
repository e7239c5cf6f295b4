import assert from "node:assert/strict";
import { before, test } from "node:test";
import { isNews, showNoSources, showSources, showState, sourceName, whyThis } from "../why.js";
import { readWords } from "../words.js";

/** As much of an element as is written here. */
class FakeElement {
  children = []; attributes = {};
  constructor(tag) { this.tag = tag; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  setAttribute(name, value) { this.attributes[name] = value; }
  querySelector(selector) { return this.all().find(({ attributes }) => `.${attributes.class}` === selector); }
  all() { return this.children.filter((child) => child instanceof FakeElement).flatMap((child) => [child, ...child.all()]); }
  get text() { return this.children.map((child) => child.text ?? child).join(""); }
}

before(() => { globalThis.document = { createElement: (tag) => new FakeElement(tag), getElementById: () => null }; });

function note() {
  const classes = new Set();
  const toggle = (name, on) => (on ? classes.add(name) : classes.delete(name));
  const line = { hidden: true, textContent: "", classList: { toggle }, classes };
  const why = new FakeElement("div");
  return { line, why, dataset: { id: "7" }, querySelector: (which) => (which === ".note-why" ? why : line) };
}

const source = (more) => ({ name: "x", title: "X", state: "answered", took_ms: 12.3, score: 90, ...more });

function rows(sources) {
  const details = whyThis(7);
  showSources(details, { state: "answered", sources });
  const body = details.all().find(({ tag }) => tag === "tbody");
  return body.children.map((row) => row.children.map((cell) => cell.text));
}

test("a question is being looked up until it is answered", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const item = note();
  showState(item, "waiting");
  assert.deepEqual([item.line.hidden, item.line.textContent], [false, "Looking it up…"]);
  assert.ok(item.line.classes.has("is-waiting"));
  showState(item, "answered");
  assert.equal(item.line.hidden, true);
  assert.ok(!item.line.classes.has("is-waiting"));
});

test("that there is no answer is said for a short while", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [state, text] of [["nothing", "No answer was found."], ["refused", "Too busy to look it up."]]) {
    const item = note();
    showState(item, state);
    assert.deepEqual([item.line.hidden, item.line.textContent], [false, text]);
    t.mock.timers.tick(8000);
    assert.equal(item.line.hidden, true);
  }
});

test("what is asked again is told again, and stays", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const item = note();
  showState(item, "nothing");
  showState(item, "waiting");
  t.mock.timers.tick(80_000);
  assert.equal(item.line.hidden, false);
  showState(item, "waiting");
  t.mock.timers.tick(80_000);
  assert.equal(item.line.hidden, false);
});

test("an answered question is not looked up again, whatever comes late", () => {
  for (const late of ["waiting", "nothing", "refused", "answered"]) assert.ok(!isNews("answered", late));
  for (const before of [undefined, "waiting", "nothing", "refused"]) {
    assert.ok(isNews(before, "waiting") && isNews(before, "answered"));
  }
  assert.ok(!isNews("nothing", "nothing"));
});

test("a question whose end we missed is not looked up for ever", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const item = note();
  showState(item, "waiting");
  t.mock.timers.tick(120_000);
  assert.equal(item.line.hidden, true);
});

test("a question without an answer can tell why, until it is asked again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const state of ["nothing", "refused"]) {
    const item = note();
    showState(item, state);
    t.mock.timers.tick(8000);
    assert.equal(item.why.text, "Why no answer?");
    assert.equal(item.why.children[0].attributes["data-why"], "7");
    for (const after of ["waiting", "answered"]) {
      showState(item, state);
      showState(item, after);
      assert.equal(item.why.text, "");
    }
  }
});

test("what was stored before is no news, but what is looked up is said", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const item = note();
  showState(item, "nothing", { stored: true });
  assert.deepEqual([item.line.hidden, item.why.text], [true, "Why no answer?"]);
  showState(item, "waiting", { stored: true });
  assert.deepEqual([item.line.hidden, item.line.textContent, item.why.text], [false, "Looking it up…", ""]);
});

test("a question that nobody was asked says so", () => {
  const details = whyThis(7);
  showSources(details, { state: "refused", sources: [source({ state: "not asked" })] });
  assert.equal(details.querySelector(".why-body").text, "No source was asked.");
});

test("a state of a newer server says nothing", () => {
  const item = note();
  showState(item, "pondering");
  assert.equal(item.line.hidden, true);
});

test("the disclosure names its question", () => {
  assert.equal(whyThis(7).attributes["data-why"], 7);
  assert.equal(whyThis(7).text, "Why this answer?");
});

test("each source that was asked has a row", () => {
  const late = source({ title: "Y", state: "late", took_ms: 2000.4, score: null });
  const resting = source({ title: "Z", state: "resting", took_ms: null, score: null });
  assert.deepEqual(rows([source(), late, resting, source({ state: "not asked" })]), [
    ["X", "answered", "12 ms", "90"],
    ["Y", "too late", "2,000 ms", ""],
    ["Z", "left in peace after failures", "", ""],
  ]);
});

test("a source of ours is named in the page's language, one of the web as it calls itself", () => {
  const textContent = JSON.stringify({ Calculator: "Rechner", Wikipedia: "never looked up" });
  readWords({ documentElement: { lang: "de" }, getElementById: () => ({ textContent }) });
  assert.deepEqual(["Calculator", "Wikipedia"].map(sourceName), ["Rechner", "Wikipedia"]);
  assert.equal(rows([source({ title: "Calculator" })])[0][0], "Rechner");
  readWords(null);
});

test("every outcome has words of its own", () => {
  const states = ["answered", "cached", "nothing", "late", "failed", "resting", "busy", "refused"];
  const words = rows(states.map((state) => source({ state }))).map(([, text]) => text);
  assert.equal(new Set(words).size, states.length);
});

test("what can't be told is said", () => {
  const details = whyThis(7);
  showNoSources(details);
  assert.equal(details.querySelector(".why-body").text, "This can't be shown right now.");
});
