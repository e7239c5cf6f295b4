import doctest
from importlib import import_module
from pkgutil import walk_packages

import rumbl_core


def test_every_example_in_a_docstring_runs() -> None:
    names = [info.name for info in walk_packages(rumbl_core.__path__, "rumbl_core.")]
    examined = [name for name in names if ".migrations" not in name]
    results = {name: doctest.testmod(import_module(name)) for name in examined}
    assert {name for name, result in results.items() if result.failed} == set()
    assert sum(result.attempted for result in results.values()) >= 8
