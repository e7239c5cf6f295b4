"""Create videos, which go with their user and stay without their category."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "videos",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("url", sa.String(255)),
        sa.Column("title", sa.String(255)),
        sa.Column("description", sa.Text),
        sa.Column("slug", sa.String(255)),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("category_id", sa.BigInteger),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="videos_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="videos_user_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name="videos_category_id_fkey", ondelete="SET NULL"
        ),
    )
    op.create_index("videos_user_id_index", "videos", ["user_id"])
    op.create_index("videos_category_id_index", "videos", ["category_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("videos")
