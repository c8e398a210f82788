"""What can be done with one thing, with the keys that do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.app.screens.frame import Dialog
from tui.app.screens.lines import BOLD, MUTED, SELECTED, Lines, drawn, glyphs_of, line, say, stack
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line
from tui.wording.quantities import prose

if TYPE_CHECKING:
    from tui.app.panes.base import Pane

_KEYS = 7
"""Columns of the keys."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the menu."""

    action: str
    key: str
    """As the footer shows it."""
    title: str
    hint: str
    reason: str = ""
    """Why it is greyed."""
    presses: tuple[str, ...] = ()
    """Keys that choose it."""


def items_of(pane: Pane, actions: Sequence[str]) -> list[Item]:
    """What a pane can do with the row under its cursor; some of it has no key."""
    found = {b.action: b for b in type(pane).BINDINGS if isinstance(b, Binding)}
    items = []
    for action in actions:
        binding, reason = found.get(action), pane.why_not(action)
        if binding is not None:
            key = binding.key_display or binding.key
            title = pane.title_of(action) or binding.description
            presses = tuple(binding.key.split(","))
            items.append(Item(action, key, title, binding.tooltip, reason, presses))
        elif action in pane.KEYLESS:
            title, hint = pane.KEYLESS[action]
            items.append(Item(action, "", title, hint, reason))
    return items


class _Rows(Widget, can_focus=True):
    """The lines; the cursor is a sign, bold and a background."""

    DEFAULT_CSS = "_Rows { height: auto; width: 1fr; }"

    cursor: reactive[int] = reactive(0)

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__()
        self.items = tuple(items)

    def render(self) -> Content:
        """Draw all lines."""
        return drawn(self, stack(self._row(n, item) for n, item in enumerate(self.items)))

    def _row(self, number: int, item: Item) -> Content:
        width = self.size.width
        titles = max(len(one_line(other.title)) for other in self.items) + 4
        title = f"({one_line(item.title)})" if item.reason else one_line(item.title)
        head = f"{item.key:<{_KEYS}}"
        rest = prose(_behind(item), max(0, width - 2 - _KEYS - titles))
        if number == self.cursor:
            mark = glyphs_of(self).cursor
            return say(f"{mark} {head}{title:<{titles}}{rest}".ljust(width), SELECTED)
        return line(
            "  ", (head, "" if item.reason else BOLD),
            (f"{title:<{titles}}", MUTED if item.reason else ""), (rest, MUTED),
        )  # fmt: skip

    @property
    def whole(self) -> str:
        """What stands behind the line under the cursor, where the line cuts it."""
        item = self.items[self.cursor]
        titles = max(len(one_line(other.title)) for other in self.items) + 4
        room = self.size.width - 2 - _KEYS - titles
        return one_line(item.reason or item.hint) if len(_behind(item)) > room else ""

    def watch_cursor(self) -> None:
        """What is cut stands below the lines."""
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Another width cuts elsewhere."""
        self.post_message(self.Moved())

    class Moved(Message):
        """The cursor stands on another line."""

    def on_click(self, event: events.Click) -> None:
        """A click chooses the line."""
        if event.y < len(self.items):
            self.cursor = event.y
            menu = self.screen
            if isinstance(menu, Menu):
                menu.action_choose()


def _behind(item: Item) -> str:
    """What stands behind key and title, which say "is off" already."""
    why = item.reason.partition(" is off")[2].lstrip(".: ") or item.reason
    return one_line(why or item.hint)


class Menu(Dialog[str | None]):
    """Returns the action that was chosen; None when it is left."""

    AUTO_FOCUS = "_Rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "do it", key_display="Enter", id="menu.choose", group=HERE,
            tooltip="what needs a question asks it",
        ),
        Binding("j,down", "move(1)", "next", key_display="j", id="menu.down", group=HERE),
        Binding("k,up", "move(-1)", "previous", key_display="k", id="menu.up", group=HERE),
        Binding(
            "escape,q,a", "close", "close", key_display="Esc", id="menu.close", group=HERE,
            tooltip="nothing is done",
        ),
    ]  # fmt: skip
    boxed = True

    def __init__(self, title: str, items: Sequence[Item]) -> None:
        """Offer actions.

        Args:
            title: The thing: `backup k7m2qd`.
            items: At least one.
        """
        super().__init__()
        self._title, self._items = title, tuple(items)

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(self._title)
            yield _Rows(self._items)
            yield Lines(id="whole")

    @on(_Rows.Moved)
    def _say_whole(self) -> None:
        below = self.query_one("#whole", Lines)
        below.content = say(self.query_one(_Rows).whole, MUTED)
        below.display = bool(below.content.plain)

    def on_key(self, event: events.Key) -> None:
        """The keys are those that the pane has."""
        for number, item in enumerate(self._items):
            if event.key in item.presses and event.key not in ("enter", "j", "k", "q", "a"):
                event.stop()
                event.prevent_default()
                self.query_one(_Rows).cursor = number
                self.action_choose()
                return

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        rows = self.query_one(_Rows)
        rows.cursor = max(0, min(rows.cursor + step, len(self._items) - 1))

    def action_choose(self) -> None:
        """Return the action; a greyed one says why."""
        item = self._items[self.query_one(_Rows).cursor]
        if item.reason:
            self.tell(item.reason, attention=True)
        else:
            self.dismiss(item.action)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
