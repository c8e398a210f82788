"""What is read of the logs, and how it comes into the view: some lines at a time, between keys."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from textual import on
from textual.timer import Timer

from tui.app.panes.base import Pane
from tui.app.widgets.log_view import LogView
from tui.core.models import Deployment
from tui.operations.logs.feed import FIRST, Feed
from tui.operations.logs.held import KEPT
from tui.operations.logs.sources import Held, LogSource
from tui.wording.quantities import count

DRAWN_EVERY = 0.1
"""Seconds between two drawings, whatever arrives."""
TAKEN_AT_ONCE, TAKEN_FOR = 500, 0.005
"""Lines put into the view without looking at the clock, and seconds without looking for keys."""


class LogsReading(Pane):
    """Reads the chosen source, from its end or from its start."""

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

    @property
    def _view(self) -> LogView:
        return self.query_one("#log", LogView)

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

    def _stand(self) -> None:
        """Say where the view stands."""

    def _say_empty(self) -> None:
        """Say why there is no line."""

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
