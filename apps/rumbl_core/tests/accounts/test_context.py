import pytest
from sqlalchemy.exc import MultipleResultsFound

from rumbl_core import accounts, password
from rumbl_core.accounts import User
from rumbl_core.errors import NotFound
from rumbl_core.result import Error, Ok
from rumbl_core.testing import user_fixture

pytestmark = pytest.mark.usefixtures("sandbox")

VALID = {"name": "User", "username": "eva", "password": "secret"}


def errors(result: object) -> dict[str, list[str]]:
    assert isinstance(result, Error)
    return result.reason.errors_on()


class TestRegisterUser:
    def test_with_valid_data_inserts_user(self) -> None:
        result = accounts.register_user(VALID)
        assert isinstance(result, Ok)
        user = result.value
        assert (user.name, user.username) == ("User", "eva")
        assert [listed.id for listed in accounts.list_users()] == [user.id]
