from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.exc import CompileError

from rumbl_core import insertion, repo
from rumbl_core.accounts import User
from rumbl_core.changeset import change
from rumbl_core.result import Ok
from rumbl_core.testing import Sandbox, user_fixture

PLAIN: Final = {"name": "Eva", "username": "eva"}
NAME: Final = select(bindparam("given", type_=BigInteger) + 1).scalar_subquery()


def test_a_statement_is_built_once_for_each_schema_and_choice_of_expressions() -> None:
    plain, with_name = insertion.of(User, PLAIN), insertion.of(User, {**PLAIN, "name": NAME})

    assert (plain[1], with_name[1]) == (PLAIN, {"username": "eva"})
    assert insertion.of(User, {"username": "max"})[0] is plain[0]
    assert insertion.of(User, {"username": "max", "name": NAME})[0] is with_name[0]
    assert plain[0] is not with_name[0]


def test_an_expression_is_worked_out_by_the_database_from_its_parameters(sandbox: Sandbox) -> None:
    for given in (7, 8):
        wanted = change(User(username=f"eva{given}")).put_change("name", NAME)
        made = repo.insert(wanted, parameters={"given": given})
        assert isinstance(made, Ok)
        assert made.value.name == str(given + 1)


def test_what_is_there_stays(sandbox: Sandbox) -> None:
    eva = user_fixture(username="eva")
    repo.insert_new(User, [{**PLAIN, "name": "another"}, {"name": "Max", "username": "max"}])
    assert [(user.name, user.username) for user in repo.all(select(User).order_by(User.id))] == [
        (eva.name, "eva"),
        ("Max", "max"),
    ]


def test_rows_are_all_new_or_none_is(sandbox: Sandbox) -> None:
    with pytest.raises(CompileError, match="surname"):
        repo.insert_new(User, [PLAIN, {**PLAIN, "surname": "of nobody"}])
    assert repo.all(select(User)) == []
