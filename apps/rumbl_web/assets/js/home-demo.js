// The running example of the home page: the demo clip plays without sound, and notes move in beside it.

const AFTER_LAST_MS = 6000;
const FIRST_NOTES = 3; // stand there from the start: an empty box would explain nothing

/** Start the example in `root` (`[data-demo]`) while it is in view; with reduced motion everything stands still. */
export function runDemo(root) {
  const video = root.querySelector("video");
  const notes = [...root.querySelectorAll("[data-at]")].map((element) => ({ element, at: Number(element.dataset.at) }));
  if (!video || notes.length === 0) return;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const end = Math.max(...notes.map(({ at }) => at)) + AFTER_LAST_MS;
  video.muted = true;
  video.addEventListener("timeupdate", () => moveIn(video, notes, end));
  whileInView(root, () => video.play().catch(() => root.classList.add("is-standing")), () => video.pause());
}

function moveIn(video, notes, end) {
  const now = video.currentTime * 1000;
  for (const { element, at } of notes.slice(FIRST_NOTES)) element.classList.toggle("is-in", at <= now);
  if (now >= end) video.currentTime = 0;
}

function whileInView(element, enter, leave) {
  const seen = ([entry]) => (entry.isIntersecting ? enter() : leave());
  new IntersectionObserver(seen, { threshold: 0.2 }).observe(element);
}
