"""Asks which gateway, where a host has several."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.app.screens.frame import KeyLine, MessageLine, TitleRow
from tui.app.screens.help import HelpScreen
from tui.app.screens.lines import (
    ATTENTION,
    BOLD,
    DANGER,
    HEALTHY,
    MUTED,
    RUNNING,
    SELECTED,
    Lines,
    drawn,
    line,
    say,
    stack,
    wrapped,
)
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.core.models import ContainerRef
from tui.operations.finding.candidates import Candidate
from tui.wording.clean import one_line
from tui.wording.quantities import middle

_SIGNS = {
    "running": ("✓", HEALTHY),
    "starting": ("»", RUNNING),
    "restarting": ("✗", DANGER),
    "stopped": ("·", MUTED),
    "missing": ("✗", DANGER),
    "unknown": ("?", ATTENTION),
}
_NARROW = 10


def container_of(candidate: Candidate) -> str:
    """The container's name; of a process, that it is one."""
    gateway = candidate.deployment.gateway
    if isinstance(gateway, ContainerRef):
        return gateway.container
    return "a process" if gateway is not None else "file only"


def detail(candidate: Candidate) -> str:
    """What a person should know before opening it."""
    parts = [candidate.text, candidate.state.text]
    parts += [problem.text for problem in candidate.deployment.problems]
    told: list[str] = []
    for part in parts:
        if part and part not in told:
            told.append(part)
    return "\n".join(told) or f"{candidate.deployment.database}: nothing stands in the way."


