"""Parameters of a request the way Phoenix nests them: `user[name]=Ana` is `{"user": {"name": "Ana"}}`.

Query and body are merged, the body wins; parts of the path are arguments of the action and can't be replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import abort, request

from rumbl_web.gettext import gettext

Params = dict[str, Any]
_KEY = re.compile(r"\A(?P<root>[^\[\]]{1,64})(?P<path>(?:\[[^\[\]]{0,64}\]){0,3})\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")


def nest(pairs: Iterable[tuple[str, str]]) -> Params:
    """Nested dictionaries of `pairs`; a later pair wins. A key of a form that is not ours stays as it is."""
    params: Params = {}
    for key, value in pairs:
        match = _KEY.match(key)
        path = [match["root"], *_PART.findall(match["path"])] if match else [key]
        _put(params, path, value)
    return params


def required(name: str) -> Params:
    """The fields under `name`. A request without any answers 400: no action matches it."""
    found = nest((*request.args.items(multi=True), *request.form.items(multi=True))).get(name)
    if not isinstance(found, dict):
        abort(400, gettext("The request has no %(name)s.", name=name))
    return found


def text(fields: Mapping[str, Any], name: str) -> str:
    """One field as text; missing or nested is ""."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _put(params: Params, path: list[str], value: str) -> None:
    *parents, last = path
    for part in parents:
        inner = params.get(part)
        if not isinstance(inner, dict):
            inner = params[part] = {}
        params = inner
    params[last] = value
