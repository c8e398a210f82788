"""Add gateway lifecycle fields

Revision ID: 1b7da6c4980e
Revises: f83e15d7a20c
Create Date: 2026-06-23 12:41:09.385660
"""

import sqlalchemy as sa
from alembic import op

revision = "1b7da6c4980e"
down_revision = "f83e15d7a20c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note in which state a gateway is and since when, and index it."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("gateways")}
    with op.batch_alter_table("gateways") as batch:
        if "status" not in present:
            batch.add_column(
                sa.Column("status", sa.String(20), nullable=False, server_default="active")
            )
        batch.add_column(sa.Column("status_since", sa.DateTime))
        batch.add_column(sa.Column("status_message", sa.Text))
        batch.create_index("ix_gateways_status", ["status"])


def downgrade() -> None:
    """Drop the fields and what was noted in them."""
    with op.batch_alter_table("gateways") as batch:
        batch.drop_index("ix_gateways_status")
        batch.drop_column("status_message")
        batch.drop_column("status_since")
        batch.drop_column("status")
