"""How long a comparison takes, and how much memory: `python -m tests.bench.bench_compare`.

The measure is what reading both tables once costs in Python (`SELECT *`, every row stepped
through) in the same run: a comparison may take three times that. Memory is the largest resident
size of a process of its own that does nothing but compare; it may be 100 MiB with ten million
rows (`--rows 10000000`).
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = (
    "tool_id VARCHAR(36) NOT NULL, timestamp DATETIME NOT NULL, response_time FLOAT NOT NULL,"
    " is_success BOOLEAN NOT NULL, error_message TEXT, name VARCHAR(255), extra JSON"
)
KINDS = {
    "integer key": f"id INTEGER NOT NULL, {COLUMNS}, PRIMARY KEY (id)",
    "text key": f"id VARCHAR(36) NOT NULL, {COLUMNS}, PRIMARY KEY (id)",
    "text key, rowids moved": f"id VARCHAR(36) NOT NULL, {COLUMNS}, PRIMARY KEY (id)",
    "no key": f"id VARCHAR(36), {COLUMNS}",
    "no key, rowids moved": f"id VARCHAR(36), {COLUMNS}",
}

COMPARE = """
import json, resource, sys, time
from pathlib import Path
from tui.core.models import Deployment
from tui.operations.compare import compare, rows
first, second = sys.argv[1:]
deployment = Deployment(name="x", database=Path(second), backup_dir=Path(first).parent)
begun = time.perf_counter()
found = compare(deployment, first, "live")
seconds = time.perf_counter() - begun
(table,) = found.tables
begun = time.perf_counter()
page, _more = rows(deployment, first, "live", "t", limit=200)
print(json.dumps({
    "seconds": seconds,
    "page": time.perf_counter() - begun,
    "found": [table.removed, table.added, table.changed],
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def content(kind: str, number: int) -> Iterator[tuple[Any, ...]]:
    """Rows of about 110 bytes; keys in no order where they are text."""
    draw = random.Random(7)
    for i in range(number):
        yield (
            i + 1 if kind == "integer key" else f"{draw.getrandbits(128):032x}",
            f"{i % 300:032x}",
            f"2026-08-11 02:{i // 60 % 60:02}:{i % 60:02}.{i % 1_000_000:06}",
            i * 0.001,
            i % 2,
            None,
            f"tool-{i}",
            f'{{"a": {i}}}',
        )


def make(path: Path, kind: str, number: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"CREATE TABLE t ({KINDS[kind]})")
        marks = ", ".join("?" * 8)
        connection.executemany(f"INSERT INTO t VALUES ({marks})", content(kind, number))
        connection.commit()


def alter(path: Path, kind: str, number: int) -> None:
    """A thousandth of the rows goes, a thousandth changes, some come."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("DELETE FROM t WHERE rowid % 1000 = 7")
        connection.execute("UPDATE t SET error_message = 'x' WHERE rowid % 1000 = 123")
        connection.execute(
            "INSERT INTO t SELECT id || 'n', tool_id, timestamp, 0, 0, '', '', '{}' FROM t LIMIT 9"
            if "integer" not in kind
            else f"INSERT INTO t SELECT {number} + id, '', '', 0, 0, '', '', '{{}}' FROM t LIMIT 9"
        )
        connection.commit()
        if "moved" in kind:
            # As after a dump that was read in again: the same rows at other places.
            connection.execute(f"CREATE TABLE u ({KINDS[kind]})")
            connection.execute("INSERT INTO u SELECT * FROM t ORDER BY rowid")
            connection.execute("DROP TABLE t")
            connection.execute("ALTER TABLE u RENAME TO t")
            connection.commit()
        connection.execute("PRAGMA journal_mode=WAL").fetchone()


def read_both(first: Path, second: Path) -> float:
    """Seconds that stepping through all rows of both takes."""
    begun = time.perf_counter()
    for path in (first, second):
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            for _row in connection.execute("SELECT * FROM t"):
                pass
    return time.perf_counter() - begun


def measure(kind: str, number: int, folder: Path, repeat: int) -> None:
    first, second = folder / "first.db", folder / "second.db"
    make(first, kind, number)
    second.write_bytes(b"")
    with closing(sqlite3.connect(first)) as source, closing(sqlite3.connect(second)) as target:
        source.backup(target)
    alter(second, kind, number)
    base = min(read_both(first, second) for _ in range(repeat))
    best: dict[str, Any] = {}
    for _ in range(repeat):
        done = subprocess.run(
            [sys.executable, "-c", COMPARE, str(first), str(second)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        found = json.loads(done.stdout)
        best = min(best or found, found, key=lambda one: one["seconds"])
    size = first.stat().st_size / 2**20
    sys.stdout.write(
        f"{kind:24} {number:>11,} rows {size:6.0f} MiB  read both {base:6.2f} s  "
        f"compare {best['seconds']:6.2f} s = {best['seconds'] / base:4.2f} x (3 x allowed)  "
        f"page of rows {best['page']:5.2f} s  {best['mib']:4.0f} MiB (100 allowed)  "
        f"removed, added, changed {best['found']}\n"
    )
    sys.stdout.flush()
    first.unlink()
    for left in folder.glob("second.db*"):
        left.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", action="append", choices=list(KINDS), default=None)
    parser.add_argument("--folder", type=Path, default=None, help="where the databases are made")
    parser.add_argument("--repeat", type=int, default=2, help="the best of so many counts")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-compare-", dir=chosen.folder) as folder:
        for kind in chosen.kind or KINDS:
            measure(kind, chosen.rows, Path(folder), chosen.repeat)


if __name__ == "__main__":
    main()
