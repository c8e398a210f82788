"""The parts below a plan: the rule that says which page is shown, and the field for the name."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from tui.app.screens.lines import MUTED, drawn, say


class PageRule(Widget):
    """The line over command and field: how much of the plan is shown."""

    DEFAULT_CSS = "PageRule { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, text: str) -> None:
        """Say which page is shown."""
        self._text = text
        self.refresh()

    def render(self) -> Content:
        """Draw the rule with the text at its right end."""
        text = f" {self._text} ─" if self._text else ""
        return drawn(self, say("─" * (self.size.width - len(text)) + text, MUTED))


class NameField(Input):
    """The field for the name; a line break in what is pasted ends there and starts nothing."""

    DEFAULT_CSS = """
    NameField, NameField:focus { width: 24; height: 1; padding: 0; background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__(id="name", compact=True, select_on_focus=False)

    def on_paste(self, event: events.Paste) -> None:
        """A paste that begins with line breaks is still the name."""
        event.text = event.text.lstrip("\r\n")
