"""Relations and pages of rows, as the table browser and the commands read them.

A relation is what can be read with SELECT: a table, a view, a virtual table. Values are as SQLite
gives them (None, int, float, str, bytes; text that is not UTF-8 arrives as bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

RelationKind: TypeAlias = Literal["table", "view", "virtual", "internal"]
RowIdentity: TypeAlias = tuple[Any, ...]
"""Values that name one row: of the primary key, or the rowid alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationColumn:
    """One column of a relation."""

    name: str
    declared: str = ""
    """Type as declared; empty where there is none."""
    key: int = 0
    """Place in the primary key, from 1; 0 outside it."""
    required: bool = False
    """NOT NULL."""
    default: str | None = None
    """The default as written in the schema."""
    generated: Literal["", "virtual", "stored"] = ""
    hidden: bool = False
    """Hidden column of a virtual table: not shown unless asked for."""
    collation: str = "BINARY"
    secret: bool = False
    """Its values are masked unless revealed."""
    points_to: tuple[str, str] | None = None
    """Table and column of a foreign key of this column alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation's shape: enough to page through it without looking at the schema again."""

    name: str
    kind: RelationKind
    columns: tuple[RelationColumn, ...]
    identity: tuple[str, ...] = ()
    """Columns that name a row, in order; the rowid's name alone where the key is no better;
    empty for what has neither (views, some virtual tables): then pages go by offset, bounded."""
    uses_rowid: bool = False
    """`identity` is the rowid, under a name that no column hides."""
    without_rowid: bool = False
    rowid: str = ""
    """Name under which the rowid can be read, be it the identity or not; empty where it has
    none, or where columns hide all its names."""

    _by_name: Mapping[str, RelationColumn] = field(init=False, repr=False, compare=False)
    """In lower case; there may be thousands."""

    def __post_init__(self) -> None:
        """Make names quick to find."""
        names = {each.name.lower(): each for each in reversed(self.columns)}
        object.__setattr__(self, "_by_name", names)

    def column(self, name: str) -> RelationColumn | None:
        """The column of that name, in any case, as SQLite compares names; None without one."""
        return self._by_name.get(name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One column to sort by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a filter became: an SQL expression over the relation's columns, and its values."""

    sql: str = ""
    """Empty: every row."""
    values: tuple[Any, ...] = ()
    raw: bool = False
    """Written by the operator as SQL (`where …`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value as a page carries it: long ones are cut by SQLite, with their whole length."""

    value: Any
    length: int = 0
    """Bytes of the whole value where it was cut, of a text too: its characters are not counted,
    for that reads all of it. 0 where it is whole; -1 where it is longer, but not measured."""
    secret: bool = False
    """The value was left out by SQLite (`value` is None, or '' for an empty one); `length` says
    how many characters or bytes it has."""
    following: int = 0
    """Of a piece of a long value: the byte where the next piece begins; 0 after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One row of a page."""

    identity: RowIdentity
    anchor: RowIdentity
    """Values of the sort columns and the identity: what keyset paging goes on from."""
    cells: tuple[Any, ...]
    """A plain value, or a `Cell` where it is cut or secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows that follow one another under one filter and order."""

    columns: tuple[str, ...]
    rows: tuple[PageRow, ...]
    before: bool = False
    """There are rows before the first one."""
    after: bool = False
    """There are rows after the last one."""
    first: int | None = None
    """Number of the first row, from 0, where it is known."""
    bounded: bool = False
    """Pages go by offset, so they end at a fixed number of rows; `after` on the last of them says
    that there are more rows than can be paged to."""
    stamp: int = 0
    """`PRAGMA data_version` of the connection when it was read."""


@dataclass(frozen=True, slots=True)
class Top:
    """A wish for the first rows of a view."""


@dataclass(frozen=True, slots=True)
class Bottom:
    """A wish for the last rows of a view."""


@dataclass(frozen=True, slots=True)
class After:
    """A wish for the rows behind a row."""

    anchor: RowIdentity


@dataclass(frozen=True, slots=True)
class Before:
    """A wish for the rows in front of a row."""

    anchor: RowIdentity


@dataclass(frozen=True, slots=True)
class Around:
    """A wish for a row and those behind it."""

    identity: RowIdentity
    anchor: RowIdentity = ()
    """Where it stood, if that is known: should it be gone, the rows from there on are read."""


@dataclass(frozen=True, slots=True)
class At:
    """A wish for the row of a number, from 0, and those behind it."""

    number: int
    exact: bool = False
    """Count all rows before it if need be, however long that takes; otherwise it is guessed."""


Wish: TypeAlias = Top | Bottom | After | Before | Around | At


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointing:
    """A foreign key that points at a relation, and how many rows use it for one row."""

    table: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    rows: int | None = None
    """None while not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What one pass over a column found."""

    column: str
    rows: int
    nulls: int
    distinct: int | None
    """None where counting them was given up (see `capped`)."""
    smallest: Any = None
    largest: Any = None
    top: tuple[tuple[Any, int], ...] = ()
    """Most frequent values and how often, most frequent first; empty for secrets."""
    types: Mapping[str, int] = field(default_factory=dict)
    """Rows per storage class, as `typeof` names them."""
    capped: bool = False
    """Counting different values was given up."""
    long: bool = False
    """A value is too long to be compared with others: only kinds were counted."""
