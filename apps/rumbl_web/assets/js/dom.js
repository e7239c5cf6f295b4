// Build and find elements. Text always goes in as text: nothing here reads HTML.

/**
 * Make an element: `el("button", { class: "chip", type: "button", onclick }, "Go")`.
 * Names starting with "on" are listeners, null and false leave an attribute out, true sets it empty.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) put(element, name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set a custom property without a style attribute, which a strict content policy refuses. */
export function cssVar(element, name, value) {
  element.style.setProperty(name, value);
  return element;
}

/** The address when it is a web address, else null: a link never runs a script, and none leads to this page. */
export function webAddress(text) {
  if (!text) return null;
  try {
    const url = new URL(text, document.baseURI);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

function put(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : value);
}
