"""Bringing rows back into a live database, in a process of its own.

Run as `python -m tui.services.live.bringing_helper` by `BringHelper`. It opens the live file,
proves that nobody else has it, and holds it until the end: neither a reader nor the gateway gets in
between the proof, the safety copy and the commit. It inherits the database's lock, so nobody can
begin a recovery while it still runs.

Conversation, one line each: the request as JSON → `proved {…}` or `waiting …` lines; then
`copy {…}` → `tick …` lines and `copied {…}`; `write {…}` → `tick …` lines and `written {…}`;
`commit {}` → `committed {}`. Anything else, and the end of input (our parent died or gave up),
also in the middle of a copy or of writing, takes everything back. `failed {…}` ends it.
"""

from __future__ import annotations

import json
import math
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.services.live.owning import (
    Before,
    UnwantedError,
    fail,
    key,
    kind_of,
    prove,
    put_back,
    say,
    unwanted,
)
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.bringing import RefusedError, Writer
from tui.services.sqlite.choosing import Selection
from tui.services.sqlite.connections import connect
from tui.services.sqlite.shapes import BACKUP, attach

_OPS_PER_LOOK = 50_000
"""Steps of SQLite's machine between two looks at our parent: a few milliseconds."""

_TICKS = 0.2
"""Seconds between two ticks."""


class _Session:
    """One live file, from the proof to the commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._told = 0.0

    def serve(self) -> None:
        """Do what is said, line by line."""
        orders: dict[str, Callable[[dict[str, Any]], None]] = {
            "copy": self._copy,
            "write": self._write,
        }
        while True:
            word, _space, rest = sys.stdin.readline().strip().partition(" ")
            if word == "commit":
                self._connection.execute("COMMIT")
                # A parent that died after its word finds it carried out.
                with suppress(OSError):
                    say("committed")
                return
            if word not in orders:
                return
            orders[word](json.loads(rest))

    def _tick(self, done: int, total: int) -> None:
        if unwanted():
            raise UnwantedError
        now = time.monotonic()
        if now - self._told >= _TICKS:
            self._told = now
            say("tick", done=done, total=total)

    def _copy(self, request: dict[str, Any]) -> None:
        try:
            copying.copy(self._connection, Path(request["target"]), self._tick, hold=math.inf)
        except McpdbError as error:
            cause = error.__cause__
            kind = kind_of(cause) if isinstance(cause, sqlite3.Error) else "os"
            fail(kind, str(error).rstrip("."), copying=True)
        rows = inspection.counts(self._connection, lambda: self._tick(0, 0))
        say("copied", rows=rows)

    def _write(self, request: dict[str, Any]) -> None:
        connection = self._connection
        selection = Selection(
            tables=tuple(request["tables"]),
            rows=request["rows"],
            related=bool(request["related"]),
            ignored=tuple(request["ignored"]),
        )
        attach(connection, Path(request["backup"]))
        # What is written is proved by looking; nothing may be changed on the way to it.
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("BEGIN IMMEDIATE")
        connection.set_progress_handler(self._wanted, _OPS_PER_LOOK)
        try:
            witness = Writer(connection, selection).write(request["expected"])
        except RefusedError as error:
            fail(error.kind, str(error))
        except McpdbError as error:
            fail("moved", str(error).rstrip("."))
        except sqlite3.IntegrityError as error:
            fail("broken", str(error))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise UnwantedError from error
            raise
        finally:
            connection.set_progress_handler(None, 0)
        say("written", witness=witness)

    def _wanted(self) -> int:
        """A progress handler for SQLite: it cannot raise, so it asks for an interrupt."""
        try:
            self._tick(0, 0)
        except (UnwantedError, OSError):
            return 1
        return 0


def _leave(connection: sqlite3.Connection, live: Path, before: Before) -> None:
    """Take back what was not committed, and give the file its journal mode again."""
    with suppress(sqlite3.Error):
        connection.rollback()
    # Before the modes are set: what is attached would be asked for them as well.
    with suppress(sqlite3.Error):
        connection.execute(f"DETACH {BACKUP}")
    put_back(connection, live, before)


def _hold(request: dict[str, Any]) -> None:
    live = Path(request["live"])
    before = Before(key(live), "")
    # rw, not rwc: a missing file must not be made by proving that nobody has it.
    with closing(connect(live, "mode=rw", timeout=0)) as connection:
        # The journal's end is the commit: it must be on disk before we say so.
        connection.execute("PRAGMA synchronous=EXTRA")
        try:
            if prove(connection, live, float(request["deadline"]), before, keep_lock=True):
                say("proved", journal_mode=before.mode)
                _Session(connection).serve()
        except UnwantedError:
            pass
        finally:
            _leave(connection, live, before)


def main() -> None:
    """Serve one request; see the module for the conversation."""
    line = sys.stdin.readline()
    if not line.strip():
        return
    try:
        _hold(json.loads(line))
    except sqlite3.Error as error:
        fail(kind_of(error), str(error))
    except (BrokenPipeError, KeyboardInterrupt):
        with suppress(OSError):
            sys.stdout.close()
    except OSError as error:
        fail("os", f"{error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
