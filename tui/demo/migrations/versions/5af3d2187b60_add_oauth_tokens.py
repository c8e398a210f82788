"""Add OAuth tokens and the gateways' OAuth settings

Revision ID: 5af3d2187b60
Revises: b04f6ad82e39
Create Date: 2025-10-23 18:47:52.006391
"""

import sqlalchemy as sa
from alembic import op

revision = "5af3d2187b60"
down_revision = "b04f6ad82e39"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create tokens, one for each gateway and person at the provider."""
    op.create_table(
        "oauth_tokens",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "gateway_id",
            sa.String(36),
            sa.ForeignKey("gateways.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("app_user_email", sa.String(255), nullable=False),
        sa.Column("access_token", sa.Text, nullable=False),
        sa.Column("refresh_token", sa.Text),
        sa.Column("token_type", sa.String(50), nullable=False, server_default="Bearer"),
        sa.Column("scopes", sa.JSON),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("gateway_id", "user_id", name="uq_oauth_gateway_user"),
    )
    op.add_column("gateways", sa.Column("oauth_config", sa.JSON))


def downgrade() -> None:
    """Drop tokens and settings."""
    with op.batch_alter_table("gateways") as batch:
        batch.drop_column("oauth_config")
    op.drop_table("oauth_tokens")
