"""Rows and columns of a list, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tui.app.paint import Line, Span


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list."""

    title: str
    width: int
    """Columns it takes; of a growing one, the least."""
    align: Literal["left", "right"] = "left"
    grows: bool = False
    """Takes what the others leave; one column of a list does."""
    gap: int = 1
    """Blank columns after it."""


BLANK = Span(" ")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a list, or a line between things."""

    key: str
    """What it is: the cursor follows this, not the line. Empty: it cannot be chosen."""
    cells: tuple[Span, ...]
    """A span for each column; for a line between things, its spans as they are."""
    sign: Span = BLANK
    words: str = ""
    """What a filter finds it by besides its cells."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What `name:word` of a filter looks at."""
    moment: datetime | None = None
    """What `since:7d` of a filter looks at."""
    marked: bool = False
    """Chosen with others for the next verb."""
    whole: bool = False
    """Its cells are one line rather than columns."""

    @property
    def is_thing(self) -> bool:
        """Whether the cursor can stand on it."""
        return bool(self.key)


def between(*spans: str | Span) -> Row:
    """A line between things: a rule, a note, `103 more`."""
    return Row("", tuple(s if isinstance(s, Span) else Span(s, "muted") for s in spans))


def more_below(count: int) -> Line:
    """`   103 more`."""
    return (Span(f"   {count} more", "muted"),) if count else ()
