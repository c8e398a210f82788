"""5 Logs: container, files and our activity as they are written."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from tui.app import troubles
from tui.app.listing.log_words import empty_words, rate_words, standing
from tui.app.paint import Span
from tui.app.panes.base import Pane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.app.widgets.log_bar import LogBar
from tui.app.widgets.log_view import LogView
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.operations.logs.feed import FIRST, Feed
from tui.operations.logs.held import KEPT
from tui.operations.logs.saving import offered, save
from tui.operations.logs.shown import raw_text
from tui.operations.logs.sources import Held, LogSource
from tui.operations.logs.terms import Terms
from tui.wording.clean import printable
from tui.wording.quantities import count, plural

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

DRAWN_EVERY = 0.1
"""Seconds between two drawings, whatever arrives."""
TAKEN_AT_ONCE, TAKEN_FOR = 500, 0.005
"""Lines put into the view without looking at the clock, and seconds without looking for keys."""
FILTERED_AFTER = 0.03
"""Seconds after a letter of a filter was typed: the letter itself comes first."""
MINUTE = 60


class LogsPane(Pane):
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

    def __init__(
        self,
        id: str | None = None,
        feed: Callable[..., Feed] | None = None,
    ) -> None:
        super().__init__(id=id)
        self._make_feed = feed or Feed
        self._feed: Feed | None = None
        self._sources: tuple[LogSource, ...] = ()
        self._only: LogSource | None = None
        self._from_start = False
        self._keep: Held | None = None
        """Where the cursor goes once the lines were loaded again."""
        self._to_top = False
        self._passed = 0
        self._backlog: list[Held] = []
        """Lines on their way into the view."""
        self._drawn_at = 0.0
        self._typed: Timer | None = None
        self._came: deque[tuple[float, int]] = deque()

    def compose(self) -> ComposeResult:
        """Sources, filter line and log."""
        yield LogBar()
        yield FilterLine("regex keeps, -regex drops")
        yield LogView(id="log")

    def on_mount(self) -> None:
        """Begin to read once the pane was opened for the first time."""
        super().on_mount()
        if self.seen.deployment is not None and self._reads:
            self._begin(self.seen.deployment)
        self.set_interval(DRAWN_EVERY, self._draw)

    @property
    def _reads(self) -> bool:
        return bool(getattr(self.app, "watches", True))

    def _begin(self, deployment: Deployment, tail: int = FIRST) -> None:
        if self._feed is not None:
            self._feed.end()
        self._feed = self._make_feed(
            deployment, only=self._only, from_start=self._from_start, tail=tail
        )
        self._feed.start()
        self._view.clear()
        self._came.clear()
        self._backlog.clear()
        self._loaded, self._is_deep = False, tail >= KEPT

    _loaded = False
    """Whether the past of the chosen source is in the view."""
    _is_deep = False
    """Whether as much of it was loaded as is kept."""

    def on_unmount(self) -> None:
        """Stop reading."""
        if self._feed is not None:
            self._feed.end()

    @property
    def _view(self) -> LogView:
        return self.query_one("#log", LogView)

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    # --- what comes -----------------------------------------------------------------------

    def _draw(self) -> None:
        feed = self._feed
        if feed is None:
            return
        self._sources = feed.sources or self._sources
        began = feed.began
        taken = feed.drain()
        self._passed += taken.passed
        if taken.lines and self._loaded:
            self._came.append((time.monotonic(), len(taken.lines) + taken.passed))
        self._backlog += taken.lines
        if self._backlog:
            self._take_in()
        if began and not self._loaded and not self._backlog:
            self._loaded = True
            self._land()
            self.show_trouble(self.trouble(self.seen))
            self.refresh_bindings()
            self._stand()
        if not self._view.kept:
            self._say_empty()
        if self._came and not taken.lines:
            self._stand()

    def _take_in(self) -> None:
        """Put lines into the view, some at a time: keys are answered between them."""
        until, view = time.perf_counter() + TAKEN_FOR, self._view
        while self._backlog and time.perf_counter() < until:
            view.take(self._backlog[:TAKEN_AT_ONCE])
            del self._backlog[:TAKEN_AT_ONCE]
        if self._backlog:
            self.set_timer(0.002, self._take_in)
        # In a flood there may be no end of them: what is in the view is drawn all the same.
        if not self._backlog or time.monotonic() - self._drawn_at > DRAWN_EVERY:
            self._drawn_at = time.monotonic()
            view.again()

    def _land(self) -> None:
        """The lines were loaded: go where somebody wanted to."""
        top, keep, self._to_top, self._keep = self._to_top, self._keep, False, None
        if self._from_start:
            self._view.to_oldest()
        elif top:
            self._view.action_top()
        elif keep is not None:
            self._view.pause_at(keep)

    @on(LogView.WantsOlder)
    def _older(self, message: LogView.WantsOlder) -> None:
        """Load what is older than the oldest line."""
        deployment, feed, view = self.seen.deployment, self._feed, self._view
        if deployment is None or feed is None or self._from_start:
            return
        if not self._loaded:
            self._to_top = self._to_top or message.top  # once there is something
            return
        if message.top and self._only is not None and self._only.path is not None:
            if feed.has_older or view.ring.first:
                self._from_start = True
                self._begin(deployment)
            return
        if view.read >= KEPT and not message.top:
            more = "; g goes to the file's start" if self._only and self._only.path else ""
            self.say(f"{count(KEPT)} lines are kept, these are the oldest{more}.")
        elif feed.has_older and not self._is_deep:
            self._keep, self._to_top = view.held, message.top
            self._begin(deployment, KEPT)

    @on(LogView.WantsNewer)
    def _newer(self, message: LogView.WantsNewer) -> None:
        """Go on in a file that is read from its start, or leave its start."""
        if not self._from_start or self._feed is None:
            return
        if message.end:
            self._from_start = False
            if self._feed.left and self.seen.deployment is not None:
                self._begin(self.seen.deployment)
        elif self._feed.left:
            self._feed.want()

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
