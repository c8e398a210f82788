"""Both sides of a comparison in one connection, and how long the live one may be held.

The live database is the connection's own (`main`), opened by the rules of looking; a backup is
attached immutable, so nothing appears beside it. A gateway in rollback-journal mode cannot write
while a reader reads: there the look is bounded, and a copy of the database is compared instead
when it takes longer.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tui.core.errors import BusyError, DamagedError, McpdbError, PrecheckError, UsageError
from tui.core.models import Backup, Deployment, Side
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.reads.holding import HOLD
from tui.operations.reads.looking import BEING_REPLACED, LiveDatabase
from tui.services import files
from tui.services.compression import unpacked
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import (
    finished,
    require_database_file,
    translated,
    translating,
)
from tui.wording.clean import one_line

LIVE = "live"
"""The word for the live database."""

_CACHE_KIB = 8_000
"""Page cache of either side; the sorter of whole rows takes as much at most."""
_OPS_PER_CALL = 20_000

T = TypeVar("T")
Checkpoint = Callable[[], None]


class _HeldTooLongError(Exception):
    """Writers of a rollback-journal database have waited for as long as they may."""


@dataclass(frozen=True, slots=True)
class Both:
    """One connection that reads both databases, inside one transaction."""

    connection: sqlite3.Connection
    first: Side
    second: Side
    first_schema: str
    """`main` or `other`."""
    second_schema: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A side before it is open."""

    side: Side
    path: Path | None
    """Where a backup lies unpacked; None for the live database."""


def on_both(
    deployment: Deployment,
    first: str,
    second: str,
    work: Callable[[Both], T],
    *,
    checkpoint: Checkpoint,
    live: LiveDatabase | None = None,
) -> T:
    """Do something with both sides open.

    Args:
        deployment: Whose databases.
        first: `live`, or what `find_backup` understands.
        second: The same; not both are live.
        work: Done once, or again from the beginning on a copy of the live side.
        checkpoint: Called often; raises to stop.
        live: The live database as the caller reads it, so that `release` reaches this too.

    Raises:
        UsageError: Both sides are the live database.
        NotFoundError: There is no such backup or database.
        DamagedError: One of them cannot be read; says which.
        BusyError: The live one is being replaced, or is written too often to be copied.
        PrecheckError: One may not be read, or there is no space to unpack or copy it.
        McpdbError: Whatever `checkpoint` raises.
    """
    if first == second == LIVE:
        raise UsageError("The live database cannot be compared with itself; name a backup.")
    reader = live or LiveDatabase(deployment)
    with ExitStack() as stack:
        sides = [
            _live() if word == LIVE else _backup(deployment, word, stack, checkpoint)
            for word in (first, second)
        ]
        try:
            return _worked(reader, sides, work, checkpoint, None)
        except _HeldTooLongError:
            copy = stack.enter_context(_copied(reader, checkpoint))
            return _worked(reader, sides, work, checkpoint, copy)


def _live() -> _Wanted:
    return _Wanted(Side(word=LIVE, name=LIVE, taken="", revision=""), None)


def _backup(deployment: Deployment, word: str, stack: ExitStack, checkpoint: Checkpoint) -> _Wanted:
    backup: Backup = find_backup(deployment, word)
    path = stack.enter_context(unpacked(backup.path, lambda _done, _total: checkpoint()))
    require_database_file(path)
    known = str(backup.path) if "/" in word else backup.id
    taken = backup.taken.astimezone(UTC).isoformat()
    return _Wanted(Side(word=known, name=backup.path.name, taken=taken, revision=""), path)


