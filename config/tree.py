"""The shape of the configuration: an app's name, then a setting's name, then its value."""

from __future__ import annotations

Tree = dict[str, dict[str, object]]


def merge(below: Tree, above: Tree) -> Tree:
    """A new tree with the settings of both; `above` wins.

    >>> merge({"info_sys": {"timeout_ms": 1}}, {"info_sys": {"timeout_ms": 2}})
    {'info_sys': {'timeout_ms': 2}}
    """
    apps = [*below, *(app for app in above if app not in below)]
    return {app: {**below.get(app, {}), **above.get(app, {})} for app in apps}
