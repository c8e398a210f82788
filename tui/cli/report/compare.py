"""The reports of `backup compare`: tables that differ, and the rows of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tui.cli.report.table import aligned, fit, labelled
from tui.cli.report.tables import VALUE, length, value_text
from tui.cli.report.words import local
from tui.core.models import Comparison, RowDifference, Side, TableDifference
from tui.wording.clean import one_line
from tui.wording.comparisons import SIGNS, same_tables, table_note
from tui.wording.quantities import count, duration, plural


def comparison_lines(found: Comparison) -> Iterator[str]:
    """Both sides, a line a table that differs, and the gist in words."""
    yield from labelled([("A", _side(found.first)), ("B", _side(found.second))])
    yield _schema(found)
    if found.tables:
        heading: tuple[str, ...] = (
            "table", "removed", "added", "changed", "columns that changed",
        )  # fmt: skip
        rows = [heading, *map(_row, found.tables)]
        yield from aligned(rows, right=(1, 2, 3))
    if same := same_tables(found):
        yield same
    yield f"In words: {one_line(found.words)}."
    yield f"compared {plural(found.rows, 'row')} by key in {duration(found.seconds)}"


def _side(side: Side) -> str:
    moment = local(datetime.fromisoformat(side.taken))
    if side.word == "live":
        return f"live, read {moment}"
    return f"{side.word}  {side.name}, taken {moment}"


def _schema(found: Comparison) -> str:
    first, second = found.first.revision or "none", found.second.revision or "none"
    same = not any(t.only_in or t.columns_removed or t.columns_added for t in found.tables)
    schema = "same tables and columns" if same else "other tables or columns"
    if first == second:
        return f"{schema}, revision {one_line(first)} on both sides"
    return f"{schema}, revision {one_line(first)} in A and {one_line(second)} in B"


def _row(table: TableDifference) -> tuple[str, ...]:
    # What was not compared has no numbers: 0 would say that it is the same.
    if table.only_in or table.problem:
        return (table.table, "", "", "", table_note(table))
    numbers = (count(n) for n in (table.removed, table.added, table.changed))
    return (table.table, *numbers, table_note(table))


def difference_lines(
    found: TableDifference,
    rows: Sequence[RowDifference],
    masked: Collection[str],
    *,
    more: bool,
) -> Iterator[str]:
    """The rows of one table: each value of a row that one side has, each change of the others.

    Args:
        found: Its counts.
        rows: The first of them.
        masked: Columns whose values are not shown.
        more: Whether there are more.
    """
    if not (found.differs or found.ignored):
        yield f"{one_line(found.table)}: no difference"
        return
    numbers = (("removed", found.removed), ("added", found.added), ("changed", found.changed))
    said = ", ".join(f"{count(number)} {kind}" for kind, number in numbers if number)
    by = f"by {', '.join(found.key)}" if found.key else "by whole rows, it has no usable key"
    note = table_note(found)
    yield f"{one_line(found.table)}: {said or 'no row differs'} since A, {one_line(by)}"
    if note:
        yield one_line(note)
    for row in rows:
        key = ", ".join(
            f"{name}={_value(name, value, masked)}"
            for name, value in zip(found.key, row.key, strict=False)
        )
        yield f"{SIGNS[row.kind]} {fit(key or row.kind, VALUE)}"
        yield from labelled(
            [(fit(name, 40), text) for name, text in _values(row, found.key, masked)], "    "
        )
    if more:
        yield f"first {plural(len(rows), 'row')}, more exist; --limit shows more"
    if any(row.cut or _is_long(row, masked) for row in rows):
        yield f"values of more than {VALUE} characters are cut (…); --json gives up to 4,096"


def _values(
    row: RowDifference, key: Collection[str], masked: Collection[str]
) -> Iterator[tuple[str, str]]:
    if row.kind == "changed":
        for name in row.columns:
            before, after = (_at(side, name) for side in (row.before, row.after))
            yield name, f"{_value(name, before, masked)} → {_value(name, after, masked)}"
        return
    for name, value in (row.before or row.after or {}).items():
        if value is not None and name not in key:
            yield name, _value(name, value, masked)


def _at(side: Mapping[str, Any] | None, name: str) -> object:
    """A value by its column, whose case may differ between the sides."""
    found = side or {}
    if name in found:
        return found[name]
    return next((value for known, value in found.items() if known.lower() == name.lower()), None)


def _value(name: str, value: object, masked: Collection[str]) -> str:
    return fit(value_text(value, masked=name.lower() in masked), VALUE)


def _is_long(row: RowDifference, masked: Collection[str]) -> bool:
    return any(
        isinstance(value, str) and len(value) > VALUE and name.lower() not in masked
        for side in (row.before, row.after)
        for name, value in (side or {}).items()
    )


def rows_data(
    found: TableDifference,
    rows: Sequence[RowDifference],
    masked: Collection[str],
    *,
    more: bool,
) -> dict[str, Any]:
    """Rows for JSON: exact values up to the cap, secrets as their length."""

    def hidden(name: str, value: object) -> object:
        if name.lower() not in masked or value is None:
            return value
        return {"$masked": length(value)}

    def side(values: Mapping[str, Any] | None) -> dict[str, object] | None:
        if values is None:
            return None
        return {name: hidden(name, value) for name, value in values.items()}

    return {
        "table": found.table,
        "masked": sorted(masked),
        "more": more,
        "rows": [
            {
                "kind": row.kind,
                "key": [hidden(n, v) for n, v in zip(found.key, row.key, strict=False)],
                "before": side(row.before),
                "after": side(row.after),
                "columns": row.columns,
                "cut": row.cut,
            }
            for row in rows
        ],
    }
