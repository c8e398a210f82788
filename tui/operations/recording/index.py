"""The index of the activity log: what ended journals say, in a file that may be deleted any time.

Thousands of journals take half a second to read, and a screen reads them again and again. An
ended journal never changes, so what it said is kept in a SQLite file of the operator's own cache
(`$XDG_CACHE_HOME/mcpdb-tui/activity/`), never beside the database: looking writes nothing there.
An entry counts while its journal is the same file with the same size and time. The journals stay
the truth: an index that is missing, damaged, foreign or busy only means that they are read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from tui.core.models import ActivityEntry, StepLine
from tui.services import journal

FEW = 50
"""So many journals are read as fast as an index is opened."""
FORMAT = 1
"""Of the index; one of another form is made anew."""
_PATIENCE = 0.2
"""Seconds to wait for another screen that writes it."""

Stamp: TypeAlias = tuple[int, int, int]
"""Inode, size and time of change of a journal's file."""

_SAVED = (
    "id", "number", "operation", "subject", "title", "who", "host", "origin", "pid", "command",
    "state", "exit_code", "outcome", "sentence", "seconds", "result", "down_seconds",
)  # fmt: skip
_COLUMNS: Mapping[str, type] = {
    "id": str, "inode": int, "size": int, "changed": int, "entry": str, "steps": str
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry to keep, and the journal that said it."""

    stamp: Stamp
    entry: ActivityEntry


def stamps(state_dir: Path) -> dict[str, Stamp]:
    """Every journal's id with what tells its file from another; unordered."""
    found: dict[str, Stamp] = {}
    with contextlib.suppress(OSError), os.scandir(journal.folder(state_dir)) as listed:
        for item in listed:
            name, dot, rest = item.name.rpartition(".jsonl")
            if dot and not rest and journal.is_name(name):
                with contextlib.suppress(OSError):
                    about = item.stat(follow_symlinks=False)
                    found[name] = (about.st_ino, about.st_size, about.st_mtime_ns)
    return found


class Index:
    """The index of one database's journals."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, made: bool) -> None:
        self._path = path
        self._connection = connection
        self.made = made
        """Whether there was none before."""

    @classmethod
    @contextlib.contextmanager
    def opened(cls, state_dir: Path) -> Iterator[Index | None]:
        """Open the index, making it where there is none; None where that cannot be done.

        Args:
            state_dir: Whose journals.
        """
        path = path_of(state_dir)
        index = None if path is None else _open(path)
        try:
            yield index
        finally:
            if index is not None:
                index._connection.close()

    def recalled(
        self, wanted: Mapping[str, Stamp], *, steps: bool
    ) -> dict[str, ActivityEntry] | None:
        """The entries that still hold; None when the index is damaged, and then it is gone.

        Args:
            wanted: Journals and their stamps.
            steps: With the steps of each.
        """
        least = min(wanted, default="")
        columns = "id, inode, size, changed, entry" + (", steps" if steps else "")
        found: dict[str, ActivityEntry] = {}
        try:
            for row in self._connection.execute(
                f"SELECT {columns} FROM journals WHERE id >= ? ORDER BY id", (least,)
            ):
                if wanted.get(row[0]) == row[1:4]:
                    found[row[0]] = _entry(json.loads(row[4]), json.loads(row[5]) if steps else ())
        except sqlite3.OperationalError:
            return {}  # Another screen writes it.
        except (sqlite3.Error, ValueError, TypeError, KeyError):
            self._throw_away()
            return None
        return found

    def keep(self, found: Iterable[Kept], exist: Iterable[str]) -> None:
        """Add entries, and forget those whose journals are gone; what cannot be written is not.

        Args:
            found: Entries of ended journals.
            exist: The ids of all journals that there are.
        """
        rows = [_row(one) for one in found]
        with contextlib.suppress(sqlite3.Error), self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO journals VALUES (?, ?, ?, ?, ?, ?)", rows
            )
            known = {ident for (ident,) in self._connection.execute("SELECT id FROM journals")}
            self._connection.executemany(
                "DELETE FROM journals WHERE id = ?", [(i,) for i in known.difference(exist)]
            )

    def _throw_away(self) -> None:
        self._connection.close()
        _remove(self._path)


def path_of(state_dir: Path) -> Path | None:
    """Where the index of a database's journals lies; None without a home."""
    told = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(told) if told and Path(told).is_absolute() else Path.home() / ".cache"
        place = str(state_dir.resolve())
    except (OSError, RuntimeError):
        return None
    key = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:32]
    return base / "mcpdb-tui" / "activity" / f"{key}.db"


def _open(path: Path) -> Index | None:
    try:
        if (made := not _is_ours(path)) and not _make(path):
            return None
        return Index(path, _connected(path), made=made)
    except (OSError, sqlite3.Error):
        return None


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, check_same_thread=False
    )


def _is_ours(path: Path) -> bool:
    """Whether a whole index of this form lies there, and nobody else could have written it."""
    try:
        about = path.lstat()
    except OSError:
        return False
    private = stat.S_ISREG(about.st_mode) and not about.st_mode & 0o077
    if not private or about.st_uid != os.geteuid():
        return False
    try:
        with contextlib.closing(_connected(path)) as connection:
            (form,) = connection.execute("PRAGMA user_version").fetchone()
            columns = [row[1] for row in connection.execute("PRAGMA table_info(journals)")]
    except sqlite3.OperationalError:
        raise  # Locked by another screen: it is there, only not for us now.
    except sqlite3.Error:
        return False
    return bool(form == FORMAT and columns == list(_COLUMNS))


def _make(path: Path) -> bool:
    """Make an empty index aside and give it its name; False when it cannot be written."""
    import sqlite_utils

    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove(partial)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        database = sqlite_utils.Database(str(partial))
        database["journals"].create(dict(_COLUMNS), pk="id")  # type: ignore[union-attr]
        database.execute(f"PRAGMA user_version = {FORMAT}")
        database.close()
        _remove(path)
        partial.replace(path)
    except (OSError, sqlite3.Error):
        _remove(partial)
        return False
    return True


def _remove(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink()


# --- an entry as a row ----------------------------------------------------------------------


def _row(kept: Kept) -> tuple[Any, ...]:
    entry = kept.entry
    saved = {name: getattr(entry, name) for name in _SAVED}
    saved["started"] = entry.started.isoformat()
    steps = [asdict(step) for step in entry.steps]
    return (entry.id, *kept.stamp, _text(saved), _text(steps))


def _text(value: object) -> str:
    return json.dumps(value, default=_moment, separators=(",", ":"))


def _moment(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _entry(saved: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> ActivityEntry:
    return ActivityEntry(
        **{**saved, "started": datetime.fromisoformat(saved["started"])},
        steps=tuple(_step(step) for step in steps),
    )


def _step(saved: Mapping[str, Any]) -> StepLine:
    began = saved["started"]
    return StepLine(**{**saved, "started": datetime.fromisoformat(began) if began else None})
