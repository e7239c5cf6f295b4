// The running example of the home page: the demo clip plays without sound, and notes move in beside it.

const AFTER_LAST_MS = 6000;

/** Start the example in `root` (`[data-demo]`) while it is in view; with reduced motion everything stands still. */
export function runDemo(root) {
  const video = root.querySelector("video");
  const notes = [...root.querySelectorAll("[data-at]")].map((element) => ({ element, at: Number(element.dataset.at) }));
  if (!video || notes.length === 0) return;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const end = Math.max(...notes.map(({ at }) => at)) + AFTER_LAST_MS;
  root.classList.add("is-running");
  video.muted = true;
  video.addEventListener("timeupdate", () => moveIn(video, notes, end));
  whileInView(root, () => video.play().catch(() => stand(root, notes)), () => video.pause());
}

function moveIn(video, notes, end) {
  const now = video.currentTime * 1000;
  for (const { element, at } of notes) element.classList.toggle("is-in", at <= now);
  if (now >= end) video.currentTime = 0;
}

// A browser that does not let it play shows all notes at once.
function stand(root, notes) {
  root.classList.remove("is-running");
  for (const { element } of notes) element.classList.add("is-in");
}

function whileInView(element, enter, leave) {
  const seen = ([entry]) => (entry.isIntersecting ? enter() : leave());
  new IntersectionObserver(seen, { threshold: 0.2 }).observe(element);
}
