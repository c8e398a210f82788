"""Writing a backup into a live file, where no other file can take its place.

The file keeps its inode and its owner. It is done by SQLite's backup API in one transaction:
whatever cuts it, the rollback journal makes the file old or new (25 kills: 12 old, 13 new, all
sound). Its bytes are overwritten, so a copy is made before, by the same connection, for nobody
else can read the file while it is held.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tui.services.live.owning import (
    Before,
    UnwantedError,
    connect,
    fail,
    fsync_folder,
    key,
    kind_of,
    pragma,
    prove,
    put_back,
    say,
    set_mode,
    unwanted,
)

PAGES = 1_000
"""Pages between two looks at our parent."""


def overwritten(request: dict[str, Any], live: Path) -> None:
    """Hold the file, copy it aside when told, overwrite it when told; see `swap` for the words."""
    before = Before(key(live), str(request.get("journal_mode") or ""))
    done = False
    with closing(connect(live)) as connection:
        # The journal's removal is the commit: it must be on disk before we say so.
        connection.execute("PRAGMA synchronous=EXTRA")
        try:
            if prove(connection, live, float(request["deadline"]), before, keep_lock=True):
                say("proved", journal_mode=before.mode)
                word = sys.stdin.readline().strip()
                if word.startswith("keep "):
                    _copy_aside(connection, Path(json.loads(word.removeprefix("keep "))))
                    say("kept")
                    word = sys.stdin.readline().strip()
                if word == "go":
                    _overwrite(connection, live, Path(request["incoming"]))
                    done = True
                    set_mode(connection, live, str(request.get("then_mode") or ""))
        except UnwantedError:
            pass
        finally:
            if not done:
                put_back(connection, live, before)
    fsync_folder(live.parent)
    with suppress(OSError):
        say("swapped" if done else "back", journal_mode=before.mode)


def _told(page_size: int) -> Callable[[int, int, int], None]:
    def progress(_status: int, remaining: int, total: int) -> None:
        # A parent that died after its order finds it carried out, not broken off.
        with suppress(OSError):
            say("tick", done=(total - remaining) * page_size, total=total * page_size)

    return progress


def _copy_aside(connection: sqlite3.Connection, target: Path) -> None:
    """Copy what the held file has into a new private file, durable when it returns."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    tell = _told(int(pragma(connection, "page_size")))

    def progress(status: int, remaining: int, total: int) -> None:
        # Nothing was changed yet: who does not want it any more need not wait for its end.
        if unwanted():
            raise UnwantedError
        tell(status, remaining, total)

    with closing(connect(target)) as copy:
        # Nobody reads it before it is synced and verified.
        copy.execute("PRAGMA journal_mode=OFF").fetchone()
        copy.execute("PRAGMA synchronous=OFF")
        connection.backup(copy, pages=PAGES, progress=progress)
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fsync_folder(target.parent)


def _overwrite(connection: sqlite3.Connection, live: Path, incoming: Path) -> None:
    """Write all pages of a finished file into the held one, in one transaction."""
    uri = f"{incoming.as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as source:
        theirs, ours = (int(pragma(c, "page_size")) for c in (source, connection))
        if theirs != ours:
            fail("pages", f"pages of {theirs} bytes do not go into a file with pages of {ours}")
        try:
            source.backup(connection, pages=PAGES, progress=_told(ours))
        except sqlite3.Error as error:
            fail(kind_of(error), str(error), undone=_is_undone(connection))
    fsync_folder(live.parent)


def _is_undone(connection: sqlite3.Connection) -> bool:
    """Whether SQLite took back what it had written: a failed rollback makes reading fail."""
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        return False
    return True
