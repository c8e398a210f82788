"""A small database with everything a salvage must know, and ways to damage it."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui.services.salvage.engine import salvage
from tui.services.salvage.image import Image
from tui.services.salvage.output import DOUBTS
from tui.services.salvage.report import Report
from tui.services.salvage.schema import Entry

PAGE = 1024
TABLES = ("servers", "tools", "metrics", "settings", "notes", "alembic_version")
_SCHEMA = """
CREATE TABLE servers (id VARCHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL,
  url TEXT, enabled BOOLEAN NOT NULL, created DATETIME, weight FLOAT, raw BLOB);
CREATE TABLE tools (id INTEGER PRIMARY KEY AUTOINCREMENT, server_id VARCHAR(36) NOT NULL
  REFERENCES servers(id), name VARCHAR(255) NOT NULL, input_schema JSON,
  CONSTRAINT uq_tool UNIQUE (server_id, name));
CREATE TABLE metrics (id INTEGER PRIMARY KEY, tool_id INTEGER NOT NULL, seconds FLOAT,
  success BOOLEAN, note TEXT);
CREATE INDEX idx_metrics_tool ON metrics(tool_id);
CREATE TABLE settings (area TEXT, key TEXT, value TEXT, extra INTEGER,
  PRIMARY KEY (key, area)) WITHOUT ROWID;
CREATE TABLE notes (title TEXT, body TEXT, picture BLOB);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
CREATE VIEW busy AS SELECT tool_id, count(*) n FROM metrics GROUP BY tool_id;
CREATE TRIGGER t_metrics AFTER DELETE ON metrics BEGIN
  DELETE FROM notes WHERE title = 'metric ' || old.id; END;
"""


def build(path: Path, *, page: int = PAGE, encoding: str = "UTF-8", wal: bool = False) -> None:
    """Make the database; about 300 pages of 1 KiB."""
    dice = random.Random(7)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA page_size={page}")
        db.execute(f"PRAGMA encoding='{encoding}'")
        if wal:
            db.execute("PRAGMA journal_mode=WAL")
        db.executescript(_SCHEMA)
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO servers VALUES (?,?,?,?,?,?,?)",
            [
                (
                    f"{dice.getrandbits(128):032x}",
                    f"server {n} é",
                    f"https://host-{n}.example/mcp" if n % 3 else None,
                    n % 2,
                    f"2026-08-{n % 28 + 1:02} 10:00:00",
                    n / 4,
                    dice.randbytes(n % 40),
                )
                for n in range(150)
            ],
        )
        ids = [row[0] for row in db.execute("SELECT id FROM servers ORDER BY rowid")]
        db.executemany(
            "INSERT INTO tools (server_id, name, input_schema) VALUES (?,?,?)",
            [
                (ids[n % 150], f"tool-{n}", f'{{"n": {n}, "d": "{"lorem " * (n % 50)}"}}')
                for n in range(280)
            ],
        )
        db.executemany(
            "INSERT INTO metrics VALUES (?,?,?,?,?)",
            [(n * 3 - 900, n % 280, n / 7, n % 2, f"run {n}") for n in range(1200)],
        )
        db.executemany(
            "INSERT INTO settings VALUES (?,?,?,?)",
            [(f"area{n % 7}", f"key-{n:04}", f"value {n} " * 4, n) for n in range(400)],
        )
        db.executemany(
            "INSERT INTO notes VALUES (?,?,?)",
            [
                (f"note {n}", "words and more words " * (n % 30), dice.randbytes(n * 61 % 5000))
                for n in range(60)
            ],
        )
        db.execute("INSERT INTO alembic_version VALUES ('e198602c3c1e')")
        db.execute("COMMIT")
        # Something on the list of free pages.
        db.execute("DELETE FROM metrics WHERE id BETWEEN 300 AND 900")
        if wal:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def contents(path: Path, table: str) -> dict[object, tuple[object, ...]]:
    """Rows by their key: the rowid, or the primary key where there is none."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        db.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        if table == "settings":
            rows = db.execute("SELECT key, area, value, extra FROM settings").fetchall()
            return {_key(row[:2]): tuple(row) for row in rows}
        return {row[0]: tuple(row) for row in db.execute(f"SELECT rowid, * FROM {table}")}


def _key(values: tuple[str, ...]) -> str:
    """As the list of doubts has it."""
    literal = "'" + "', '".join(value.replace("'", "''") for value in values) + "'"
    return literal.encode(errors="surrogateescape").decode(errors="replace")


def doubted(path: Path) -> dict[str, set[object]]:
    """Keys of the rows that the new file lists as doubtful, by table."""
    found: dict[str, set[object]] = {}
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (DOUBTS,)).fetchone():
            for table, key in db.execute(f"SELECT table_name, row_key FROM {DOUBTS}"):
                found.setdefault(table, set()).add(key)
    return found


@dataclass(frozen=True)
class Salvaged:
    """What came of one salvage."""

    report: Report
    path: Path

    def table(self, name: str) -> dict[object, tuple[object, ...]]:
        """Rows that came back."""
        return contents(self.path, name)


def run(
    source: Path, folder: Path, donor: tuple[Entry, ...] = (), *, page_size_hint: int = 0
) -> Salvaged:
    """Salvage a file (with its WAL or journal) as it lies there."""
    target, work = folder / "new.db", folder / "work"
    for each in (target, work):
        each.unlink(missing_ok=True)
    wal, journal = (source.with_name(source.name + end) for end in ("-wal", "-journal"))
    image = Image(
        source,
        wal=wal if wal.exists() else None,
        journal=journal if journal.exists() else None,
        page_size_hint=page_size_hint,
    )
    with image:
        report = salvage(image, target, work, lambda: donor, lambda _done, _total: None)
    return Salvaged(report, target)


def damage(source: Path, target: Path, seed: int, pages: int, kind: str) -> list[int]:
    """Copy a file and damage some of its pages; their numbers."""
    dice = random.Random(seed)
    raw = bytearray(source.read_bytes())
    size = int.from_bytes(raw[16:18], "big")
    count = len(raw) // size
    hit = sorted(dice.sample(range(1, count + 1), min(pages, count)))
    before = bytes(raw)
    for number in hit:
        at = (number - 1) * size
        if kind == "random":
            raw[at : at + size] = dice.randbytes(size)
        elif kind == "zeros":
            raw[at : at + size] = bytes(size)
        elif kind == "misplaced":
            other = (dice.randrange(1, count + 1) - 1) * size
            raw[at : at + size] = before[other : other + size]
        elif kind == "head":
            raw[at : at + 64] = dice.randbytes(64)
        else:
            half = at + dice.choice((0, size // 2))
            raw[half : half + size // 2] = dice.randbytes(size // 2)
    target.write_bytes(raw)
    return hit


def copy(source: Path, target: Path) -> Path:
    """A plain copy."""
    shutil.copyfile(source, target)
    return target
