"""Reading rows again around one of them, step by step, beside those that are shown meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from tui.app.grid.asking import Wish
from tui.app.grid.cache import Window
from tui.core.models.rows import Page, PageRow, RowIdentity


class Again:
    """From the row on, then what stands before it: at most four reads, mostly two.

    The row gets slot 0; where it is gone, the one that stood behind it, or the last of all.
    """

    def __init__(self, row: PageRow, above: int, below: int, most: int) -> None:
        """Begin.

        Args:
            row: As it was read before.
            above: Rows that are wanted before it.
            below: Rows that are wanted from it on.
            most: Rows that one wish may ask for.
        """
        self.identity = row.identity
        self.window: Window | None = None
        """What was read; whole once `is_done`."""
        self.gone = False
        self.is_done = False
        self._anchor = row.anchor
        self._above, self._below = min(above, most), min(below, most)
        self.wanted = Wish(
            kind="around", identity=row.identity, anchor=row.anchor, limit=self._below
        )
        """What is to be asked now."""

    def take(self, page: Page, wish: Wish) -> bool:
        """Take the answer to what was wanted; False where it answers something else."""
        if not wish.is_like(self.wanted):
            return False
        at = index_of(page, self.identity)
        match wish.kind:
            case "around" if at is None:
                # Rows from where it stood, in whichever order the view has.
                self.gone = True
                self.wanted = Wish(kind="after", anchor=self._anchor, limit=self._below)
                return True
            case "around":
                self.window = Window.of(page, -(at or 0))
            case "after" if not page.rows:
                self.wanted = Wish(kind="bottom", limit=self._above)
                return True
            case "bottom":
                self.window = Window.of(page, 1 - len(page.rows))
            case "before" if self.window is not None:
                self.window.prepend(page, wish.anchor)
            case _:
                self.window = Window.of(page, 0)
        self._go_on(self.window)
        return True

    def _go_on(self, window: Window | None) -> None:
        first = window.first if window is not None else None
        missing = self._above + window.start if window is not None and window.before else 0
        if first is None or missing <= 0:
            self.is_done = True
        else:
            self.wanted = Wish(kind="before", anchor=first.anchor, limit=missing)


def index_of(page: Page, identity: RowIdentity) -> int | None:
    """Which row of a page it is; None where it is not there."""
    for index, row in enumerate(page.rows):
        if row.identity == identity:
            return index
    return None


def changes(
    old: Window, first: int, last: int, new: Window
) -> Mapping[RowIdentity, frozenset[str]]:
    """Rows with the columns that have another value now.

    Args:
        old: What was shown.
        first: Its first slot that is compared.
        last: The last one.
        new: What was read again.
    """
    if new.columns != old.columns:
        return {}
    before = {
        held.row.identity: held.row.cells
        for slot in range(first, last + 1)
        if (held := old.at(slot)) is not None
    }
    changed = {}
    for slot in range(new.start, new.end):
        held = new.at(slot)
        was = before.get(held.row.identity) if held else None
        if held is not None and was is not None and was != held.row.cells:
            pairs = zip(new.columns, was, held.row.cells, strict=True)
            changed[held.row.identity] = frozenset(name for name, one, two in pairs if one != two)
    return changed
