"""Add deprecated flag to tools, one name per gateway

Revision ID: f83e15d7a20c
Revises: 94c0fb6e71d5
Create Date: 2026-05-26 16:09:44.702589
"""

import sqlalchemy as sa
from alembic import op

revision = "f83e15d7a20c"
down_revision = "94c0fb6e71d5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rebuild tools with the flag and the constraint."""
    with op.batch_alter_table("tools") as batch:
        batch.add_column(
            sa.Column("deprecated", sa.Boolean, nullable=False, server_default=sa.false())
        )
        batch.create_unique_constraint("uq_gateway_tool_name", ["gateway_id", "original_name"])
    op.create_index("ix_tools_name", "tools", ["name"])


def downgrade() -> None:
    """Rebuild tools without them."""
    op.drop_index("ix_tools_name", "tools")
    with op.batch_alter_table("tools") as batch:
        batch.drop_constraint("uq_gateway_tool_name", type_="unique")
        batch.drop_column("deprecated")
