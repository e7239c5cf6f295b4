// What is said of a question: that it is being looked up, and, on demand, who was asked and how that went.
import { el } from "./dom.js";
import { formatNumber, gettext } from "./words.js";

const GONE_MS = 8000; // how long it is said that nothing was found
const LOST_MS = 120_000; // a question that is asked again is told again before; else we missed what became of it
const timers = new WeakMap(); // by line

/** Whether `state` is news of a question. One that is answered stays so; being looked up is told again and again. */
export function isNews(before, state) {
  return before !== "answered" && (state === "waiting" || state !== before);
}

/**
 * Say in the note's line what became of its question, and offer to tell why it has no answer. `stored`: so it was
 * before this page came, which is no news.
 */
export function showState(item, state, { stored = false } = {}) {
  const line = item.querySelector(".note-state");
  const text = stored && state !== "waiting" ? "" : stateText(state);
  const unanswered = state === "nothing" || state === "refused";
  item.querySelector(".note-why").replaceChildren(...(unanswered ? [whyNot(item.dataset.id)] : []));
  line.hidden = text === "";
  line.textContent = text;
  line.classList.toggle("is-waiting", state === "waiting");
  clearTimeout(timers.get(line));
  if (text) timers.set(line, setTimeout(() => { line.hidden = true; }, state === "waiting" ? LOST_MS : GONE_MS));
}

function stateText(state) {
  switch (state) {
    case "waiting": return gettext("Looking it up…");
    case "nothing": return gettext("No answer was found.");
    case "refused": return gettext("Too busy to look it up.");
    default: return "";
  }
}

/** A disclosure that asks for its rows when it is opened: `why` in the data names the question. */
export function whyThis(questionId) {
  return disclosure(questionId, gettext("Why this answer?"));
}

/** The same for a question that has none. */
export function whyNot(questionId) {
  return disclosure(questionId, gettext("Why no answer?"));
}

function disclosure(questionId, words) {
  return el("details", { class: "why", "data-why": questionId },
    el("summary", {}, words),
    el("div", { class: "why-body", role: "status" }));
}

/** Fill an opened disclosure with the sources of a reply. */
export function showSources(details, { sources }) {
  const rows = sources.filter(({ state }) => state !== "not asked").map(row);
  const body = details.querySelector(".why-body");
  if (rows.length === 0) return body.replaceChildren(gettext("No source was asked."));
  const head = [gettext("Source"), gettext("Result"), gettext("Time"), gettext("Score")];
  const table = el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows));
  body.replaceChildren(table);
}

/** Say that it can't be told. */
export function showNoSources(details) {
  details.querySelector(".why-body").replaceChildren(gettext("This can't be shown right now."));
}

/** The name of a source: our own in the page's language, those of the web as they call themselves. */
export function sourceName(title) {
  switch (title) {
    case "Calculator": return gettext("Calculator");
    case "Clock": return gettext("Clock");
    case "Currency": return gettext("Currency");
    case "Dictionary": return gettext("Dictionary");
    case "Units": return gettext("Units");
    case "Wolfram Alpha short answers": return gettext("Wolfram Alpha short answers");
    default: return title;
  }
}

function row({ title, state, took_ms: took, score }) {
  const time = took === null ? "" : gettext("%(num)s ms", { num: formatNumber(Math.round(took)) });
  return el("tr", {},
    el("th", { scope: "row" }, sourceName(title)), el("td", {}, outcomeText(state)),
    el("td", {}, time), el("td", {}, score === null ? "" : formatNumber(score)));
}

function outcomeText(state) {
  switch (state) {
    case "answered": return gettext("answered");
    case "cached": return gettext("known already");
    case "nothing": return gettext("knows nothing");
    case "late": return gettext("too late");
    case "failed": return gettext("failed");
    case "resting": return gettext("left in peace after failures");
    case "busy": return gettext("asked too often");
    default: return gettext("not asked");
  }
}
