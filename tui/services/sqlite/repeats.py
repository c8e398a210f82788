"""Indexes that repeat others: they cost room and every write, and find nothing more.

An index on columns that are the first ones of another index of the same table is not needed for
any search that the other one answers as well. A unique one enforces a rule and counts as needed;
so does one on some rows only, unless both are of the same rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from tui.core.models import Repeat
from tui.services.sqlite.inspection import tables
from tui.services.sqlite.schema_of import Index, indexes


def repeats(connection: sqlite3.Connection, sizes: Mapping[str, int]) -> tuple[Repeat, ...]:
    """Find the indexes of all tables that repeat others, the largest first.

    Args:
        connection: What is read; only its schema.
        sizes: Bytes of each index, as far as known.

    Raises:
        sqlite3.Error: SQLite cannot read it.
    """
    found = [
        Repeat(index=index.name, table=table.name, by=other.name, bytes=sizes.get(index.name))
        for table in tables(connection)
        if table.kind == "table"
        for index, other in _pairs(indexes(connection, table.name))
    ]
    return tuple(sorted(found, key=lambda repeat: (-(repeat.bytes or 0), repeat.index)))


def _pairs(known: Iterable[Index]) -> Iterable[tuple[Index, Index]]:
    """Each index that is not needed, with the one that does its work."""
    left = list(known)
    for index in sorted(left, key=lambda each: (len(each.terms), each.name)):
        if index.unique or index.origin != "created":
            continue
        # One that was found to repeat another does nobody else's work: of two equal ones one stays.
        others = (each for each in left if each is not index and _covers(each, index))
        other = max(others, key=lambda each: len(each.terms), default=None)
        if other is not None:
            left.remove(index)
            yield index, other


def _covers(other: Index, index: Index) -> bool:
    first = other.terms[: len(index.terms)]
    return other.where == index.where and [t.lower() for t in first] == [
        t.lower() for t in index.terms
    ]
