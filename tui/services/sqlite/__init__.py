"""SQLite files: opening without breaking, looking, copying, checking."""
