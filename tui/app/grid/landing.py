"""Where a jump goes, and what an answer did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.app.grid.again import index_of
from tui.app.grid.asking import Wish
from tui.app.grid.cache import Window
from tui.core.models.rows import Page, RowIdentity


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a jump goes."""

    wish: Wish
    line: int
    """Of the screen, for the cursor."""
    number: int | None
    """Of the row, where it is known."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an answer did."""

    used: bool = False
    """False: it was too late, or stands no longer beside what is held."""
    gone: bool = False
    """The row that was asked for is not there; the cursor is on the one after it."""
    fresh: bool = False
    """All that is shown came by this answer, or together with it."""
    changed: Mapping[RowIdentity, frozenset[str]] = field(default_factory=dict)
    """Rows in sight with the columns whose values became others by that."""


def landed(page: Page, wish: Wish) -> Window:
    """The rows of a jump, so that the one that it went to has slot 0."""
    at = 0
    if wish.kind == "bottom":
        at = 1 - len(page.rows)
    elif wish.kind == "row" and page.first is not None:
        at = page.first - wish.number
    elif wish.kind == "around":
        at = -(index_of(page, wish.identity) or 0)
    return Window.of(page, at)
