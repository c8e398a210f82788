"""What a statement of the SQL console gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Ending: TypeAlias = Literal["complete", "rows", "size", "seconds", "cancelled"]
"""`rows`, `size`: cut at the most that was asked for, more exist. `seconds`, `cancelled`: stopped
while there may have been more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much a statement may take."""

    seconds: float | None = 30.0
    """None: as long as it takes."""
    rows: int | None = 10_000
    """None: all of them."""
    size: int = 64 << 20
    """Bytes of all values that are kept, about."""
    value: int | None = 65_536
    """Characters or bytes of one value that are kept; None: all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Rows of one statement, and whether they are all of them."""

    columns: tuple[str, ...]
    """As SQLite names them: one may be there twice, or have no name."""
    rows: tuple[tuple[Any, ...], ...]
    """A plain value, or a `tui.core.models.rows.Cell` where it was cut or is a masked secret."""
    ended: Ending
    elapsed: float
    """Seconds."""
    caps: Caps
    masked: tuple[tuple[str, str], ...] = ()
    """Table and column of the masked secrets that it reads, sorted."""
    cut: int = 0
    """How many values were cut."""
    note: str = ""
    """What else is to be known of how it ran."""
