"""A gateway's writer that ends: `python -m tests.unit.counted_writer PATH COMMITS`.

It begins when told to by a line on its stdin, commits so many times, some hundred times a second
at most, and says in JSON how large the WAL was at most and what failed.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

REST = 0.002
"""Seconds between two commits."""


def main(path: Path, commits: int) -> None:
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    wal = path.with_name(path.name + "-wal")
    most = done = 0
    errors: list[str] = []
    print("ready", flush=True)
    sys.stdin.readline()
    while done < commits:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO metrics (tool, note) VALUES (?, ?)", (done % 50, "x"))
            connection.execute("UPDATE tools SET calls = calls + 1 WHERE id = ?", (done % 50,))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            errors.append(str(error))
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        done += 1
        most = max(most, wal.stat().st_size)
        time.sleep(REST)
    print(json.dumps({"commits": done, "errors": errors, "wal": most}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
