// Style the inside of a player's custom element. The elements bring <style> tags, which the site's content
// policy refuses; a constructed stylesheet is allowed.

/** The provider's frame or video fills the element. */
export const FILL = `
  :host { display: block; position: relative; min-width: 0; min-height: 0; line-height: 0; }
  iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
  video { width: 100%; height: 100%; object-fit: contain; }
`;

/** Add rules to the element's shadow root; `attach` makes the root for elements that do it late themselves. */
export function styleInside(element, { css = FILL, attach = false } = {}) {
  const root = element.shadowRoot ?? (attach ? element.attachShadow({ mode: "open" }) : null);
  if (!root) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
