"""Asks for one line of text: a label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input

from tui.app.screens.frame import Dialog
from tui.app.screens.lines import MUTED, Lines, say
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line

LABEL = 80
"""Characters of a label that are taken."""


class _Field(Input):
    """What is typed; a paste is one clean line."""

    def on_paste(self, event: events.Paste) -> None:
        """Nothing that a terminal obeys gets in."""
        event.text = one_line(event.text)


class OneLine(Dialog[str | None]):
    """A field with what is there now; returns the new text, None when it is left."""

    DEFAULT_CSS = """
    OneLine _Field, OneLine _Field:focus {
        width: 1fr; height: 1; padding: 0; border: none; background: $background;
    }
    """
    AUTO_FOCUS = "_Field"
    LONGEST: ClassVar[int] = LABEL
    """Characters that are taken."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "take", "take it", key_display="Enter", id="line.take", group=HERE,
            priority=True, tooltip="it can be taken back (u)",
        ),
        Binding(
            "escape", "leave", "cancel", key_display="Esc", id="line.leave", group=HERE,
            tooltip="nothing is changed",
        ),
    ]  # fmt: skip
    boxed = True

    def __init__(self, title: str, value: str, hint: str) -> None:
        """Ask.

        Args:
            title: What the line is for: `Label of k7m2qd`.
            value: What is there now.
            hint: A sentence below the field.
        """
        super().__init__()
        self._title, self._value, self._hint = title, one_line(value), hint

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(self._title)
            yield _Field(self._value, max_length=self.LONGEST, compact=True, select_on_focus=False)
            yield Lines(say(self._hint, MUTED))

    def on_mount(self) -> None:
        """Type behind what is there."""
        field = self.query_one(_Field)
        field.cursor_position = len(field.value)

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Return what was typed, letters that came in one piece with Enter among it."""
        self.query_one(_Field).call_later(self._take)

    def _take(self) -> None:
        self.dismiss(one_line(self.query_one(_Field).value).strip())

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
