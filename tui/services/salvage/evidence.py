"""What the indexes know of the rows: which there were, and what stood in the indexed columns.

An index that was read without a gap and in order lists every row of its table. Then a row that is
missing is missing for certain, a row that has other values was altered, and one whose page nobody
led to is proved by it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui.core.secrets import is_secret
from tui.services.salvage.output import Output
from tui.services.salvage.records import Row
from tui.services.salvage.schema import Entry
from tui.services.salvage.tables import Table, bound
from tui.services.salvage.trees import Gap, Walk
from tui.services.salvage.usage import Checkpoint, Pages
from tui.services.sqlite.inspection import quote

_BATCH = 1_000


@dataclass(slots=True)
class Index:
    """An index of a table with rowids, and what was read of it."""

    entry: Entry
    columns: tuple[str, ...]
    """Names of its key's columns."""
    work: str
    """The working table with its entries: `rid`, `k0` …"""
    plain: bool
    """Whether it is ordered by bytes alone, so that its order can be looked at."""
    intact: bool = False
    """Whether it was read without a gap, in order, with nothing that speaks against it."""
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """What an intact index says of its table's rows."""

    index: str
    expected: int
    lost: int


def read_index(
    output: Output, pages: Pages, table: Table, entry: Entry, number: int, checkpoint: Checkpoint
) -> Index | None:
    """Read an index into a working table; None when it cannot speak for its table's rows.

    Args:
        output: Where its definition was carried out.
        pages: Of the damaged file.
        table: Its table, one with rowids.
        entry: The index.
        number: For the working table's name.
        checkpoint: May raise to cancel.
    """
    index = _described(output.connection, table, entry, number)
    if index is None or not entry.root:
        return None
    run = output.connection.execute
    fields = len(index.columns)
    names = "".join(f", k{each}" for each in range(fields))
    run(f"CREATE TABLE work.{index.work} (rid INTEGER PRIMARY KEY{names})")
    marks = ", ".join("?" * (fields + 1))
    insert = f"INSERT OR IGNORE INTO work.{index.work} VALUES ({marks})"
    whole, seen, batch = True, 0, list[list[object]]()
    encoding = pages.image.header.encoding
    for item in Walk(pages, False, checkpoint, ordered=index.plain).of(entry.root):
        if isinstance(item, Gap):
            whole = False
            continue
        row = _entry(item.values, fields, encoding)
        if row is None or item.doubt or item.place:
            whole = False
        if row is not None:
            seen += 1
            batch.append(row)
        if len(batch) >= _BATCH:
            output.connection.executemany(insert, batch)
            batch.clear()
    output.connection.executemany(insert, batch)
    (index.entries,) = run(f"SELECT count(*) FROM work.{index.work}").fetchone()
    index.intact = whole and index.plain and index.entries == seen and entry.origin == "file"
    return index


def _entry(values: Row, fields: int, encoding: int) -> list[object] | None:
    if len(values) != fields + 1 or not isinstance(values[-1], int):
        return None
    shown, casts, _odd = bound(values, encoding)
    return None if casts else [shown[-1], *shown[:-1]]


def _described(
    connection: sqlite3.Connection, table: Table, entry: Entry, number: int
) -> Index | None:
    listed = connection.execute(f"PRAGMA main.index_list({quote(table.name)})").fetchall()
    partial = next((row[4] for row in listed if row[1] == entry.name), True)
    rows = connection.execute(f"PRAGMA main.index_xinfo({quote(entry.name)})").fetchall()
    key = [row for row in rows if row[5]]
    # An expression has no column; a partial index says nothing of the other rows.
    if partial or not key or any(row[1] < 0 for row in key) or not table.rowid_name:
        return None
    plain = all(row[4] == "BINARY" and not row[3] for row in key)
    return Index(entry, tuple(str(row[2]) for row in key), f"e{number}", plain)


def matches(output: Output, index: Index, rowid: int, values: Sequence[object]) -> bool:
    """Whether an index has an entry for a row with these values of its columns."""
    where = "".join(f" AND k{at} IS ?" for at in range(len(values)))
    query = f"SELECT 1 FROM work.{index.work} WHERE rid = ?{where}"
    return output.connection.execute(query, (rowid, *values)).fetchone() is not None


def compare(output: Output, table: Table, index: Index) -> Proof | None:
    """Hold a table's rows against an index; doubts are added, and taken back where it proves.

    Returns:
        How many rows are missing, where the index is intact; else None.
    """
    output.flush()
    run = output.connection.execute
    rows, entries = f"main.{quote(table.name)}", f"work.{index.work}"
    rid = f"t.{table.rowid_name}"
    same = " AND ".join(
        f"e.k{at} IS t.{quote(name)} COLLATE BINARY" for at, name in enumerate(index.columns)
    )
    name = index.entry.name
    run(
        f"INSERT INTO work.doubts SELECT ?, {rid}, ?, 0, 0 FROM {rows} t "
        f"JOIN {entries} e ON e.rid = {rid} WHERE NOT ({same})",
        (table.name, f"the index {name} has other values"),
    )
    if not index.intact:
        return None
    run(
        f"INSERT INTO work.doubts SELECT ?, {rid}, ?, 0, 0 FROM {rows} t "
        f"LEFT JOIN {entries} e ON e.rid = {rid} WHERE e.rid IS NULL",
        (table.name, f"the index {name} does not have it"),
    )
    run(
        "DELETE FROM work.doubts WHERE table_name = ? AND place AND row_key IN "
        f"(SELECT {rid} FROM {rows} t JOIN {entries} e ON e.rid = {rid} WHERE {same})",
        (table.name,),
    )
    (lost,) = run(
        f"SELECT count(*) FROM {entries} e LEFT JOIN {rows} t ON e.rid = {rid} WHERE {rid} IS NULL"
    ).fetchone()
    return Proof(name, index.entries, int(lost))


def note_lost(output: Output, table: Table, index: Index, limit: int) -> None:
    """Write down which rows are lost, with what an intact index still knows of them.

    What is a secret by its column's name is left out: the list is no column of that name.
    """
    rows, entries = f"main.{quote(table.name)}", f"work.{index.work}"
    parts = [
        f"{_literal(name)} || '=' || quote(e.k{at})"
        for at, name in enumerate(index.columns)
        if not is_secret(table.name, name)
    ]
    known = " || ', ' || ".join(parts) or "''"
    output.connection.execute(
        f"INSERT INTO work.lost SELECT ?, e.rid, {known} FROM {entries} e "
        f"LEFT JOIN {rows} t ON e.rid = t.{table.rowid_name} "
        f"WHERE t.{table.rowid_name} IS NULL LIMIT ?",
        (table.name, limit),
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
