"""Questions in notes, and whether the owner of a video wants them answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table; notes from before have no question."""
    op.add_column("videos", sa.Column("answers", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column(
            "annotation_id",
            sa.BigInteger,
            sa.ForeignKey("annotations.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'answered', 'nothing', 'refused')", name="questions_state_check"
        ),
    )
    op.create_index(
        "questions_waiting_index", "questions", ["asked_at"], postgresql_where=sa.text("state = 'waiting'")
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("questions")
    op.drop_column("videos", "answers")
