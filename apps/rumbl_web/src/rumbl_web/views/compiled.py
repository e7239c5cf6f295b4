"""Templates with the words of a language compiled into them.

A text without placeholders is the same on every page of its language, so it is looked up when the template is
compiled and then costs nothing. There is one set of compiled templates for each catalogue in use.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from babel.support import NullTranslations
from flask.templating import Environment as FlaskEnvironment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from rumbl_web import gettext


class Environment(FlaskEnvironment):
    """Flask's environment of templates, in as many languages as are read."""

    words: NullTranslations | None = None
    """The catalogue of these templates; None for the one that all others are made of."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._of: dict[NullTranslations, Environment] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The names of the site, as they are when the template is loaded.

        Jinja makes a chain of mappings, which each template, include and import of a page walks name by name:
        a tenth of a millisecond a page.
        """
        return {**self.globals, **(d or {})}

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:
        environment = self if self.words is not None else self._in_language()
        return super(Environment, environment)._load_template(name, globals)

    def _in_language(self) -> Environment:
        words = gettext.catalogue(gettext.language())
        found = self._of.get(words)
        if found is None:
            found = self.overlay()
            found.words = words
            self._of[words] = found  # two threads may both make one: the later is as good
        return found

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        escapes = self.autoescape(name) if callable(self.autoescape) else self.autoescape
        if self.words is not None and escapes:
            _Translator(self.words).visit(tree)
        return tree


class _Translator(NodeTransformer):
    """Replaces `_("text")` by what it says."""

    def __init__(self, words: NullTranslations) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name is Jinja's
        """One call of anything; only `_` of one constant text is replaced."""
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"),
                args=[nodes.Const(value=str(text))],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ) if text:
                # As rumbl_web.gettext does it in a template.
                return nodes.Const(escape(self._words.gettext(text)) % {}, lineno=node.lineno)
        return node
