"""How much room each table and each index takes, where SQLite can tell."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tui.services.sqlite.stopping import stoppable

NO_DBSTAT = "size: this SQLite has no dbstat"
"""What is said where `sizes` gives None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The room that one table or index takes."""

    name: str
    table: str
    """The table an index is of; of a table itself."""
    bytes: int
    """All of its pages, in bytes."""
    unused: int
    """Bytes on them that hold nothing."""

    @property
    def is_index(self) -> bool:
        """Whether it is an index."""
        return self.name != self.table


def sizes(
    connection: sqlite3.Connection, *, cancelled: Callable[[], bool], table: str = ""
) -> tuple[Size, ...] | None:
    """Measure every table and index that has pages of its own, the largest first.

    With `table`, only that one and its indexes.

    Every page of the file is read, one table or index in a read, so that the writer's WAL is
    kept only for a moment; 400 MB take about a second. Views and virtual tables have no pages; a
    virtual table's shadow tables have.

    Returns:
        None where SQLite was built without `dbstat` (https://www.sqlite.org/dbstat.html): see
        `NO_DBSTAT`.

    Raises:
        Cancelled: `cancelled` said so, or the connection was interrupted.
        sqlite3.Error: SQLite cannot read it.
    """
    if not has_dbstat(connection):
        return None
    listed = connection.execute(
        "SELECT name, tbl_name FROM main.sqlite_schema"
        " WHERE rootpage > 0 AND (?1 = '' OR lower(tbl_name) = lower(?1))",
        (table,),
    ).fetchall()
    found = []
    for name, own in [*listed, *(() if table else (("sqlite_schema", "sqlite_schema"),))]:
        with stoppable(connection, cancelled):
            row = connection.execute(
                # Page by page: summed by `dbstat` itself, a table is one step.
                "SELECT sum(pgsize), sum(unused) FROM dbstat('main', 0) WHERE name = ?",
                (name,),
            ).fetchone()
        # Gone meanwhile where it has no page.
        if row[0] is not None:
            found.append(Size(name=_text(name), table=_text(own), bytes=row[0], unused=row[1]))
    return tuple(sorted(found, key=lambda size: (-size.bytes, size.name)))


def has_dbstat(connection: sqlite3.Connection) -> bool:
    """Whether sizes can be told: a table of that name would hide it, too."""
    listed = connection.execute(
        "SELECT (SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'),"
        " (SELECT count(*) FROM main.sqlite_schema WHERE lower(name) = 'dbstat')"
    ).fetchone()
    return bool(listed[0]) and not listed[1]


def by_table(found: Iterable[Size]) -> dict[str, tuple[int, int]]:
    """Bytes of each table, and of all of its indexes together."""
    summed: dict[str, tuple[int, int]] = {}
    for size in found:
        own, indexes = summed.get(size.table, (0, 0))
        if size.is_index:
            indexes += size.bytes
        else:
            own += size.bytes
        summed[size.table] = (own, indexes)
    return summed


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode(errors="replace")
