// One note of the list, and one answer under its question.
import { avatar } from "./avatar.js";
import { el, webAddress } from "./dom.js";
import { displayName } from "./people.js";
import { formatTime, spokenTime } from "./time.js";
import { sourceName, whyThis } from "./why.js";
import { gettext } from "./words.js";

/** A note: its time (a button that seeks), who, what; room for answers below. */
export function noteItem(note) {
  const name = displayName(note.user);
  return el("li", { class: "note", "data-id": note.id, "data-at": note.at },
    avatar(note.user),
    el("div", { class: "note-main" },
      el("p", { class: "note-head" }, el("b", { class: "note-name", title: name }, name), timeChip(note.at)),
      el("p", { class: "note-body" }, note.body),
      el("p", { class: "note-state", role: "status", hidden: true }),
      el("div", { class: "note-why" }),
      el("ol", { class: "note-answers" })));
}

/** An answer of an information system: marked as such, with its source. */
export function answerItem(note) {
  const [before, after] = gettext("Answer from %(source)s").split("%(source)s");
  return el("li", { class: "answer", "data-id": note.id, "data-at": note.at },
    el("p", { class: "answer-head" }, before, source(note), after, licence(note)),
    el("p", { class: "note-body" }, note.body),
    whyThis(note.answer_to));
}

/** A button that goes to a moment. */
export function timeChip(at) {
  const label = gettext("%(time)s, go to %(spoken)s", { time: formatTime(at), spoken: spokenTime(at) });
  return el("button", { type: "button", class: "time-chip", "data-seek": at, "aria-label": label }, formatTime(at));
}

function licence(note) {
  return note.source?.licence ? el("span", { class: "answer-licence" }, note.source.licence) : "";
}

function source(note) {
  const name = sourceName(note.source?.name || displayName(note.user));
  const href = note.source?.url ? webAddress(note.source.url) : null;
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, name) : el("b", {}, name);
}
