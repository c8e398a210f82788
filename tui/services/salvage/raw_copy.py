"""The near end of the process that copies a damaged database by bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core.errors import (
    DiskError,
    McpdbError,
    NotFoundError,
    PrecheckError,
    VerificationError,
)
from tui.services.files import Tick
from tui.services.live.helper_process import HelperProcess
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True)
class RawCopy:
    """A copy by bytes, and how far it is one."""

    database: Path
    wal: Path | None
    journal: Path | None
    unreadable: tuple[tuple[int, int], ...]
    """Byte ranges of the database that the disk did not give: zeros in the copy."""
    torn: bool
    """Whether it was written all the while: pages of two moments may be in it."""
    sha256: str
    """Of the database file as it was copied."""
    size: int
    unreadable_beside: int = 0
    """Bytes of the WAL or journal that the disk did not give: zeros in the copy."""


def copy_raw(source: Path, folder: Path, tick: Tick, *, sidecars: bool, lock: int = -1) -> RawCopy:
    """Copy a database, its WAL and its journal, without opening any of them through SQLite.

    Args:
        source: The database; it is only read, and nothing is made beside it.
        folder: An empty private folder for the copies.
        tick: Bytes copied and in all; may raise to cancel.
        sidecars: Whether a WAL or a journal beside it belongs to it.
        lock: The database's lock, which the process keeps until it has ended.

    Raises:
        NotFoundError: It is gone.
        PrecheckError: No space, no permission.
        DiskError: The disk gives nearly nothing of it.
    """
    helper = HelperProcess("tui.services.salvage.raw_helper", lock)
    try:
        request = {"source": str(source), "folder": str(folder), "sidecars": sidecars}
        helper.send(json.dumps(request))
        while True:
            word, values = helper.hear()
            if word == "copied":
                break
            if word != "tick":
                raise _error(source, values)
            tick(int(values["done"]), int(values["total"]))
    finally:
        helper.close()
    return RawCopy(
        database=folder / "db",
        wal=_if_there(folder / "wal"),
        journal=_if_there(folder / "journal"),
        unreadable=tuple((int(begin), int(end)) for begin, end in values["unreadable"]),
        torn=bool(values["torn"]),
        sha256=str(values["sha256"]),
        size=int(values["size"]),
        unreadable_beside=int(values["unreadable_beside"]),
    )


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None


def _error(source: Path, values: dict[str, Any]) -> McpdbError:
    name, text = one_line(str(source)), one_line(str(values.get("text", "")))
    match values.get("error"):
        case "missing":
            return NotFoundError(f"There is no {text}.")
        case "denied":
            return PrecheckError(f"{text} may not be read by us. Run it with sudo.")
        case "kind":
            return VerificationError(f"{text}.")
        case "full" | "bus":
            return PrecheckError(f"No space left for a raw copy of {name}.")
        case "dead" | "io":
            return DiskError(f"I/O error in {name}: {text}.", source)
    return McpdbError(f"The process that copies {name} ended unexpectedly.")
