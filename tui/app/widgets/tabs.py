"""Row 3: the panes, the current one in brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual.reactive import reactive
from textual.strip import Strip

from tui.app.listing.doctor import tab_mark
from tui.app.paint import Line, Span, width_of
from tui.app.widgets.painted import Painted

_SHORTER = {
    "Maintenance": ("Maintain", "Maint"),
    "Migrations": ("Migrations", "Migr"),
    "Activity": ("Activity", "Activ"),
}
"""Titles where there is little room, and where there is less still."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One pane of the tab bar."""

    number: int
    title: str

    def titled(self, level: int) -> str:
        """Its title: 0 as it is, 1 and 2 shorter where it has a shorter one."""
        return (self.title, *_SHORTER.get(self.title, (self.title, self.title)))[level]


class TabBar(Painted):
    """The tab bar; shows only panes that exist."""

    DEFAULT_CSS = "TabBar { height: 1; width: 1fr; }"

    current: reactive[int] = reactive(0)
    """Number of the pane in sight."""
    badge: reactive[str] = reactive("")
    """What stands in place of its name while it shows something else: `BACKUP k7m2qd`."""

    def __init__(self, tabs: Sequence[Tab]) -> None:
        super().__init__()
        self._tabs = tuple(tabs)

    def on_mount(self) -> None:
        """Follow what is known: a tab says how much of its pane wants a person."""
        self.watch(self.app, "seen", self._changed)

    _marks = (Span(""), 0)

    def _changed(self) -> None:
        found = tab_mark(self.seen)
        if found != self._marks:
            self._marks = found
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """All tabs, with blanks where there is room for them."""
        return self.draw(self.words(self.size.width))

    def words(self, width: int) -> Line:
        """The tabs, as roomy as `width` columns let them be."""
        rows = [self._roomy(), *(_trimmed(self._tight(level), width) for level in (1, 2))]
        return next((row for row in rows if width_of(row) <= width), rows[-1])

    def _label(self, tab: Tab, blank: str, level: int) -> Iterator[Span]:
        """What a tab says, a click on which opens it."""
        here = tab.number == self.current
        action = f"app.pane({tab.number})"
        text = f"{tab.number}{blank}{tab.titled(level)}"
        yield Span(self.badge if here and self.badge else text, "focus" if here else "", here,
                   action)  # fmt: skip
        mark, number = self._marks
        if mark.text and number == tab.number:
            yield Span(f"{blank}{mark.text}", mark.role, here or mark.bold, action)

    def _roomy(self) -> Line:
        """Each tab with blanks or brackets of its own, home among them."""
        spans: list[Span] = []
        for tab in self._tabs:
            here = tab.number == self.current
            left, right = ("[", "]") if here else (" ", " ")
            look = ("focus" if here else "", here, f"app.pane({tab.number})")
            spans += [Span(left, *look), *self._label(tab, " ", 0), Span(right, *look)]
        return tuple(spans)

    def _tight(self, level: int) -> Line:
        """One blank or bracket between two tabs; Esc goes home."""
        spans: list[Span] = []
        before = -1
        for tab in self._tabs[1:]:
            spans += [self._between(before, tab.number), *self._label(tab, "", level)]
            before = tab.number
        return (*spans, self._between(before, -1))

    def _between(self, left: int, right: int) -> Span:
        if self.current and self.current in (left, right):
            return Span("]" if self.current == left else "[", "focus", True)
        return Span(" ")


def _trimmed(row: Line, width: int) -> Line:
    """A row without the blanks at its ends where they are what does not fit."""
    for end in (-1, 0):
        if width_of(row) > width and not row[end].text.strip():
            row = row[:-1] if end else row[1:]
    return row
