"""Add structured log entries and performance metrics

Revision ID: 27d9ce43a1f8
Revises: e61b08c9f2d7
Create Date: 2026-01-14 07:55:36.840277
"""

import sqlalchemy as sa
from alembic import op

revision = "27d9ce43a1f8"
down_revision = "e61b08c9f2d7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables that observability writes to."""
    op.create_table(
        "structured_log_entries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("timestamp", sa.DateTime, nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("component", sa.String(100), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.String(64)),
        sa.Column("user_email", sa.String(255)),
        sa.Column("duration_ms", sa.Float),
        sa.Column("context", sa.JSON),
    )
    op.create_index("ix_structured_log_entries_level", "structured_log_entries", ["level"])
    op.create_index("ix_structured_log_entries_timestamp", "structured_log_entries", ["timestamp"])
    op.create_table(
        "performance_metrics",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("timestamp", sa.DateTime, nullable=False, index=True),
        sa.Column("component", sa.String(100), nullable=False),
        sa.Column("operation", sa.String(255), nullable=False),
        sa.Column("request_count", sa.Integer, nullable=False),
        sa.Column("error_count", sa.Integer, nullable=False),
        sa.Column("avg_duration_ms", sa.Float, nullable=False),
        sa.Column("p95_duration_ms", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop what observability wrote."""
    op.drop_table("performance_metrics")
    op.drop_table("structured_log_entries")
