"""Lines of several sources in the order of their times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from tui.operations.logs.shown import time_of
from tui.operations.logs.sources import Held

FEW = 1_000
"""Lines whose times are read all; of more, only those where others have to be put between."""
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def merged(runs: Sequence[Sequence[Held]]) -> list[Held]:
    """Merge runs that are in order each; a line without time stays behind the one before it."""
    filled = [run for run in runs if run]
    if len(filled) < 2:
        return list(filled[0]) if filled else []
    longest = max(filled, key=len)
    others = [run for run in filled if run is not longest]
    if sum(map(len, filled)) <= FEW or sum(map(len, others)) > FEW:
        return _sorted(filled)
    return _put_between(longest, _sorted(others))


def whole_since(runs: Sequence[Sequence[Held]], cut: Sequence[bool]) -> list[Sequence[Held]]:
    """Leave out what is older than the moment from which every run is whole.

    Args:
        runs: The ends of several logs.
        cut: Of each, whether it goes back further than what is there.
    """
    firsts = [
        at
        for run, is_cut in zip(runs, cut, strict=True)
        if is_cut and (at := next(filter(None, map(time_of, run)), None)) is not None
    ]
    if len(runs) < 2 or not firsts:
        return list(runs)
    since = max(firsts)
    return [run[_first_from(run, since) :] for run in runs]


def _first_from(run: Sequence[Held], since: datetime) -> int:
    for number, line in enumerate(run):
        if (time_of(line) or _BEFORE_ALL) >= since:
            return number
    return len(run)


def _sorted(runs: Sequence[Sequence[Held]]) -> list[Held]:
    keyed: list[tuple[datetime, int, Held]] = []
    for order, run in enumerate(runs):
        latest = _BEFORE_ALL
        for line in run:
            # Never back: what stands behind another line in its file came later.
            latest = max(latest, time_of(line) or latest)
            keyed.append((latest, order, line))
    keyed.sort(key=lambda item: item[:2])
    return [line for _, _, line in keyed]


def _put_between(run: Sequence[Held], few: Sequence[Held]) -> list[Held]:
    """Put few lines into a long run, of which only some times are read."""

    def key(number: int) -> datetime:
        while number >= 0:
            if (at := time_of(run[number])) is not None:
                return at
            number -= 1
        return _BEFORE_ALL

    found: list[Held] = []
    place, latest = 0, _BEFORE_ALL
    for line in few:
        latest = max(latest, time_of(line) or latest)
        next_ = max(place, bisect_right(range(len(run)), latest, key=key))
        found += run[place:next_]
        found.append(line)
        place = next_
    found += run[place:]
    return found
