"""Putting one file in the place of a live database, in a process of its own.

Run as `python -m tui.services.live.swap` by `SwapHelper`. The helper is the only code that opens a
live database for writing, and the operation's own process never opens it at all while the
helper lives: closing any descriptor would drop the locks that prove sole ownership (I5). It
inherits the database's lock, so nobody can begin a recovery while it still runs.

Conversation, one line each: the request as JSON → `proved {…}` or `waiting …` lines, or
`failed {…}`; where the file is overwritten, then `keep PATH` → `tick …` lines and `kept {}`; then
`go` → `swapped {…}`; or `back` (or the end of input: our parent died), also while waiting → the
journal mode is put back and nothing was changed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tui.services.live.owning import (
    Before,
    connect,
    fail,
    fsync_folder,
    key,
    kind_of,
    prove,
    put_back,
    say,
    sidecars,
)
from tui.services.live.write_through import overwritten


def _exchange(live: Path, incoming: Path, keep: Path | None, left: list[Path]) -> None:
    """Keep the old file under `keep`, then let the new one take its name, in one rename."""
    if keep is not None:
        os.link(live, keep, follow_symlinks=False)
        fsync_folder(keep.parent)
        for sidecar in left:
            sidecar.rename(keep.with_name(keep.name + sidecar.name.removeprefix(live.name)))
    incoming.rename(live)
    fsync_folder(live.parent)
    if incoming.parent != live.parent:
        fsync_folder(incoming.parent)


def _owned(request: dict[str, Any], live: Path) -> None:
    """The ordinary case: SQLite can read the old file and proves that nobody else has it."""
    before = Before(key(live), str(request.get("journal_mode") or ""))
    with closing(connect(live)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        swapped = False
        try:
            if prove(connection, live, float(request["deadline"]), before):
                if left := sidecars(live):
                    fail("busy", f"{left[0].name} is still there")
                say("proved", journal_mode=before.mode)
                if sys.stdin.readline().strip() == "go":
                    incoming, keep = Path(request["incoming"]), request["keep"]
                    _exchange(live, incoming, keep and Path(keep), [])
                    swapped = True
        finally:
            # Whatever went wrong, also a parent that is not there any more to be told.
            if not swapped:
                put_back(connection, live, before)
    say("swapped" if swapped else "back", journal_mode=before.mode)


def _damaged(request: dict[str, Any], live: Path) -> None:
    """The old file is beyond SQLite: it is set aside as found, with its sidecars (I8)."""
    say("proved", journal_mode="")
    if sys.stdin.readline().strip() == "go":
        _exchange(live, Path(request["incoming"]), Path(request["keep"]), sidecars(live))
        say("swapped")
    else:
        say("back", journal_mode="")


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
        elif request.get("way") == "overwrite":
            overwritten(request, live)
        else:
            _owned(request, live)
    except sqlite3.DatabaseError as error:
        fail(kind_of(error), str(error), name=getattr(error, "sqlite_errorname", ""))
    except (BrokenPipeError, KeyboardInterrupt):
        with suppress(OSError):
            sys.stdout.close()
    except FileExistsError as error:
        fail("exists", f"{error.filename2 or error.filename} is already there")
    except OSError as error:
        fail("os", f"{error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
