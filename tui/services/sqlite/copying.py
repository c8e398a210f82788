"""A consistent copy of a live database through SQLite's backup API.

One read transaction is held on the source for the whole copy: without it every commit of the
gateway restarts the copy from its first page, and it may never end (measured: 372 restarts in
8 s). In WAL mode that transaction blocks nobody; in rollback-journal mode it holds up writers,
so there it is bounded.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import BusyError, McpdbError
from tui.services.files import Tick, denied, fsync_file, fsync_folder
from tui.services.sqlite.connections import connect, sidecar, translated

STEP_BYTES = 16 * 1024 * 1024
"""How much is copied between two looks at the wish to cancel."""

SMALL_STEP_PAGES = 1_000
MAX_RESTARTS = 20
PATIENCE = 5.0
"""Seconds that a copy in small steps may wait for a lock, or copy the same pages again."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How a copy went."""

    journal_mode: str
    """The source's: `wal` or `delete`."""
    restarts: int
    """How often a writer made it begin again; 0 in WAL mode."""


class _TooLongError(Exception):
    """The read transaction held up writers for as long as it may."""


def copy(source: sqlite3.Connection, target: Path, tick: Tick, *, hold: float) -> Copied:
    """Copy what `source` sees now into a new private file, durable when it returns.

    Args:
        source: A connection that only reads, see `connections.look`.
        target: A name that does not exist yet; the caller removes it after a failure.
        tick: Bytes copied and in all; may raise to cancel.
        hold: Seconds that writers of a rollback-journal database may be held up.

    Raises:
        BusyError: A rollback-journal source was written too often or for too long.
        PrecheckError: No space, no permission.
    """
    try:
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        os.close(descriptor)
    except OSError as error:
        raise denied("write", target, error) from error
    try:
        (mode,) = source.execute("PRAGMA journal_mode").fetchone()
        (page_size,) = source.execute("PRAGMA page_size").fetchone()
        pages = max(1, STEP_BYTES // int(page_size))
        restarts = 0
        try:
            _held(source, target, tick, int(page_size), pages, None if mode == "wal" else hold)
        except _TooLongError:
            restarts = _stepwise(source, target, tick, int(page_size))
        with closing(connect(target, "mode=rw")) as connection:
            # The copy carries the WAL flag of its source; without this, reading it would make
            # sidecars beside it.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        fsync_file(target)
        fsync_folder(target.parent)
        return Copied(str(mode), restarts)
    except sqlite3.Error as error:
        raise translated(error, _about(error, source, target)) from error


def _about(error: sqlite3.Error, source: sqlite3.Connection, target: Path) -> Path:
    """Which of the two files an error is about: the target is never read."""
    if getattr(error, "sqlite_errorname", "") in ("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ"):
        with suppress(sqlite3.Error):
            _number, _name, file = source.execute("PRAGMA database_list").fetchone()
            return Path(file) if file else target
    return target


def _held(
    source: sqlite3.Connection,
    target: Path,
    tick: Tick,
    page_size: int,
    pages: int,
    hold: float | None,
) -> None:
    """Copy inside one read transaction; give up after `hold` seconds unless it is None."""
    deadline = None if hold is None else time.monotonic() + hold

    def progress(_status: int, remaining: int, total: int) -> None:
        if deadline is not None and remaining and time.monotonic() > deadline:
            raise _TooLongError
        tick((total - remaining) * page_size, total * page_size)

    # Small steps where somebody waits: the deadline is looked at between them.
    _transfer(source, target, pages if hold is None else SMALL_STEP_PAGES, progress, held=True)


def _stepwise(source: sqlite3.Connection, target: Path, tick: Tick, page_size: int) -> int:
    """Copy with the lock given back after every step; return how often it began again."""
    least, last, restarts = -1, -1, 0
    advanced = time.monotonic()

    def progress(status: int, remaining: int, total: int) -> None:
        nonlocal least, last, restarts, advanced
        tick((total - remaining) * page_size, total * page_size)
        if remaining == 0:
            return
        # A copy that begins again after every step has as much left each time; and SQLite's
        # own loop would wait for a lock for ever.
        if status == sqlite3.SQLITE_OK:
            restarts += last >= 0 and remaining >= last
            last = remaining
            if least < 0 or remaining < least:
                least, advanced = remaining, time.monotonic()
        if restarts > MAX_RESTARTS or time.monotonic() > advanced + PATIENCE:
            raise BusyError(
                "Journal mode delete: the copy would hold up the gateway's writes for too "
                "long; stopped, nothing was kept. A cold backup works: `backup create --cold`."
            )

    target.unlink()
    _transfer(source, target, SMALL_STEP_PAGES, progress, held=False)
    return restarts


def _transfer(
    source: sqlite3.Connection,
    target: Path,
    pages: int,
    progress: Callable[[int, int, int], None],
    *,
    held: bool,
) -> None:
    with closing(connect(target, "mode=rwc")) as destination:
        # Nobody reads the target before it is synced and verified: no journal is needed, and
        # a kill leaves a `.partial` that is swept.
        destination.execute("PRAGMA journal_mode=OFF").fetchone()
        destination.execute("PRAGMA synchronous=OFF")
        if held:
            source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            source.backup(destination, pages=pages, progress=progress)
        finally:
            if held:
                source.rollback()


def set_journal_mode(path: Path, mode: str) -> None:
    """Put a private file into a journal mode; leaves no sidecar behind.

    Raises:
        McpdbError: SQLite answers another mode.
    """
    try:
        with closing(connect(path, "mode=rw")) as connection:
            (answer,) = connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
            if answer == "wal":
                # Something must be read for the close to fold the sidecars away.
                connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        raise translated(error, path) from error
    if answer != mode:
        raise McpdbError(f"{path.name}: journal mode {mode} was asked for, SQLite says {answer}.")


def discard(partial: Path) -> None:
    """Remove a half-made file and what SQLite may have left beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            sidecar(partial, suffix).unlink()
