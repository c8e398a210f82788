"""Add email users, teams and sign-ins

Revision ID: 8e52b9f0c617
Revises: 3d1a7c40e5b2
Create Date: 2025-09-16 08:40:05.118230
"""

import sqlalchemy as sa
from alembic import op

revision = "8e52b9f0c617"
down_revision = "3d1a7c40e5b2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create people, their teams and the record of their sign-ins."""
    op.create_table(
        "email_users",
        sa.Column("email", sa.String(255), primary_key=True),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("full_name", sa.String(255)),
        sa.Column("is_admin", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("failed_login_attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("last_login", sa.DateTime),
    )
    op.create_table(
        "email_teams",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("slug", sa.String(255), nullable=False, unique=True),
        sa.Column("description", sa.Text),
        sa.Column("visibility", sa.String(20), nullable=False, server_default="private"),
        sa.Column("created_by", sa.String(255), sa.ForeignKey("email_users.email"), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "email_team_members",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "team_id",
            sa.String(36),
            sa.ForeignKey("email_teams.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "user_email",
            sa.String(255),
            sa.ForeignKey("email_users.email", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("role", sa.String(50), nullable=False, server_default="member"),
        sa.Column("joined_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("team_id", "user_email", name="uq_team_member"),
    )
    op.create_table(
        "email_auth_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("timestamp", sa.DateTime, nullable=False),
        sa.Column("user_email", sa.String(255)),
        sa.Column("event_type", sa.String(50), nullable=False),
        sa.Column("success", sa.Boolean, nullable=False),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("user_agent", sa.Text),
        sa.Column("failure_reason", sa.Text),
    )
    op.create_index("ix_email_auth_events_timestamp", "email_auth_events", ["timestamp"])
    op.create_index("ix_email_auth_events_user_email", "email_auth_events", ["user_email"])


def downgrade() -> None:
    """Drop people and teams."""
    for table in ("email_auth_events", "email_team_members", "email_teams", "email_users"):
        op.drop_table(table)
