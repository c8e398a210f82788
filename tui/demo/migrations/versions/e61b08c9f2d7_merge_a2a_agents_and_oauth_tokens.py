"""Merge A2A agents and OAuth tokens

Revision ID: e61b08c9f2d7
Revises: c7910e5d3af4, 5af3d2187b60
Create Date: 2025-11-09 11:30:00.271655
"""

revision = "e61b08c9f2d7"
down_revision = ("c7910e5d3af4", "5af3d2187b60")
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do: both branches stand."""


def downgrade() -> None:
    """Nothing to do."""
