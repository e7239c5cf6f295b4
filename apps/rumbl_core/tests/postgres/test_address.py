import psycopg
import pytest
from sqlalchemy.engine import make_url

from rumbl_core.errors import StartError
from rumbl_core.postgres import address


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_read(scheme: str) -> None:
    url = address.parse(f"{scheme}://eva:pw@db:5433/rumbl?sslmode=require\n")
    assert url.drivername == "postgresql+psycopg"
    assert address.conninfo(url) == "postgresql://eva:pw@db:5433/rumbl?sslmode=require"


@pytest.mark.parametrize(
    "text", ["", "x", "mysql://h/x", "sqlite:///x", "postgresql://h", "postgresql://h:x/y"]
)
def test_everything_else_is_one_line_that_says_what_to_write(text: str) -> None:
    with pytest.raises(StartError, match=r"^DATABASE_URL: [^\n]*postgresql://user:password@host:5432/name$"):
        address.parse(text)


def test_a_server_that_is_not_there_is_one_line_without_the_password() -> None:
    with pytest.raises(StartError) as caught:
        address.ensure_database(address.parse("postgresql://eva:s3cret@127.0.0.1:1/rumbl"))
    message = str(caught.value)
    assert message.startswith("DATABASE_URL: no connection to postgresql://eva:***@127.0.0.1:1/rumbl (")
    assert message.endswith("start that server, or take DATABASE_URL away to use the embedded PostgreSQL")
    assert "s3cret" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('FATAL:  password authentication failed for user "eva"', "check user name and password"),
        ("FATAL:  no pg_hba.conf entry for host", "check user name and password"),
        ("FATAL:  sorry, too many clients already", "lower POOL_SIZE"),
        ("failed to resolve host 'db': Name or service not known", "check the name of the host"),
    ],
)
def test_the_advice_fits_the_failure(said: str, advice: str) -> None:
    url = make_url("postgresql+psycopg://eva:s3cret@db/rumbl")
    assert advice in address.explain(url, psycopg.OperationalError(f"{said}\nmore"))


def test_a_missing_database_is_made(committed_database: str) -> None:
    url = address.parse(committed_database).set(database="rumbl_made_by_a_test")
    try:
        address.ensure_database(url)
        address.ensure_database(url)
        address.create_database(url)
        with psycopg.connect(address.conninfo(url)) as connection:
            row = connection.execute("SHOW server_encoding").fetchone()
        assert row == ("UTF8",)
    finally:
        with psycopg.connect(committed_database, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS rumbl_made_by_a_test")


def test_a_user_who_may_not_make_it_is_told_how(committed_database: str) -> None:
    with psycopg.connect(committed_database, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS rumbl_nobody")
        connection.execute("CREATE ROLE rumbl_nobody LOGIN")
        try:
            url = address.parse(committed_database).set(username="rumbl_nobody", database="rumbl_missing")
            with pytest.raises(
                StartError, match=r"create it as a user who may: CREATE DATABASE rumbl_missing$"
            ):
                address.ensure_database(url)
        finally:
            connection.execute("DROP ROLE rumbl_nobody")


def test_a_database_of_another_encoding_is_one_line_that_says_how_to_make_it(committed_database: str) -> None:
    url = address.parse(committed_database).set(database="rumbl_latin1_of_a_test")
    how = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
    with psycopg.connect(committed_database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS rumbl_latin1_of_a_test")
        connection.execute(f"CREATE DATABASE rumbl_latin1_of_a_test {how}")
        try:
            with pytest.raises(StartError) as caught:
                address.ensure_database(url)
        finally:
            connection.execute("DROP DATABASE rumbl_latin1_of_a_test")
    assert str(caught.value) == (
        "DATABASE_URL: the database 'rumbl_latin1_of_a_test' has the encoding LATIN1 and rumbl needs UTF8; "
        "dump it, and load it into one made by: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
    )
