"""Rows copied aside inside SQLite, so that writing them out slowly holds up nobody.

Whoever reads a live WAL database keeps its WAL from being taken in: it grows for as long as the
read lasts, and a pipe into a pager lasts for ever. So all that is wanted of a live file is first
copied into a private scratch file, in one read transaction and at SQLite's own speed; what is
written out is read from there. Everything in it is of one moment, and it holds only what was
asked for: no secret that is left out ever reaches the disk.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.services.files import denied
from tui.services.rows_out.values import text_value
from tui.services.sqlite import copying
from tui.services.sqlite.connections import Opened, connect, translated
from tui.wording.clean import one_line

LARGEST_ROW = 16 * 1024 * 1024
"""Bytes of a row that is still written out: it lies in memory several times on its way."""

HOLD = 4.0
"""Seconds that writers of a rollback-journal database may be held up: below the gateway's own
busy timeout of 5 s."""

_OPS_PER_LOOK = 20_000
_SPOOL = "spool"


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are written into one file."""

    name: str
    """The table's, or what a result is called."""
    columns: tuple[str, ...]
    """Each once."""
    sql: str
    """A SELECT of these columns."""
    values: tuple[Any, ...] = ()


@contextmanager
def spooled(
    source: Opened,
    live: Path,
    parts: Sequence[Part],
    scratch: Path,
    checkpoint: Callable[[], None],
) -> Iterator[tuple[sqlite3.Connection, Sequence[Part]]]:
    """Copy rows of a live database aside and read them from there.

    Args:
        source: Only reads; holds a transaction while it copies, and is needed no longer.
        live: Its file, for sentences.
        parts: What is copied.
        scratch: A name that does not exist yet; the file is gone afterwards.
        checkpoint: Called often; raises to stop.

    Raises:
        BusyError: A rollback-journal file would have to be held for longer than `HOLD`.
        PrecheckError: No space, no permission, or a row is larger than `LARGEST_ROW`.
        McpdbError: It cannot be read.
    """
    try:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        os.close(os.open(scratch, flags, 0o600))
    except OSError as error:
        raise denied("write", scratch, error) from error
    try:
        found = _copied(source, live, parts, scratch, checkpoint)
        with closing(connect(scratch, "mode=ro")) as connection:
            yield connection, found
    finally:
        copying.discard(scratch)


def rows_of(connection: sqlite3.Connection, part: Part, path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a part, one after the other; text as `values.text_value` gives it.

    Raises:
        PrecheckError: A row is larger than `LARGEST_ROW`.
        McpdbError: They cannot be read.
    """
    connection.text_factory = text_value
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_ROW)
    with _telling(part, path):
        # No `yield from`: it would close the cursor after the connection, where a write failed.
        for row in connection.execute(part.sql, part.values):  # noqa: UP028
            yield row


def _copied(
    opened: Opened,
    live: Path,
    parts: Sequence[Part],
    scratch: Path,
    checkpoint: Callable[[], None],
) -> list[Part]:
    source, until = opened.connection, _until(opened)
    reason: list[McpdbError] = []

    def look() -> int:
        try:
            checkpoint()
            if time.monotonic() > until:
                raise BusyError(
                    "Journal mode delete: reading it all would hold up the gateway's writes for "
                    "too long; nothing was written. Export a backup instead: --backup latest."
                )
        except McpdbError as error:
            reason.append(error)
            return 1
        return 0

    source.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_ROW)
    source.execute(f"ATTACH ? AS {_SPOOL}", (f"{scratch.absolute().as_uri()}?mode=rw",))
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            source.execute(f"PRAGMA {_SPOOL}.{pragma}").fetchone()
        source.set_progress_handler(look, _OPS_PER_LOOK)
        source.execute("BEGIN")
        found = []
        for number, part in enumerate(parts):
            with _telling(part, live, reason, scratch):
                found.append(_copy(source, part, f"p{number}"))
        source.execute("COMMIT")
        return found
    except sqlite3.Error as error:
        raise translated(error, scratch) from error
    finally:
        source.set_progress_handler(None, 0)
        with suppress(sqlite3.Error):
            source.rollback()
        with suppress(sqlite3.Error):
            source.execute(f"DETACH {_SPOOL}")


def _until(opened: Opened) -> float:
    """Until when the read transaction may last: a WAL's reader holds up nobody's writes."""
    (mode,) = opened.connection.execute("PRAGMA main.journal_mode").fetchone()
    holds_up = opened.how == "live" and mode != "wal"
    return time.monotonic() + HOLD if holds_up else float("inf")


def _copy(source: sqlite3.Connection, part: Part, name: str) -> Part:
    # Columns without a type keep every value exactly as it is.
    columns = ", ".join(f"c{n}" for n in range(len(part.columns)))
    source.execute(f"CREATE TABLE {_SPOOL}.{name} ({columns})")
    source.execute(f"INSERT INTO {_SPOOL}.{name} {part.sql}", part.values)
    return replace(part, sql=f"SELECT {columns} FROM {name} ORDER BY rowid", values=())


@contextmanager
def _telling(
    part: Part, path: Path, reason: Sequence[McpdbError] = (), scratch: Path | None = None
) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if reason:
            raise reason[0] from error
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code == sqlite3.SQLITE_TOOBIG:
            raise PrecheckError(
                f"{one_line(part.name)} has a row of more than {LARGEST_ROW >> 20} MiB, which an "
                "export does not write; a backup has it. Nothing was written."
            ) from error
        # The scratch file has a name of ours; where there is no room is what helps.
        full = scratch is not None and code == sqlite3.SQLITE_FULL
        about = scratch.parent if scratch is not None and full else path
        raise translated(error, about) from error
