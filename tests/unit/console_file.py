"""A database with secrets in every corner, as a console may meet it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

SECRET, OTHER = "hunter2-of-tools", "hunter2-of-gateways"
MASK, OTHER_MASK = f"•••• {len(SECRET)} ch", f"•••• {len(OTHER)} ch"

SCHEMA = f"""
CREATE TABLE tools (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE NOCASE, auth_value TEXT,
    begins TEXT AS (substr(auth_value, 1, 7)), twice TEXT AS (begins || begins) STORED,
    shout TEXT AS (upper(name)));
INSERT INTO tools (name, auth_value) VALUES ('one', '{SECRET}'), ('two', NULL), ('none', '');
CREATE TABLE gateways (id TEXT PRIMARY KEY, name TEXT, auth_value TEXT) WITHOUT ROWID;
INSERT INTO gateways VALUES ('g', 'git', '{OTHER}');
CREATE TABLE plain (a, b);
INSERT INTO plain VALUES (1, 'x'), (2, 'y');
CREATE TABLE "odd ""name" ("api key" TEXT, api_key TEXT);
INSERT INTO "odd ""name" VALUES ('kept', '{SECRET}');
CREATE INDEX of_secret ON tools (auth_value);
CREATE VIEW all_tools AS SELECT id, name, auth_value AS shown FROM tools;
CREATE VIEW of_view AS SELECT shown FROM all_tools;
CREATE VIEW past AS SELECT auth_value AS shown FROM main.tools;
CREATE VIEW joined (both) AS
    SELECT auth_value FROM main.tools FULL JOIN main.gateways USING (auth_value);
CREATE VIEW named (name, api_token) AS SELECT name, name || '!' FROM tools;
CREATE VIEW broken AS SELECT gone FROM nowhere;
ANALYZE;
"""


def console_file(folder: Path) -> Path:
    """A WAL database that its writer has left properly."""
    path = folder / "mcp.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(SCHEMA)
        if ("ENABLE_FTS5",) in connection.execute("PRAGMA compile_options").fetchall():
            connection.executescript(
                "CREATE VIRTUAL TABLE words USING fts5 (token, body);"
                f"INSERT INTO words VALUES ('{SECRET}', 'text');"
                "CREATE VIRTUAL TABLE open_words USING fts5 (body);"
                "INSERT INTO open_words VALUES ('some text');"
            )
    return path


def prints(folder: Path) -> dict[str, str]:
    """What every file of a folder holds; the `-shm` apart, where readers note themselves."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if not path.name.endswith("-shm")
    }
