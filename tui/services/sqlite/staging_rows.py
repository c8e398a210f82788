"""Rows of a text file as a table of a private database, from where they go into a live one.

The staged table has the live table's name, key, collations and kinds of types, and only the
columns that the file has; so what brings rows of a backup back (`bringing`) brings these in, and
leaves every other column as it is. One more column says in which line a row began.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import PrecheckError, UsageError
from tui.core.models.rows import Relation, RelationColumn
from tui.services import files
from tui.services.rows_out.delimited import DelimitedReader
from tui.services.rows_out.formats import Reader
from tui.services.rows_out.values import RawText, RowError, Value, is_mask
from tui.services.sqlite.connections import connect, translated
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.relations import relation
from tui.services.sqlite.shapes import STAMP, fold
from tui.wording.clean import one_line

_ROWS_PER_TICK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A file that was staged."""

    table: str
    line: str
    """The column with the line a row began in."""
    columns: tuple[str, ...]
    """Those that the file has and that are written."""
    missing: tuple[str, ...]
    """Live columns that the file has not: rows that are there keep them."""
    secrets: tuple[str, ...]
    """Of the missing ones, those that hold secrets."""
    generated: tuple[str, ...]
    """Columns of the file that SQLite itself computes: they are not written."""
    rows: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is done with the columns of a file."""

    shape: Relation
    line: str
    taken: tuple[RelationColumn, ...]
    places: tuple[int, ...]
    """Of the taken columns, in a row of the file."""
    generated: tuple[str, ...]


def stage(
    live: sqlite3.Connection,
    table: str,
    reader: Reader,
    file: Path,
    target: Path,
    *,
    masks: Sequence[str] = (),
    tick: Callable[[int], None] = lambda _rows: None,
) -> Staged:
    """Read a file into a new private database.

    Args:
        live: Reads the live database as `main`.
        table: Where the rows are to go.
        reader: The open file.
        file: Its name, for sentences.
        target: A name that does not exist yet; the caller removes it, whatever happens.
        masks: The operator's own patterns for secret columns.
        tick: Told how many rows are read; may raise to stop.

    Raises:
        NotFoundError: There is no such table.
        PrecheckError: Rows cannot be imported into it, or there is no space.
        UsageError: The file has a column that the table has not, or lacks its key.
        RowError: A row cannot be taken; names its line.
    """
    plan = _plan(relation(live, table, more_secrets=masks), reader)
    if isinstance(reader, DelimitedReader):
        reader.texts = frozenset(
            place
            for column, place in zip(plan.taken, plan.places, strict=True)
            if _affinity(column.declared) == "TEXT"
        )
    (encoding,) = live.execute("PRAGMA main.encoding").fetchone()
    try:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        os.close(os.open(target, flags, 0o600))
    except OSError as error:
        raise files.denied("write", target, error) from error
    try:
        with closing(connect(target, "mode=rw")) as connection:
            for pragma in (f"encoding='{encoding}'", "journal_mode=OFF", "synchronous=OFF"):
                connection.execute(f"PRAGMA {pragma}").fetchone()
            connection.execute("BEGIN")
            connection.execute(_table(plan, is_strict=_is_strict(live, plan.shape.name)))
            rows = _insert(connection, plan, _rows(reader, plan, file, encoding), file, tick)
            line = quote(plan.line)
            connection.execute(f"CREATE INDEX staged_lines ON {quote(plan.shape.name)} ({line})")
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise translated(error, target) from error
    taken = {column.name for column in plan.taken}
    missing = [
        c for c in plan.shape.columns if not c.generated and not c.hidden and c.name not in taken
    ]
    return Staged(
        table=plan.shape.name,
        line=plan.line,
        columns=tuple(column.name for column in plan.taken),
        missing=tuple(c.name for c in missing),
        secrets=tuple(c.name for c in missing if c.secret),
        generated=plan.generated,
        rows=rows,
    )


# --- columns ------------------------------------------------------------------------------


def _plan(shape: Relation, reader: Reader) -> _Plan:
    name = one_line(shape.name)
    if fold(shape.name) == STAMP:
        raise PrecheckError(f"{STAMP} says where the file's schema stands; it stays as it is.")
    if shape.kind != "table":
        raise PrecheckError(f"{name} is no ordinary table ({shape.kind}): no rows go into it.")
    if not reader.columns:
        raise UsageError("The file has no rows. Nothing was changed.")
    known = {fold(column.name): column for column in shape.columns}
    unknown = [column for column in reader.columns if fold(column) not in known]
    if unknown:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise UsageError(
            f"{name} has no column {', '.join(map(one_line, unknown[:3]))}{more}, which the file "
            "has. Nothing was changed."
        )
    found = [known[fold(column)] for column in reader.columns]
    if len({column.name for column in found}) != len(found):
        raise UsageError("The file names a column twice. Nothing was changed.")
    pairs = [(c, place) for place, c in enumerate(found) if not c.generated]
    lacking = [c.name for c in shape.columns if c.key and c not in found]
    if lacking:
        raise UsageError(
            f"The file has no column {one_line(lacking[0])}, by which rows of {name} are told "
            "apart. Nothing was changed."
        )
    line = "line of the file"
    while fold(line) in known:
        line += "_"
    return _Plan(
        shape,
        line,
        tuple(column for column, _place in pairs),
        tuple(place for _column, place in pairs),
        tuple(column.name for column in found if column.generated),
    )


def _table(plan: _Plan, *, is_strict: bool) -> str:
    """The statement that makes the staged table; nothing of another file's schema is run."""
    keys = [c for c in sorted(plan.shape.columns, key=lambda c: c.key) if c.key]
    is_alias = len(keys) == 1 and plan.shape.rowid and keys[0].declared.upper() == "INTEGER"
    parts = []
    for column in plan.taken:
        kind = _affinity(column.declared)
        if is_strict and column.declared.upper() == "ANY":
            kind = ""
        if kind == "INTEGER":
            # An INTEGER PRIMARY KEY is the rowid, an INT PRIMARY KEY is not.
            kind = "INTEGER" if is_alias and column.key else "INT"
        required = " NOT NULL" if column.required or column.key else ""
        collation = f" COLLATE {quote(column.collation)}"
        parts.append(f"{quote(column.name)} {kind}{collation}{required}")
    parts.append(f"{quote(plan.line)} INT")
    if keys:
        parts.append(f"PRIMARY KEY ({', '.join(quote(c.name) for c in keys)})")
    rowid = " WITHOUT ROWID" if plan.shape.without_rowid else ""
    return f"CREATE TABLE {quote(plan.shape.name)} ({', '.join(parts)}){rowid}"


