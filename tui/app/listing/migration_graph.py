"""Merges and branches of a timeline, drawn as lanes: pure, from what each revision follows.

A lane is a column of three characters. A revision stands in the leftmost lane that leads to it;
what it merges opens lanes to the right (`●──╮`), and where branches began they end (`●──╯`).
Long branches beside the first lane are folded into one line (`┊`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tui.core.models import Revision

LANE = 3
"""Characters of a lane."""
FOLD = "fold:"
"""The key of a folded branch begins so; no revision has a colon."""
FEWEST = 3
"""Revisions between the two ends of a branch, from which on they are folded."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The characters that lanes are drawn with."""

    down: str = "│"
    across: str = "─"
    opens: str = "╮"
    closes: str = "╯"
    opens_more: str = "┬"
    closes_more: str = "┴"
    crosses: str = "┼"
    folded: str = "┊"


UNICODE = Lines()
ASCII = Lines(
    down="|",
    across="-",
    opens="\\",
    closes="/",
    opens_more="+",
    closes_more="+",
    crosses="+",
    folded=":",
)


@dataclass(frozen=True, slots=True)
class Node:
    """A revision, or a fold of several, in its place."""

    key: str
    """The revision; `fold:` and the first one of a fold."""
    lane: int
    """From 0."""
    before: str
    """What stands left of the sign."""
    after: str
    """What stands right of it."""
    below: str
    """Lanes that go on below it: in front of lines between it and the next."""
    folded: tuple[str, ...] = ()
    """The revisions that a fold stands for."""


def ordered(revisions: Sequence[Revision]) -> list[Revision]:
    """Newest first by the chain: as they come, but no revision above what follows it."""
    known = {item.revision: item for item in revisions}
    waits = Counter(down for item in known.values() for down in set(item.down) if down in known)
    place = {name: number for number, name in enumerate(known)}
    ready = [name for name in known if not waits[name]]
    result: list[Revision] = []
    while ready:
        name = min(ready, key=place.__getitem__)
        ready.remove(name)
        result.append(known[name])
        for down in set(known[name].down) & known.keys():
            waits[down] -= 1
            if not waits[down]:
                ready.append(down)
    # A ring is no chain; its revisions are still shown, as they came.
    done = {item.revision for item in result}
    return [*result, *(item for item in known.values() if item.revision not in done)]


def branches(revisions: Sequence[Revision]) -> bool:
    """Whether anything branches: only then a graph needs more than one column."""
    known = {item.revision for item in revisions}
    downs = Counter(down for item in revisions for down in item.down if down in known)
    tops = sum(1 for item in revisions if not downs[item.revision])
    return (
        tops > 1
        or any(count > 1 for count in downs.values())
        or any(len(known.intersection(item.down)) > 1 for item in revisions)
    )


def drawn(
    revisions: Sequence[Revision],
    *,
    lines: Lines = UNICODE,
    keep: Collection[str] = (),
    unfolded: Collection[str] | None = (),
) -> list[Node]:
    """Draw every revision once, in the chain's order.

    Args:
        revisions: The graph, newest first.
        lines: Characters.
        keep: Revisions that are never folded away.
        unfolded: Keys of folds that are open; None opens all.
    """
    chain = ordered(revisions)
    folds = {} if unfolded is None else _folds(chain, keep)
    opened = set(unfolded or ())
    inside = {
        name: names
        for first, names in folds.items()
        if FOLD + first not in opened
        for name in names
    }
    lanes = _Lanes(lines, {item.revision for item in chain})
    result = []
    for item in chain:
        names = inside.get(item.revision)
        if names is None:
            result.append(lanes.draw(item.revision, item.down))
        elif item.revision == names[0]:
            last = next(other for other in chain if other.revision == names[-1])
            result.append(lanes.fold(names, last.down))
    return result


