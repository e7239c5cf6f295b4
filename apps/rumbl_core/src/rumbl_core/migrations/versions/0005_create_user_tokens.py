"""Create user_tokens, the sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "user_tokens",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="user_tokens_pkey"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="user_tokens_user_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("user_tokens_user_id_index", "user_tokens", ["user_id"])
    op.create_index("user_tokens_token_hash_index", "user_tokens", ["token_hash"], unique=True)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("user_tokens")
