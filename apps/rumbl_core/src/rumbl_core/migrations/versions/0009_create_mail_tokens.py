"""Let a user have a confirmed mail address, and create mail_tokens, the links in mails."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns and make the table. An address is nobody's until it is confirmed."""
    op.add_column("users", sa.Column("email", sa.String(254)))
    op.add_column("users", sa.Column("confirmed_at", sa.DateTime))
    op.create_check_constraint(
        "users_email_confirmed_check", "users", "(email IS NULL) = (confirmed_at IS NULL)"
    )
    op.create_index("users_email_index", "users", [sa.text("lower(email)")], unique=True)
    op.create_table(
        "mail_tokens",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("sent_to", sa.String(254), nullable=False),
        sa.Column("bound_to", sa.LargeBinary, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("inserted_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="mail_tokens_pkey"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="mail_tokens_user_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("mail_tokens_user_id_index", "mail_tokens", ["user_id"])
    op.create_index("mail_tokens_sent_to_index", "mail_tokens", [sa.text("lower(sent_to)")])
    op.create_index("mail_tokens_token_hash_index", "mail_tokens", ["token_hash"], unique=True)


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_table("mail_tokens")
    op.drop_column("users", "email")  # its index and its check go with it
    op.drop_column("users", "confirmed_at")
