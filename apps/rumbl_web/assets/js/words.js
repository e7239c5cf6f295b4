// Words in the page's language. The English ones are in the code; others come with the page, as a JSON block.

// The order of a catalogue's plural forms.
const FORMS = ["zero", "one", "two", "few", "many", "other"];

let known = null;

/** The text in the page's language, with `%(name)s` replaced by `values.name`. */
export function gettext(text, values = {}) {
  return filled(words().texts[text] ?? text, values);
}

/** The form that fits `number`; `%(num)s` is the number itself, as the language writes it. */
export function ngettext(one, many, number, values = {}) {
  const forms = words().texts[one];
  const text = forms ? forms[words().form(number)] : number === 1 ? one : many;
  return filled(text, { num: formatNumber(number), ...values });
}

/** A number with the separators of the page's language. */
export function formatNumber(number) {
  return new Intl.NumberFormat(numbers(language())).format(number);
}

/** A number of "hour", "minute" or "second" in full words. */
export function formatUnit(number, unit) {
  return new Intl.NumberFormat(numbers(language()), { style: "unit", unit, unitDisplay: "long" }).format(number);
}

/** The code of the page's language. */
export function language() {
  return words().language;
}

/** Read the words of `root` (again); null forgets them. A script asks at its first text. */
export function readWords(root = globalThis.document) {
  const code = root?.documentElement?.lang || "en";
  const { pluralCategories } = new Intl.PluralRules(code).resolvedOptions();
  const rules = new Intl.PluralRules(code);
  const forms = FORMS.filter((form) => pluralCategories.includes(form));
  const texts = JSON.parse(root?.getElementById("rumbl-words")?.textContent || "{}");
  known = { language: code, texts, form: (number) => forms.indexOf(rules.select(number)) };
  return known;
}

function words() {
  return known ?? readWords();
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)[sd]/g, (whole, name) => String(values[name] ?? whole));
}

// The server's pages use these digits in every language.
function numbers(code) {
  return `${code}-u-nu-latn`;
}