class CandidateList(Widget):
    """The candidates; restarting ones are not hidden."""

    DEFAULT_CSS = "CandidateList { height: 1fr; }"

    class Picked(Message):
        """A row was clicked."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        super().__init__()
        self._all = candidates
        self.shown: tuple[Candidate, ...] = tuple(candidates)
        self.cursor = 0

    @property
    def current(self) -> Candidate | None:
        """The one under the cursor."""
        return self.shown[self.cursor] if self.shown else None

    def filter(self, text: str) -> None:
        """Keep what has `text` in any column; the cursor stays on its candidate if it can."""
        kept, wanted = self.current, text.casefold()
        self.shown = tuple(c for c in self._all if wanted in " ".join(_cells(c)).casefold())
        self.cursor = self.shown.index(kept) if kept in self.shown else 0
        self.refresh()

    def move(self, rows: int) -> None:
        """Move the cursor."""
        if self.shown:
            self.cursor = max(0, min(len(self.shown) - 1, self.cursor + rows))
            self.refresh()

    def render(self) -> Content:
        """Draw the heading and the rows around the cursor."""
        width, room = self.size.width, max(1, self.size.height - 1)
        names = max(16, (width - 44) // 3)
        head = line(
            (
                f"   {'project':<{_NARROW}} {'container':<{names}} {'image':<8} {'state':<10} ",
                MUTED,
            ),
            ("database", MUTED),
        )
        first = max(0, self.cursor - room + 1)
        rows = [
            self._row(candidate, width, names, chosen=first + place == self.cursor)
            for place, candidate in enumerate(self.shown[first : first + room])
        ]
        return drawn(self, stack([head, *(rows or [say("   None matches.", MUTED)])]))

    def _row(self, candidate: Candidate, width: int, names: int, *, chosen: bool) -> Content:
        name, container, image, state, where = _cells(candidate)
        sign, style = _SIGNS[candidate.state.running]
        if candidate.text and candidate.state.running == "running":
            sign, style = "!", ATTENTION
        production = candidate.deployment.production
        place = f"[{production}] {where}" if production else where
        taken = 3 + _NARROW + 1 + names + 1 + 9 + 11
        text = (
            f"{middle(name, _NARROW):<{_NARROW}} {middle(container, names):<{names}} "
            f"{middle(image, 8):<8} {state:<10} {middle(place, max(12, width - taken))}"
        )
        if chosen:
            return say(f"{f'▸{sign} {text}':<{width}}", SELECTED)
        return line(" ", (sign, style), " ", text)

    def on_click(self, event: events.Click) -> None:
        """A click chooses the row, a second one opens it."""
        row = event.y - 1
        if 0 <= row < len(self.shown):
            again, self.cursor = row == self.cursor, row
            self.refresh()
            if again or event.chain > 1:
                self.post_message(self.Picked())


def _cells(candidate: Candidate) -> tuple[str, str, str, str, str]:
    state = candidate.state
    image = state.release or state.image or candidate.deployment.image
    return (
        one_line(candidate.deployment.name),
        one_line(container_of(candidate)),
        one_line(image.rsplit(":", 1)[-1]),
        state.running,
        one_line(candidate.where),
    )


class PickerScreen(Screen[Candidate | None]):
    """All candidates with what stands in their way; None when nobody was chosen."""

    DEFAULT_CSS = """
    PickerScreen {
        #filter { height: 1; display: none; }
        #filter.-shown { display: block; }
        #slash { width: 2; }
        Input, Input:focus { width: 1fr; height: 1; padding: 0; background: $surface; }
        #detail { height: auto; max-height: 8; }
        #foot { dock: bottom; height: 2; }
    }
    """
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="Enter", id="picker.open", group=HERE),
        Binding(
            "j,down",
            "move(1)",
            "choose",
            key_display="j/k",
            id="picker.down",
            group=HERE,
            tooltip="the next one",
        ),
        Binding("k,up", "move(-1)", show=False, id="picker.up", group=HERE),
        Binding(
            "slash",
            "filter",
            "filter",
            key_display="/",
            id="picker.filter",
            group=HERE,
            tooltip="Enter keeps it, Esc clears it",
        ),
        Binding("escape", "back", "clear", show=False, id="picker.back", group=HERE),
        Binding(
            "question_mark", "help", "help", key_display="?", id="picker.help", group=EVERYWHERE
        ),
        Binding("q", "quit", "quit", id="picker.quit", group=EVERYWHERE),
    ]

    def __init__(self, candidates: Sequence[Candidate], *, last: str = "") -> None:
        """Offer candidates.

        Args:
            candidates: What was found; more than one.
            last: Name of the deployment that was chosen last; it is under the cursor.
        """
        super().__init__()
        self._candidates = candidates
        self._last = last

    def compose(self) -> ComposeResult:
        """Compose title, filter, list and detail."""
        host = socket.gethostname().split(".")[0]
        title = f" Which gateway?  {len(self._candidates)} found on {host}"
        yield TitleRow(say(title, BOLD), say("--container NAME skips this ", MUTED))
        with Horizontal(id="filter"):
            yield Lines(say("/ ", BOLD), id="slash")
            yield Input(compact=True, id="wanted")
        yield CandidateList(self._candidates)
        yield Lines(id="detail")
        with Vertical(id="foot"):
            yield MessageLine(id="message")
            yield KeyLine()

    def on_mount(self) -> None:
        """The last choice is under the cursor."""
        names = [candidate.deployment.name for candidate in self._candidates]
        if self._last in names:
            self.query_one(CandidateList).move(names.index(self._last))
        self._tell_more()

    def on_resize(self) -> None:
        """Write the detail for the new width."""
        self._tell_more()

    def _tell_more(self) -> None:
        current, width = self.query_one(CandidateList).current, self.app.size.width
        if current is None:
            self.query_one("#detail", Lines).content = Content("")
            return
        head = f"─ {one_line(container_of(current))} "
        rows = [say(head + "─" * max(0, width - len(head)), MUTED)]
        rows += [line(" ", piece) for piece in wrapped(detail(current), width - 2)]
        self.query_one("#detail", Lines).content = stack(rows)

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        self.query_one(CandidateList).filter(event.value)
        self._tell_more()

    @on(Input.Submitted)
    def _keep(self) -> None:
        self.set_focus(None)

    def action_filter(self) -> None:
        """Show the filter line."""
        self.query_one("#filter").add_class("-shown")
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """Clear the filter."""
        self.query_one(Input).value = ""
        self.query_one("#filter").remove_class("-shown")
        self.set_focus(None)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.query_one(CandidateList).move(rows)
        self._tell_more()

    @on(CandidateList.Picked)
    def action_open(self) -> None:
        """Open the one under the cursor."""
        if current := self.query_one(CandidateList).current:
            self.dismiss(current)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(HelpScreen.of(self, "which gateway"))

    def action_quit(self) -> None:
        """Choose none."""
        self.dismiss(None)
