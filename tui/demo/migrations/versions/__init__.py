"""The demo's revisions; Alembic reads the files, nobody imports this package."""