@contextmanager
def _copied(reader: LiveDatabase, checkpoint: Checkpoint) -> Iterator[Path]:
    """A consistent copy of the live database, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mcpdb-compare-") as folder:
        facts = reader.facts()
        files.require_space(Path(folder), facts.size + facts.wal_size, "A copy to compare")
        copy = Path(folder) / "live.db"
        with reader.opened() as opened, translating(reader.path):
            copying.copy(opened.connection, copy, lambda _done, _total: checkpoint(), hold=HOLD)
        yield copy


def _worked(
    reader: LiveDatabase,
    sides: list[_Wanted],
    work: Callable[[Both], T],
    checkpoint: Checkpoint,
    copy: Path | None,
) -> T:
    """Open the live side, or the first one, attach the other, and work."""
    main = next((n for n, side in enumerate(sides) if side.path is None), 0)
    attached = sides[1 - main].path or reader.path
    with _main(reader, sides[main].path or copy) as (connection, bounded):
        watch = _Watch(checkpoint, HOLD if bounded else None)
        try:
            _attach(connection, attached)
            connection.set_progress_handler(watch, _OPS_PER_CALL)
            connection.execute("BEGIN")
            schemas = ("main", "other") if main == 0 else ("other", "main")
            first, second = map(_told, (connection, connection), sides, schemas)
            return work(Both(connection, first, second, *schemas))
        except sqlite3.Error as error:
            connection.set_progress_handler(None, 0)
            path = sides[main].path or reader.path
            raise _trouble(error, watch, connection, path, attached) from error
        except McpdbError as error:
            # ATTACH that is interrupted says that the file cannot be opened.
            if reader.released:
                raise BusyError(BEING_REPLACED) from error
            raise
        finally:
            connection.set_progress_handler(None, 0)
            if connection.in_transaction:
                connection.rollback()


@contextmanager
def _main(reader: LiveDatabase, path: Path | None) -> Iterator[tuple[sqlite3.Connection, bool]]:
    """The connection, and whether reading it holds writers up.

    Args:
        reader: The live database.
        path: A finished file instead of it.
    """
    if path is not None:
        with finished(path) as connection:
            yield connection, False
        return
    with reader.opened() as opened:
        (mode,) = opened.connection.execute("PRAGMA journal_mode").fetchone()
        yield opened.connection, opened.how == "live" and mode != "wal"


def _attach(connection: sqlite3.Connection, attached: Path) -> None:
    for setting in ("automatic_index=0", "temp_store=1", f"cache_size=-{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {setting}")
    uri = f"{attached.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        connection.execute("ATTACH ? AS other", (uri,))
        connection.execute("SELECT count(*) FROM other.sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        if "text encoding" in str(error):
            raise PrecheckError(
                f"{one_line(attached.name)} keeps text in another encoding than the other "
                "database; the two cannot be compared."
            ) from error
        raise translated(error, attached) from error
    except sqlite3.DatabaseError as error:
        raise translated(error, attached) from error
    connection.execute(f"PRAGMA other.cache_size=-{_CACHE_KIB}")


def _told(connection: sqlite3.Connection, wanted: _Wanted, schema: str) -> Side:
    """A side with the revision that its database has, in the transaction that is compared."""
    revision = " ".join(inspection.revisions(connection, schema))
    side = replace(wanted.side, revision=revision)
    return side if side.taken else replace(side, taken=datetime.now(UTC).isoformat())


class _Watch:
    """SQLite's progress handler: it cannot raise, so it keeps what stopped it."""

    def __init__(self, checkpoint: Checkpoint, hold: float | None) -> None:
        self._checkpoint = checkpoint
        self._deadline = None if hold is None else time.monotonic() + hold
        self.stopped: McpdbError | None = None
        self.late = False

    def __call__(self) -> int:
        self.late = self._deadline is not None and time.monotonic() > self._deadline
        try:
            self._checkpoint()
        except McpdbError as error:
            self.stopped = error
        return int(self.late or self.stopped is not None)


def _trouble(
    error: sqlite3.Error,
    watch: _Watch,
    connection: sqlite3.Connection,
    main: Path,
    attached: Path,
) -> Exception:
    """What an error of SQLite means here."""
    if watch.stopped is not None:
        return watch.stopped
    if watch.late:
        return _HeldTooLongError()
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return BusyError(BEING_REPLACED)
    if code == sqlite3.SQLITE_FULL:
        return PrecheckError("No space left in the temporary folder to sort what differs.")
    if code != sqlite3.SQLITE_CORRUPT:
        return translated(error, main)
    # SQLite does not say which file it means; the one that is not whole is.
    for schema, path in (("main", main), ("other", attached)):
        try:
            whole = connection.execute(f"PRAGMA {schema}.quick_check(1)").fetchone() == ("ok",)
        except sqlite3.Error:
            whole = False
        if not whole:
            return translated(error, path)
    return DamagedError(
        f"{one_line(main.name)} or {one_line(attached.name)} cannot be read: "
        f"{one_line(str(error))}."
    )
