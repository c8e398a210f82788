"""Owning a live database alone: what the helper that swaps or overwrites it stands on.

Only `tui.services.live.swap` uses it, in a process of its own. Standard library only, for the
helper is started on the way to a stop of the gateway.
"""

from __future__ import annotations

import json
import os
import select
import sqlite3
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tui.services.live.index_room import has_room

POLL = 0.1
"""Seconds between two attempts to own the file alone."""


class UnwantedError(Exception):
    """Our parent gave up or died: everything is put back."""


def say(word: str, **values: object) -> None:
    """Tell our parent one line."""
    sys.stdout.write(f"{word} {json.dumps(values)}\n")
    sys.stdout.flush()


def fail(kind: str, text: str, **values: object) -> NoReturn:
    """Tell our parent what went wrong, and end."""
    with suppress(OSError):
        say("failed", error=kind, text=text, **values)
    raise SystemExit(1)


def kind_of(error: sqlite3.Error) -> str:
    """What an error of SQLite means for our parent: `full`, `io`, `denied` or `damaged`."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return "full"
    if code == sqlite3.SQLITE_IOERR:
        return "io"
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY):
        return "denied"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "busy"
    return "damaged"


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sidecars(live: Path) -> list[Path]:
    """What SQLite has beside a database."""
    return [
        path
        for suffix in ("-wal", "-shm", "-journal")
        if (path := live.with_name(live.name + suffix)).exists()
    ]


def key(path: Path) -> tuple[int, int]:
    """Which file stands at a path."""
    found = os.lstat(path)
    return found.st_dev, found.st_ino


@dataclass
class Before:
    """What stood at the live path before anything was done to it."""

    key: tuple[int, int]
    mode: str
    """Its journal mode; empty until it could be read."""


def pragma(connection: sqlite3.Connection, text: str) -> Any:  # noqa: ANN401
    """What SQLite answers to a PRAGMA."""
    row = connection.execute(f"PRAGMA {text}").fetchone()
    return row and row[0]


def connect(live: Path) -> sqlite3.Connection:
    """Open it for writing; a missing file is not made by proving that nobody has it."""
    address = f"{live.as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)
    if not has_room(live):
        # Before the first access: then the index of the WAL is in this process's own memory, and
        # the file is had alone or not at all (sqlite.org, wal.html section 8).
        pragma(connection, "locking_mode=EXCLUSIVE")
    return connection


def unwanted(seconds: float = 0.0) -> bool:
    """Whether our parent says something within `seconds`; also the end of input is a word."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def put_back(connection: sqlite3.Connection, live: Path, before: Before) -> None:
    """Give the file the journal mode it had; somebody who has it open now sets their own."""
    with suppress(sqlite3.Error, OSError):
        connection.rollback()
        # Never once another file has the name: its sidecars would be made by this connection.
        if key(live) == before.key:
            set_mode(connection, live, before.mode)


def set_mode(connection: sqlite3.Connection, live: Path, mode: str) -> None:
    """Leave exclusive locking, drop a cold journal, and set WAL where that is wanted."""
    pragma(connection, f"locking_mode={'NORMAL' if has_room(live) else 'EXCLUSIVE'}")
    # The lock is given back by the first read after that.
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    drop_cold_journal(connection, live)
    if mode == "wal":
        pragma(connection, "journal_mode=WAL")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def drop_cold_journal(connection: sqlite3.Connection, live: Path) -> None:
    """Have SQLite itself remove a journal that a habit like TRUNCATE or PERSIST left (I5)."""
    if live.with_name(live.name + "-journal").exists():
        # It is removed on the way back from that mode.
        pragma(connection, "journal_mode=TRUNCATE")
        pragma(connection, "journal_mode=DELETE")


def drop_cold_index(connection: sqlite3.Connection, live: Path) -> None:
    """Have SQLite itself remove a shared memory that this connection never used (I5).

    That is so where there was no room for it; the WAL that was absorbed has made some.
    """
    index = live.with_name(live.name + "-shm")
    if not index.exists():
        return
    fsync_folder(live.parent)  # ext4 counts what was freed only then
    if not has_room(live):
        fail("full", f"{live.parent} is full")
    set_mode(connection, live, "wal")
    pragma(connection, "journal_mode=DELETE")


def prove(
    connection: sqlite3.Connection,
    live: Path,
    deadline: float,
    before: Before,
    *,
    keep_lock: bool = False,
) -> bool:
    """Absorb the WAL and hold the file exclusively; False when our parent does not want it.

    `PRAGMA journal_mode=DELETE` succeeds only for the one connection that is left: even an
    idle reader of a WAL file makes it busy.

    Args:
        connection: From `connect`.
        live: The file.
        deadline: Seconds to wait for others.
        before: Told the journal mode.
        keep_lock: Hold it by exclusive locking instead of by a transaction: the backup API
            begins transactions of its own.
    """
    limit, told = time.monotonic() + deadline, 0.0
    while True:
        try:
            if keep_lock and has_room(live):
                pragma(connection, "locking_mode=NORMAL")
            before.mode = before.mode or str(pragma(connection, "journal_mode"))
            if pragma(connection, "journal_mode=DELETE") == "delete":
                drop_cold_journal(connection, live)
                drop_cold_index(connection, live)
                if keep_lock:
                    pragma(connection, "locking_mode=EXCLUSIVE")
                connection.execute("BEGIN EXCLUSIVE")
                if keep_lock:
                    connection.execute("COMMIT")
                return True
        except sqlite3.OperationalError as error:
            if kind_of(error) != "busy":
                raise
        now = time.monotonic()
        if now >= limit:
            fail("busy", "another process has the database open")
        if now - told >= 1:
            told = now
            say("waiting", left=round(limit - now, 1))
        if unwanted(POLL):
            return False
