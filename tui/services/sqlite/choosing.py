"""Which rows of a backup come back: those that were named, what hangs on them, what they need.

The choice lies in temporary tables, one for each table that rows come back to, so that it may be
of any size: the key of each row, why it is there, and how the live database has it. Nothing is
ever written to either database.

- A row that was named, and one that only the backup has, brings the rows that point to it and
  that are missing, and those bring theirs. A row of a whole table that is there as well does
  not: what points to it may be missing because the gateway tidied it up.
- A row that comes back brings the rows that it points to, where they are missing; those bring
  nothing but what they point to themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tui.core.errors import NotFoundError, PrecheckError, UsageError
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.keys import Key, parts, readings
from tui.services.sqlite.shapes import BACKUP, LIVE, STAMP, Pointer, Schemas, Shape, fold, views
from tui.wording.clean import one_line
from tui.wording.quantities import plural

ADDED, REPLACED, SAME = 0, 1, 2
"""How the live database has a row: not at all, with other values, as the backup has it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for."""

    tables: tuple[str, ...] = ()
    rows: Mapping[str, Sequence[Key]] = field(default_factory=dict)
    related: bool = True
    ignored: tuple[str, ...] = ()
    """Patterns of columns that do not make a row another one: `column` or `table.column`."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one table that were chosen."""

    shape: Shape
    name: str
    """Of the temporary table: `k0`, `k1` … are the key, `state` is one of the above."""

    @property
    def keys(self) -> str:
        """The key's columns in the temporary table."""
        return ", ".join(f"k{n}" for n in range(len(self.shape.identity)))

    def of_backup(self, backup: str, chosen: str) -> str:
        """The condition that a row of the backup's table is a chosen one."""
        return " AND ".join(
            f"{backup}.{quote(name)} = {chosen}.k{n}" for n, name in enumerate(self.shape.identity)
        )

    def rows(self, condition: str = "1") -> str:
        """`FROM` all chosen rows of the backup: `c` is the choice, `b` the row itself."""
        return (
            f"FROM {self.name} c JOIN {BACKUP}.{quote(self.shape.name)} b "
            f"ON {self.of_backup('b', 'c')} WHERE {condition}"
        )


