"""No text for people is without its translations: what is said is collected, complete and well formed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from scripts import messages
from tests.project import ROOT

WEB = ROOT / "apps" / "rumbl_web" / "src" / "rumbl_web"
TEMPLATES = WEB / "templates"
CATALOGUES = sorted(messages.TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))
CORE = ROOT / "apps" / "rumbl_core" / "src" / "rumbl_core"
# Modules that speak to people; `phoenix` speaks to programs.
PAGES_AND_RULES = sorted([*WEB.glob("*.py"), *WEB.glob("controllers/*.py"), *CORE.rglob("*.py")])
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])")
HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
# Attributes that people see or hear.
SPOKEN = frozenset({"alt", "aria-label", "aria-description", "label", "placeholder", "title"})
# Arguments of our macros that end up as text.
SAID = frozenset({"hint", "placeholder", "label", "prompt", "title", "text"})
# Our name is the same in every language, and a macro may make attributes.
WORDLESS = re.compile(r"\brumbl\b|[\w-]+=\"[^\"]*\"", re.DOTALL)


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def entries(path: Path) -> list[Message]:
    return [message for message in catalogue(path) if message.id]


def name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_the_catalogues_hold_what_the_code_says() -> None:
    """Run `make messages`, translate what is new, and commit the result."""
    stale = [
        str(path.relative_to(ROOT))
        for path, content in messages.files().items()
        if not path.is_file() or path.read_bytes() != content
    ]
    assert not stale, f"run `make messages`: {stale}"


def test_the_bundle_of_the_scripts_is_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "static/assets/app.js", tmp_path / "pages/app.js"):
        path.parent.mkdir(parents=True)
        path.write_text(f"_('{path.parent.name}')")
    monkeypatch.setattr(messages, "SOURCES", {"messages": (tmp_path,)})
    assert [message.id for message in messages.extract("messages") if message.id] == ["pages"]


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_every_text_is_translated(path: Path) -> None:
    assert [message.id for message in entries(path) if not all(forms(message.string))] == []
    assert [message.id for message in entries(path) if message.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_translation_has_every_plural_form_and_no_other_placeholder(path: Path) -> None:
    plurals = catalogue(path).num_plurals
    for message in entries(path):
        wanted = set(PLACEHOLDER.findall(" ".join(forms(message.id))))
        said = forms(message.string)
        assert len(said) == (1 if isinstance(message.id, str) else plurals), message.id
        for form in said:
            assert set(PLACEHOLDER.findall(form)) <= wanted, message.id
            # A form may leave out its number ("one note"), nothing else.
            missing = {place for place, _ in wanted} - {place for place, _ in PLACEHOLDER.findall(form)}
            assert missing <= ({"num", "count"} if len(said) > 1 else set()), message.id


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_per_cent_sign_begins_a_placeholder(path: Path) -> None:
    texts = [
        (message.id, form) for message in entries(path) for form in forms(message.id) + forms(message.string)
    ]
    assert [said for said, form in texts if "%" in PLACEHOLDER.sub("", form)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_translation_is_no_html_and_keeps_the_ends_of_its_text(path: Path) -> None:
    for message in entries(path):
        for form in forms(message.string):
            assert not set(form) & set("<>"), message.id
            assert form == form.strip(), message.id


@pytest.mark.parametrize("path", sorted(messages.TRANSLATIONS.glob("ar/*/*.po")), ids=name)
def test_arabic_is_written_in_arabic(path: Path) -> None:
    worded = [m for m in entries(path) if re.search(r"[a-z]", PLACEHOLDER.sub("", forms(m.id)[0]))]
    assert [m.id for m in worded if not re.search(r"[\u0600-\u06ff]", "".join(forms(m.string)))] == []


class Seen(HTMLParser):
    """The texts of a page that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html" and dict(attrs).get("lang") != HOLE:
            self.texts.append("<html> must name the language of the page")
        self.texts += [value for key, value in attrs if key in SPOKEN and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def outlined(template: nodes.Template) -> Iterator[str]:
    """The template's own text in order, with a hole for what is computed or translated."""
    classes = {
        id(node) for block in template.find_all(nodes.Block) if "class" in block.name for node in block.body
    }
    for node in template.find_all(nodes.Output):
        if id(node) in classes:
            continue
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                yield part.data
            else:
                yield from (constant.value for constant in literals(part))
                yield HOLE


def literals(expression: nodes.Expr) -> Iterator[nodes.Const]:
    """The texts that an expression may come to, by itself: not the arguments of its calls."""
    match expression:
        case nodes.Const(value=str()):
            yield expression
        case nodes.CondExpr():
            yield from literals(expression.expr1)
            if expression.expr2 is not None:
                yield from literals(expression.expr2)
        case nodes.Concat():
            for part in expression.nodes:
                yield from literals(part)


def arguments(template: nodes.Template) -> Iterator[str]:
    """Texts that are handed to a macro without being translated."""
    for call in template.find_all(nodes.Call):
        for keyword in call.kwargs:
            if keyword.key in SAID and isinstance(keyword.value, nodes.Const) and keyword.value.value:
                yield str(keyword.value.value)


def untranslated(source: str) -> list[str]:
    """What a reader of another language would get in English."""
    template = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    page = Seen()
    page.feed("".join(outlined(template)))
    page.close()
    texts = (text.replace(HOLE, " ").strip() for text in (*page.texts, *arguments(template)))
    return [text for text in texts if re.search(r"[^\W\d_]", WORDLESS.sub("", text))]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.*")), ids=lambda path: path.stem)
def test_a_template_says_nothing_untranslated(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello') }}</p>", []),
        ("<p>{% trans %}Hello{% endtrans %}</p>", []),
        ("<p>{{ 'Hello' if x }}</p>", ["Hello"]),
        ("<p>{{ x }} of {{ y }}</p>", ["of"]),
        ("<a class=\"big {{ 'bold' if x }}\" href='/users'>{{ x }}</a>", []),
        ("<a title='A way'>1</a>", ["A way"]),
        ("<a title=\"{{ _('A way') }}\">1</a>", []),
        ("{{ field(form, 'name', hint='Your own') }}", ["Your own"]),
        ("{{ field(form, 'name', hint=_('Your own')) }}", []),
        ("{% if x %}<b>Deep</b>{% endif %}", ["Deep"]),
        ("<html lang='en'>", ["<html> must name the language of the page"]),
    ],
)
def test_the_reader_of_templates_finds_what_is_not_translated(source: str, found: list[str]) -> None:
    assert untranslated(source) == found


