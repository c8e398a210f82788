"""Small real programs that get in an operation's way: `python -m tests.programs NAME PATH`.

Each says `ready` in a line of its own and works until its stdin ends; some then report in JSON.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def told_to_end() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def calm(path: str) -> None:
    """Commit some hundred times a second."""
    writer(path, rest=0.003)


def writer(path: str, rest: float = 0.0) -> None:
    """Commit all the time: one row in each of two tables, which thus always agree."""
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    commits = errors = 0
    while not told_to_end():
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE one SET n = n + 1")
            connection.execute("UPDATE two SET n = n + 1")
            connection.execute("COMMIT")
            commits += 1
            time.sleep(rest)
        except sqlite3.Error:
            errors += 1
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if commits == 1:
            say("ready")
    say(json.dumps({"commits": commits, "errors": errors}))


def reader(path: str) -> None:
    """Have a database open and idle, as a forgotten shell has."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    say("ready")
    sys.stdin.read()
    connection.close()


def locker(path: str) -> None:
    """Stand in the middle of a transaction that lets nobody else read."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("UPDATE one SET n = n")
    say("ready")
    sys.stdin.read()


def interrupted(path: str) -> None:
    """Be killed in the middle of a transaction that had already reached the file."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    connection.execute("PRAGMA cache_size=1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE one SET n = -1")
    connection.execute("CREATE TABLE half (x)")
    connection.executemany("INSERT INTO half VALUES (?)", [(b"x" * 3000,)] * 500)
    say("ready")
    os.kill(os.getpid(), signal.SIGKILL)


def crashed(path: str) -> None:
    """Be killed with commits that are in the WAL alone."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL").fetchone()
    connection.execute("PRAGMA wal_autocheckpoint=0")
    for _ in range(50):
        connection.execute("UPDATE one SET n = n + 1")
    say("ready")
    os.kill(os.getpid(), signal.SIGKILL)


def watcher(path: str) -> None:
    """Look all the time whether a file is there and is a whole database."""
    looks = absent = odd = 0
    inodes = set()
    say("ready")
    while not told_to_end():
        looks += 1
        try:
            with open(path, "rb") as stream:  # noqa: PTH123
                inodes.add(os.fstat(stream.fileno()).st_ino)
                odd += stream.read(16) != b"SQLite format 3\0"
        except FileNotFoundError:
            absent += 1
        time.sleep(0.0005)
    say(json.dumps({"looks": looks, "absent": absent, "odd": odd, "inodes": len(inodes)}))


class Program:
    """One of these, running."""

    def __init__(self, name: str, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.programs", name, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self) -> dict[str, Any]:
        """Ask it to end; what it reports."""
        said, _ = self.process.communicate(timeout=30)
        lines = said.splitlines()
        return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}


@contextmanager
def running(name: str, path: Path) -> Iterator[Program]:
    program = Program(name, path)
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.process.kill()
        program.process.wait()


def two_tables(path: Path, *, mode: str = "wal", megabytes: int = 0) -> Path:
    """A database with two tables that agree; large on wish."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
    connection.executescript(
        "BEGIN; CREATE TABLE one (n); CREATE TABLE two (n); CREATE TABLE bulk (x);"
        "INSERT INTO one VALUES (0); INSERT INTO two VALUES (0);"
        "CREATE TABLE alembic_version (version_num); COMMIT"
    )
    connection.execute("BEGIN")
    for _ in range(megabytes):
        connection.execute("INSERT INTO bulk VALUES (zeroblob(1048576))")
    connection.execute("COMMIT")
    connection.close()
    return path


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
