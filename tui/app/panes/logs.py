"""5 Logs: the gateway's log as it is written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import troubles
from tui.app.paint import Span
from tui.app.panes.base import Pane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.app.widgets.log_view import Filter, LogView
from tui.core.errors import McpdbError
from tui.core.models import GatewayRef, LogLine
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

DRAWN_EVERY = 0.1
"""Seconds between two drawings, whatever arrives."""
WAITING = 20_000
"""Lines that may wait to be drawn; in a flood the older of them are passed over."""


class LogReader(threading.Thread):
    """Follows the log in a thread of its own; a restart of the gateway does not end it."""

    def __init__(self, ref: GatewayRef) -> None:
        super().__init__(name="follow the gateway's log", daemon=True)
        self._ref = ref
        self._lock = threading.Lock()
        self._waiting: list[LogLine] = []
        self._passed_over = 0
        self._ended = threading.Event()
        self.problem = ""
        self.began = False

    def run(self) -> None:
        """Read until ended; what goes wrong is said and tried again."""
        from tui.services.gateways import connect

        tail = 1_000
        while not self._ended.is_set():
            try:
                for line in connect(self._ref).logs(
                    tail=tail, follow=True, stop=self._ended.is_set
                ):
                    self.problem = ""
                    self._take(line)
                    tail = 0
                self.began = True
            except McpdbError as error:
                self.problem = str(error)
                self.began = True
            self._ended.wait(2.0)

    def _take(self, line: LogLine) -> None:
        with self._lock:
            self.began = True
            self._waiting.append(line)
            if len(self._waiting) > WAITING:
                del self._waiting[: WAITING // 2]
                self._passed_over += WAITING // 2

    def drain(self) -> tuple[list[LogLine], int]:
        """Take what arrived, and how many lines were passed over."""
        with self._lock:
            lines, self._waiting = self._waiting, []
            passed, self._passed_over = self._passed_over, 0
        return lines, passed

    def end(self) -> None:
        """Stop reading."""
        self._ended.set()


class LogsPane(Pane):
    """Follow, pause, filter."""

    NUMBER = 5
    TITLE = "Logs"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "filter", "filter", key_display="/", id="list.filter", group=EVERYWHERE,
            tooltip="terms: a regex keeps, -regex drops, quotes hold spaces",
        ),
        Binding(
            "y", "copy", "copy line", id="logs.copy", group=HERE,
            tooltip="copy the line under the cursor (OSC 52)",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        id: str | None = None,
        reader: Callable[[GatewayRef], LogReader] = LogReader,
    ) -> None:
        super().__init__(id=id)
        self._make_reader = reader
        self._reader: LogReader | None = None
        self._arrived = 0
        self._flood = 0

    def compose(self) -> ComposeResult:
        """Filter line and log."""
        yield FilterLine("regex keeps, -regex drops")
        yield LogView(id="log")

    def on_mount(self) -> None:
        """Begin to read once the pane was opened for the first time."""
        super().on_mount()
        deployment = self.seen.deployment
        if deployment is not None and deployment.gateway is not None:
            self._reader = self._make_reader(deployment.gateway)
            self._reader.start()
        self.set_interval(DRAWN_EVERY, self._draw)
        self.set_interval(1.0, self._measure)

    def on_unmount(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.end()

    @property
    def _view(self) -> LogView:
        return self.query_one("#log", LogView)

    def _draw(self) -> None:
        reader = self._reader
        if reader is None:
            return
        lines, passed = reader.drain()
        self._arrived += len(lines) + passed
        if lines:
            self._view.add(lines)
        elif not self._view.total:
            self._say_empty()

    def _measure(self) -> None:
        """Lines in the last second: a flood says so."""
        self._flood, self._arrived = self._arrived, 0
        if self.display and self.trouble_page is None:
            self._stand()

    def _say_empty(self) -> None:
        reader = self._reader
        if reader is None:
            text = "No gateway is known here; the file was given with --db."
        elif reader.problem:
            text = reader.problem
        else:
            text = "No lines yet; new ones appear by themselves." if reader.began else "…"
        if self._view.empty != text:
            self._view.empty = text
            self._view.refresh()

    def show(self, seen: Seen) -> None:
        """Say where the view stands."""
        if self._reader is None:
            self._say_empty()
        self._stand()

    def _stand(self) -> None:
        view = self._view
        words: list[str] = []
        if view.following:
            words.append("following")
        else:
            line = view.line_under_cursor
            moment = line.time.astimezone(self.now().tzinfo) if line and line.time else None
            words.append(f"paused at {moment:%H:%M:%S}" if moment else "paused")
            words.append(f"{quantities.plural(view.new_below, 'new line')} below, f follows")
        if self._filter.is_open:
            kept, read = quantities.count(view.kept), quantities.count(view.read)
            self._filter.count(f"keeps {kept} of {read}")
        if view.total > view.read:
            words.append(f"{quantities.count(view.read)} kept of {quantities.count(view.total)}")
        else:
            words.append(quantities.plural(view.read, "line"))
        if self._flood > 1_000:
            words.append(f"+{quantities.count(self._flood)}/s, showing the newest")
        if self._reader is not None and self._reader.problem and view.total:
            self.stand((Span(f" {self._reader.problem}", "attention"),))
            return
        self.stand((Span(" " + " · ".join(words), "muted"),))

    @on(LogView.Changed)
    def _changed(self) -> None:
        if self.display:
            self._stand()

    @on(LogView.NoError)
    def _no_error(self, message: LogView.NoError) -> None:
        self.say("No later error." if message.direction > 0 else "No earlier error.")

    # --- filter ---------------------------------------------------------------------------

    @on(FilterLine.Typed)
    def _apply(self, message: FilterLine.Typed) -> None:
        try:
            chosen = Filter.parse(message.text)
        except ValueError as error:
            self.say(str(error), "attention")
            return
        self.say("")
        view = self._view
        view.set_filter(chosen)
        view.empty = f"No line matches; {quantities.count(view.read)} read. Esc clears the filter."
        self._stand()

    @on(FilterLine.Kept)
    def _keep(self) -> None:
        self.screen.set_focus(self._view)
        self._stand()

    def action_filter(self) -> None:
        """Open the filter line."""
        self._filter.open()
        self._stand()

    def filter_by(self, terms: str) -> bool:
        """Narrow the log, as if the terms had been typed and kept."""
        if self.trouble_page is not None:
            return False
        self._filter.open(terms)
        self._keep()
        return True

    def back(self) -> bool:
        """Esc clears the filter."""
        if not self._filter.clear():
            return False
        self.screen.set_focus(self._view)
        return True

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    def trouble(self, seen: Seen) -> Trouble | None:
        """Docker cannot be asked; what was read before stays."""
        return None if self._view.total else troubles.of_docker(seen)

    def focus_first(self) -> None:
        """The log has the focus."""
        self.screen.set_focus(self._view)

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action == "copy" and not self.to_copy():
            return "There is no line to copy."
        return ""

    def copied(self) -> str:
        """The line, cleaned."""
        line = self._view.line_under_cursor
        return "" if line is None else one_line(line.text)
