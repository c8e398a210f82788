"""Add roles and user roles

Revision ID: b04f6ad82e39
Revises: 8e52b9f0c617
Create Date: 2025-10-02 15:22:48.930014
"""

import sqlalchemy as sa
from alembic import op

revision = "b04f6ad82e39"
down_revision = "8e52b9f0c617"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create roles, and who has which."""
    op.create_table(
        "roles",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("description", sa.Text),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("permissions", sa.JSON, nullable=False),
        sa.Column("is_system_role", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "user_roles",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "user_email",
            sa.String(255),
            sa.ForeignKey("email_users.email", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("role_id", sa.String(36), sa.ForeignKey("roles.id"), nullable=False),
        sa.Column("scope_id", sa.String(36)),
        sa.Column("granted_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
    )


def downgrade() -> None:
    """Drop roles."""
    op.drop_table("user_roles")
    op.drop_table("roles")
