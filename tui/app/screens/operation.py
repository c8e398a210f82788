"""Follows one operation while it runs and shows how it ended; the work itself is elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.app import verbs
from tui.app.migration_steps import RevisionClock, message_of
from tui.app.panes.base import Pane
from tui.app.screens import result_words, running_words
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import Lines, line, stack
from tui.app.screens.operation_calls import Calls, gateway_words, in_thread, real_calls
from tui.app.screens.question import Question
from tui.app.screens.result_words import can_be_undone
from tui.app.seen import Seen
from tui.app.widgets.groups import ASKS, HERE
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry, Deployment
from tui.wording.clean import one_line, printable

POLL = 0.25
"""Seconds between two looks at the journal."""
GATEWAY_POLL = 5.0
"""Seconds between two looks at the gateway on a result page."""
NO_RETURN = "It cannot be cancelled any more; it finishes or undoes itself."


class OperationScreen(Dialog[None]):
    """A viewer of one journal: it may be left and opened again, also after the end."""

    DEFAULT_CSS = """
    OperationScreen { #page { scrollbar-size: 0 0; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "C,ctrl+c",
            "cancel",
            "cancel…",
            key_display="C",
            id="operation.cancel",
            group=ASKS,
            priority=True,
            tooltip="stop it while nothing has changed yet",
        ),
        Binding(
            "Z",
            "undo",
            "undo…",
            id="operation.undo",
            group=ASKS,
            tooltip="undo what this put in place; shows the plan, types the name",
        ),
        Binding(
            "enter",
            "steps",
            "steps",
            key_display="Enter",
            id="operation.steps",
            group=HERE,
            tooltip="every step with its time",
        ),
        Binding(
            "y",
            "copy",
            "copy this page",
            id="operation.copy",
            group=HERE,
            tooltip="copy this page (OSC 52)",
        ),
        Binding(
            "j,down",
            "scroll(1)",
            show=False,
            id="operation.down",
            group=HERE,
            tooltip="scroll down",
        ),
        Binding(
            "k,up", "scroll(-1)", show=False, id="operation.up", group=HERE, tooltip="scroll up"
        ),
        Binding(
            "q,escape",
            "leave",
            "leave it running",
            key_display="q",
            id="operation.leave",
            group=HERE,
            tooltip="the work goes on without this screen",
        ),
        Binding(
            "q,escape",
            "back",
            "back",
            key_display="q",
            id="operation.back",
            group=HERE,
            tooltip="back; 4 Activity shows it again",
        ),
    ]

    entry: reactive[ActivityEntry | None] = reactive(None, init=False)

    @dataclass
    class Read(Message):
        """The journal was read."""

        entry: ActivityEntry

    @dataclass
    class Told(Message):
        """Something could not be done, or was done, in a sentence."""

        text: str

    @dataclass
    class Looked(Message):
        """The gateway was looked at."""

        text: str

    def __init__(
        self, deployment: Deployment, journal_id: str, *, calls: Calls | None = None
    ) -> None:
        """Follow an operation.

        Args:
            deployment: Whose operation it is.
            journal_id: Name of its journal.
            calls: What to ask; the product's own operations unless given.
        """
        super().__init__()
        self.deployment = deployment
        self.journal_id = journal_id
        self._calls = calls or real_calls()
        self._reading = self._looking = False
        self._gateway = ""
        self._steps = False
        self._revisions = RevisionClock()

    # --- drawing ------------------------------------------------------------------------

    def title_row(self) -> TitleRow:
        """Row 3, until the journal is read."""
        return TitleRow(line(f" {self.journal_id}  …"))

    def compose_body(self) -> Iterable[Widget]:
        """One page that scrolls."""
        with VerticalScroll(id="page", can_focus=False):
            yield Lines(id="lines")

    def on_mount(self) -> None:
        """Begin to follow."""
        self.tell(f"journal .mcpdb/journal/{self.journal_id}.jsonl")
        self.set_interval(POLL, self._poll)
        self.set_interval(GATEWAY_POLL, self._look)
        self._poll()

    @property
    def ended(self) -> bool:
        """Whether the operation has come to its end."""
        return self.entry is not None and self.entry.state != "running"

    def watch_entry(self, before: ActivityEntry | None, entry: ActivityEntry) -> None:
        """Draw what is new; a result gets its page, and the gateway is looked at."""
        if entry.state != "running" and (before is None or before.state == "running"):
            self._look()
        self._draw()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self._draw()

    def _draw(self) -> None:
        if (entry := self.entry) is None:
            return
        width, now = self.app.size.width, self._calls.now()
        head: tuple[Content, Content | str]
        if self.ended:
            head = result_words.title(entry)
            rows = result_words.page(entry, width, now, self._gateway, steps=self._steps)
        else:
            head = running_words.title(entry)
            at = running_words.revision_at(entry)
            name = message_of(getattr(self.app, "seen", None), at[2])
            rows = running_words.page(entry, width, now, name, self._revisions.since(at, now))
        self.query_one(TitleRow).show(*head)
        for lines in self.query("#lines").results(Lines):  # none before it is composed
            lines.content = stack(rows)

    # --- following ----------------------------------------------------------------------

    def _poll(self) -> None:
        # What was cut may be finished or undone by another process: it is followed on.
        if self.ended and self.entry is not None and self.entry.state != "cut":
            return
        self._draw()
        if not self._reading:
            self._reading = True
            in_thread(self._read)

    def _read(self) -> None:
        try:
            self.post_message(self.Read(self._calls.read(self.deployment, self.journal_id)))
        except McpdbError as error:
            self.post_message(self.Told(str(error)))

    @on(Read)
    def _show(self, message: Read) -> None:
        self._reading = False
        self.entry = message.entry

    @on(Told)
    def _tell(self, message: Told) -> None:
        self._reading = False
        self.tell(message.text, attention=True)

    def _look(self) -> None:
        if self.ended and not self._looking:
            self._looking = True
            in_thread(self._look_at_gateway)

    def _look_at_gateway(self) -> None:
        try:
            state, health = self._calls.gateway(self.deployment)
        except McpdbError as error:
            self.post_message(self.Looked(f"gateway ? unknown: {error}"))
            return
        self.post_message(self.Looked(gateway_words(state, health)))

    @on(Looked)
    def _show_gateway(self, message: Looked) -> None:
        self._looking = False
        self._gateway = message.text
        self._draw()

    # --- keys ---------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Cancel until the line, leave while it runs, steps and back once it has ended."""
        if action == "cancel":
            if self.ended:
                return False
            return (self.entry is not None and self.entry.cancellable) or None
        if action == "leave":
            return not self.ended
        if action in ("back", "steps"):
            return self.ended
        if action == "undo":
            if not self.ended or self.entry is None or not can_be_undone(self.entry):
                return False
            return None if self._why_not_undo() else True
        return True

    def _why_not_undo(self) -> str:
        seen: Seen | None = getattr(self.app, "seen", None)
        if seen is None or self.entry is None:
            return ""
        return verbs.why_not_undo_this(seen, self.entry)

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        if active.binding.action == "cancel":
            self.tell(NO_RETURN if self.entry else "Not known yet.", attention=True)
        elif active.binding.action == "undo":
            self.tell(self._why_not_undo(), attention=True)

    def action_cancel(self) -> None:
        """Ask, then ask the operation's process to stop."""
        operation = self.entry.operation if self.entry else "operation"
        question = Question(
            f"Stop the {operation}?",
            ["Nothing has changed yet; the copy is removed."],
            "",
            "Stop it",
        )
        self.app.push_screen(question, self._cancel_if)

    def _cancel_if(self, yes: bool | None) -> None:
        if yes and not self.ended:
            self.tell("Asked to stop; it ends after what it is doing now.")
            in_thread(self._ask_to_stop)

    def _ask_to_stop(self) -> None:
        try:
            self._calls.cancel(self.deployment, self.journal_id)
        except McpdbError as error:
            self.post_message(self.Told(str(error)))

    def action_undo(self) -> None:
        """Leave, and show the plan of the undo."""
        self.dismiss(None)
        self.app.post_message(Pane.Do(verbs.undo))

    @property
    def farewell(self) -> str:
        """What stands on the message line below after this screen was left."""
        if self.entry is None or self.ended:
            return ""
        return (
            f"The {self.entry.operation} goes on without this screen (pid {self.entry.pid}). "
            "o, or mcpdb-tui, shows it again."
        )

    def action_leave(self) -> None:
        """Leave; the work goes on, and the message line below says so."""
        if callable(say := getattr(self.app, "say", None)):
            say(self.farewell)
        self.dismiss(None)

    def action_back(self) -> None:
        """Leave a result."""
        self.dismiss(None)

    def action_steps(self) -> None:
        """Every step with its time, or the summary."""
        self._steps = not self._steps
        self._draw()

    def action_scroll(self, pages: int) -> None:
        """Scroll where the page is longer than the screen."""
        self.query_one("#page", VerticalScroll).scroll_relative(y=pages, animate=False)

    def action_copy(self) -> None:
        """Copy the page as text."""
        if self.entry is not None and self.entry.waits_for and not self.ended:
            self.copy(one_line(self.entry.waits_for), "the command line")
            return
        if self.entry is not None and (commands := result_words.by_hand(self.entry)):
            self.copy("\n".join(one_line(command) for command in commands), "the command lines")
            return
        text = self.query_one("#lines", Lines).content.plain
        self.copy(printable("\n".join(row.rstrip() for row in text.split("\n"))), "this page")
