"""The tables of both sides, compared one after the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models import Comparison, RowKind, TableDifference, TableInfo
from tui.operations.comparing import compare_words
from tui.operations.comparing.compare_sides import Both, Checkpoint
from tui.services.files import Tick
from tui.services.sqlite import comparing, comparing_rows, inspection
from tui.services.sqlite.comparing_tables import Pair, fold, pair, read_table
from tui.wording.clean import one_line

IGNORED = ("last_seen", "last_refresh_at", "lifecycle_*")
"""Columns that the gateway changes by itself: a difference there alone is no change."""

_VIRTUAL = "virtual table: not compared"
_LARGE = 200_000
"""Rows above which nobody asks with which parent a row went."""


class Comparing:
    """One comparison of all tables."""

    def __init__(self, both: Both, more: Sequence[str], tick: Tick, checkpoint: Checkpoint) -> None:
        self._both = both
        self._connection = both.connection
        self._more = more
        self._tick = tick
        self._checkpoint = checkpoint
        self._pairs: dict[str, Pair] = {}
        self._done = 0.0
        self._total = 0.0

    def all(self, only: str) -> Comparison:
        """Compare every table of either side, or `only` one; `seconds` is left to the caller.

        Raises:
            NotFoundError: Neither side has the table `only`.
            sqlite3.Error: One of the files cannot be read.
        """
        both = self._both
        listed = _listed(both)
        if only:
            listed = [entry for entry in listed if fold(only) in map(fold, _names(entry))]
            if not listed:
                raise NotFoundError(f"Neither side has a table {one_line(only)}.")
        self._tick(0, 0)
        known = [self._known(entry) for entry in listed]
        self._total = sum(d.rows_first + d.rows_second for d in known if d.table in self._pairs)
        found = [self._compared(difference) for difference in known]
        told = [d for d in found if d.differs or d.ignored]
        told.sort(key=lambda d: compare_words.order(d.table))
        return Comparison(
            first=both.first,
            second=both.second,
            tables=tuple(told),
            same=len(found) - len(told),
            rows=round(self._total + 1) // 2,
            seconds=0.0,
            words=compare_words.words(told, len(found), self._with_parent(told)),
        )

    def _known(self, entry: tuple[TableInfo | None, TableInfo | None]) -> TableDifference:
        """What can be told of a table before its rows are compared."""
        self._checkpoint()
        here, there = entry
        name = (here or there or TableInfo(name="", kind="table")).name
        if "virtual" in {info.kind for info in entry if info is not None}:
            return TableDifference(table=name, key=(), problem=_VIRTUAL, only_in=_only(entry))
        schemas = (self._both.first_schema, self._both.second_schema)
        try:
            sides = [
                read_table(self._connection, schema, info.name) if info is not None else None
                for info, schema in zip(entry, schemas, strict=True)
            ]
            counted = [
                comparing.count_rows(self._connection, side) if side is not None else 0
                for side in sides
            ]
        except sqlite3.OperationalError as error:
            return TableDifference(
                table=name, key=(), problem=_problem(error), only_in=_only(entry)
            )
        first, second = sides
        found = TableDifference(table=name, key=(), rows_first=counted[0], rows_second=counted[1])
        if first is None or second is None:
            return replace(found, only_in=_only(entry))
        paired = self._pairs[name] = pair(first, second, _ignoring(self._more))
        one, other = ({fold(c.name): c.name for c in t.columns} for t in (first, second))
        return replace(
            found,
            key=paired.key,
            columns_removed=tuple(c for key, c in one.items() if key not in other),
            columns_added=tuple(c for key, c in other.items() if key not in one),
        )

    def _compared(self, known: TableDifference) -> TableDifference:
        """The same with what differs in its rows."""
        self._checkpoint()
        paired = self._pairs.get(known.table)
        if paired is None:
            return known
        weight = known.rows_first + known.rows_second
        before = self._done

        def far(share: float) -> None:
            self._done = before + weight * share
            self._tick(round(self._done) // 2, round(self._total + 1) // 2)

        try:
            counts = comparing.count_differences(
                self._connection, paired, (known.rows_first, known.rows_second), far
            )
        except sqlite3.OperationalError as error:
            return replace(known, problem=_problem(error))
        except VerificationError as error:
            return replace(known, problem=str(error))
        often = sorted(counts.columns.items(), key=lambda item: -item[1])
        ignored = {c.first for c in paired.uncounted}
        return replace(
            known,
            removed=counts.removed,
            added=counts.added,
            changed=counts.changed,
            columns_changed=tuple(c for c, _number in often if c not in ignored),
            ignored=tuple(c for c, _number in often if c in ignored),
            ignored_rows=counts.ignored_rows,
        )

    def _with_parent(self, told: Sequence[TableDifference]) -> compare_words.Families:
        """Which removed or added rows all went with rows of another table, for the words."""
        found: dict[tuple[str, RowKind], str] = {}
        numbers = {d.table: d for d in told}
        for child in told:
            paired = self._pairs.get(child.table)
            if paired is None or not paired.key or not compare_words.is_told(child.table):
                continue
            kinds: tuple[tuple[RowKind, int, Pair], ...] = (
                ("removed", child.removed, paired),
                ("added", child.added, paired.turned()),
            )
            for kind, number, seen in kinds:
                if not number or max(child.rows_first, child.rows_second) > _LARGE:
                    continue
                parent = self._parent(seen, kind, number, numbers)
                if parent:
                    found[child.table, kind] = parent
        return found

    def _parent(
        self, child: Pair, kind: RowKind, number: int, told: dict[str, TableDifference]
    ) -> str:
        """The table with whose rows all `number` rows of the child went; empty when none."""
        for column, name in comparing_rows.parents(self._connection, child.first):
            parent, paired = told.get(name), self._pairs.get(name)
            if parent is None or paired is None or len(paired.key) != 1 or child.first.name == name:
                continue
            if not (parent.removed if kind == "removed" else parent.added):
                continue
            seen = paired if kind == "removed" else paired.turned()
            try:
                went = comparing_rows.count_with_parent(self._connection, child, column, seen)
            except sqlite3.OperationalError as error:
                _problem(error)
                continue
            if went == number:
                return name
        return ""


def _listed(both: Both) -> list[tuple[TableInfo | None, TableInfo | None]]:
    """Every table of either side with its counterpart; views and internals left out."""
    sides: list[dict[str, TableInfo]] = []
    for schema in (both.first_schema, both.second_schema):
        found = inspection.tables(both.connection, schema)
        sides.append({fold(t.name): t for t in found if t.kind in ("table", "virtual")})
    first, second = sides
    return [(first.get(name), second.get(name)) for name in {**first, **second}]


def _names(entry: tuple[TableInfo | None, TableInfo | None]) -> list[str]:
    return [info.name for info in entry if info is not None]


def _only(entry: tuple[TableInfo | None, TableInfo | None]) -> compare_words.OnlyIn:
    if entry[0] is None:
        return "second"
    return "first" if entry[1] is None else ""


def pair_of(both: Both, table: str, more: Sequence[str]) -> Pair:
    """How one table is compared.

    Raises:
        NotFoundError: Not both sides have it, or its rows are not compared.
    """
    entry = next((e for e in _listed(both) if fold(table) in map(fold, _names(e))), None)
    if entry is None:
        raise NotFoundError(f"Neither side has a table {one_line(table)}.")
    here, there = entry
    if here is None or there is None:
        raise NotFoundError(f"Only one side has the table {one_line(table)}.")
    if "virtual" in (here.kind, there.kind):
        raise NotFoundError(f"{one_line(table)} is a virtual table; its rows are not compared.")
    return pair(
        read_table(both.connection, both.first_schema, here.name),
        read_table(both.connection, both.second_schema, there.name),
        _ignoring(more),
    )


def _ignoring(more: Sequence[str]) -> Callable[[str, str], bool]:
    patterns = (*IGNORED, *(pattern.lower() for pattern in more))

    def ignored(table: str, column: str) -> bool:
        name, whole = fold(column), f"{fold(table)}.{fold(column)}"
        return any(fnmatchcase(whole if "." in p else name, p) for p in patterns)

    return ignored


def _problem(error: sqlite3.OperationalError) -> str:
    """What forbids one table only; anything else is raised again.

    Raises:
        sqlite3.OperationalError: It is not about this table: interrupted, locked, no space.
    """
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code != sqlite3.SQLITE_ERROR:
        raise error
    return f"not compared: {one_line(str(error))}"
