import pytest

from rumbl_core import accounts
from rumbl_core.result import Error, Ok

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
