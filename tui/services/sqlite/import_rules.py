"""What an import would do to a table, and what forbids it, each with the line of the file.

The live database is only read: rows that would come in are tried out on a temporary table made by
the live table's own statement, so that every rule of it speaks before anything is stopped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.services.sqlite.bringing import count_in
from tui.services.sqlite.choosing import ADDED, REPLACED, SAME, Choice, Chosen, Selection
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.objections import objections
from tui.services.sqlite.shapes import BACKUP, LIVE, Schemas, Unique, attach, fold
from tui.services.sqlite.staging_rows import Staged
from tui.wording.clean import one_line
from tui.wording.quantities import plural

_CREATE = "CREATE TABLE "
"""How the statement of a table begins where SQLite keeps it, however it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an import would do."""

    added: int
    replaced: int
    same: int
    now: int
    """Rows that the table has."""
    problems: tuple[str, ...]
    """What forbids it, the first row of each kind."""
    triggers: tuple[str, ...]
    """They do not run."""
    told: Sequence[Mapping[str, Any]]
    """The same as `bringing.Effect`."""


def selection_of(table: str) -> Selection:
    """All rows that were staged, and nothing that hangs on them."""
    return Selection(tables=(table,), related=False)


def effect_of(
    connection: sqlite3.Connection,
    staged: Path,
    rows: Staged,
    file: Path,
    selection: Selection,
    *,
    may_replace: bool,
) -> Effect:
    """Say what would be added and replaced, and what forbids it.

    Args:
        connection: Reads the live database as `main`.
        staged: The file that `staging_rows.stage` made.
        rows: What it has.
        file: The text file's name, for sentences.
        selection: Of `selection_of`, with the columns that do not make a row another one.
        may_replace: Whether rows that are there may get other values.

    Raises:
        McpdbError: Rows of this table cannot be carried over.
        sqlite3.Error: One of the two cannot be read.
    """
    attach(connection, staged)
    choice = Choice(Schemas(connection), selection)
    choice.make()
    (chosen,) = choice.chosen.values()
    found = choice.effect()
    counts = found[0] if found else {}
    rules = _Rules(choice, chosen, rows, one_line(file.name))
    problems = [] if may_replace else list(rules.existing())
    problems += rules.broken()
    if not problems:
        # What is left has no line: it is about the file as a whole.
        problems = [objection.text for objection in objections(choice)]
    return Effect(
        added=int(counts.get("added", 0)),
        replaced=int(counts.get("replaced", 0)),
        same=int(counts.get("same", 0)),
        now=count_in(connection, LIVE, chosen.shape.name),
        problems=tuple(problems),
        triggers=tuple(name for name, _sql in choice.schemas.triggers(chosen.shape)),
        told=found,
    )


class _Rules:
    """The rules of one table, asked about the rows that would come in."""

    def __init__(self, choice: Choice, chosen: Chosen, rows: Staged, file: str) -> None:
        self._choice, self._chosen, self._shape = choice, chosen, chosen.shape
        self._connection = choice.schemas.connection
        self._line, self._file = quote(rows.line), file
        self._columns = rows.columns

    def existing(self) -> Iterator[str]:
        """Rows of the file that are there already, where only new ones may come."""
        if not self._shape.key:
            return
        source = self._chosen.rows(f"c.state > {ADDED}")
        count, line = self._one(f"SELECT count(*), min(b.{self._line}) {source}") or (0, None)
        if count:
            yield self._said(
                line,
                f"a row with its key is there already ({plural(count, 'row')} of the file); "
                "--upsert replaces what is there",
            )

    def broken(self) -> Iterator[str]:
        """Rules of the table, then of its unique indexes, then its foreign keys."""
        if problem := self._tried():
            yield problem
            return
        for unique in self._choice.schemas.uniques(self._shape):
            yield from self._taken(unique)
        for chosen, pointer in self._choice.pointers():
            source = self._choice.orphans(chosen, pointer)
            row = self._one(f"SELECT min(b.{self._line}) {source}")
            if row and row[0] is not None:
                yield self._said(
                    row[0],
                    f"its {one_line(', '.join(pointer.columns))} points to a row of "
                    f"{one_line(pointer.parent)} that is not there",
                )

    def _said(self, line: object, text: str) -> str:
        return f"{self._file}, line {line}: {text}"

    def _one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        row = self._connection.execute(sql, values).fetchone()
        return tuple(row) if row is not None else None

    # --- by the table itself --------------------------------------------------------------

    def _tried(self) -> str:
        """What the table's own rules say of a row; empty when they let all in."""
        row = self._one(
            f"SELECT sql FROM {LIVE}.sqlite_schema WHERE type = 'table' AND name = ?",
            (self._shape.name,),
        )
        sql = str(row[0]) if row else ""
        if not sql.startswith(_CREATE):
            return ""
        try:
            self._connection.execute(f"CREATE TEMP TABLE {sql.removeprefix(_CREATE)}")
        except sqlite3.OperationalError:
            return ""  # a rule with a function that only the gateway knows
        try:
            return self._into_temporary()
        finally:
            self._connection.execute(f"DROP TABLE temp.{quote(self._shape.name)}")

    def _into_temporary(self) -> str:
        try:
            for state in (ADDED, REPLACED):
                self._connection.execute(self._trial(state, "1"))
        except sqlite3.IntegrityError:
            return self._which()
        except sqlite3.OperationalError as error:
            if "no such function" not in str(error):
                raise
        return ""

    def _which(self) -> str:
        """The first row that a rule forbids: one after the other, in the file's order."""
        self._connection.execute(f"DELETE FROM temp.{quote(self._shape.name)}")
        lines = self._connection.execute(
            f"SELECT b.{self._line} {self._chosen.rows(f'c.state < {SAME}')} ORDER BY 1"
        ).fetchall()
        for (line,) in lines:
            try:
                for state in (ADDED, REPLACED):
                    self._connection.execute(self._trial(state, f"b.{self._line} = {line}"))
            except sqlite3.IntegrityError as error:
                return self._said(line, one_line(str(error)))
        return ""

    def _trial(self, state: int, where: str) -> str:
        """Put rows as they would be into the temporary table; `where` is about `b`."""
        shape, table = self._shape, quote(self._shape.name)
        taken = {fold(name) for name in self._columns}
        names = [c.name for c in shape.live if not c.generated and fold(c.name) in taken]
        wanted = [f"b.{quote(name)}" for name in names]
        beside = ""
        if state == REPLACED and shape.key:
            others = [c.name for c in shape.live if not c.generated and fold(c.name) not in taken]
            names, wanted = names + others, wanted + [f"l.{quote(name)}" for name in others]
            same = " AND ".join(f"l.{quote(name)} = b.{quote(name)}" for name in shape.key)
            beside = f"JOIN {LIVE}.{table} l ON {same}"
        return (
            f"INSERT INTO temp.{table} ({', '.join(map(quote, names))}) "
            f"SELECT {', '.join(wanted)} FROM {BACKUP}.{table} b JOIN {self._chosen.name} c "
            f"ON {self._chosen.of_backup('b', 'c')} {beside} "
            f"WHERE c.state = {state} AND {where} ORDER BY b.{self._line}"
        )

    # --- unique -----------------------------------------------------------------------------

    def _taken(self, unique: Unique) -> Iterator[str]:
        """Another row, of the file or of the database, has what must be unique."""
        shape, table = self._shape, quote(self._shape.name)
        terms = ", ".join(f"({term}) AS u{n}" for n, term in enumerate(unique.terms))
        where = f"WHERE {unique.where}" if unique.where else ""
        ids = ", ".join(f"{quote(name)} AS i{n}" for n, name in enumerate(shape.identity))
        try:
            ours = f"(SELECT {ids}, {self._line} AS line, {terms} FROM {BACKUP}.{table} {where})"
            self._connection.execute(f"SELECT 1 FROM {ours} LIMIT 0")
        except sqlite3.OperationalError:
            return  # it is about a column that the file has not: what is written shows
        mine = " AND ".join(f"b.i{n} = c.k{n}" for n in range(len(shape.identity)))
        new = f"{self._chosen.name} c JOIN {ours} b ON {mine} AND c.state < {SAME}"
        same = " AND ".join(
            f"l.u{n} = b.u{n} COLLATE {quote(collation)}"
            for n, collation in enumerate(unique.collations)
        )
        row = self._one(
            f"SELECT max(b.line, l.line) FROM {new} JOIN {ours} l ON {same} AND l.line <> b.line"
            " ORDER BY 1 LIMIT 1"
        )
        if row is not None:
            text = f"an earlier line has the same {one_line(unique.words())}"
            yield self._said(row[0], f"{text}, and that must be unique")
            return
        theirs = ", ".join(f"{quote(name)} AS i{n}" for n, name in enumerate(shape.key)) or "1"
        other = " AND ".join(f"l.i{n} = b.i{n}" for n in range(len(shape.key))) or "0"
        shown = ", ".join(f"l.i{n}" for n in range(len(shape.key))) or "'another row'"
        row = self._one(
            f"SELECT b.line, {shown} FROM {new} JOIN (SELECT {theirs}, {terms} "
            f"FROM {LIVE}.{table} {where}) l ON {same} WHERE NOT ({other}) "
            "ORDER BY 1 LIMIT 1"
        )
        if row is not None:
            key = one_line("|".join(map(str, row[1:])))
            yield self._said(
                row[0],
                f"{one_line(shape.name)} {key} has the same {one_line(unique.words())}, and that "
                "must be unique",
            )