TOLD = {"put": 1, "abort": 1, "add_error": 1}  # the argument that people read


def said_plainly(source: str) -> list[str]:
    """Texts that go to people as they are: notices, reasons of refusals, messages of changesets."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [(getattr(call.func, "attr", getattr(call.func, "id", "")), call.args) for call in calls]
    told = [args[TOLD[name]] for name, args in named if name in TOLD and len(args) > TOLD[name]]
    return [ast.unparse(text) for text in told if isinstance(text, (ast.Constant, ast.JoinedStr, ast.BinOp))]


@pytest.mark.parametrize("path", PAGES_AND_RULES, ids=lambda path: path.stem)
def test_code_tells_nobody_a_plain_text(path: Path) -> None:
    assert said_plainly(path.read_text(encoding="utf-8")) == []


def test_the_reader_of_code_finds_a_plain_text() -> None:
    code = "flash.put('info', 'Hi'); abort(403); abort(403, f'No {x}'); flash.put('info', gettext('Hi'))"
    assert said_plainly(code) == ["'Hi'", "f'No {x}'"]


SCRIPTS = ROOT / "apps" / "rumbl_web" / "assets" / "js"
SENTENCE = re.compile(r"""["'`][A-Z][\w']* [^"'`]*[\w.!?]["'`]""")


@pytest.mark.parametrize(
    "path", sorted([*SCRIPTS.glob("*.js"), *SCRIPTS.glob("player/*.js")]), ids=lambda path: path.name
)
def test_a_script_says_nothing_untranslated(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if SENTENCE.search(line) and not line.startswith(("//", "*", "/*"))]
    assert [line for line in told if "gettext(" not in line] == []


STYLES = ROOT / "apps" / "rumbl_web" / "assets" / "css"
ONE_SIDED = re.compile(r"(?:^|[\s;{-])(?:left|right)\s*:|:\s*(?:left|right)\b|-(?:left|right)(?:-\w+)?\s*:")


@pytest.mark.parametrize("path", sorted(STYLES.glob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_knows_no_left_and_right(path: Path) -> None:
    found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if ONE_SIDED.search(line)]
    assert found == []
