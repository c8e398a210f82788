"""What both front ends say of a comparison."""

from __future__ import annotations

from tui.core.models import Comparison, RowKind, TableDifference
from tui.wording.quantities import count, plural

SIGNS: dict[RowKind, str] = {"removed": "-", "added": "+", "changed": "~"}
"""What stands before a row that differs."""


def table_note(table: TableDifference) -> str:
    """What else is to be said of a table: columns, what was ignored, what is on one side only."""
    parts = [", ".join(table.columns_changed)] if table.columns_changed else []
    if table.ignored_rows:
        ignored = ", ".join(table.ignored)
        parts.append(f"({plural(table.ignored_rows, 'row')}: {ignored} only)")
    if table.only_in:
        side, rows = ("A", table.rows_first) if table.only_in == "first" else (
            "B", table.rows_second,
        )  # fmt: skip
        only = f"only in {side}"
        parts.append(only if table.problem else f"{only}, {plural(rows, 'row')}")
    for side, columns in (("A", table.columns_removed), ("B", table.columns_added)):
        if columns:
            parts.append(f"only in {side}: {', '.join(columns)}")
    return "; ".join([*parts, *filter(None, [table.problem])])


def differences(table: TableDifference) -> str:
    """`3 removed, 1 changed`; empty when no row counts as different."""
    numbers = (("removed", table.removed), ("added", table.added), ("changed", table.changed))
    return ", ".join(f"{count(number)} {kind}" for kind, number in numbers if number)


def same_tables(found: Comparison) -> str:
    """`63 tables are the same`; empty when none is."""
    if not found.same:
        return ""
    return f"{plural(found.same, 'table')} {'is' if found.same == 1 else 'are'} the same"


def has_same_schema(found: Comparison) -> bool:
    """Whether both sides have the same tables and columns, as far as they were compared."""
    return not any(t.only_in or t.columns_removed or t.columns_added for t in found.tables)


def schema_words(found: Comparison) -> str:
    """`same schema, revision`, or what of the two is another one."""
    schema = "same schema" if has_same_schema(found) else "other schema"
    same = found.first.revision == found.second.revision
    if has_same_schema(found) == same:
        return f"{schema}, revision"
    return f"{schema}, {'same' if same else 'other'} revision"
