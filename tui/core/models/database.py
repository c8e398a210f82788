"""A database file, its tables and rows, and who has it open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """Which file stands at a path; survives a rename, changes with a replacement."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    mode: int
    uid: int
    gid: int
    links: int

    @property
    def key(self) -> tuple[int, int]:
        """Device and inode."""
        return (self.device, self.inode)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What one read-only look at a database file found."""

    path: Path
    exists: bool
    size: int = 0
    wal_size: int = 0
    revision: str = ""
    """Alembic revision; empty when there is none."""
    revisions: tuple[str, ...] = ()
    """All rows of `alembic_version`; more than one is a fault."""
    journal_mode: str = ""
    page_size: int = 0
    pages: int = 0
    unused_pages: int = 0
    """Of `pages`, those that hold nothing: a VACUUM gives them back."""
    inode: int = 0
    disk_free: int = 0
    how: str = ""
    """How it was opened: `live`, `immutable`, `scratch copy` …; shown when not `live`."""
    problem: str = ""
    """Why it cannot be read, in one sentence; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """One table or view."""

    name: str
    kind: Literal["table", "view", "virtual", "internal"]
    rows: int | None = None
    """None while it has not been counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of rows, values as SQLite gives them (None, int, float, str or bytes).

    Text that is not UTF-8 arrives as `bytes`; a value longer than the cap arrives cut, and
    `cut` says so.
    """

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool = False
    masked: frozenset[str] = frozenset()
    """Columns whose values are secrets: shown as `•••• 118 ch`."""
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that has the database open."""

    pid: int
    command: str
    user: str
    container: str = ""
    ours: bool = False
    """A viewer of this product."""

    def describe(self) -> str:
        """`python report.py (pid 51877, stage-report-1)`."""
        where = f", {self.container}" if self.container else ""
        return f"{self.command} (pid {self.pid}{where})"
