"""Asks y or n before something that interrupts but loses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.app.screens.frame import Choice, Dialog
from tui.app.screens.lines import BOLD, MUTED, Lines, line, say
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line


class Question(Dialog[bool]):
    """A box with what will happen, the same as a command, Cancel and the verb."""

    DEFAULT_CSS = """
    Question {
        #buttons { height: 1; align-horizontal: right; }
        Choice { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y", "yes", "do it", id="question.yes", group=HERE, tooltip="do what the title asks"
        ),
        Binding(
            "n,escape,q",
            "no",
            "cancel",
            key_display="n Esc",
            id="question.no",
            group=HERE,
            tooltip="nothing is done",
        ),
        Binding(
            "tab,right",
            "app.focus_next",
            "other button",
            key_display="Tab",
            id="question.next",
            group=HERE,
            tooltip="Enter does what is highlighted",
        ),
        Binding("left", "app.focus_previous", show=False, id="question.previous", group=HERE),
        Binding(
            "c",
            "copy",
            "copy the command",
            id="question.copy",
            group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
    ]
    boxed = True

    def __init__(
        self, title: str, lines: Sequence[str], command: str, verb: str, key: str = "y"
    ) -> None:
        """Ask.

        Args:
            title: The question: `Restart the gateway of forge?`.
            lines: What it would do, a sentence each.
            command: The same as a command line; empty when there is none.
            verb: What the second button says.
            key: The letter that says yes.
        """
        super().__init__()
        self._title, self._lines, self._verb, self._key = title, lines, verb, key
        self._command = one_line(command)

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(self._title)
            for sentence in self._lines:
                yield Lines(say(sentence))
            if self._command:
                yield Lines(line(("by hand  ", MUTED), (self._command, BOLD)))
            with Horizontal(id="buttons"):
                yield Choice("n  Cancel", id="cancel")
                yield Choice(f"{self._key}  {self._verb}", id="confirm")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`y` says yes only where the button says so; without a command there is no copy."""
        if action == "yes":
            return self._key == "y"
        return action != "copy" or bool(self._command)

    def on_key(self, event: events.Key) -> None:
        """Another letter than `y` says yes too, when the button says so."""
        if event.character == self._key:
            event.stop()
            self.action_yes()

    @on(Choice.Pressed, "#confirm")
    def action_yes(self) -> None:
        """Go on."""
        self.dismiss(True)

    @on(Choice.Pressed, "#cancel")
    def action_no(self) -> None:
        """Go back."""
        self.dismiss(False)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(self._command, "the command")
