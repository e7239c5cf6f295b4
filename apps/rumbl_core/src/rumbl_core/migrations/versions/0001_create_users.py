"""Create users, unique by name whatever its case."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table and its index."""
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
    )
    op.create_index("users_username_index", "users", [sa.text("lower(username)")], unique=True)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("users")
