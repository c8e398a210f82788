"""The line above a list that narrows it while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from tui.app.paint import Span
from tui.app.widgets.painted import Painted
from tui.wording.clean import one_line


class _Said(Painted):
    """What stands before and behind the field."""

    DEFAULT_CSS = "_Said { height: 1; width: auto; }"

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self.styles.width = len(text)

    def say(self, text: str) -> None:
        """Show other words."""
        if text != self._text:
            self._text = text
            self.styles.width = len(text)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, muted."""
        return self.draw((Span(self._text, "muted"),))


class _Field(Input):
    """What is typed; a paste is one clean line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keep", key_display="Enter", id="filter.keep"),
        Binding("down", "app.focus_next", "to the list", key_display="↓", id="filter.down"),
        Binding("escape", "app.back", "clear", key_display="Esc", id="filter.clear"),
    ]

    def on_paste(self, event: events.Paste) -> None:
        """Nothing that a terminal obeys gets in."""
        event.text = one_line(event.text)


class FilterLine(Horizontal):
    """`/ -backup -prune          7 of 54 match · Enter keeps, Esc clears`."""

    DEFAULT_CSS = """
    FilterLine {
        dock: top; display: none; height: 1; width: 1fr; background: $surface;
        &.-open { display: block; }
        _Field, _Field:focus {
            width: 1fr; height: 1; padding: 0; border: none;
            background: $surface; color: $foreground;
        }
    }
    """

    @dataclass
    class Typed(Message):
        """Other terms."""

        text: str

    @dataclass
    class Kept(Message):
        """Enter: the list has the focus again, narrowed."""

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """Slash, field, count."""
        yield _Said(" / ")
        yield _Field(placeholder=self._placeholder, select_on_focus=False, compact=True)
        yield _Said()

    @property
    def text(self) -> str:
        """The terms."""
        return self.query_one(_Field).value if self.is_mounted else ""

    @property
    def is_open(self) -> bool:
        """Whether the line is shown."""
        return self.has_class("-open")

    @property
    def is_typed_in(self) -> bool:
        """Whether keys are letters."""
        return self.is_mounted and self.screen.focused is self.query_one(_Field)

    def open(self, text: str | None = None) -> None:
        """Show the line and type on it; with `text` that is typed already."""
        self.add_class("-open")
        field = self.query_one(_Field)
        if text is not None:
            field.value = text
        field.cursor_position = len(field.value)
        self.screen.set_focus(field)

    def put(self, text: str) -> None:
        """Show the line with terms that are kept already; nobody types on it."""
        self.add_class("-open")
        self.query_one(_Field).value = text

    def clear(self) -> bool:
        """Take the line away with its terms; False when there was none."""
        if not self.is_open:
            return False
        self.remove_class("-open")
        self.query_one(_Field).value = ""
        return True

    def count(self, words: str) -> None:
        """Say how many match and what ends it."""
        self._words = words
        ends = "Enter keeps, Esc clears" if self.is_typed_in else "Esc clears"
        self.query(_Said).last(_Said).say(f"  {words} · {ends} " if words else f"  {ends} ")

    _words = ""

    def on_descendant_focus(self) -> None:
        """Letters are text again."""
        self.count(self._words)

    def on_descendant_blur(self) -> None:
        """The list has the keys."""
        self.count(self._words)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.post_message(self.Typed(message.value))

    @on(Input.Submitted)
    def _kept(self, message: Input.Submitted) -> None:
        message.stop()
        if not message.value.strip():
            self.clear()
        self.post_message(self.Kept())
