"""What differs between two databases of one deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

RowKind: TypeAlias = Literal["removed", "added", "changed"]
"""Seen from the first side: `removed` is only in the first, `added` only in the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two databases."""

    word: str
    """What finds it again: `live`, or a backup's id or path."""
    name: str
    """`live`, or the backup's file name."""
    taken: str
    """When its content was true: ISO 8601 in UTC."""
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDifference:
    """What differs in one table; counts of rows by primary key."""

    table: str
    key: tuple[str, ...]
    """Columns that rows are told apart by; empty when whole rows are compared."""
    removed: int = 0
    """Rows that only the first side has."""
    added: int = 0
    """Rows that only the second side has."""
    changed: int = 0
    """Rows that both have, with other values."""
    columns_changed: tuple[str, ...] = ()
    """Columns in which changed rows differ, most often first."""
    ignored: tuple[str, ...] = ()
    """Columns that differ and do not count, because the gateway changes them by itself."""
    ignored_rows: int = 0
    """Rows that both have and that differ in nothing but such columns."""
    columns_removed: tuple[str, ...] = ()
    columns_added: tuple[str, ...] = ()
    only_in: Literal["", "first", "second"] = ""
    """Set where the other side has no such table."""
    rows_first: int = 0
    rows_second: int = 0
    problem: str = ""
    """Why its rows could not be compared; empty when they were."""

    @property
    def differs(self) -> bool:
        """Whether there is anything to tell about it."""
        return bool(
            self.removed
            or self.added
            or self.changed
            or self.columns_removed
            or self.columns_added
            or self.only_in
            or self.problem
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One row that differs; masked values are told by `tui.core.secrets`, not cut here."""

    kind: RowKind
    key: tuple[Any, ...]
    before: Mapping[str, Any] | None
    """The first side's values by column, long ones cut; None when it has no such row."""
    after: Mapping[str, Any] | None
    """The second side's."""
    columns: tuple[str, ...] = ()
    """Columns that differ, for a changed row."""
    position: tuple[Any, ...] = ()
    """Where it stands among the table's rows: what the next page goes on from."""
    cut: bool = False
    """Whether a value is longer than what is given of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two databases, table by table; tables without a difference are only counted."""

    first: Side
    second: Side
    tables: Sequence[TableDifference]
    """Those that differ, or in which only ignored columns do; the gateway's core first."""
    same: int
    """How many tables are the same."""
    rows: int
    """How many rows were looked at, of both sides together, halved and rounded up."""
    seconds: float
    words: str = ""
    """The gist: `3 gateways removed with their 38 tools, 1 tool changed; the rest is traffic`."""
