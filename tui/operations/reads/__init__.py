"""Reading a live database or a backup for people: rows, statements, sizes, exports."""
