"""The filter line as a condition of SQL: names checked, values bound, secrets left out.

What is compared follows SQLite: NULL matches neither `=` nor `!=`, only `is null`; upper and
lower case of ASCII letters is the same for `~`, `!~`, `^` and a search, and of no other ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from tui.core.models.rows import Condition, Relation, RelationColumn
from tui.services.sqlite.filter_language import (
    Comparison,
    FilterError,
    Joined,
    Operator,
    Part,
    Search,
    Value,
    named,
    read,
)
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.raw_condition import read_raw

__all__ = ["FilterError", "matches_sql", "parse", "text_columns"]

Affinity: TypeAlias = Literal["integer", "text", "blob", "real", "numeric"]

MOST_VALUES = 10_000
"""SQLite binds 32,766 of them at the least; a page binds some of its own."""
_CHAIN = 100
"""Links of one chain of OR: a table may have 2,000 columns, an expression is 1,000 deep."""

_RAW = re.compile(r"\s*where(?=[\s(]|$)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_BLOB = re.compile(r"[xX]'((?:[0-9a-fA-F]{2})*)'")
_YEAR = re.compile(r"[0-9]{4}")
_NO_TEXT = ("INT", "REAL", "FLOA", "DOUB", "BLOB", "BOOL", "NUMERIC", "NUMBER", "DECIMAL")
_SQL_WORDS = ("like", "glob", "between", "regexp", "match")


def parse(text: str, relation: Relation, *, columns_hint: str = "Columns: +") -> Condition:
    """Read a filter line for one relation.

    Args:
        text: `enabled = true and name ~ t`; a word or a few are looked for in every column that
            holds text; `where …` is SQL. Empty: every row.
        relation: What is filtered.
        columns_hint: What a sentence about an unknown column ends with.

    Returns:
        An expression for `WHERE (…)` over the relation's own column names. A raw one is only
        known to stay inside the brackets: SQLite may refuse it, and what it reads is the
        connection's authorizer's to allow.

    Raises:
        FilterError: It cannot be understood, names no column, or compares a secret.
    """
    raw = _RAW.match(text)
    if raw is not None:
        return Condition(sql=read_raw(text, raw.end()), raw=True)
    part = read(text)
    if part is None:
        return Condition()
    values: list[Any] = []
    sql = _Writer(relation, values, columns_hint).sql(part)
    if len(values) > MOST_VALUES:
        raise FilterError("the filter is too long for so many columns", 0)
    return Condition(sql=sql, values=tuple(values))


def text_columns(relation: Relation) -> tuple[RelationColumn, ...]:
    """The columns a search looks into: those that may hold text, without secret and hidden ones."""
    return tuple(
        column
        for column in relation.columns
        if not column.secret
        and not column.hidden
        and not any(word in column.declared.upper() for word in _NO_TEXT)
    )


def matches_sql(relation: Relation, word: str) -> Condition:
    """Rows that have a text somewhere; none where no column may hold text."""
    columns = text_columns(relation)
    if not columns:
        return Condition(sql="0")
    terms = [f"{quote(c.name)} LIKE ? ESCAPE '\\'" for c in columns]
    return Condition(sql=_any(terms), values=(containing(word),) * len(terms))


def containing(text: str) -> str:
    r"""The pattern for `LIKE ? ESCAPE '\'` of what has a text in it."""
    return f"%{_plain(text)}%"


def affinity(declared: str) -> Affinity:
    """What SQLite makes of a declared type (https://www.sqlite.org/datatype3.html, 3.1)."""
    upper = declared.upper()
    if "INT" in upper:
        return "integer"
    if any(word in upper for word in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if not upper or "BLOB" in upper:
        return "blob"
    if any(word in upper for word in ("REAL", "FLOA", "DOUB")):
        return "real"
    return "numeric"


def _plain(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _any(terms: Sequence[str]) -> str:
    """Terms joined by OR, in chains that are short enough for SQLite."""
    while len(terms) > _CHAIN:
        terms = [f"({' OR '.join(terms[at : at + _CHAIN])})" for at in range(0, len(terms), _CHAIN)]
    return " OR ".join(terms)


class _Writer:
    """Writes the SQL of one filter, and collects its values in the order of their marks."""

    def __init__(self, relation: Relation, values: list[Any], columns_hint: str) -> None:
        self._relation = relation
        self._values = values
        self._hint = f" {columns_hint}" if columns_hint else ""

    def sql(self, part: Part) -> str:
        if isinstance(part, Joined):
            pieces = [
                f"({self.sql(p)})" if isinstance(p, Joined | Search) else self.sql(p)
                for p in part.parts
            ]
            return f" {part.word.upper()} ".join(pieces)
        return self._search(part) if isinstance(part, Search) else self._comparison(part)

    def _search(self, part: Search) -> str:
        self._require_no_sql(part)
        found = matches_sql(self._relation, part.text)
        if not found.values:
            raise FilterError("no column here holds text; write column = value", part.at)
        self._values.extend(found.values)
        return found.sql

    def _require_no_sql(self, part: Search) -> None:
        """`name like 'x%'` is meant as a condition, not as three words to look for."""
        words = part.text.split(maxsplit=2)
        if part.quoted or len(words) < 3 or self._relation.column(words[0]) is None:
            return
        if words[1].lower() in _SQL_WORDS:
            raise FilterError(
                f"{words[1].lower()} is SQL: begin with where, or use ~", part.at + len(words[0])
            )

    def _comparison(self, part: Comparison) -> str:
        column = self._column(part)
        name = quote(column.name)
        if part.operator in ("is null", "is not null"):
            return f"{name} {part.operator.upper()}"
        self._require_open(column, part)
        if part.operator in ("~", "!~", "^"):
            text = part.values[0].text
            self._values.append(f"{_plain(text)}%" if part.operator == "^" else containing(text))
            negation = "NOT " if part.operator == "!~" else ""
            return f"{name} {negation}LIKE ? ESCAPE '\\'"
        values = [_bound(value, column, part.operator) for value in part.values]
        self._values.extend(values)
        if part.operator in ("in", "not in"):
            return f"{name} {part.operator.upper()} ({', '.join('?' * len(values))})"
        return f"{name} {part.operator} ?"

    def _column(self, part: Comparison) -> RelationColumn:
        exact = next((c for c in self._relation.columns if c.name == part.column), None)
        found = exact or self._relation.column(part.column)
        rowid = self._relation.rowid
        if found is None and rowid and part.column.lower() == rowid.lower():
            return RelationColumn(name=rowid, declared="INTEGER")
        if found is None:
            raise FilterError(f"no such column: {named(part.column)}", part.at, self._hint)
        return found

    def _require_open(self, column: RelationColumn, part: Comparison) -> None:
        if column.secret:
            what = f"{named(column.name)} is a secret: only is null and is not null work on it"
            raise FilterError(what, part.at)
        if column.hidden and any(c.secret for c in self._relation.columns):
            # The hidden column of a full-text table searches all of its columns.
            raise FilterError(f"{named(column.name)} may tell what a secret is", part.at)


def _bound(value: Value, column: RelationColumn, operator: Operator) -> Any:  # noqa: ANN401
    """A value as it is bound: what its form says, unless the column makes text of everything.

    SQLite turns the value to the column's kind, never the column to the value's: so that an
    index serves.
    """
    kind = affinity(column.declared)
    dated = kind == "numeric" and any(w in column.declared.upper() for w in ("DATE", "TIME"))
    if dated and operator in ("<", "<=", ">", ">=") and _YEAR.fullmatch(value.text):
        # Such a column would make a number of it, and every number is less than any text.
        return f"{value.text}-"
    if value.quoted:
        return value.text
    if value.text.lower() == "null":
        raise FilterError("NULL equals nothing; write is null or is not null", value.at)
    blob = _BLOB.fullmatch(value.text)
    if blob is not None:
        return bytes.fromhex(blob[1])
    if kind == "text":
        return value.text
    if value.text.lower() in ("true", "false"):
        return int(value.text.lower() == "true")
    return _number(value.text)


def _number(text: str) -> int | float | str:
    """A number where it is one that SQLite has; otherwise the text."""
    if not _NUMBER.fullmatch(text):
        return text
    # Python reads no number of thousands of digits, SQLite none of more than 64 bits.
    if _WHOLE.fullmatch(text) and len(text) < 25 and -(2**63) <= int(text) < 2**63:
        return int(text)
    found = float(text)
    return found if math.isfinite(found) else text