class _Lanes:
    """The revisions that each lane leads to, from the left; None: it is free."""

    def __init__(self, lines: Lines, known: Collection[str]) -> None:
        self._lines = lines
        self._known = known
        self._waiting: list[str | None] = []

    def draw(self, revision: str, downs: Iterable[str]) -> Node:
        here = [n for n, name in enumerate(self._waiting) if name == revision]
        if not here:
            here = [self._free(())]
        lane, closing = here[0], here[1:]
        follows = [down for down in dict.fromkeys(downs) if down in self._known]
        for number in closing:
            self._waiting[number] = None
        self._waiting[lane] = follows[0] if follows else None
        opening = []
        for down in follows[1:]:
            number = self._free([*closing, *range(lane + 1)])
            self._waiting[number] = down
            opening.append(number)
        picture = self._picture(lane, closing, opening)
        return self._node(revision, lane, picture)

    def fold(self, names: Sequence[str], downs: Sequence[str]) -> Node:
        """One line for a run of revisions, each of which follows the one below it alone."""
        lane = self._waiting.index(names[0])
        self._waiting[lane] = downs[0] if downs else None
        node = self._node(FOLD + names[0], lane, self._picture(lane, (), ()))
        return Node(node.key, lane, node.before, node.after, node.below, tuple(names))

    def _free(self, taken: Collection[int]) -> int:
        for number, name in enumerate(self._waiting):
            if name is None and number not in taken:
                return number
        self._waiting.append(None)
        number = len(self._waiting) - 1
        return number if number not in taken else self._free(taken)

    def _picture(self, lane: int, closing: Collection[int], opening: Collection[int]) -> str:
        """The whole width, with a blank where the sign stands."""
        lines, far = self._lines, max([lane, *closing, *opening])
        cells = []
        for number, name in enumerate(self._waiting):
            goes_on = name is not None and number not in opening
            if number == lane:
                mark = " "
            elif number in closing:
                mark = lines.closes if number == far else lines.closes_more
            elif number in opening:
                mark = lines.opens if number == far else lines.opens_more
            elif lane < number < far:
                mark = lines.crosses if goes_on else lines.across
            else:
                mark = lines.down if goes_on else " "
            link = lines.across if lane <= number < far else " "
            cells.append(mark + link * (LANE - 1))
        return "".join(cells)

    def _node(self, key: str, lane: int, picture: str) -> Node:
        at = lane * LANE
        while self._waiting and self._waiting[-1] is None:
            self._waiting.pop()
        below = "".join(
            (self._lines.down if name is not None else " ").ljust(LANE) for name in self._waiting
        )
        return Node(key, lane, picture[:at], picture[at + 1 :].rstrip(), below.rstrip())


def _folds(chain: Sequence[Revision], keep: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What is folded: the middle of long runs beside the first lane, by their first revision."""
    known = {item.revision for item in chain}
    above = Counter(down for item in chain for down in set(item.down) if down in known)
    lanes = _Lanes(UNICODE, known)
    placed = [(lanes.draw(item.revision, item.down), item) for item in chain]
    result: dict[str, tuple[str, ...]] = {}

    def plain(item: Revision) -> bool:
        one_below = len(known.intersection(item.down)) == 1
        return one_below and above[item.revision] == 1 and item.revision not in keep

    for lane, run in _runs([(node.lane, item, plain(item)) for node, item in placed]):
        middle = [item.revision for item in run[1:-1]]
        if lane and len(run) - 2 >= FEWEST - 1 and len(run) >= FEWEST + 1:
            result[middle[0]] = tuple(middle)
    return result


def _runs(
    placed: Iterable[tuple[int, Revision, bool]],
) -> Iterator[tuple[int, list[Revision]]]:
    """Plain revisions that stand below each other in one lane and follow each other."""
    run: list[Revision] = []
    at = 0
    for (lane, plain), group in groupby(placed, key=lambda part: (part[0], part[2])):
        for _, item, _ in group:
            follows = bool(run) and lane == at and item.revision in run[-1].down
            if plain and follows:
                run.append(item)
                continue
            if run:
                yield at, run
            run, at = ([item] if plain else []), lane
    if run:
        yield at, run


def width_of(nodes: Iterable[Node]) -> int:
    """Characters that the graph takes."""
    return max((len(node.before) + 1 + len(node.after) for node in nodes), default=1)
