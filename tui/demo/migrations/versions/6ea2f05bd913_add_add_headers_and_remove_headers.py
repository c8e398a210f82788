"""Add add_headers and remove_headers to gateways

Revision ID: 6ea2f05bd913
Revises: 1b7da6c4980e
Create Date: 2026-07-18 09:26:33.017744
"""

import sqlalchemy as sa
from alembic import op

revision = "6ea2f05bd913"
down_revision = "1b7da6c4980e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a gateway add and remove headers of what it passes on."""
    with op.batch_alter_table("gateways", recreate="always") as batch:
        batch.add_column(sa.Column("add_headers", sa.JSON))
        batch.add_column(sa.Column("remove_headers", sa.JSON))


def downgrade() -> None:
    """Drop both lists."""
    with op.batch_alter_table("gateways") as batch:
        batch.drop_column("remove_headers")
        batch.drop_column("add_headers")