class Choice:
    """The rows that come back."""

    def __init__(self, schemas: Schemas, selection: Selection) -> None:
        self.schemas = schemas
        self.selection = selection
        self.chosen: dict[str, Chosen] = {}
        self.left_out: dict[str, str] = {}
        """Tables whose rows would belong to it and cannot be carried over, and why."""
        self._connection = schemas.connection

    def make(self) -> None:
        """Choose.

        Raises:
            UsageError: Nothing was asked for, or a key has another number of values.
            NotFoundError: The backup has no such table or row.
            PrecheckError: Rows of a table cannot be carried over.
        """
        if not self.selection.tables and not any(self.selection.rows.values()):
            raise UsageError("Nothing was named: give tables, or rows by their primary key.")
        for table, keys in self.selection.rows.items():
            chosen = self._of(self._asked(table))
            for key in keys:
                self._name(chosen, key)
        for table in self.selection.tables:
            chosen = self._of(self._asked(table))
            self._insert(chosen, how="table", follow="state = 0")
        if self.selection.related:
            generation = 0
            while self._bring_children(generation):
                generation += 1
            while self._bring_parents():
                pass

    # --- what was asked for ---------------------------------------------------------------

    def _asked(self, table: str) -> Shape:
        name, shown = fold(table), one_line(table)
        if name == STAMP:
            raise PrecheckError(f"{STAMP} says where the file's schema stands; it stays as it is.")
        if name not in self.schemas.backup:
            raise NotFoundError(f"The backup has no table {shown}.")
        kind = views(self._connection).get(name)
        if kind is not None:
            raise PrecheckError(f"{shown} is no ordinary table in the live database ({kind}).")
        shape = self.schemas.shared(table)
        if shape is None:
            raise PrecheckError(
                f"The live database has no table {shown}: its schema is another one. "
                "Only a whole restore brings it back."
            )
        if shape.problem:
            raise PrecheckError(f"Rows of {shown} cannot be carried over: {shape.problem}.")
        return shape

    def _of(self, shape: Shape) -> Chosen:
        """The chosen rows of a table, none of them yet."""
        found = self.chosen.get(fold(shape.name))
        if found is None:
            found = Chosen(shape, f"temp.bring_{len(self.chosen)}")
            self._make_table(found)
            self.chosen[fold(shape.name)] = found
        return found

    def _make_table(self, chosen: Chosen) -> None:
        # Made from the key's own columns: with their affinity the comparison can use an index.
        keys = ", ".join(f"{quote(name)} AS k{n}" for n, name in enumerate(chosen.shape.identity))
        bare = chosen.name.removeprefix("temp.")
        for sql in (
            f"CREATE TEMP TABLE {bare} AS SELECT {keys}, '' AS how, 0 AS state, 0 AS gen, "
            f"0 AS follow FROM {BACKUP}.{quote(chosen.shape.name)} WHERE 0",
            f"CREATE UNIQUE INDEX temp.{bare}_k ON {bare} ({chosen.keys})",
        ):
            self._connection.execute(sql)

    def _name(self, chosen: Chosen, key: Key) -> None:
        """Choose one row by its primary key."""
        shape = chosen.shape
        if not shape.key:
            raise UsageError(
                f"{one_line(shape.name)} has no primary key, so its rows cannot be named; "
                "the whole table can."
            )
        if len(key) == 1 and len(shape.key) > 1 and isinstance(key[0], str):
            key = parts(key[0], "|")
        if len(key) != len(shape.key):
            raise UsageError(
                f"A row of {one_line(shape.name)} is named by {plural(len(shape.key), 'value')}: "
                f"{one_line('|'.join(shape.key))}."
            )
        condition = " AND ".join(f"b.{quote(name)} = ?" for name in shape.key)
        for values in readings(key):
            if self._insert(chosen, how="named", follow="1", where=condition, values=values):
                return
            already = f"SELECT 1 {chosen.rows(condition)}"
            if self._connection.execute(already, values).fetchone():
                return
        raise NotFoundError(
            f"The backup has no row {one_line('|'.join(map(str, key)))} in {one_line(shape.name)}."
        )

    # --- what belongs to it ---------------------------------------------------------------

    def _insert(
        self,
        chosen: Chosen,
        *,
        how: str,
        follow: str,
        generation: int = 0,
        joins: str = "",
        where: str = "1",
        values: Sequence[Any] = (),
    ) -> int:
        """Choose the rows `b` of the backup's table for which `where` holds; how many are new."""
        shape = chosen.shape
        ids = ", ".join(f"b.{quote(n)} AS k{i}" for i, n in enumerate(shape.identity))
        sql = (
            f"INSERT OR IGNORE INTO {chosen.name} ({chosen.keys}, how, state, gen, follow) "
            f"SELECT DISTINCT {chosen.keys}, '{how}', state, {generation}, {follow} FROM ("
            f"SELECT {ids}, {self._state(shape)} AS state "
            f"FROM {joins} {BACKUP}.{quote(shape.name)} b {self._beside(shape)} WHERE {where})"
        )
        return self._connection.execute(sql, tuple(values)).rowcount

    def _beside(self, shape: Shape) -> str:
        """The live row `l` with the same key, if there is one."""
        if not shape.key:
            return ""
        same = " AND ".join(f"l.{quote(name)} = b.{quote(name)}" for name in shape.key)
        return f"LEFT JOIN {LIVE}.{quote(shape.name)} l ON {same}"

    def _is_missing(self, shape: Shape) -> str:
        if shape.key:
            return f"l.{quote(shape.key[0])} IS NULL"
        return f"b.{shape.rowid} IN ({missing_rows(shape)})"

    def _state(self, shape: Shape) -> str:
        missing = f"CASE WHEN {self._is_missing(shape)} THEN {ADDED}"
        if not shape.key:
            return f"{missing} ELSE {SAME} END"
        counted = [name for name in shape.columns if not self._is_ignored(shape.name, name)]
        other = differs(counted, "l", "b") or "0"
        return f"{missing} WHEN {other} THEN {REPLACED} ELSE {SAME} END"

    def _is_ignored(self, table: str, column: str) -> bool:
        name, whole = fold(column), f"{fold(table)}.{fold(column)}"
        return any(
            fnmatchcase(whole if "." in pattern else name, fold(pattern))
            for pattern in self.selection.ignored
        )

    def _bring_children(self, generation: int) -> int:
        """Choose what points to the rows of one generation and is missing; how many rows."""
        found = 0
        for chosen in tuple(self.chosen.values()):
            waiting = f"SELECT 1 FROM {chosen.name} WHERE gen = {generation} AND follow LIMIT 1"
            if self._connection.execute(waiting).fetchone() is None:
                continue
            for pointer in self.schemas.children(chosen.shape.name):
                found += self._bring_pointing(chosen, pointer, generation)
        return found

    def _bring_pointing(self, parent: Chosen, pointer: Pointer, generation: int) -> int:
        child = self.schemas.shared(pointer.table)
        if child is None:
            return 0
        if child.problem:
            self.left_out[child.name] = child.problem
            return 0
        if not (_has(child, pointer.columns) and _has(parent.shape, pointer.parent_columns)):
            return 0
        return self._insert(
            self._of(child),
            how="related",
            follow="1",
            generation=generation + 1,
            joins=(
                f"{parent.name} c JOIN {BACKUP}.{quote(parent.shape.name)} p "
                f"ON {parent.of_backup('p', 'c')} JOIN"
            ),
            where=(
                f"c.gen = {generation} AND c.follow AND {points_to(pointer, 'p', 'b')} "
                f"AND {self._is_missing(child)}"
            ),
        )

    def _bring_parents(self) -> int:
        """Choose the rows that chosen ones point to and that are missing; how many rows."""
        found = 0
        for chosen, pointer in tuple(self.pointers()):
            shape = self.schemas.shared(pointer.parent)
            if shape is None or shape.problem or not _has(shape, pointer.parent_columns):
                continue
            # Each missing row once, and from there to the parent's own index.
            needed = ", ".join(f"b.{quote(n)} AS {quote(n)}" for n in pointer.columns)
            found += self._insert(
                self._of(shape),
                how="parent",
                follow="0",
                generation=-1,
                joins=f"(SELECT DISTINCT {needed} {self.orphans(chosen, pointer)}) n JOIN",
                where=points_to(pointer, "b", "n"),
            )
        return found

    def pointers(self) -> Iterator[tuple[Chosen, Pointer]]:
        """The foreign keys of the tables that rows come back to, as far as both have them."""
        for chosen in self.chosen.values():
            for pointer in chosen.shape.pointers:
                if _has(chosen.shape, pointer.columns):
                    yield chosen, pointer

    def orphans(self, chosen: Chosen, pointer: Pointer) -> str:
        """`FROM` the chosen rows `b` that would point to nothing."""
        filled = " AND ".join(f"b.{quote(name)} IS NOT NULL" for name in pointer.columns)
        conditions = [f"c.state < {SAME}", filled]
        if fold(pointer.parent) in self.schemas.live:
            conditions.append(
                f"NOT EXISTS (SELECT 1 FROM {LIVE}.{quote(pointer.parent)} l "
                f"WHERE {points_to(pointer, 'l', 'b')})"
            )
        parent = self.chosen.get(fold(pointer.parent))
        if parent is not None and _has(parent.shape, pointer.parent_columns):
            conditions.append(
                f"NOT EXISTS (SELECT 1 FROM {BACKUP}.{quote(pointer.parent)} p "
                f"JOIN {parent.name} d ON {parent.of_backup('p', 'd')} "
                f"WHERE {points_to(pointer, 'p', 'b')} AND d.state < {SAME})"
            )
        return chosen.rows(" AND ".join(conditions))

    # --- what it comes to -----------------------------------------------------------------

    def effect(self) -> list[dict[str, Any]]:
        """Per table how many rows are added, replaced and the same; of the added, why."""
        found = []
        for chosen in self.chosen.values():
            row = self._connection.execute(
                "SELECT count(*), coalesce(sum(state = 0), 0), coalesce(sum(state = 1), 0), "
                "coalesce(sum(state = 2), 0), coalesce(sum(how = 'related'), 0), "
                f"coalesce(sum(how = 'parent'), 0) FROM {chosen.name}"
            ).fetchone()
            if row[0]:
                names = ("added", "replaced", "same", "related", "parents")
                found.append({"table": chosen.shape.name, **dict(zip(names, row[1:], strict=True))})
        return found

    def written(self) -> list[Chosen]:
        """The tables with rows that are added or replaced."""
        return [
            chosen
            for chosen in self.chosen.values()
            if self._connection.execute(
                f"SELECT 1 FROM {chosen.name} WHERE state < {SAME} LIMIT 1"
            ).fetchone()
        ]


