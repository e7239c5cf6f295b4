"""Create attempts, what throttling counts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("level", sa.Float(53), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="attempts_pkey"),
    )
    op.create_index("attempts_key_index", "attempts", ["key"], unique=True)
    op.create_index("attempts_expires_at_index", "attempts", ["expires_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("attempts")
