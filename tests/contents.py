"""What is in a database: every value of every table with its type, and the schema itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path


def content(path: Path, *, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Rows of each table as text; two are equal if the databases say the same.

    Args:
        path: The file; it is only read.
        without: Tables or columns (`table.column`) that are left out.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as c:
        c.text_factory = bytes
        c.execute("BEGIN")
        listed = c.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        found = {}
        for name in (raw.decode() for (raw,) in listed):
            columns = [row[1].decode() for row in c.execute(f'PRAGMA table_info("{name}")')]
            kept = [column for column in columns if f"{name}.{column}" not in without]
            if name in without or name == "sqlite_sequence":
                continue
            wanted = ", ".join(f'typeof("{column}"), "{column}"' for column in kept)
            found[name] = sorted(map(repr, c.execute(f'SELECT {wanted} FROM "{name}"')))
        schema = c.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
        return {**found, "schema": sorted(map(repr, schema))}
