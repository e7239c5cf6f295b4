// Ask before doing what can't be undone: `data-confirm="Are you sure?"` on a button, a link or a form.

/** Ask at every click or submit below `root` that carries a question. */
export function installConfirm(root = document) {
  root.addEventListener("click", (event) => ask(event, event.target.closest("[data-confirm]:not(form)")), true);
  root.addEventListener("submit", (event) => ask(event, event.target.closest("form[data-confirm]")), true);
}

function ask(event, element) {
  if (!element || window.confirm(element.dataset.confirm)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
