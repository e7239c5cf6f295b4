// Moments of a video in milliseconds, and how they are written.
import { formatUnit, language } from "./words.js";

/** `M:SS`, and `H:MM:SS` from an hour on. What is no moment (NaN, negative, missing) reads as 0:00. */
export function formatTime(ms) {
  const total = Number.isFinite(ms) && ms > 0 ? Math.floor(ms / 1000) : 0;
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const tail = `${String(seconds).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** The same moment for people who hear the page: "1 minute 7 seconds". */
export function spokenTime(ms) {
  const [seconds, minutes, hours] = formatTime(ms).split(":").reverse().map(Number);
  const parts = [[hours, "hour"], [minutes, "minute"], [seconds, "second"]].filter(([number]) => number > 0);
  if (parts.length === 0) return formatUnit(0, "second");
  const list = new Intl.ListFormat(language(), { style: "narrow", type: "unit" });
  return list.format(parts.map(([number, unit]) => formatUnit(number, unit)));
}

/** Seconds of a media element as whole milliseconds, never below 0, 0 while unknown. */
export function toMs(seconds) {
  return Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds * 1000) : 0;
}
