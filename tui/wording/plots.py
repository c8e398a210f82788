"""A size over time as a plot of text: eighth blocks, or five letters where only ASCII can be drawn.

The bars are drawn by the library `sparklines`; what it has not, an axis that says where it begins
and the days below, is added here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tui.wording.quantities import narrow_size, size

_ASCII = str.maketrans("▁▂▃▄▅▆▇█┤┬└─", "..:--==#|++-")
"""`.:-=#` for the eighths of a block."""

LABEL = 6
"""Columns of what stands left of the axis: ` 420M `."""
_TICK = 10
"""Columns between two days that are named."""
_MARGIN = 0.01
"""Of a size that never changed: so much of it is below the bar."""

Value = tuple[datetime, int]


def plot(values: Sequence[Value], columns: int, lines: int, *, ascii_only: bool) -> list[str]:
    """Draw sizes over time.

    The vertical axis begins at the smallest value, not at 0, and its lowest label says so. A column
    shows the last size that was known at its moment.

    Args:
        values: Moments and bytes, the oldest first; at least two moments.
        columns: Of the whole, with the axis.
        lines: Of the whole, with the axis and the days below it.
        ascii_only: Draw with `.:-=#`.

    Returns:
        The lines; empty where there is nothing to draw, or no room.
    """
    if len(values) < 2 or values[0][0] == values[-1][0]:
        return []
    first, last = values[0][0], values[-1][0]
    # The last day is named right of its mark.
    width, height = columns - LABEL - 2 - len(_day(last, last - first)), lines - 2
    if width < _TICK or height < 1:
        return []
    sizes = _at_columns(values, width)
    low, high = min(sizes), max(sizes)
    if low == high:
        low = round(low * (1 - _MARGIN))
    drawn = [
        f"{label:>{LABEL}} ┤{bars}"
        for label, bars in zip(_labels(low, high, height), _bars(sizes, low, height), strict=True)
    ]
    text = [*drawn, *_days(first, last, width)]
    return [line.translate(_ASCII) if ascii_only else line for line in text]


def _bars(sizes: Sequence[int], low: int, height: int) -> list[str]:
    # Four milliseconds; only who looks at a plot pays for them.
    from sparklines import sparklines  # type: ignore[import-untyped]

    lines: list[str] = sparklines(list(sizes), num_lines=height, minimum=low, maximum=max(sizes))
    return lines


def _at_columns(values: Sequence[Value], width: int) -> list[int]:
    """The last size known at each column's moment; the last column is the newest."""
    first, last = values[0][0], values[-1][0]
    step = (last - first) / (width - 1)
    found, index = [], 0
    for column in range(width):
        # Not a rounding error earlier than the last one.
        moment = last if column == width - 1 else first + step * column
        while index + 1 < len(values) and values[index + 1][0] <= moment:
            index += 1
        found.append(values[index][1])
    return found


def _labels(low: int, high: int, height: int) -> list[str]:
    """What stands at the axis: the top's upper edge, the middle, and where it begins."""
    middle = height // 2
    edges = {0: high, height - 1: low}
    if height >= 4:
        edges[middle] = low + round((high - low) * (height - middle) / height)
    # Whole megabytes where they tell them apart.
    narrow = {row: narrow_size(edge) for row, edge in edges.items()}
    if len(set(narrow.values())) < len(narrow):
        narrow = {row: size(edge) for row, edge in edges.items()}
    return [narrow.get(row, "") for row in range(height)]


def _days(first: datetime, last: datetime, width: int) -> list[str]:
    """The horizontal axis, and the days at its marks."""
    number = width // _TICK
    places = [round(width * mark / number) for mark in range(number + 1)]
    axis, names = [" " * (LABEL + 1), "└"], [" " * (LABEL + 2)]
    marked = set(places[1:-1])
    axis += ["┬" if column in marked else "─" for column in range(1, width + 1)]
    end = 0
    for place in places:
        moment = first + (last - first) * (place / width)
        name = _day(moment, last - first)
        if place < end:
            continue
        names.append(f"{'':{place - end}}{name} ")
        end = place + len(name) + 1
    return ["".join(axis), "".join(names).rstrip()]


def _day(moment: datetime, span: timedelta) -> str:
    """`May 21`; where it goes over less than two days, `21 14:05`."""
    local = moment.astimezone()
    return local.strftime("%b %d") if span > timedelta(days=2) else local.strftime("%d %H:%M")
