"""One module per outside thing: SQLite, files, locks, Docker, Alembic. No policy."""
