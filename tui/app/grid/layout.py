"""Where columns stand: those at the left that stay, and from the first chosen one what fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

CAP = 32
"""Columns of the terminal that one column takes at most while others want room."""
WIDEST = 200
"""Columns of the terminal that one column takes at most."""
NARROW = 6
"""A last column with less room than this is left out."""
GAP = 1
"""Blanks between two columns."""


class Place(NamedTuple):
    """One column in sight."""

    column: int
    """Which of the shown ones, from 0."""
    x: int
    """Where it begins, counted behind the row numbers."""
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns in sight, from left to right."""

    places: tuple[Place, ...] = ()
    frozen: int = 0
    """How many of them stay at the left."""
    more: bool = False
    """Columns follow on the right."""

    def of(self, column: int) -> Place | None:
        """Where a column stands; None out of sight."""
        return next((place for place in self.places if place.column == column), None)

    def at(self, x: int) -> int | None:
        """The column that `x` lies in, with the blank behind it."""
        for place in self.places:
            if place.x <= x < place.x + place.width + GAP:
                return place.column
        return None


def lay_out(
    count: int, wanted: Callable[[int], int], room: int, *, first: int = 0, frozen: int = 0
) -> Layout:
    """Place what is in sight; of the other columns nothing is asked.

    Args:
        count: Columns that are shown.
        wanted: Columns of the terminal that a column would take, uncapped; asked only of those
            in sight.
        room: Columns of the terminal.
        first: The column that follows the ones that stay.
        frozen: Columns that stay at the left; of those as many as leave half of the room.
    """
    places: list[Place] = []
    x = 0
    staying = 0
    for column in range(min(frozen, count)):
        width = min(wanted(column), CAP)
        if x + width > room // 2:
            break
        places.append(Place(column, x, width))
        x += width + GAP
        staying += 1
    column = max(first, staying)
    while column < count and x < room:
        width = min(wanted(column), CAP)
        if x + width > room:
            if room - x < NARROW and len(places) > staying:
                break
            width = room - x
            places.append(Place(column, x, width))
            x = room + GAP
            column += 1
            break
        places.append(Place(column, x, width))
        x += width + GAP
        column += 1
    more = column < count
    spare = room - (x - GAP)
    if not more and spare > 0:
        places = _grown(places, wanted, spare)
    return Layout(tuple(places), staying, more)


def _grown(places: list[Place], wanted: Callable[[int], int], spare: int) -> list[Place]:
    """Give room that nobody needs to columns that were capped, from the left."""
    result, moved = [], 0
    for place in places:
        extra = max(0, min(spare, min(wanted(place.column), WIDEST) - place.width))
        result.append(Place(place.column, place.x + moved, place.width + extra))
        moved += extra
        spare -= extra
    return result


def first_for(
    column: int, first: int, count: int, wanted: Callable[[int], int], room: int, frozen: int
) -> int:
    """The first column behind those that stay, so that `column` is in sight as a whole.

    It changes as little as it can.
    """
    staying = lay_out(count, wanted, room, first=first, frozen=frozen)
    if column < staying.frozen:
        return first
    if column <= first:
        return column
    left = 0
    if staying.frozen:
        last = staying.places[staying.frozen - 1]
        left = last.x + last.width + GAP
    spare = room - left
    at = column
    spare -= min(wanted(at), CAP)
    # Backwards from the column as far as there is room: no column farther off is asked.
    while at > max(first, staying.frozen):
        spare -= min(wanted(at - 1), CAP) + GAP
        if spare < 0:
            break
        at -= 1
    return at
