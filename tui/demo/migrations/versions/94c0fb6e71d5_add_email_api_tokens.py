"""Add API tokens of users

Revision ID: 94c0fb6e71d5
Revises: 27d9ce43a1f8
Create Date: 2026-03-09 13:18:20.114908
"""

import sqlalchemy as sa
from alembic import op

revision = "94c0fb6e71d5"
down_revision = "27d9ce43a1f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create tokens, unless an earlier preview release already did."""
    if sa.inspect(op.get_bind()).has_table("email_api_tokens"):
        return
    op.create_table(
        "email_api_tokens",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "user_email",
            sa.String(255),
            sa.ForeignKey("email_users.email", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("token_hash", sa.String(255), nullable=False, unique=True),
        sa.Column("resource_scopes", sa.JSON),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("last_used", sa.DateTime),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    """Drop tokens: every script that uses one has to be given a new one."""
    op.drop_table("email_api_tokens")