def _affinity(declared: str) -> str:
    """What SQLite makes of a declared type: https://www.sqlite.org/datatype3.html#affname."""
    kind = declared.upper()
    if "INT" in kind:
        return "INTEGER"
    if any(word in kind for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not kind or "BLOB" in kind:
        return ""
    return "REAL" if any(word in kind for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def _is_strict(live: sqlite3.Connection, table: str) -> bool:
    row = live.execute(
        "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = ?", (table,)
    ).fetchone()
    return bool(row and row[0])


# --- rows ---------------------------------------------------------------------------------


def _rows(
    reader: Reader, plan: _Plan, file: Path, encoding: str
) -> Iterator[tuple[int, list[Value]]]:
    """The values that are written, looked through for what must not be."""
    secret = [n for n, column in enumerate(plan.taken) if column.secret]
    keys = [n for n, column in enumerate(plan.taken) if column.key]
    names = [one_line(column.name) for column in plan.taken]
    for line, row in reader.rows():
        values = [row[place] for place in plan.places]
        for n in secret:
            if is_mask(values[n]):
                text = (
                    f"{names[n]} holds a mask ({values[n]!s}), not the secret; leave the column "
                    "out, and the secrets that are there stay"
                )
                raise RowError(one_line(file.name), line, text)
        for n in keys:
            if values[n] is None:
                raise RowError(one_line(file.name), line, f"{names[n]}, its key, has no value")
        if encoding != "UTF-8" and any(isinstance(value, RawText) for value in values):
            text = f"it has text that is not Unicode, and the database's is {encoding}"
            raise RowError(one_line(file.name), line, text)
        yield line, values


def _insert(
    connection: sqlite3.Connection,
    plan: _Plan,
    rows: Iterator[tuple[int, list[Value]]],
    file: Path,
    tick: Callable[[int], None],
) -> int:
    names = ", ".join(quote(name) for name in (*(c.name for c in plan.taken), plan.line))
    head = f"INSERT INTO {quote(plan.shape.name)} ({names}) VALUES "
    plain, count = f"{head}({', '.join('?' * (len(plan.taken) + 1))})", 0
    for line, values in rows:
        sql = plain
        if any(isinstance(value, RawText) for value in values):
            marks = ("CAST(? AS TEXT)" if isinstance(v, RawText) else "?" for v in values)
            sql = f"{head}({', '.join(marks)}, ?)"
        try:
            connection.execute(sql, (*values, line))
        except sqlite3.IntegrityError as error:
            raise RowError(one_line(file.name), line, _why(error, plan.shape.name)) from error
        count += 1
        if count % _ROWS_PER_TICK == 0:
            tick(count)
    tick(count)
    return count


def _why(error: sqlite3.IntegrityError, table: str) -> str:
    """What a rule of the table says of a row."""
    text = one_line(str(error))
    rules: Mapping[str, str] = {
        "SQLITE_CONSTRAINT_PRIMARYKEY": "an earlier line has the same key",
        "SQLITE_CONSTRAINT_ROWID": "an earlier line has the same key",
        "SQLITE_MISMATCH": "its key must be an integer",
    }
    name = getattr(error, "sqlite_errorname", "")
    if name in rules:
        return rules[name]
    if name == "SQLITE_CONSTRAINT_NOTNULL":
        return f"{text.rpartition('.')[2]} must have a value"
    return f"{one_line(table)}: {text}"
