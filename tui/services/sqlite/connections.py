"""Opening a database so that looking at it never breaks the gateway.

A plain `mode=ro` connection to a stopped WAL database creates `-wal` and `-shm` that belong to
whoever looks; a gateway that runs as another user then cannot write any more (measured with the
real gateway). So how a file is opened depends on who we are, which sidecars exist and whether
the gateway is up.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import (
    BusyError,
    DamagedError,
    DiskError,
    McpdbError,
    NotFoundError,
    PrecheckError,
    VerificationError,
)
from tui.core.models import FileIdentity
from tui.services import files
from tui.services.live.holders import lock_holder
from tui.services.live.index_room import has_room
from tui.wording.clean import one_line

BUSY_TIMEOUT = 2.0
"""Seconds a reader waits for a lock before it says who holds it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection, and how it came about."""

    connection: sqlite3.Connection
    how: str
    """`live`, `immutable` or `scratch copy`."""
    journal_mode: str = ""
    """The file's, where the connection itself cannot tell it: `immutable` knows no WAL."""


def sidecar(database: Path, suffix: str) -> Path:
    """The `-wal`, `-shm` or `-journal` beside a database."""
    return database.with_name(database.name + suffix)


def _text(value: bytes) -> str | bytes:
    """Text as text, and what is not UTF-8 as the bytes it is."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def connect(path: Path, mode: str, *, timeout: float = BUSY_TIMEOUT) -> sqlite3.Connection:
    """Open a file in one of SQLite's ways; `mode` is a URI query such as `mode=ro`.

    The connection may be closed and interrupted from another thread. Schemas of files from
    elsewhere are not trusted: no functions with side effects, no extensions.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _text
    connection.execute("PRAGMA trusted_schema=0")
    connection.execute("PRAGMA cell_size_check=1")
    return connection


def translated(error: sqlite3.Error, path: Path) -> McpdbError:
    """The one sentence for what SQLite says about a file."""
    name, text = one_line(str(path)), one_line(str(error))
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedError(f"{name} cannot be read as a database: {text}.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        holder = lock_holder(path)
        who = one_line(holder.describe()) if holder else "another process"
        return BusyError(f"{name} is locked by {who}: {text}.")
    if code == sqlite3.SQLITE_FULL:
        return PrecheckError(f"No space left while writing {name}.")
    if code == sqlite3.SQLITE_IOERR:
        return DiskError(f"I/O error in {name}: {text}.", path)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY):
        me = files.user_name(os.geteuid())
        return PrecheckError(f"{name} cannot be opened by {me}: {text}.")
    return VerificationError(f"{name}: {text}.")


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about `path` into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except UnicodeDecodeError as error:
        # SQLite quotes what is wrong with a schema, and Python cannot read what it quotes.
        raise DamagedError(f"{one_line(str(path))} is damaged: its schema is malformed.") from error


def require_database_file(path: Path) -> FileIdentity:
    """Say in plain words why a path cannot be a database, without opening it.

    Raises:
        NotFoundError: Nothing is there.
        VerificationError: It is no plain file, or has 0 bytes.
    """
    found = files.identity(path)
    if found is None:
        raise NotFoundError(f"There is no database at {one_line(str(path))}.")
    if not files.is_regular(found):
        raise VerificationError(f"{one_line(str(path))} is not a plain file.")
    if found.size == 0:
        raise VerificationError(
            f"{one_line(str(path))} has 0 bytes: a start of the gateway was cut; "
            "its next start fills it."
        )
    return found


@contextmanager
def look(database: Path, *, gateway_up: Callable[[], bool]) -> Iterator[Opened]:
    """Open a live database for reading without leaving anything behind that hurts.

    Args:
        database: The live file.
        gateway_up: Whether the gateway may have it open; only asked where it matters, for
            asking Docker takes its time.

    Raises:
        NotFoundError: There is none.
        DamagedError: It is not a database, or its pages cannot be read.
        BusyError: Locked past `BUSY_TIMEOUT`.
        PrecheckError: We may not read it.
    """
    found = require_database_file(database)
    if _may_leave_sidecars(database, found) and (has_room(database) or gateway_up()):
        try:
            connection = _readable(database, "mode=ro")
        except PrecheckError:
            # A gateway killed in rollback-journal mode leaves a journal that only a writer may
            # replay; the copy is replayed instead, the original stays as it is.
            if not _has_content(sidecar(database, "-journal")) or gateway_up():
                raise
        else:
            with closing(connection):
                yield Opened(connection, "live")
            return
    elif not (up := gateway_up()) and not _needs_replay(database):
        with closing(_readable(database, "immutable=1")) as connection:
            mode = "delete" if _is_rollback_mode(database) else "wal"
            yield Opened(connection, "immutable", mode)
        return
    elif up:
        raise PrecheckError(
            f"{one_line(str(database))} belongs to {files.user_name(found.uid)}; looking at it "
            "now as another user would leave files that stop the gateway from writing. "
            "Run it with sudo."
        )
    with _scratch_copy(database) as copy, closing(_readable(copy, "mode=rw")) as connection:
        yield Opened(connection, "scratch copy")


def _readable(path: Path, mode: str) -> sqlite3.Connection:
    """Connect and read something: `connect` alone does not open the file."""
    with translating(path):
        connection = connect(path, mode)
        try:
            connection.execute("PRAGMA schema_version").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except (sqlite3.Error, UnicodeDecodeError):
            connection.close()
            raise
        return connection


def _has_content(path: Path) -> bool:
    found = files.identity(path)
    return found is not None and found.size > 0


def _needs_replay(database: Path) -> bool:
    return _has_content(sidecar(database, "-wal")) or _has_content(sidecar(database, "-journal"))


def _may_leave_sidecars(database: Path, found: FileIdentity) -> bool:
    """Whether `mode=ro` leaves nothing that the gateway's user could not write."""
    if os.geteuid() in (0, found.uid):
        return True
    wal, shm = (files.identity(sidecar(database, suffix)) for suffix in ("-wal", "-shm"))
    if wal is not None and shm is not None:
        return True
    return wal is None and shm is None and _is_rollback_mode(database)


def _is_rollback_mode(database: Path) -> bool:
    """Whether the header says rollback journal; read through SQLite, never raw (I5).

    An immutable connection calls a WAL file `delete` (measured). Without locks there can be no
    WAL, so SQLite refuses to open such a file, and makes nothing beside it.
    """
    try:
        with closing(connect(database, "mode=ro&nolock=1")) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error:
        return False
    return True


@contextmanager
def _scratch_copy(database: Path) -> Iterator[Path]:
    """Copy a database and its sidecars aside; by another process, see I5."""
    with tempfile.TemporaryDirectory(prefix="mcpdb-look-") as folder:
        parts = [
            part
            for suffix in ("", "-wal", "-journal")
            if (part := sidecar(database, suffix)).exists()
        ]
        files.require_space(
            Path(folder), sum(part.stat().st_size for part in parts), "A copy to look at"
        )
        copier = shutil.which("cp") or "cp"
        done = subprocess.run(
            [copier, "--", *map(str, parts), folder], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PrecheckError(f"Cannot copy {one_line(str(database))}: {one_line(done.stderr)}")
        yield Path(folder) / database.name


@contextmanager
def finished(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a finished backup: immutable, so no sidecar ever appears beside it.

    Raises:
        DamagedError: It is not a database.
    """
    require_database_file(path)
    with closing(_readable(path, "immutable=1")) as connection:
        yield connection
