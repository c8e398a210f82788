"""A titled part of the screen: a box on the dashboard, a rule with a title elsewhere."""

from __future__ import annotations

from typing import Literal, TypeAlias

from textual.reactive import reactive
from textual.strip import Strip

from tui.app.glyphs import Box
from tui.app.paint import Line, Span, fit, line, spread, width_of, wrapped
from tui.app.widgets.painted import Painted

Frame: TypeAlias = Literal["box", "rule", "none", "side"]


class Panel(Painted):
    """Draws its own frame and title, and between them the lines that a subclass gives."""

    DEFAULT_CSS = "Panel { height: 1fr; width: 1fr; }"

    frame: reactive[Frame] = reactive[Frame]("rule")
    """`box` all around, `rule` a line with the title on top, `side` a line at the left."""

    def __init__(self, *, frame: Frame = "rule", id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Panel.frame, frame)
        self._title: Line = ()
        self._aside: Line = ()

    def entitle(self, title: str | Line, aside: str | Line = "") -> None:
        """Set what stands at the two ends of the title line."""
        title = line(title) if isinstance(title, str) else title
        aside = line(aside) if isinstance(aside, str) else aside
        if (title, aside) != (self._title, self._aside):
            self._title, self._aside = title, aside
            self.refresh()

    # --- geometry -----------------------------------------------------------------------

    @property
    def inner_width(self) -> int:
        """Columns for the content."""
        return max(0, self.size.width - {"box": 2, "side": 1}.get(self.frame, 0))

    @property
    def top(self) -> int:
        """Lines above the content."""
        return 1 if self.frame in ("box", "rule") or self._title else 0

    @property
    def inner_height(self) -> int:
        """Lines for the content."""
        return max(0, self.size.height - self.top - (self.frame == "box"))

    # --- drawing ------------------------------------------------------------------------

    def content_line(self, y: int) -> tuple[Line, str]:
        """Line `y` of the content, and the look that covers it (`selection` …) or empty."""
        return (), ""

    def content_strip(self, y: int) -> Strip:
        """Line `y` of the content as it is painted."""
        spans, over = self.content_line(y)
        return self.draw(spans, over=over, width=self.inner_width)

    def render_line(self, y: int) -> Strip:
        """Draw one line, frame included."""
        width = self.size.width
        if y < self.top:
            return self.draw(self._top_line(width))
        if self.frame == "box" and y == self.size.height - 1:
            box, role = self._box()
            middle = box.across * max(0, width - 2)
            return self.draw((Span(box.bottom_left + middle + box.bottom_right, role),))
        inner = self.content_strip(y - self.top)
        return inner if self.frame in ("rule", "none") else self._between_sides(inner)

    def _between_sides(self, inner: Strip) -> Strip:
        if self.frame == "side":
            side = self.draw((Span(self.glyphs.side, "border"),), width=1)
            return Strip.join([side, inner])
        box, role = self._box()
        side = self.draw((Span(box.down, role),), width=1)
        return Strip.join([side, inner, side])

    def _box(self) -> tuple[Box, str]:
        if self.has_focus:
            return self.glyphs.heavy, "focus"
        return self.glyphs.box, "border"

    def _top_line(self, width: int) -> Line:
        title = tuple(span._replace(bold=True) for span in self._title)
        if self.frame in ("side", "none"):
            side: Line = (Span(self.glyphs.side, "border"),) if self.frame == "side" else ()
            room = width - len(side)
            return (*side, *spread((Span(" "), *title), (*self._aside, Span(" ")), room))
        if self.frame == "box":
            box, role = self._box()
            room = width - 2
            inner = self._titled(title, box.across, role, room)
            return (Span(box.top_left, role), *inner, Span(box.top_right, role))
        return self._titled(title, self.glyphs.rule, "border", width)

    def _titled(self, title: Line, across: str, role: str, width: int) -> Line:
        left: Line = (Span(f"{across} ", role), *title, Span(" ", role)) if title else ()
        right: Line = (Span(" "), *self._aside, Span(f" {across}", role)) if self._aside else ()
        room = width - width_of(left) - width_of(right)
        if room < 1:
            right = ()
            room = width - width_of(left)
        if room < 0:
            return fit(left, width)
        return (*left, Span(across * room, role), *right)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Redraw the frame and the cursor."""
        super().watch_has_focus(_has_focus)
        self.refresh()


class TextPanel(Panel, can_focus=False):
    """A panel of lines that is only read; scrolls when it has more than it can show."""

    DEFAULT_CSS = "TextPanel { height: 1fr; }"

    def __init__(self, *, frame: Frame = "rule", id: str | None = None) -> None:
        super().__init__(frame=frame, id=id)
        self._given: tuple[Line, ...] = ()
        self._broken_at = 0
        self._lines: tuple[Line, ...] = ()
        self._first = 0

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.show(self._given)

    def show(self, lines: tuple[Line, ...]) -> None:
        """Replace the lines; stays where it was scrolled to as far as that still exists."""
        width = self.inner_width or 80
        if lines == self._given and width == self._broken_at:
            return
        self._given, self._broken_at = lines, width
        self._lines = tuple(part for whole in lines for part in wrapped(whole, width - 1))
        self._first = min(self._first, self._last_first)
        self.refresh()

    def scroll_lines(self, count: int) -> None:
        """Move by some lines."""
        self._first = max(0, min(self._first + count, self._last_first))
        self.refresh()

    def to_top(self) -> None:
        """Show the first line."""
        self._first = 0
        self.refresh()

    @property
    def _last_first(self) -> int:
        return max(0, len(self._lines) - self.inner_height)

    def content_line(self, y: int) -> tuple[Line, str]:
        """A line of the text; the last one says how much is not shown."""
        hidden = len(self._lines) - self._first - self.inner_height
        if hidden > 0 and y == self.inner_height - 1:
            note = f"{hidden + 1} more {self.glyphs.down}"
            return spread((), (Span(note + " ", "muted"),), self.inner_width), ""
        index = self._first + y
        return (self._lines[index] if index < len(self._lines) else ()), ""

    def on_mouse_scroll_down(self) -> None:
        """Scroll with the wheel."""
        self.scroll_lines(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll with the wheel."""
        self.scroll_lines(-3)
