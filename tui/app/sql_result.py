"""The rows of a result as they come, and the pages that the grid wishes of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from tui.app.grid.asking import Wish
from tui.core.models.queries import Result
from tui.core.models.rows import Cell, Page, PageRow, Relation, RelationColumn

LOOKED_AT = 50
"""Rows that tell whether a column is one of numbers."""

_NUMBERS = count(1)


def headings(columns: Sequence[str]) -> tuple[str, ...]:
    """Names over the columns, each once, whatever its case: `id`, `id:2`, `column 3`."""
    found: dict[str, str] = {}
    for number, name in enumerate(columns, 1):
        base = unique = name or f"column {number}"
        again = 2
        while unique.lower() in found:
            unique, again = f"{base}:{again}", again + 1
        found[unique.lower()] = unique
    return tuple(found.values())


class Rows:
    """All rows that came so far; `Query` bounds how many they can be."""

    def __init__(self, columns: Sequence[str], first: Sequence[tuple[Any, ...]]) -> None:
        """Begin a result.

        Args:
            columns: As SQLite names them.
            first: The first rows; which columns stand at the right is seen in them.
        """
        self.names = headings(columns)
        self.rows: list[tuple[Any, ...]] = list(first)
        self.result: Result | None = None
        """How it ended; None while it runs."""
        self.relation = Relation(
            # Another name for each result: the grid forgets marks and widths of the last one.
            name=f"result {next(_NUMBERS)}",
            kind="view",
            columns=tuple(
                RelationColumn(name=name, declared=_declared(first[:LOOKED_AT], n))
                for n, name in enumerate(self.names)
            ),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """More rows came."""
        self.rows.extend(rows)

    def page(self, wish: Wish) -> Page | None:
        """The page of a wish; None while its rows are still to come."""
        begin, end = self._stretch(wish)
        has_ended = self.result is not None
        if not has_ended and begin >= len(self.rows):
            return None
        found = self.rows[begin:end]
        return Page(
            columns=self.names,
            rows=tuple(
                PageRow(identity=(number,), anchor=(number,), cells=row)
                for number, row in enumerate(found, begin)
            ),
            before=begin > 0,
            after=not has_ended or begin + len(found) < len(self.rows),
            first=begin if found else None,
        )

    def _stretch(self, wish: Wish) -> tuple[int, int]:
        match wish.kind:
            case "bottom":
                begin = max(0, len(self.rows) - wish.limit)
            case "after":
                begin = int(wish.anchor[0]) + 1
            case "before":
                end = int(wish.anchor[0])
                return max(0, end - wish.limit), end
            case "around":
                begin = int(wish.identity[0])
            case "row":
                begin = wish.number
            case _:
                begin = 0
        return begin, begin + wish.limit

    def secret_columns(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Columns that have a masked value in one of these rows."""
        return tuple(
            n
            for n in range(len(self.names))
            if any(isinstance(c := self.rows[row][n], Cell) and c.secret for row in numbers)
        )


def _declared(rows: Sequence[tuple[Any, ...]], column: int) -> str:
    """`NUMERIC` where all values are numbers: its heading stands at the right, too."""
    values = [row[column] for row in rows if row[column] is not None]
    numbers = bool(values) and all(isinstance(value, int | float) for value in values)
    return "NUMERIC" if numbers else ""
