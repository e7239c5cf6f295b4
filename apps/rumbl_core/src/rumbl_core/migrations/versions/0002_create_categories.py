"""Create categories, unique by name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table and its index."""
    op.create_table(
        "categories",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="categories_pkey"),
    )
    op.create_index("categories_name_index", "categories", ["name"], unique=True)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("categories")
