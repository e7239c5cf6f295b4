"""Create annotations, which go with their video, their user and the question they answer."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _key(column: str, table: str) -> sa.ForeignKeyConstraint:
    name = f"annotations_{column}_fkey"
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "annotations",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("video_id", sa.BigInteger, nullable=False),
        sa.Column("client_key", sa.String(64)),
        sa.Column("answer_to", sa.BigInteger),
        sa.Column("source_url", sa.Text),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="annotations_pkey"),
        _key("user_id", "users"),
        _key("video_id", "videos"),
        _key("answer_to", "annotations"),
    )
    # One for resuming (by id), one for the list on the page (by moment).
    op.create_index("annotations_video_id_id_index", "annotations", ["video_id", "id"])
    op.create_index("annotations_video_id_at_id_index", "annotations", ["video_id", "at", "id"])
    op.create_index(
        "annotations_user_id_video_id_client_key_index",
        "annotations",
        ["user_id", "video_id", "client_key"],
        unique=True,
    )
    op.create_index(
        "annotations_answer_to_user_id_index", "annotations", ["answer_to", "user_id"], unique=True
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("annotations")
