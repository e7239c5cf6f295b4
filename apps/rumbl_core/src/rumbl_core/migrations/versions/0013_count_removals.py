"""Count how often a video lost notes: whoever keeps a page of them sees that it is stale."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the counter, without a rewrite of the table."""
    op.add_column("videos", sa.Column("removals", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("videos", "removals")
