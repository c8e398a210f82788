"""Putting one file in the place of a live database, in a process of its own.

Run as `python -m tui.services.swap` by `SwapHelper`. The helper is the only code that opens a
live database for writing, and the operation's own process never opens it at all while the
helper lives: closing any descriptor would drop the locks that prove sole ownership (I5). It
inherits the database's lock, so nobody can begin a recovery while it still runs.

Conversation, one line each: the request as JSON → `proved {…}` or `waiting …` lines, or
`failed {…}`; then `go` → `swapped {…}`; or `back` (or the end of input: our parent died), also
while waiting → the journal mode is put back and nothing was changed.
"""

from __future__ import annotations

import json
import os
import select
import sqlite3
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

POLL = 0.1
"""Seconds between two attempts to own the file alone."""


def _say(word: str, **values: object) -> None:
    sys.stdout.write(f"{word} {json.dumps(values)}\n")
    sys.stdout.flush()


def _fail(kind: str, text: str) -> NoReturn:
    _say("failed", error=kind, text=text)
    raise SystemExit(1)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sidecars(live: Path) -> list[Path]:
    return [
        path
        for suffix in ("-wal", "-shm", "-journal")
        if (path := live.with_name(live.name + suffix)).exists()
    ]


@dataclass
class _Before:
    """What stood at the live path before anything was done to it."""

    key: tuple[int, int]
    mode: str
    """Its journal mode; empty until it could be read."""


def _key(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _pragma(connection: sqlite3.Connection, text: str) -> str:
    return str(connection.execute(f"PRAGMA {text}").fetchone()[0])


def _put_back(connection: sqlite3.Connection, live: Path, before: _Before) -> None:
    """Give the file the journal mode it had; somebody who has it open now sets their own."""
    with suppress(sqlite3.Error, OSError):
        connection.rollback()
        # Never once another file has the name: its sidecars would be made by this connection.
        if before.mode == "wal" and _key(live) == before.key:
            _pragma(connection, "journal_mode=WAL")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _connect(live: Path) -> sqlite3.Connection:
    # rw, not rwc: a missing file must not be made by proving that nobody has it.
    return sqlite3.connect(f"{live.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)


def _prove(connection: sqlite3.Connection, live: Path, deadline: float, before: _Before) -> bool:
    """Absorb the WAL and hold the file exclusively; False when our parent does not want it.

    `PRAGMA journal_mode=DELETE` succeeds only for the one connection that is left: even an
    idle reader of a WAL file makes it busy.
    """
    limit, told = time.monotonic() + deadline, 0.0
    while True:
        try:
            before.mode = before.mode or _pragma(connection, "journal_mode")
            if _pragma(connection, "journal_mode=DELETE") == "delete":
                if live.with_name(live.name + "-journal").exists():
                    # A gateway that works with TRUNCATE or PERSIST leaves a cold journal. It
                    # is removed by SQLite itself, on the way back from that mode.
                    _pragma(connection, "journal_mode=TRUNCATE")
                    _pragma(connection, "journal_mode=DELETE")
                connection.execute("BEGIN EXCLUSIVE")
                return True
        except sqlite3.OperationalError as error:
            if (error.sqlite_errorcode & 0xFF) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
        now = time.monotonic()
        if now >= limit:
            _fail("busy", "another process has the database open")
        if now - told >= 1:
            told = now
            _say("waiting", left=round(limit - now, 1))
        # Also the end of input is something to read: our parent gave up or died.
        if select.select([sys.stdin], [], [], POLL)[0]:
            return False


def _exchange(live: Path, incoming: Path, keep: Path | None, sidecars: list[Path]) -> None:
    """Keep the old file under `keep`, then let the new one take its name, in one rename."""
    if keep is not None:
        os.link(live, keep, follow_symlinks=False)
        _fsync_folder(keep.parent)
        for sidecar in sidecars:
            sidecar.rename(keep.with_name(keep.name + sidecar.name.removeprefix(live.name)))
    incoming.rename(live)
    _fsync_folder(live.parent)
    if incoming.parent != live.parent:
        _fsync_folder(incoming.parent)


def _owned(request: dict[str, Any], live: Path) -> None:
    """The ordinary case: SQLite can read the old file and proves that nobody else has it."""
    before = _Before(_key(live), str(request.get("journal_mode") or ""))
    with closing(_connect(live)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        swapped = False
        try:
            if _prove(connection, live, float(request["deadline"]), before):
                if left := _sidecars(live):
                    _fail("busy", f"{left[0].name} is still there")
                _say("proved", journal_mode=before.mode)
                if sys.stdin.readline().strip() == "go":
                    incoming, keep = Path(request["incoming"]), request["keep"]
                    _exchange(live, incoming, keep and Path(keep), [])
                    swapped = True
        finally:
            # Whatever went wrong, also a parent that is not there any more to be told.
            if not swapped:
                _put_back(connection, live, before)
    _say("swapped" if swapped else "back", journal_mode=before.mode)


def _damaged(request: dict[str, Any], live: Path) -> None:
    """The old file is beyond SQLite: it is set aside as found, with its sidecars (I8)."""
    _say("proved", journal_mode="")
    if sys.stdin.readline().strip() == "go":
        _exchange(live, Path(request["incoming"]), Path(request["keep"]), _sidecars(live))
        _say("swapped")
    else:
        _say("back", journal_mode="")


def main() -> None:
    """Serve one exchange; see the module for the conversation."""
    line = sys.stdin.readline()
    if not line.strip():
        return
    request = json.loads(line)
    live = Path(request["live"])
    try:
        if request.get("damaged"):
            _damaged(request, live)
        else:
            _owned(request, live)
    except sqlite3.DatabaseError as error:
        _fail("damaged", str(error))
    except (BrokenPipeError, KeyboardInterrupt):
        with suppress(OSError):
            sys.stdout.close()
    except FileExistsError as error:
        _fail("exists", f"{error.filename2 or error.filename} is already there")
    except OSError as error:
        _fail("os", f"{error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
