"""Going on in an order from a row, without counting the rows before it.

An order is a list of terms, the last of which make it total. What lies beyond a row is a few
ranges, one for each term: rows that equal it in all terms before and lie beyond in this one.
Each range is read by a statement of its own, so an index in that order serves each of them; the
same thing written with OR, or as a row value where NULLs or directions are mixed, does not.

NULL is the smallest value in SQLite: first when ascending, last when descending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui.core.errors import NotFoundError, UsageError
from tui.core.models.rows import Condition, Order, Relation, RelationColumn, RowIdentity
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.shapes import fold
from tui.wording.clean import one_line

EVERY_ROW = Condition()
"""The condition of a view without a filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is asked for of a relation."""

    relation: Relation
    columns: tuple[str, ...]
    """Shown, in this order."""
    order: tuple[Order, ...] = ()
    """Empty: by identity."""
    condition: Condition = EVERY_ROW
    revealed: frozenset[str] = frozenset()
    """Secret columns that are shown in clear."""
    source: str = ""
    """What `paging.settled` found must be said of indexes."""
    sorting: bool = False
    """`paging.settled` found that few rows match: they are sorted, not met one by one in an
    index of the order."""


class RawText(bytes):
    """Text that is not UTF-8: bound as a blob, it would be another value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Long:
    """A sort value that an anchor does not carry whole: it is read again when it is needed."""

    head: Any
    """Its beginning, for where the row is gone by then."""


@dataclass(frozen=True, slots=True)
class Term:
    """One part of an order."""

    sql: str
    descending: bool
    nullable: bool
    textual: bool = False
    """The column turns numbers that it is compared with into text."""
    whole: bool = True
    """Anchors carry its values whole, be they long."""

    def turned(self) -> Term:
        """The same the other way round."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True, slots=True)
class Range:
    """Rows that lie together in an order: a condition, its values, and the order inside."""

    sql: str = ""
    values: tuple[Any, ...] = ()
    terms: tuple[Term, ...] = ()


def table(relation: Relation) -> str:
    """A relation for FROM; never one of the connection's temporary tables."""
    return f"main.{quote(relation.name)}"


def column(relation: Relation, name: str) -> str:
    """A column as SQL; with its table, for a lone name in quotes that is unknown is a text."""
    return f"{quote(relation.name)}.{quote(name)}"


def known(relation: Relation, name: str) -> RelationColumn:
    """The column of that name.

    Raises:
        NotFoundError: There is none.
    """
    found = relation.column(name)
    if found is None:
        raise NotFoundError(f"{one_line(relation.name)} has no column {one_line(name)}.")
    return found


def terms(view: View) -> tuple[Term, ...]:
    """The order of a view; total wherever rows have an identity.

    What tells equal rows apart is the rowid, if there is one, for every index ends with it: so
    an index of the sort columns serves the whole order. It runs as the last of them.

    Raises:
        NotFoundError: There is no such column.
        UsageError: A secret column was to be sorted by: its values would go from page to page.
    """
    relation = view.relation
    found: dict[str, Term] = {}
    for order in view.order:
        own = known(relation, order.column)
        if own.secret:
            raise UsageError(
                f"{one_line(own.name)} holds secrets: rows cannot be sorted by it. "
                "Sort by another column."
            )
        found.setdefault(fold(own.name), _term(relation, own.name, order.descending))
    down = view.order[-1].descending if view.order else False
    if view.order and not all(fold(name) in found for name in relation.identity):
        last = (relation.rowid,) if relation.rowid else relation.identity
        for name in last:
            found.setdefault(fold(name), _term(relation, name, down))
    if not view.order:
        found = {fold(name): _term(relation, name, down) for name in relation.identity}
    if view.sorting:
        # The plus keeps SQLite from the order's index; an anchor's values need no affinity.
        return tuple(replace(term, sql=f"+{term.sql}") for term in found.values())
    return tuple(found.values())


def _term(relation: Relation, name: str, descending: bool) -> Term:
    own = relation.column(name)
    if name in (relation.rowid, *relation.identity):
        textual = own is not None and _is_text(own.declared)
        return Term(column(relation, name), descending, nullable=False, textual=textual)
    declared = own.declared if own else ""
    return Term(
        column(relation, name),
        descending,
        # A virtual table may say NOT NULL, but nobody holds it to that.
        nullable=not (own and own.required) or relation.kind == "virtual",
        textual=_is_text(declared),
        whole=False,
    )


