"""Alembic's entry: runs steps on the connection that `rumbl_core.migrate` hands over."""

from alembic import context

from rumbl_core import multimedia  # noqa: F401 - loads every schema
from rumbl_core.accounts import user_token  # noqa: F401 - loads every schema
from rumbl_core.schema import Schema

context.configure(connection=context.config.attributes["connection"], target_metadata=Schema.metadata)
context.run_migrations()
