"""Addresses of databases: reading DATABASE_URL, making sure it answers, saying what is wrong if not."""

from __future__ import annotations

import psycopg
from psycopg import errors, sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from rumbl_core.errors import StartError

CONNECT_TIMEOUT_S = 5
_DRIVER = "postgresql+psycopg"
_SCHEMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_EXAMPLE = "postgresql://user:password@host:5432/name"


def parse(text: str) -> URL:
    """Read a DATABASE_URL; raises StartError when it is none."""
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise StartError(f"DATABASE_URL: this is no address; write it as {_EXAMPLE}") from None
    if url.drivername not in _SCHEMES:
        raise StartError(
            f"DATABASE_URL: rumbl runs on PostgreSQL only, not on {url.drivername}; use {_EXAMPLE}"
        )
    if not url.database:
        raise StartError(f"DATABASE_URL: the name of the database is missing; write it as {_EXAMPLE}")
    return url.set(drivername=_DRIVER)


def conninfo(url: URL) -> str:
    """The address as libpq takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def ensure_database(url: URL) -> None:
    """Connect once; make the database if it isn't there. Raises StartError: one line, what to do.

    One that is there must be in UTF-8.
    """
    try:
        _probe(url)
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error) or "database" not in str(error):
            raise StartError(explain(url, error)) from None
        create_database(url)


def create_database(url: URL) -> None:
    """Make the database of this address, in UTF-8, unless somebody just did."""
    name = sql.Identifier(str(url.database))
    command = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name)
    try:
        with psycopg.connect(
            conninfo(url.set(database="postgres")), autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
        ) as connection:
            connection.execute(command)
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return  # two processes made it at once
    except psycopg.Error as error:
        raise StartError(
            f"DATABASE_URL: the database {url.database!r} does not exist and could not be made "
            f"({_first_line(error)}); create it as a user who may: CREATE DATABASE {url.database}"
        ) from None


def explain(url: URL, error: BaseException) -> str:
    """One line about a failed connection: where, why, what to do. Never shows the password."""
    where = url.set(drivername="postgresql").render_as_string()
    reason = _first_line(error)
    if "password" in reason or "authentication" in reason or "no pg_hba.conf entry" in reason:
        advice = "check user name and password"
    elif "too many" in reason or "remaining connection slots" in reason:
        advice = "it has no free connection: lower POOL_SIZE or raise its max_connections"
    elif "resolve" in reason or "translate host name" in reason or "not known" in reason:
        advice = "check the name of the host"
    else:
        advice = "start that server, or take DATABASE_URL away to use the embedded PostgreSQL"
    return f"DATABASE_URL: no connection to {where} ({reason}); {advice}"


def _probe(url: URL) -> None:
    with psycopg.connect(conninfo(url), connect_timeout=CONNECT_TIMEOUT_S) as connection:
        encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":  # lists are searched by the tables of Unicode, which only such a database has
        raise StartError(
            f"DATABASE_URL: the database {url.database!r} has the encoding {encoding} and rumbl needs UTF8; "
            "dump it, and load it into one made by: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
        )


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