def points_to(pointer: Pointer, target: str, row: str) -> str:
    """The condition that a row points to another by a foreign key."""
    return " AND ".join(
        f"{target}.{quote(theirs)} = {row}.{quote(ours)}"
        for ours, theirs in zip(pointer.columns, pointer.parent_columns, strict=True)
    )


def differs(columns: Sequence[str], left: str, right: str) -> str:
    """The condition that two rows are not the same, type by type and byte by byte."""
    return " OR ".join(
        f"typeof({left}.{c}) <> typeof({right}.{c}) OR {left}.{c} IS NOT {right}.{c} COLLATE BINARY"
        for c in map(quote, columns)
    )


def missing_rows(shape: Shape) -> str:
    """The rowids of a backup's table without a key whose rows the live one has nowhere."""
    typed = ", ".join(
        f"typeof({c}) AS t{n}, {c} COLLATE BINARY AS v{n}"
        for n, c in enumerate(map(quote, shape.columns))
    )
    same = " AND ".join(
        f"m.t{n} = typeof(x.{c}) AND m.v{n} IS x.{c}"
        for n, c in enumerate(map(quote, shape.columns))
    )
    table = quote(shape.name)
    return (
        f"SELECT x.{shape.rowid} FROM (SELECT {typed} FROM {BACKUP}.{table} "
        f"EXCEPT SELECT {typed} FROM {LIVE}.{table}) m JOIN {BACKUP}.{table} x ON {same}"
    )


def _has(shape: Shape, names: Sequence[str]) -> bool:
    """Whether both databases have these columns of a table."""
    common = {fold(name) for name in shape.columns}
    return all(fold(name) in common for name in names)


def key_of(connection: sqlite3.Connection, chosen: Chosen, source: str) -> str:
    """The key of the first row of a `FROM … WHERE …` over `c`, for a sentence; empty if none."""
    keys = ", ".join(f"c.k{n}" for n in range(len(chosen.shape.identity)))
    row = connection.execute(f"SELECT {keys} {source} LIMIT 1").fetchone()
    if row is None:
        return ""
    return one_line("|".join(v.hex() if isinstance(v, bytes) else str(v) for v in row))
