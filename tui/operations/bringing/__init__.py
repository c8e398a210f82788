"""Rows into a live database: what bringing back and importing have in common, and their plans."""
