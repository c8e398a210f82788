"""Bringing chosen rows of a backup into a live database: what it would do, and doing it.

The preview only reads. `Writer` works inside the one transaction of a process that owns the live
file alone (`tui.services.live.bringing_helper`); it chooses again and compares, so that what is
done is what was shown.

Values go from file to file inside SQLite and are never turned into anything else. A row that is
there is changed by UPDATE, never deleted and inserted again: nothing that hangs on it goes with
it, and columns that only the live database has stay as they are. Triggers are taken out before
and put back after, by the very text that made them, in the same transaction: what they wrote when
the rows were new is in the database already.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core.errors import PrecheckError
from tui.services.sqlite.choosing import ADDED, REPLACED, SAME, Choice, Chosen, Selection, differs
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.objections import Objection, objections
from tui.services.sqlite.shapes import BACKUP, LIVE, Schemas, attach
from tui.wording.clean import one_line
from tui.wording.quantities import plural

Effect = Sequence[Mapping[str, Any]]
"""Per table: `table`, `added`, `replaced`, `same`; of the added `related` and `parents`."""


class RefusedError(Exception):
    """The transaction is taken back; nothing was changed."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        """`moved`: not what was shown; `broken`: the result would not be sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What bringing rows back would do."""

    effect: Effect
    objections: tuple[Objection, ...]
    triggers: tuple[str, ...]
    """Of the tables that rows come back to: they do not run."""
    left_out: Mapping[str, str]
    """Tables whose rows would belong to it and cannot be carried over, and why."""
    counts: Mapping[str, int]
    """Rows that the live tables have now."""
    share: float
    """Which part of the backup's rows is written, from 0 to 1."""


def preview(connection: sqlite3.Connection, backup: Path, selection: Selection) -> Preview:
    """Say what would be added and replaced, and what forbids it; writes to neither file.

    Args:
        connection: Reads the live database as `main`.
        backup: A finished file.
        selection: What was asked for.

    Raises:
        UsageError: Nothing was asked for, or a key has another number of values.
        NotFoundError: The backup has no such table or row.
        PrecheckError: Rows of a table cannot be carried over.
        sqlite3.Error: One of the two cannot be read.
    """
    _attach(connection, backup)
    choice = Choice(Schemas(connection), selection)
    choice.make()
    written = choice.written()
    tables = tuple(chosen.shape.name for chosen in choice.chosen.values())
    effect = choice.effect()
    held = sum(count_in(connection, BACKUP, table) for table in tables)
    touched = sum(int(row["added"]) + int(row["replaced"]) for row in effect)
    return Preview(
        effect=effect,
        objections=tuple(objections(choice)),
        triggers=tuple(name for c in written for name, _sql in choice.schemas.triggers(c.shape)),
        left_out=dict(choice.left_out),
        counts={table: count_in(connection, LIVE, table) for table in tables},
        share=touched / held if held else 0.0,
    )


def _attach(connection: sqlite3.Connection, backup: Path) -> None:
    try:
        attach(connection, backup)
    except sqlite3.OperationalError as error:
        if "encoding" in str(error):
            raise PrecheckError(
                "The backup's text has another encoding than the live database's: "
                "only a whole restore brings it back."
            ) from error
        raise


def count_in(connection: sqlite3.Connection, schema: str, table: str) -> int:
    """Rows of a table of one of the two databases."""
    (number,) = connection.execute(f"SELECT count(*) FROM {schema}.{quote(table)}").fetchone()
    return int(number)


