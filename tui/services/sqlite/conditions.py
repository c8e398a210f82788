"""A filter line as a condition that may be used: one of the operator's own SQL reads no secret.

Which rows come tells what a condition has read, letter by letter; so it may read the columns of
its own relation that are no secret, and nothing else. SQLite's authorizer sees to that. It is not
asked for the columns of USING and NATURAL joins, so there are no subqueries: the console has them.
"""

from __future__ import annotations

import sqlite3

from tui.core.errors import UsageError
from tui.core.models.rows import Condition, Relation
from tui.services.sqlite.authorizing import Judge, ReadOnly, warm_up
from tui.services.sqlite.filter_language import FilterError, named
from tui.services.sqlite.filtering import parse
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.shapes import fold
from tui.services.sqlite.sql_words import words
from tui.wording.clean import one_line

_OF_THE_TEXT = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
)
_CONSOLE = "the SQL console (mcpdb-tui query)"


class ConditionError(UsageError):
    """A condition in SQL that SQLite does not understand, or that reads what it must not."""


def columns_hint(relation: Relation) -> str:
    """`Columns: id, name, …`, for the end of a sentence on a command line."""
    shown = [one_line(c.name) for c in relation.columns if not c.hidden]
    return f"Columns: {', '.join(shown[:40])}{', …' if len(shown) > 40 else ''}"


def condition(
    connection: sqlite3.Connection, text: str, relation: Relation, *, hint: str = "Columns: +"
) -> Condition:
    """Read a filter line, and prove one in SQL.

    Args:
        connection: Without an authorizer; what the relation was read from.
        text: See `filtering.parse`.
        relation: What is filtered.
        hint: What a sentence about an unknown column ends with.

    Raises:
        FilterError: It cannot be understood, names no column, or compares a secret; says where.
        ConditionError: SQLite does not understand it, or it reads a secret or another table.
        sqlite3.Error: The file cannot be read.
    """
    found = parse(text, relation, columns_hint=hint)
    if found.raw:
        _prove(connection, text, found, relation, hint)
    return found


def _judge(relation: Relation) -> Judge:
    own = fold(relation.name)
    has_secrets = any(c.secret for c in relation.columns)

    def judge(table: str, column: str, _schema: str, reader: str) -> str:
        # What a view reads is judged by the columns that it shows. That a table is read, but no
        # column of it, is told of those behind a view.
        if reader or not column:
            return ""
        if fold(table) != own:
            return (
                f"Refused: a condition reads {one_line(relation.name)} only; {_CONSOLE} can more."
            )
        found = relation.column(column)
        if found is not None and (found.secret or (found.hidden and has_secrets)):
            return (
                f"Refused: {one_line(column)} is a secret, and which rows come would tell it; "
                f"is null and is not null work without where."
            )
        return ""

    return judge


def _prove(
    connection: sqlite3.Connection, text: str, found: Condition, relation: Relation, hint: str
) -> None:
    has_secrets = any(c.secret for c in relation.columns)
    for word in words(found.sql):
        at = text.rindex(found.sql) + word.begin
        if word.says("select", "values", "with", "exists"):
            raise FilterError(f"a condition has no query in it; {_CONSOLE} takes one", at)
        if word.value == "match" and word.kind in ("word", "name") and has_secrets:
            # What is looked for may name any column, whatever column stands before it.
            raise FilterError(f"match would search the secrets of {named(relation.name)}, too", at)
    guard = ReadOnly(_judge(relation))
    if relation.kind == "virtual":
        # It connects now; under the authorizer it could not.
        warm_up(connection, [f"main.{quote(relation.name)}"])
    sql = f"EXPLAIN SELECT 1 FROM main.{quote(relation.name)} WHERE (\n{found.sql}\n)"
    connection.set_authorizer(guard)
    try:
        connection.execute(sql, found.values).close()
    except (sqlite3.DatabaseError, sqlite3.ProgrammingError) as error:
        if guard.refusal:
            raise ConditionError(guard.refusal) from error
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code not in _OF_THE_TEXT and not isinstance(error, sqlite3.ProgrammingError):
            raise
        said = one_line(str(error))
        more = f" {hint}" if said.startswith("no such column") else ""
        raise ConditionError(f"SQLite does not understand the condition: {said}.{more}") from error
    finally:
        connection.set_authorizer(None)
