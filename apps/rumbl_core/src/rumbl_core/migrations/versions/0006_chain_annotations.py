"""Give every annotation the id of the one before it on its video."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column, and chain the notes that are there."""
    # No foreign key: a note that is deleted leaves its place in the chain.
    op.add_column("annotations", sa.Column("prev_id", sa.BigInteger))
    op.execute(
        "UPDATE annotations SET prev_id = chain.prev_id FROM "
        "(SELECT id, lag(id) OVER (PARTITION BY video_id ORDER BY id) AS prev_id FROM annotations) AS chain "
        "WHERE annotations.id = chain.id AND chain.prev_id IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("annotations", "prev_id")
