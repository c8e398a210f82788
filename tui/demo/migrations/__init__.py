"""The demo's Alembic environment, shaped like the gateway's own."""
