"""Values as they are, for a program that reads them: the rest of what a page has cut."""

from __future__ import annotations

from dataclasses import replace

from tui.core.errors import NotFoundError
from tui.core.models.rows import Cell, Page, PageRow
from tui.operations.reads.browsing import Browser, View

MOST = 64 << 20
"""Bytes of all values that are read further."""


def whole_page(browser: Browser, view: View, page: Page) -> tuple[Page, int]:
    """The page with whole values, read one by one: a row may have changed since.

    Returns:
        The page, and how many of its values are still cut: past `MOST`, or where nothing names
        a row.

    Raises:
        McpdbError: It cannot be read.
    """
    left, cut = MOST, 0
    rows = []
    for row in page.rows:
        cells = list(row.cells)
        for at, cell in enumerate(cells):
            if not isinstance(cell, Cell) or cell.secret:
                continue
            found = _whole(browser, view, row, page.columns[at], left)
            if found is None:
                cut += 1
                continue
            cells[at] = found.value
            left -= found.length
        rows.append(replace(row, cells=tuple(cells)))
    return replace(page, rows=tuple(rows)), cut


def _whole(browser: Browser, view: View, row: PageRow, column: str, most: int) -> Cell | None:
    if not view.relation.identity or most <= 0:
        return None
    revealed = column in view.revealed
    try:
        found = browser.value(view.relation, row.identity, column, limit=most, revealed=revealed)
    except NotFoundError:
        return None
    return None if found.following or found.secret else found
