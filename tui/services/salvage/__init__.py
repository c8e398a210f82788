"""Reading a SQLite file page by page, without SQLite, so that no damage stops it."""
