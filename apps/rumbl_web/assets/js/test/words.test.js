import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { formatNumber, gettext, ngettext, readWords } from "../words.js";
import { spokenTime } from "../time.js";

const page = (lang, texts) => ({
  documentElement: { lang },
  getElementById: (id) => (id === "rumbl-words" && texts ? { textContent: JSON.stringify(texts) } : null),
});

afterEach(() => readWords(null));

test("without a catalogue the words are English", () => {
  readWords(page("en"));
  assert.equal(gettext("Live"), "Live");
  assert.equal(ngettext("%(num)s note", "%(num)s notes", 1), "1 note");
  assert.equal(ngettext("%(num)s note", "%(num)s notes", 1200), "1,200 notes");
});

test("the page's catalogue translates, and what it lacks stays English", () => {
  readWords(page("de", { Live: "Verbunden", "%(num)s note": ["%(num)s Notiz", "%(num)s Notizen"] }));
  assert.equal(gettext("Live"), "Verbunden");
  assert.equal(gettext("Offline"), "Offline");
  assert.equal(ngettext("%(num)s note", "%(num)s notes", 1), "1 Notiz");
  assert.equal(ngettext("%(num)s note", "%(num)s notes", 1200), "1.200 Notizen");
});

test("each number takes the form that its language has for it", () => {
  const forms = ["zero", "one", "two", "few", "many", "other"];
  readWords(page("ar", { note: forms }));
  assert.deepEqual([0, 1, 2, 3, 11, 100, 103].map((n) => ngettext("note", "notes", n)), [...forms, "few"]);
  assert.equal(formatNumber(1200), "1,200");
});

test("a placeholder is filled as text, an unknown one stays", () => {
  readWords(page("en"));
  assert.equal(gettext("at %(time)s %(what)s", { time: "$& <b>" }), "at $& <b> %(what)s");
});

test("a moment is spoken in the language of the page", () => {
  readWords(page("de"));
  assert.equal(spokenTime(67_000), "1 Minute, 7 Sekunden");
  readWords(page("ar"));
  assert.match(spokenTime(67_000), /^\p{Script=Arabic}+ .*7 \p{Script=Arabic}+/u);
});
