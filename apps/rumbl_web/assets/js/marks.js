// Where the notes lie on the timeline. Pure.

/** Marks closer than this can't be told apart or tapped, so they become one. */
export const MIN_GAP_PX = 14;

/** The length to draw: the video's, or if that is unknown (no player) as far as the notes reach. */
export function extent(durationMs, notes) {
  if (durationMs > 0) return durationMs;
  const last = notes.reduce((highest, note) => Math.max(highest, note.at), 0);
  return last > 0 ? last * 1.05 : 1;
}

/**
 * Group notes (in order of `at`) into marks `{ at, fraction, notes }` for a strip of this width.
 * A mark covers what lies within MIN_GAP_PX of its first note; notes beyond the end sit at the end.
 */
export function cluster(notes, lengthMs, widthPx, gapPx = MIN_GAP_PX) {
  const marks = [];
  for (const note of notes) {
    const fraction = Math.min(1, note.at / lengthMs);
    const last = marks.at(-1);
    if (last && (fraction - last.fraction) * widthPx < gapPx) last.notes.push(note);
    else marks.push({ at: note.at, fraction, notes: [note] });
  }
  return marks;
}

/** The index that a key leads to from `index` among `length` marks; null for other keys. */
export function step(key, index, length) {
  const last = length - 1;
  switch (key) {
    case "ArrowRight": case "ArrowUp": return Math.min(last, index + 1);
    case "ArrowLeft": case "ArrowDown": return Math.max(0, index - 1);
    case "Home": return 0;
    case "End": return last;
    default: return null;
  }
}
