"""Initial schema

Revision ID: 3d1a7c40e5b2
Revises:
Create Date: 2025-07-09 10:12:31.402117
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3d1a7c40e5b2"
down_revision = None
branch_labels = None
depends_on = None


def _federated() -> list[sa.Column[Any]]:
    """Columns that tools, resources and prompts share."""
    return [
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_by", sa.String(255)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column(
            "gateway_id",
            sa.String(36),
            sa.ForeignKey("gateways.id", ondelete="CASCADE"),
            index=True,
        ),
    ]


def _link(table: str, other: str) -> None:
    """Create the table that links servers with `other`."""
    op.create_table(
        table,
        sa.Column(
            "server_id",
            sa.String(36),
            sa.ForeignKey("servers.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            f"{other}_id",
            sa.String(36),
            sa.ForeignKey(f"{other}s.id", ondelete="CASCADE"),
            primary_key=True,
        ),
    )


def upgrade() -> None:
    """Create what a gateway needs to federate tools."""
    op.create_table(
        "gateways",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("slug", sa.String(255), nullable=False, unique=True),
        sa.Column("url", sa.String(767), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("transport", sa.String(20), nullable=False, server_default="SSE"),
        sa.Column("capabilities", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("reachable", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("last_seen", sa.DateTime),
        sa.Column("auth_type", sa.String(20)),
        sa.Column("auth_value", sa.Text),
        sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_by", sa.String(255)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "servers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("description", sa.Text),
        sa.Column("icon", sa.String(767)),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "tools",
        *_federated(),
        sa.Column("original_name", sa.String(255), nullable=False),
        sa.Column("url", sa.String(767)),
        sa.Column("integration_type", sa.String(20), nullable=False, server_default="MCP"),
        sa.Column("request_type", sa.String(20), nullable=False, server_default="SSE"),
        sa.Column("reachable", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("headers", sa.JSON),
        sa.Column("input_schema", sa.JSON, nullable=False),
        sa.Column("annotations", sa.JSON),
        sa.Column("jsonpath_filter", sa.Text, nullable=False, server_default=""),
        sa.Column("auth_type", sa.String(20)),
        sa.Column("auth_value", sa.Text),
    )
    op.create_table(
        "resources",
        *_federated(),
        sa.Column("uri", sa.String(767), nullable=False, unique=True),
        sa.Column("mime_type", sa.String(255)),
        sa.Column("size", sa.Integer),
        sa.Column("text_content", sa.Text),
        sa.Column("binary_content", sa.LargeBinary),
    )
    op.create_table(
        "prompts",
        *_federated(),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("argument_schema", sa.JSON, nullable=False),
    )
    for other in ("tool", "resource", "prompt"):
        _link(f"server_{other}_association", other)
    op.create_table(
        "tool_metrics",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "tool_id",
            sa.String(36),
            sa.ForeignKey("tools.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("timestamp", sa.DateTime, nullable=False),
        sa.Column("response_time", sa.Float, nullable=False),
        sa.Column("is_success", sa.Boolean, nullable=False),
        sa.Column("error_message", sa.Text),
    )
    # One by one: a table with several `index=True` gets them in any order, and the demo's files
    # would differ from run to run.
    op.create_index("ix_tool_metrics_tool_id", "tool_metrics", ["tool_id"])
    op.create_index("ix_tool_metrics_timestamp", "tool_metrics", ["timestamp"])
    op.create_table(
        "mcp_sessions",
        sa.Column("session_id", sa.String(255), primary_key=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("last_accessed", sa.DateTime, nullable=False),
        sa.Column("data", sa.JSON),
    )


def downgrade() -> None:
    """Drop every table, the last made first."""
    for table in (
        "mcp_sessions",
        "tool_metrics",
        "server_prompt_association",
        "server_resource_association",
        "server_tool_association",
        "prompts",
        "resources",
        "tools",
        "servers",
        "gateways",
    ):
        op.drop_table(table)
