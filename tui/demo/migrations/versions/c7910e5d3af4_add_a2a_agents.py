"""Add A2A agents

Revision ID: c7910e5d3af4
Revises: b04f6ad82e39
Create Date: 2025-10-21 09:03:17.551802
"""

import sqlalchemy as sa
from alembic import op

revision = "c7910e5d3af4"
down_revision = "b04f6ad82e39"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create agents that the gateway passes calls on to."""
    op.create_table(
        "a2a_agents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("slug", sa.String(255), nullable=False, unique=True),
        sa.Column("description", sa.Text),
        sa.Column("endpoint_url", sa.String(767), nullable=False),
        sa.Column("agent_type", sa.String(50), nullable=False, server_default="generic"),
        sa.Column("protocol_version", sa.String(10), nullable=False, server_default="1.0"),
        sa.Column("capabilities", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("auth_type", sa.String(50)),
        sa.Column("auth_value", sa.Text),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    """Drop agents."""
    op.drop_table("a2a_agents")
