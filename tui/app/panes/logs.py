"""5 Logs: container, files and our activity as they are written."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import troubles
from tui.app.listing.log_words import empty_words, rate_words, standing
from tui.app.paint import Span
from tui.app.panes.logs_reading import DRAWN_EVERY, LogsReading
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.app.widgets.log_bar import LogBar
from tui.app.widgets.log_view import LogView
from tui.core.errors import McpdbError
from tui.operations.logs.saving import offered, save
from tui.operations.logs.shown import raw_text
from tui.operations.logs.sources import Held, LogSource
from tui.operations.logs.terms import Terms
from tui.wording.clean import printable
from tui.wording.quantities import count, plural

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

FILTERED_AFTER = 0.03
"""Seconds after a letter of a filter was typed: the letter itself comes first."""
MINUTE = 60


class LogsPane(LogsReading):
    """Follow, pause, filter, jump, copy, save."""

    NUMBER = 5
    TITLE = "Logs"

    DEFAULT_CSS = "LogsPane FilterLine { dock: none; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "filter", "filter", key_display="/", id="list.filter", group=EVERYWHERE,
            tooltip="terms: a regex keeps, -regex drops, quotes hold spaces",
        ),
        Binding(
            "y", "copy", "copy", id="logs.copy", group=HERE,
            tooltip="copy the marked lines, or this one, as they came (OSC 52)",
        ),
        Binding(
            "x", "save", "save…", id="logs.save", group=HERE,
            tooltip="save the marked lines, or all that the filter lets pass, to a file",
        ),
        Binding(
            "left_square_bracket", "source(-1)", "source", key_display="[ ]",
            id="logs.previous_source", group=HERE,
            tooltip="previous, next source: merged, container, each file, activity",
        ),
        Binding(
            "right_square_bracket", "source(1)", "", show=False, id="logs.next_source",
            group=HERE, tooltip="next source",
        ),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """Sources, filter line and log."""
        yield LogBar()
        yield FilterLine("regex keeps, -regex drops")
        yield LogView(id="log")

    def on_mount(self) -> None:
        """Begin to read once the pane was opened for the first time."""
        if self.seen.deployment is not None and self._reads:
            self._begin(self.seen.deployment)
        self.set_interval(DRAWN_EVERY, self._draw)

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    # --- sources --------------------------------------------------------------------------

    def action_source(self, step: int) -> None:
        """The next source."""
        known = (None, *self._sources)
        at = next((i for i, source in enumerate(known) if _same(source, self._only)), 0)
        self._choose((at + step) % len(known))

    @on(LogBar.Chosen)
    def _clicked(self, message: LogBar.Chosen) -> None:
        self._choose(message.number)

    def _choose(self, number: int) -> None:
        known = (None, *self._sources)
        deployment = self.seen.deployment
        if deployment is None or not 0 <= number < len(known) or len(known) == 1:
            return
        self._only, self._from_start, self._keep = known[number], False, None
        self._begin(deployment)
        self._stand()

    # --- words ----------------------------------------------------------------------------

    def _say_empty(self) -> None:
        view = self._view
        text = empty_words(self.seen, self._feed, view, self._only)
        if view.empty != text:
            view.empty = text
            view.refresh()

    def show(self, seen: Seen) -> None:
        """Say where the view stands."""
        if self._feed is None:
            self._say_empty()
        self._view.again()
        self._stand()

    def tick(self) -> None:
        """Rates grow old."""
        self._stand()

    def _stand(self) -> None:
        if not self.display or self.trouble_page is not None:
            return
        view, now = self._view, time.monotonic()
        while self._came and self._came[0][0] < now - MINUTE:
            self._came.popleft()
        names = ["Merged", *(source.name for source in self._sources)]
        known = (None, *self._sources)
        at = next((i for i, source in enumerate(known) if _same(source, self._only)), 0)
        minute = sum(number for _, number in self._came)
        second = sum(number for moment, number in self._came if moment > now - 1)
        aside = rate_words(view, minute, second, self._feed, narrow=self.size.width < 120)
        self.query_one(LogBar).show(names, at, aside)
        if self._filter.is_open:
            more = "…" if view.is_looking else ""
            self._filter.count(f"keeps {count(view.kept)}{more} of {count(view.read)}")
        problem = self._feed.problem if self._feed is not None else ""
        if problem and view.total:
            self.stand((Span(f" {problem}", "attention"),))
        else:
            self.stand(standing(view, self.now(), self.seen, self.size.width))

    @on(LogView.Changed)
    def _changed(self) -> None:
        self._stand()

    @on(LogView.NotThere)
    def _not_there(self, message: LogView.NotThere) -> None:
        self.say(message.text)

    # --- filter ---------------------------------------------------------------------------

    @on(FilterLine.Typed)
    def _apply(self, message: FilterLine.Typed) -> None:
        try:
            terms = Terms.parse(message.text)
        except McpdbError as error:
            self.say(str(error), "attention")
            return
        self.say("")
        if self._typed is not None:
            self._typed.stop()
        self._typed = self.set_timer(FILTERED_AFTER, lambda: self._narrow(terms))

    def _narrow(self, terms: Terms) -> None:
        self._view.set_filter(terms)
        self._stand()
        if not self._view.kept:
            self._say_empty()

    @on(FilterLine.Kept)
    def _keep_terms(self) -> None:
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
        self._keep_terms()
        return True

    def back(self) -> bool:
        """Esc clears the filter, then the marks."""
        if not self._filter.clear():
            return self._view.unmark()
        self.screen.set_focus(self._view)
        return True

    # --- lines taken along ----------------------------------------------------------------

    def _chosen(self) -> list[Held]:
        held = self._view.held
        return self._view.marked_lines() or ([held] if held is not None else [])

    def copied(self) -> str:
        """The marked lines, or the one under the cursor: as they came, cleaned and masked."""
        return "\n".join(printable(raw_text(line)) for line in self._chosen())

    @work(exclusive=True, group="save")
    async def action_save(self) -> None:
        """Write lines to a file."""
        from tui.app.screens.log_path import LogPath

        deployment, view = self.seen.deployment, self._view
        if deployment is None:
            return
        lines = view.marked_lines() or view.passing()
        what = "marked line" if view.marked else "line"
        text = await self.app.push_screen_wait(
            LogPath(
                f"Save {plural(len(lines), what)}",
                str(offered(deployment, self.now())),
                "A new file of your own (0600), secrets masked.",
            )
        )
        if not text:
            return
        try:
            self.say(await asyncio.to_thread(save, text, lines))
        except McpdbError as error:
            self.say(str(error), "danger")

    # --- the rest -------------------------------------------------------------------------

    def trouble(self, seen: Seen) -> Trouble | None:
        """Docker cannot be asked; what was read before stays, and files can be read without it."""
        is_loading = self._reads and (self._feed is None or not self._feed.began)
        has_files = any(source.kind == "file" for source in self._sources)
        if is_loading or has_files or self._view.total:
            return None
        return troubles.of_docker(seen)

    def focus_first(self) -> None:
        """The log has the focus."""
        self.screen.set_focus(self._view)

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action == "copy" and not self.to_copy():
            return "There is no line to copy."
        if action == "save" and self._view.held is None:
            return "There is no line to save."
        return ""


def _same(one: LogSource | None, other: LogSource | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.kind, one.path) == (other.kind, other.path)
