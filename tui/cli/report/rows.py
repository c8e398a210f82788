"""The reports of `rows`: a grid, or exact values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tui.cli.report.queries import grid, plain
from tui.core.models.rows import Page
from tui.operations.reads.browsing import OFFSET_CAP, View
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural


@dataclass(frozen=True, slots=True)
class Found:
    """A page that was read, and what of."""

    view: View
    page: Page
    last: bool
    """It is the end of the rows."""
    cut: int
    """Values that are not whole, where whole ones were asked for."""


def rows_data(found: Found) -> dict[str, Any]:
    """For JSON: exact values, secrets as their length."""
    page = found.page
    return {
        "table": found.view.relation.name,
        "columns": page.columns,
        "rows": [[plain(value) for value in row.cells] for row in page.rows],
        "first": None if found.last or page.first is None else page.first + 1,
        "before": page.before,
        "after": page.after,
        "masked": _masked(found),
        "cut": found.cut,
    }


def _masked(found: Found) -> list[str]:
    shape = found.view.relation
    secret = {c.name for c in shape.columns if c.secret} - found.view.revealed
    return [name for name in found.page.columns if name in secret]


def row_lines(found: Found, columns: int) -> Iterator[str]:
    """What they are, then a grid where it fits the terminal, else row by row."""
    page = found.page
    rows = plural(len(page.rows), "row")
    first = (page.first or 0) + 1
    more = ", more exist" if page.after or (found.last and page.before) else ""
    which = f"last {rows}" if found.last else f"first {rows}"
    if not found.last and first > 1:
        which = f"{rows} from row {count(first)}"
    yield f"{one_line(found.view.relation.name)}: {which}{more}"
    if page.bounded and page.after and (found.last or not page.rows):
        yield f"nothing names its rows: only the first {count(OFFSET_CAP)} can be shown"
    yield from grid(page.columns, [row.cells for row in page.rows], columns, first)
