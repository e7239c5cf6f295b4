// How people are shown: a name, initials, and a hue that stays theirs.

/** What to call the user of a note or a presence entry; a missing user is a guest. */
export function displayName(user) {
  return user?.name || user?.username || "Guest";
}

/** One or two letters for a name, whole characters even outside the basic plane. */
export function initials(name) {
  const words = String(name).trim().split(/\s+/u).filter(Boolean);
  if (words.length === 0) return "?";
  const letters = words.length === 1 ? [...words[0]].slice(0, 2) : [first(words[0]), first(words.at(-1))];
  return letters.join("").toLocaleUpperCase();
}

/** A hue in degrees from a name: the same name has the same hue on every page. */
export function hue(name) {
  let hash = 0;
  for (const character of String(name)) hash = (hash * 31 + character.codePointAt(0)) % 3600;
  return (hash * 137) % 360;
}

function first(word) {
  return [...word][0];
}
