"""Tells of an operation that was cut short, and offers to finish or undo it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from tui.app.screens.frame import Choice, Dialog
from tui.app.screens.lines import ATTENTION, BOLD, MUTED, Lines, hanging, line, say, stack
from tui.app.screens.running_words import name_of
from tui.app.screens.step_lines import RECOVERY
from tui.app.widgets.groups import HERE
from tui.core.models import ActivityEntry
from tui.core.operation import Recovery
from tui.wording.quantities import duration

_COMMAND = "mcpdb-tui resume"
_DIRECTIONS = {
    "finish": "It will be finished, not undone.",
    "undo": "It will be undone; the database stays as it was before.",
    "nothing": "Its record will be closed; nothing else is done.",
}
_UNSAID = "It will be finished or undone, as its journal says; the data is whole either way."


class CutScreen(Dialog[bool]):
    """The one dialog that opens by itself: True finishes now, False leaves it for later."""

    DEFAULT_CSS = """
    CutScreen {
        #buttons { height: 1; }
        #by-hand { width: 1fr; }
        Choice { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#later"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,n",
            "later",
            "look first",
            key_display="Esc",
            id="cut.later",
            group=HERE,
            tooltip="it stays in NEEDS YOU; the next change finishes it",
        ),
        Binding(
            "tab,right",
            "app.focus_next",
            "other button",
            key_display="Tab",
            id="cut.next",
            group=HERE,
            tooltip="Enter does what is highlighted",
        ),
        Binding("left", "app.focus_previous", show=False, id="cut.previous", group=HERE),
        Binding(
            "y",
            "copy",
            "copy the command",
            id="cut.copy",
            group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
    ]
    boxed = True

    def __init__(self, entry: ActivityEntry, recovery: Recovery | None) -> None:
        """Tell of a cut operation.

        Args:
            entry: What was cut.
            recovery: What is left to do; None when its journal does not tell.
        """
        super().__init__()
        self._entry = entry
        self._recovery = recovery

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = line(f"A {self._entry.operation} was cut short{self._at()}")
            yield Lines(id="what")
            with Horizontal(id="buttons"):
                yield Lines(line(("by hand  ", MUTED), (_COMMAND, BOLD)), id="by-hand")
                yield Choice("Look first", id="later")
                yield Choice("Undo now" if self._undoes else "Finish now", id="finish")

    def on_mount(self) -> None:
        """Say what leaving it means."""
        does = "undoes" if self._undoes else "finishes"
        self.tell(f"Look first leaves it in NEEDS YOU; the next change {does} it.")

    @property
    def _undoes(self) -> bool:
        return self._recovery is not None and self._recovery.direction == "undo"

    def on_resize(self) -> None:
        """Write for the new width."""
        width = min(self.app.size.width, 100) - 4
        self.query_one("#what", Lines).content = stack(self._rows(width))

    def _at(self) -> str:
        """When, as far as its steps tell."""
        times = [step.started for step in self._entry.steps if step.started]
        return f" at {max(times).astimezone():%H:%M:%S}" if times else ""

    def _rows(self, width: int) -> list[Content]:
        entry = self._entry
        rows = hanging(
            "",
            f"{name_of(entry)} by {entry.who}, op {entry.number}. Its process is gone.",
            width,
            0,
        )
        at = next(
            (
                (n, step)
                for n, step in enumerate(entry.steps, 1)
                if step.state in ("cut", "running")
            ),
            None,
        )
        if at:
            number, step = at
            rows += hanging(
                "reached", f"step {number} of {len(entry.steps)}: {step.title}", width, 10
            )
        if entry.down_since:
            rows += hanging(
                "gateway", say("stopped by it; it was running before", ATTENTION), width, 10
            )
        elif entry.down_seconds:
            rows += hanging("gateway", f"was down {duration(entry.down_seconds)}", width, 10)
        if self._recovery is None:
            rows += self._not_done(width)
            return rows + hanging("left", say(entry.sentence or _UNSAID, BOLD), width, 10)
        rows += hanging("state", self._recovery.sentence, width, 10)
        titles = ", ".join(action.title for action in self._recovery.actions)
        rows += hanging("left", say(titles or "nothing but its record", BOLD), width, 10)
        return rows + hanging("", say(_DIRECTIONS[self._recovery.direction], BOLD), width, 10)

    def _not_done(self, width: int) -> list[Content]:
        left = [
            step.title
            for step in self._entry.steps
            if step.state == "pending" and not step.step.startswith(RECOVERY)
        ]
        return hanging("not done", ", ".join(left), width, 10) if left else []

    @on(Choice.Pressed, "#finish")
    def _finish(self) -> None:
        self.dismiss(True)

    @on(Choice.Pressed, "#later")
    def action_later(self) -> None:
        """Leave it for later."""
        self.dismiss(False)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(_COMMAND, "the command")
