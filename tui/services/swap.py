"""Putting one file in the place of a live database, in a process of its own.

Run as `python -m tui.services.swap` by `SwapHelper`. The helper is the only code that opens a
live database for writing, and the operation's own process never opens it at all while the
helper lives: closing any descriptor would drop the locks that prove sole ownership (I5). It
inherits the database's lock, so nobody can begin a recovery while it still runs.

Conversation, one line each: the request as JSON → `proved {…}` or `waiting …` lines, or
`failed {…}`; then `go` → `swapped {…}`; or `back` (or the end of input: our parent died) → the
journal mode is put back and nothing was changed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from contextlib import closing, suppress
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


def _connect(live: Path) -> sqlite3.Connection:
    # rw, not rwc: a missing file must not be made by proving that nobody has it.
    return sqlite3.connect(f"{live.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)


def _prove(connection: sqlite3.Connection, deadline: float) -> str:
    """Absorb the WAL and hold the file exclusively; return the journal mode it had.

    `PRAGMA journal_mode=DELETE` succeeds only for the one connection that is left: even an
    idle reader makes it busy.
    """
    limit, told = time.monotonic() + deadline, 0.0
    mode = ""
    while True:
        try:
            mode = mode or str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            (answer,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            if answer == "delete":
                connection.execute("BEGIN EXCLUSIVE")
                return mode
        except sqlite3.OperationalError as error:
            if (error.sqlite_errorcode & 0xFF) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
        now = time.monotonic()
        if now >= limit:
            _fail("busy", "another process has the database open")
        if now - told >= 1:
            told = now
            _say("waiting", left=round(limit - now, 1))
        time.sleep(POLL)


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
    with closing(_connect(live)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        mode = _prove(connection, float(request["deadline"]))
        if left := _sidecars(live):
            _fail("busy", f"{left[0].name} is still there")
        _say("proved", journal_mode=mode)
        if sys.stdin.readline().strip() == "go":
            incoming = request["incoming"]
            keep = request["keep"]
            _exchange(live, Path(incoming), keep and Path(keep), [])
            _say("swapped")
            return
        connection.rollback()
        if mode == "wal":
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    _say("back", journal_mode=mode)


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
    except FileExistsError as error:
        _fail("exists", f"{error.filename2 or error.filename} is already there")
    except OSError as error:
        _fail("os", f"{error.strerror}: {error.filename}")
    except (BrokenPipeError, KeyboardInterrupt):
        with suppress(OSError):
            sys.stdout.close()


if __name__ == "__main__":
    main()
