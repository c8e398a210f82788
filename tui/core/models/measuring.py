"""What a database file is made of, how it grew, and how it is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

PointSource: TypeAlias = Literal["backup", "run", "daily"]

DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFigures:
    """One table and what belongs to it; None where this SQLite cannot tell."""

    name: str
    rows: int | None = None
    """None: not counted, as of what SQLite keeps for itself."""
    data: int | None = None
    """Bytes of the table's own pages."""
    indexes: int | None = None
    """Bytes of the pages of all its indexes."""

    @property
    def total(self) -> int | None:
        """Bytes of all of them."""
        return None if self.data is None else self.data + (self.indexes or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFigures:
    """One index."""

    name: str
    table: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """An index whose columns are the first ones of another: what it finds, the other finds too."""

    index: str
    table: str
    by: str
    """The other index."""
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFigures:
    """What one look at a database found, from the first page to the last."""

    path: Path
    taken: datetime
    seconds: float
    """How long the look took."""
    size: int
    """Bytes of the database without its WAL: pages times page size, as the reader sees them."""
    wal_size: int
    page_size: int
    pages: int
    free_pages: int
    """On SQLite's freelist: given back by nobody but VACUUM."""
    slack: int | None
    """Bytes on pages in use that hold nothing; None where this SQLite cannot tell."""
    journal_mode: str
    auto_vacuum: str
    """`none`, `full` or `incremental`."""
    disk_free: int
    tables: tuple[TableFigures, ...] = ()
    """The largest first."""
    indexes: tuple[IndexFigures, ...] = ()
    """The largest first; empty where this SQLite cannot tell."""
    repeats: tuple[Repeat, ...] = ()

    @property
    def unused(self) -> int:
        """Bytes of pages on the freelist."""
        return self.free_pages * self.page_size

    @property
    def is_sized(self) -> bool:
        """Whether this SQLite can tell how large each table is."""
        return any(table.data is not None for table in self.tables)

    def share(self, size: int) -> float:
        """Which part of the file so many bytes are."""
        return size / self.size if self.size else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """How large a database was at one moment."""

    key: str
    """What told it: `backup:k7m2qd`, `run:<journal>`, `daily:2026-08-11`."""
    taken: datetime
    size: int
    """Bytes of the database without WAL."""
    unused: int | None = None
    wal: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    """Bytes of each table with its indexes; empty where they were not measured."""

    @property
    def source(self) -> str:
        """`backup`, `run` or `daily`."""
        return self.key.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How a database grew, as far as anything recorded it."""

    points: tuple[Point, ...] = ()
    """The oldest first."""
    kept: bool = False
    """Whether daily readings can be kept: the state folder is there and may be written."""

    def counted(self) -> Mapping[str, int]:
        """How many points each kind of source gave."""
        found: dict[str, int] = {}
        for point in self.points:
            found[point.source] = found.get(point.source, 0) + 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that is set: in the file, at each connection of the gateway, or in its `.env`."""

    name: str
    kind: Literal["file", "connection", "variable"]
    """Where it lives; see the class."""
    in_file: str = ""
    """What the file keeps; empty where the file keeps nothing of it."""
    at_gateway: str = ""
    """What the gateway has, as far as is known; empty: not known."""
    advice: str = ""
    who: str = ""
    """Who can change it, and how."""
    choices: tuple[str, ...] = ()
    """What `tune` can set; empty where nothing outside can."""
    verdict: Literal["ok", "warn", "unknown", "off"] = "ok"
