"""By which column the catalogue is sorted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui.app.listing.row import Column
from tui.core.models import Backup
from tui.core.operation import Verdict

_VERDICTS = (Verdict.OK, Verdict.UNKNOWN, Verdict.WARN, Verdict.FAIL)
_KEYS: dict[str, Callable[[Backup], Any]] = {
    "kind": lambda backup: (backup.kind, backup.compression),
    "size": lambda backup: backup.size,
    "revision": lambda backup: backup.revision,
    "rel": lambda backup: [int(part) for part in backup.release.split(".") if part.isdecimal()],
    "verified": lambda backup: (
        _VERDICTS.index(backup.verdict),
        -(backup.verified.timestamp() if backup.verified else 0.0),
    ),
    "fits": lambda backup: (_VERDICTS.index(backup.fit.verdict), backup.fit.steps or 0),
}
_SAME = {"age": "taken"}
"""Columns that say the same as another one."""
_FALLING_FIRST = ("taken", "size")


@dataclass(frozen=True, slots=True)
class Order:
    """A column and a direction; the catalogue's own order is the newest first."""

    column: str = "taken"
    falling: bool = True

    @property
    def words(self) -> str:
        """`sorted by size, largest first`, for the message line."""
        direction = "falling" if self.falling else "rising"
        if self.column == "taken":
            direction = "newest first" if self.falling else "oldest first"
        return f"sorted by {self.column}, {direction}"


def of(column: str, now: Order) -> Order:
    """Sort by a column; by the same one again: the other way round."""
    column = _SAME.get(column, column)
    if column == now.column:
        return replace(now, falling=not now.falling)
    return Order(column, column in _FALLING_FIRST)


def following(now: Order) -> Order:
    """What `s` asks for: this column the other way round, then the next column."""
    first = now.column in _FALLING_FIRST
    if now.falling == first:
        return replace(now, falling=not first)
    columns = ("taken", *_KEYS)
    return of(columns[(columns.index(now.column) + 1) % len(columns)], now)


def ordered(backups: Sequence[Backup], order: Order) -> list[Backup]:
    """The catalogue, newest first as it comes, in another order; equals stay as they are."""
    if order.column == "taken":
        return list(backups) if order.falling else list(reversed(backups))
    return sorted(backups, key=_KEYS[order.column], reverse=order.falling)


def headed(columns: Sequence[Column], order: Order) -> tuple[Column, ...]:
    """The columns, an arrow behind the title of the one that is sorted by."""
    arrow = "↓" if order.falling else "↑"
    return tuple(
        replace(c, title=f"{c.title} {arrow}" if c.width > len(c.title) + 1 else c.title + arrow)
        if c.title == order.column
        else c
        for c in columns
    )
