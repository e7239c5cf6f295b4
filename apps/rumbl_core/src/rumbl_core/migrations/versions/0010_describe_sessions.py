"""Tell a user's sessions apart: where each was begun, and when it was used last."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WORDS = (("browser", 40), ("system", 40), ("address", 64))


def upgrade() -> None:
    """Add the columns; a session that is there counts as used now, so that none ends by the change."""
    for name, length in WORDS:
        op.add_column("user_tokens", sa.Column(name, sa.String(length)))
    op.add_column("user_tokens", sa.Column("last_seen_at", sa.DateTime))
    op.execute("UPDATE user_tokens SET last_seen_at = now() AT TIME ZONE 'UTC'")
    op.alter_column("user_tokens", "last_seen_at", nullable=False)


def downgrade() -> None:
    """Drop them."""
    for name in ("browser", "system", "address", "last_seen_at"):
        op.drop_column("user_tokens", name)
