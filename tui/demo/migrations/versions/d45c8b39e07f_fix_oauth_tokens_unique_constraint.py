"""Fix OAuth tokens unique constraint

Two people of this gateway can be the same person at the provider; the old constraint let only
the first of them sign in.

Revision ID: d45c8b39e07f
Revises: 6ea2f05bd913
Create Date: 2026-08-05 17:02:58.663091
"""

import sqlalchemy as sa
from alembic import op

revision = "d45c8b39e07f"
down_revision = "6ea2f05bd913"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rebuild oauth_tokens: one token for each gateway and person of ours."""
    with op.batch_alter_table("oauth_tokens") as batch:
        batch.drop_constraint("uq_oauth_gateway_user", type_="unique")
        batch.create_unique_constraint(
            "uq_oauth_gateway_app_user", ["gateway_id", "app_user_email"]
        )


def downgrade() -> None:
    """Rebuild it with the old constraint.

    Raises:
        RuntimeError: Two tokens belong to one person at the provider; one would be lost.
    """
    twice = op.get_bind().scalar(
        sa.text(
            "SELECT count(*) FROM (SELECT 1 FROM oauth_tokens"
            " GROUP BY gateway_id, user_id HAVING count(*) > 1)"
        )
    )
    if twice:
        raise RuntimeError(f"{twice} people at a provider have two tokens: delete one of each.")
    with op.batch_alter_table("oauth_tokens") as batch:
        batch.drop_constraint("uq_oauth_gateway_app_user", type_="unique")
        batch.create_unique_constraint("uq_oauth_gateway_user", ["gateway_id", "user_id"])
