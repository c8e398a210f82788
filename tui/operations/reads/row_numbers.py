"""Which row has which number, for the few views that are looked at."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tui.services.sqlite.paging import View
from tui.services.sqlite.positions import Positions

MOST_POSITIONS = 8
"""Views whose rows are numbered at a time."""


@dataclass
class Numbers:
    """The positions of those views that were asked for last; any thread may ask."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[tuple[object, ...], Positions] = field(default_factory=dict)

    def of(self, view: View) -> Positions:
        """The positions of a view, begun if there are none."""
        name = _numbered(view)
        with self.lock:
            found = self.kept.pop(name, None) or Positions(view)
            self.kept[name] = found
            while len(self.kept) > MOST_POSITIONS:
                del self.kept[next(iter(self.kept))]
            return found

    def forget(self, view: View) -> None:
        """Begin anew when they are asked for again."""
        with self.lock:
            self.kept.pop(_numbered(view), None)


def _numbered(view: View) -> tuple[object, ...]:
    """What decides which row has which number."""
    shape = view.relation
    return (shape.name, shape.identity, view.order, view.condition, view.source, view.sorting)
