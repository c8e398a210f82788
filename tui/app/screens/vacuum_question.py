"""Asks how VACUUM is to be done: with the gateway stopped, beside it, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from tui.app.screens.frame import Choice, Dialog
from tui.app.screens.lines import Lines, say
from tui.app.widgets.groups import HERE

How = Literal["stop", "online", ""]
"""The answer; empty: not at all."""


class VacuumQuestion(Dialog[How]):
    """Three buttons; Cancel has the focus, and what was chosen shows its plan before it runs."""

    DEFAULT_CSS = "VacuumQuestion { Choice { margin-left: 1; } }"
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "choose('stop')", "stop the gateway", id="vacuum.stop", group=HERE,
                tooltip="the safe way: a new file takes the old one's place"),
        Binding("o", "choose('online')", "online", id="vacuum.online", group=HERE,
                tooltip="beside the running gateway, whose writers wait meanwhile"),
        Binding("n,escape,q", "choose('')", "cancel", key_display="n Esc", id="vacuum.no",
                group=HERE, tooltip="nothing is done"),
        Binding("tab,down", "app.focus_next", "other button", key_display="Tab",
                id="vacuum.next", group=HERE, tooltip="Enter does what is highlighted"),
        Binding("up", "app.focus_previous", show=False, id="vacuum.previous", group=HERE),
    ]  # fmt: skip
    boxed = True

    def __init__(self, name: str, words: str, stop: str, online: str) -> None:
        """Ask.

        Args:
            name: Of the deployment.
            words: What VACUUM would give back, in a sentence.
            stop: What stopping means: `about 16 s down, safe`.
            online: What beside the gateway means: `locks writers about 6 s; needs 825M`.
        """
        super().__init__()
        self._name, self._words, self._stop, self._online = name, words, stop, online

    def compose_body(self) -> Iterable[Widget]:
        """The box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(f"VACUUM the database of {self._name}: how?")
            yield Lines(say(self._words))
            yield Choice(f"s  Stop the gateway ({self._stop})", id="stop")
            yield Choice(f"o  Online ({self._online})", id="online")
            yield Choice("n  Cancel", id="cancel")

    def action_choose(self, how: How) -> None:
        """Answer."""
        self.dismiss(how)

    @on(Choice.Pressed)
    def _pressed(self, message: Choice.Pressed) -> None:
        ident = message.choice.id
        self.dismiss("stop" if ident == "stop" else "online" if ident == "online" else "")