class Writer:
    """Brings rows back inside an open transaction that the caller commits or rolls back."""

    def __init__(self, connection: sqlite3.Connection, selection: Selection) -> None:
        self._connection = connection
        self._choice = Choice(Schemas(connection), selection)

    def write(self, expected: Effect) -> dict[str, Any]:
        """Write what was shown, and prove it.

        Args:
            expected: What the preview said.

        Returns:
            A witness: which row tells later whether the transaction was committed.

        Raises:
            RefusedError: Something else would be written, or the result would not be sound.
            McpdbError: The choice cannot be made any more.
            sqlite3.Error: A rule of the live database forbids it.
        """
        choice = self._choice
        choice.make()
        self._compare(expected)
        for objection in objections(choice):
            raise RefusedError("broken", objection.text)
        written = choice.written()
        triggers = self._take_triggers(written)
        checked = self._to_check(written)
        before = {table: self._violations(table) for table in checked}
        done = self._connection.total_changes
        for chosen in written:
            self._add(chosen)
            self._replace(chosen)
        done = self._connection.total_changes - done
        rows = sum(int(row["added"]) + int(row["replaced"]) for row in expected)
        if done != rows:
            raise RefusedError("moved", f"{plural(done, 'row')} changed instead of {rows}")
        for chosen in written:
            self._read_back(chosen)
        for table in checked:
            self._compare_violations(table, before[table])
        for sql in triggers:
            self._connection.execute(sql)
        return self._witness(written)

    def _compare(self, expected: Effect) -> None:
        """What would be done now must be what was shown."""
        now = {row["table"]: row for row in self._choice.effect()}
        shown = {row["table"]: row for row in expected}
        for table in {**shown, **now}:
            told, found = shown.get(table, {}), now.get(table, {})
            for word in ("added", "replaced"):
                if told.get(word, 0) != found.get(word, 0):
                    raise RefusedError(
                        "moved",
                        f"{one_line(table)}: {told.get(word, 0)} {word} in the plan, "
                        f"{found.get(word, 0)} now",
                    )

    # --- writing --------------------------------------------------------------------------

    def _add(self, chosen: Chosen) -> None:
        names = ", ".join(map(quote, chosen.shape.columns))
        values = ", ".join(f"b.{quote(name)}" for name in chosen.shape.columns)
        self._connection.execute(
            f"INSERT INTO {LIVE}.{quote(chosen.shape.name)} ({names}) "
            f"SELECT {values} {chosen.rows(f'c.state = {ADDED}')}"
        )

    def _replace(self, chosen: Chosen) -> None:
        shape = chosen.shape
        if not shape.key:
            return
        table, keys = quote(shape.name), ", ".join(map(quote, shape.key))
        names = ", ".join(map(quote, shape.columns))
        values = ", ".join(f"b.{quote(name)}" for name in shape.columns)
        same = " AND ".join(f"b.{quote(name)} = {table}.{quote(name)}" for name in shape.key)
        self._connection.execute(
            f"UPDATE {LIVE}.{table} SET ({names}) = "
            f"(SELECT {values} FROM {BACKUP}.{table} b WHERE {same}) "
            f"WHERE ({keys}) IN (SELECT {chosen.keys} FROM {chosen.name} WHERE state = {REPLACED})"
        )

    def _take_triggers(self, written: Sequence[Chosen]) -> list[str]:
        found = [pair for c in written for pair in self._choice.schemas.triggers(c.shape)]
        for name, _sql in found:
            self._connection.execute(f"DROP TRIGGER {LIVE}.{quote(name)}")
        return [sql for _name, sql in found]

    # --- proving --------------------------------------------------------------------------

    def _read_back(self, chosen: Chosen) -> None:
        """Every row that was written is there, type by type and byte by byte."""
        shape, table = chosen.shape, quote(chosen.shape.name)
        if not shape.key:
            return  # `_witness` finds them by their content
        keys = " AND ".join(f"l.{quote(name)} = b.{quote(name)}" for name in shape.key)
        source = (
            f"FROM {chosen.name} c JOIN {BACKUP}.{table} b ON {chosen.of_backup('b', 'c')} "
            f"LEFT JOIN {LIVE}.{table} l ON {keys} WHERE c.state < {SAME}"
        )
        if not self._any(f"{source} AND ({differs(shape.columns, 'l', 'b')})"):
            return
        for name in shape.columns:
            if self._any(f"{source} AND ({differs([name], 'l', 'b')})"):
                raise RefusedError(
                    "broken",
                    f"a value of {one_line(shape.name)}.{one_line(name)} would not come back as "
                    "it was: the live column is of another type",
                )

    def _any(self, source: str) -> bool:
        return self._connection.execute(f"SELECT 1 {source} LIMIT 1").fetchone() is not None

    def _to_check(self, written: Sequence[Chosen]) -> list[str]:
        """Tables whose foreign keys may be broken by it: those written, and what points there."""
        found = {chosen.shape.name: None for chosen in written if chosen.shape.pointers}
        for chosen in written:
            for pointer in self._choice.schemas.children(chosen.shape.name):
                found[pointer.table] = None
        return list(found)

    def _violations(self, table: str) -> set[tuple[Any, ...]]:
        rows = self._connection.execute(f"PRAGMA {LIVE}.foreign_key_check({quote(table)})")
        return set(rows.fetchall())

    def _compare_violations(self, table: str, before: set[tuple[Any, ...]]) -> None:
        new = self._violations(table) - before
        if not new:
            return
        _table, rowid, parent, _number = min(new, key=lambda row: (row[1] is None, row[1] or 0))
        raise RefusedError(
            "broken",
            f"{one_line(table)} {self._key_at(table, rowid)} would point to a row of "
            f"{one_line(str(parent))} that is not there",
        )

    def _key_at(self, table: str, rowid: int | None) -> str:
        shape = self._choice.schemas.shared(table)
        if shape is None or not shape.key or rowid is None:
            return "" if rowid is None else f"(rowid {rowid})"
        keys = ", ".join(map(quote, shape.key))
        row = self._connection.execute(
            f"SELECT {keys} FROM {LIVE}.{quote(table)} WHERE rowid = ?", (rowid,)
        ).fetchone()
        return one_line("|".join(map(str, row or ())))

    def _witness(self, written: Sequence[Chosen]) -> dict[str, Any]:
        """The first row that was written: how it is found again, and what it is now."""
        for chosen in written:
            shape, table = chosen.shape, quote(chosen.shape.name)
            same = " AND ".join(f"l.{quote(name)} = b.{quote(name)}" for name in shape.key)
            alike = f"NOT ({differs(shape.columns, 'l', 'b')})"
            for names in ((shape.rowid,), shape.key):
                row = self._first(
                    names,
                    f"FROM {chosen.name} c JOIN {BACKUP}.{table} b "
                    f"ON {chosen.of_backup('b', 'c')} JOIN {LIVE}.{table} l "
                    f"ON {same or alike} "
                    f"WHERE c.state < {SAME}",
                )
                if row is not None and all(isinstance(value, int | str) for value in row):
                    at = dict(zip(names, row, strict=True))
                    digest = _digest(self._connection, shape.name, shape.columns, at)
                    return {
                        "table": shape.name,
                        "columns": list(shape.columns),
                        "at": at,
                        "sha256": digest,
                    }
        return {}

    def _first(self, names: Sequence[str], source: str) -> tuple[Any, ...] | None:
        if not all(names):
            return None
        wanted = ", ".join(f"l.{quote(name)}" for name in names)
        try:
            row = self._connection.execute(f"SELECT {wanted} {source} LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            return None  # a table WITHOUT ROWID has none
        return tuple(row) if row is not None else None


def is_there(connection: sqlite3.Connection, witness: Mapping[str, Any]) -> bool:
    """Whether the row of a witness is in the live database, as it was written.

    Before the transaction there was none in its place, or one with other values.

    Raises:
        sqlite3.Error: It cannot be looked for.
    """
    columns = [str(name) for name in witness["columns"]]
    found = _digest(connection, str(witness["table"]), columns, witness["at"])
    return found == str(witness["sha256"])


def _digest(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], at: Mapping[str, Any]
) -> str:
    values = ", ".join(f"typeof({c}), {c}" for c in map(quote, columns))
    there = " AND ".join(f"{quote(name)} = ?" for name in at)
    row = connection.execute(
        f"SELECT {values} FROM {LIVE}.{quote(table)} WHERE {there}", tuple(at.values())
    ).fetchone()
    return hashlib.sha256(repr(row).encode()).hexdigest() if row is not None else ""
