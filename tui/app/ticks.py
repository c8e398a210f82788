"""Which tables and rows of a backup are ticked to be brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tui.core.models import Comparison, RowDifference, TableDifference
from tui.wording.clean import one_line

Key: TypeAlias = tuple[Any, ...]


@dataclass
class Ticks:
    """Whole tables, and single rows by their primary key with what a person calls each."""

    tables: set[str] = field(default_factory=set)
    rows: dict[str, dict[Key, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tables or self.rows)

    def copy(self) -> Ticks:
        """The same, to be changed on its own."""
        return Ticks(set(self.tables), {table: dict(keys) for table, keys in self.rows.items()})

    def clear(self) -> None:
        """Nothing is ticked any more."""
        self.tables.clear()
        self.rows.clear()

    def toggle_table(self, table: str) -> None:
        """Tick a whole table, or what is ticked of it no longer."""
        if table in self.tables or table in self.rows:
            self.tables.discard(table)
            self.rows.pop(table, None)
        else:
            self.tables.add(table)

    def toggle_row(self, table: str, key: Key, name: str = "") -> None:
        """Tick one row, or no longer; of a table that is ticked whole only the row remains."""
        self.tables.discard(table)
        keys = self.rows.setdefault(table, {})
        if key in keys:
            del keys[key]
        else:
            keys[key] = name
        if not keys:
            del self.rows[table]

    def has_row(self, table: str, key: Key) -> bool:
        """Whether this row is ticked, by itself or with its table."""
        return table in self.tables or key in self.rows.get(table, {})

    def has(self, table: str) -> bool:
        """Whether anything of a table is ticked."""
        return table in self.tables or table in self.rows

    @property
    def words(self) -> str:
        """`2 tables and 3 rows`."""
        many = sum(map(len, self.rows.values()))
        parts = [
            f"{number} {noun if number == 1 else noun + 's'}"
            for number, noun in ((len(self.tables), "table"), (many, "row"))
            if number
        ]
        return " and ".join(parts)

    def named(self) -> Mapping[str, Sequence[Sequence[Any]]]:
        """The rows as the operation takes them: values that JSON can hold."""
        return {
            table: [[_plain(part) for part in key] for key in keys]
            for table, keys in self.rows.items()
        }


def _plain(value: object) -> object:
    return {"$blob": value.hex()} if isinstance(value, bytes) else value


def why_not_table(table: TableDifference) -> str:
    """Why nothing of a table can be brought back into B; empty when it can."""
    name = one_line(table.table)
    if table.only_in == "first":
        return f"The live database has no table {name}: only a whole restore brings it back."
    if table.problem:
        return f"{name} was not compared: {one_line(table.problem)}."
    if not (table.removed or table.changed):
        return f"The backup has nothing of {name} that live lacks or has otherwise."
    return ""


def why_not_row(table: TableDifference, row: RowDifference) -> str:
    """Why one row cannot be brought back; empty when it can."""
    if row.kind == "added":
        return "Only live has this row; the backup has nothing to bring back."
    if not table.key or not row.key or None in row.key:
        return f"Rows of {one_line(table.table)} have no key to be named by; the whole table can."
    return why_not_table(table)


def is_bringable(found: Comparison) -> bool:
    """Whether it compares a backup with the live database, in this order."""
    return found.first.word != "live" and found.second.word == "live"
