"""The line at which something is looked for in what is shown."""

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

LONGEST = 200
"""Characters that are looked for at most."""


class _Slash(Painted):
    """What stands before the field."""

    DEFAULT_CSS = "_Slash { height: 1; width: 3; }"

    def render_line(self, y: int) -> Strip:
        """A slash."""
        return self.draw((Span(" / ", "muted"),))


class _Sought(Input):
    """What is typed; a paste is one clean line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "find", key_display="Enter", id="find.go"),
        Binding("escape", "give_up", "leave", key_display="Esc", id="find.leave"),
    ]

    class GivenUp(Message):
        """Esc."""

    def on_paste(self, event: events.Paste) -> None:
        """Nothing that a terminal obeys gets in."""
        event.text = one_line(event.text)

    def action_give_up(self) -> None:
        """Nothing is looked for."""
        self.post_message(self.GivenUp())


class FindLine(Horizontal):
    """`/ city`; Enter finds, once more the next one."""

    DEFAULT_CSS = """
    FindLine {
        display: none; height: 1; width: 1fr; background: $surface;
        &.-open { display: block; }
        _Sought, _Sought:focus {
            width: 1fr; height: 1; padding: 0; border: none;
            background: $surface; color: $foreground;
        }
    }
    """

    @dataclass
    class Sought(Message):
        """Enter: it is looked for."""

        text: str

    class Left(Message):
        """Esc, or Enter with nothing typed."""

    def compose(self) -> ComposeResult:
        """Slash and field."""
        yield _Slash()
        yield _Sought(max_length=LONGEST, select_on_focus=True, compact=True)

    def open(self) -> None:
        """Type; what was looked for last stands there."""
        self.add_class("-open")
        self.screen.set_focus(self.query_one(_Sought))

    @on(Input.Submitted)
    def _go(self, message: Input.Submitted) -> None:
        message.stop()
        self.remove_class("-open")
        self.post_message(self.Sought(message.value) if message.value else self.Left())

    @on(_Sought.GivenUp)
    def _leave(self, message: _Sought.GivenUp) -> None:
        message.stop()
        self.remove_class("-open")
        self.post_message(self.Left())