def _is_text(declared: str) -> bool:
    """Whether a declared type has TEXT affinity (datatype3.html, 3.1)."""
    upper = declared.upper()
    return "INT" not in upper and any(word in upper for word in ("CHAR", "CLOB", "TEXT"))


def _given(value: Any) -> tuple[str, Any]:  # noqa: ANN401
    """A value as SQL, and what is bound for it."""
    if isinstance(value, RawText):
        return "CAST(? AS TEXT)", bytes(value)
    return "?", value


def equal(term: Term, value: Any) -> Range:  # noqa: ANN401
    """Rows that have this value."""
    if value is None:
        return Range(f"{term.sql} IS NULL")
    mark, bound = _given(value)
    return Range(f"{term.sql} = {mark}", (bound,))


def _beyond(term: Term, value: Any, rest: tuple[Term, ...]) -> Iterator[Range]:  # noqa: ANN401
    """Rows whose value comes later in a term's own direction."""
    if value is None:
        if not term.descending:
            # IS NOT NULL would walk over all NULLs of an index; no value is less than these.
            least = "" if term.textual else float("-inf")
            yield Range(f"{term.sql} >= ?", (least,), (term, *rest))
        return
    mark, bound = _given(value)
    if not term.descending:
        yield Range(f"{term.sql} > {mark}", (bound,), (term, *rest))
        return
    yield Range(f"{term.sql} < {mark}", (bound,), (term, *rest))
    if term.nullable:
        yield Range(f"{term.sql} IS NULL", (), rest)


def ranges(
    order: Sequence[Term], anchor: RowIdentity | None, *, inclusive: bool = False
) -> Iterator[Range]:
    """The ranges after a row, in order; all rows without one.

    Args:
        order: The terms.
        anchor: The row's value of each term, none of them `Long`.
        inclusive: The row itself comes first, if it is there.
    """
    if anchor is None:
        yield Range(terms=tuple(order))
        return
    same = [equal(term, value) for term, value in zip(order, anchor, strict=True)]
    if inclusive:
        yield joined(same, Range())
    for depth in range(len(order) - 1, -1, -1):
        for found in _beyond(order[depth], anchor[depth], tuple(order[depth + 1 :])):
            yield joined(same[:depth], found)


def joined(first: Sequence[Range], last: Range) -> Range:
    """All of several ranges at once, in the order of the last of them."""
    parts = [part for part in (*first, last) if part.sql]
    values = tuple(value for part in parts for value in part.values)
    return Range(" AND ".join(part.sql for part in parts), values, last.terms)


def of_row(relation: Relation, identity: RowIdentity) -> Range:
    """The one row of an identity.

    Raises:
        UsageError: It has another number of values than the relation's.
    """
    if not relation.identity or len(identity) != len(relation.identity):
        raise UsageError(f"Rows of {one_line(relation.name)} are not named this way.")
    own = [
        equal(_term(relation, name, False), value)
        for name, value in zip(relation.identity, identity, strict=True)
    ]
    return joined(own, Range())


def statement(view: View, wanted: str, part: Range, tail: str = "") -> tuple[str, tuple[Any, ...]]:
    """SELECT over one range of a view, and its values.

    Args:
        view: Its relation and condition.
        wanted: What is selected.
        part: Which rows, in which order.
        tail: LIMIT and OFFSET.
    """
    # On lines of their own: a condition may end with a comment.
    own = f"(\n{view.condition.sql}\n)" if view.condition.sql else ""
    # The range first: of two bounds on one column SQLite seeks by the first it meets.
    where = " AND ".join(sql for sql in (part.sql, own) if sql)
    sql = f"SELECT {wanted} FROM {table(view.relation)} {view.source}"
    if where:
        sql += f" WHERE {where}"
    if part.terms:
        order = (f"{t.sql} DESC" if t.descending else t.sql for t in part.terms)
        sql += f" ORDER BY {', '.join(order)}"
    return f"{sql} {tail}", (*part.values, *view.condition.values)
