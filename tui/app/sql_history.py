"""Statements that were run in the console, remembered between starts.

`$XDG_STATE_HOME/mcpdb-tui/sql_history.ndjson`: the operator's own, 0600, one statement a line.
Several screens add to it at once; what is damaged in it is left out, and it may be deleted at any
time.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tui.core import foreign_json
from tui.core.errors import PrecheckError
from tui.services import files
from tui.wording.clean import one_line

MOST = 500
"""Statements that are remembered."""
LONGEST = 20_000
"""Characters of a statement that is remembered; a longer one is not."""
SIZE = 4 << 20
"""Bytes that are read of the file, from its end."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A statement that was run."""

    sql: str
    at: datetime
    """In UTC."""
    of: str = ""
    """Id of the backup that it was asked of; empty for the live database."""


def history_path(environ: Mapping[str, str]) -> Path | None:
    """Where the statements are kept; None where there is no home."""
    base = environ.get("XDG_STATE_HOME", "")
    if base.startswith("/"):  # the XDG specification: a relative path is to be ignored
        return Path(base) / "mcpdb-tui" / "sql_history.ndjson"
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        return None
    return Path(home) / ".local" / "state" / "mcpdb-tui" / "sql_history.ndjson"


def with_latest(known: Sequence[Remembered], latest: Remembered) -> tuple[Remembered, ...]:
    """The statements with one more, oldest first; the same one twice in a row counts once."""
    if known and (known[-1].sql, known[-1].of) == (latest.sql, latest.of):
        known = known[:-1]
    return (*known, latest)[-MOST:]


def read(path: Path | None) -> tuple[Remembered, ...]:
    """What is remembered, oldest first; a file that grew long is made short.

    Raises:
        McpdbError: The file cannot be read, or is no plain file.
    """
    if path is None or files.identity(path) is None:
        return ()
    with files.open_regular(path) as descriptor:
        size = os.fstat(descriptor).st_size
        os.lseek(descriptor, max(0, size - SIZE), os.SEEK_SET)
        content = _all_of(descriptor)
    lines = [line for line in content.split(b"\n") if line.strip()]
    found: tuple[Remembered, ...] = ()
    for line in lines:
        entry = _entry_of(line)
        if entry is not None:
            found = with_latest(found, entry)
    if len(lines) > 2 * MOST or size > SIZE:
        files.write_atomically(path, b"".join(map(_line_of, found)))
    return found


def add(path: Path | None, entry: Remembered) -> None:
    """Remember a statement.

    Raises:
        McpdbError: The file cannot be written, or is no plain file.
    """
    if path is None or len(entry.sql) > LONGEST:
        return
    _require_own(path.parent)
    files.make_private(path.parent)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise PrecheckError(f"{one_line(str(path))} is no plain file.")
            if mode & 0o077:
                os.fchmod(descriptor, 0o600)
            # One write: those of other screens do not come between.
            os.write(descriptor, _line_of(entry))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise files.denied("write", path, error) from error


def _require_own(folder: Path) -> None:
    """Root makes nothing in somebody else's home, whom it would keep out of their own folder."""
    if os.geteuid() != 0:
        return
    for place in (folder, *folder.parents):
        found = files.identity(place)
        if found is None:
            continue
        if found.uid != 0:
            raise PrecheckError(f"{one_line(str(place))} belongs to {files.user_name(found.uid)}.")
        return


def _all_of(descriptor: int) -> bytes:
    pieces = []
    while piece := os.read(descriptor, 1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def _line_of(entry: Remembered) -> bytes:
    record = {"at": entry.at.isoformat(), "of": entry.of, "sql": entry.sql}
    # The break comes first: behind a line that was cut off another one can begin.
    return b"\n" + json.dumps(record).encode()


def _entry_of(line: bytes) -> Remembered | None:
    try:
        record = foreign_json.loads(line)
        sql, of, at = record["sql"], record["of"], datetime.fromisoformat(record["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(sql, str) or not isinstance(of, str) or len(sql) > LONGEST:
        return None
    return Remembered(sql, at if at.tzinfo else at.replace(tzinfo=UTC), of)
