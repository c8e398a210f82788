"""Measures the database and gathers its growth and settings, in a thread beside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.app.background import Checkpoint, Job, Latest, Tick
from tui.app.seeing import Change, Posts, Saw
from tui.core.errors import Cancelled, McpdbError
from tui.core.models import Deployment

if TYPE_CHECKING:
    from tui.app.seen import Seen
    from tui.operations.reads.looking import LiveDatabase


class MeasuringReader:
    """What 7 Maintenance has read; at most one thread, which ends with the pane."""

    def __init__(
        self, deployment: Deployment, live: Callable[[], LiveDatabase], app: Posts
    ) -> None:
        """Take what is measured; nothing is read yet.

        Args:
            deployment: Whose.
            live: Its live file, as the screen reads it: what lets go of it when asked to.
            app: Takes what was seen.
        """
        self._deployment, self._live, self._app = deployment, live, app
        self._thread: Latest | None = None

    def read(self, seen: Seen, *, quick: bool = False) -> None:
        """Read the growth and the settings, then measure the file; what was asked before ends.

        Args:
            seen: What is known already: catalogue and log are not read again.
            quick: Without measuring.
        """
        if self._thread is None:
            self._thread = Latest("look: figures")
            self._thread.start()

        def work(checkpoint: Checkpoint, _tick: Tick) -> Saw:
            return self._work(seen, checkpoint, quick=quick)

        self._thread.ask(Job(work, self._app))

    def end(self) -> None:
        """Stop; does not wait for it."""
        if self._thread is not None:
            self._thread.end()

    # --- the thread's side ----------------------------------------------------------------

    def _work(self, seen: Seen, checkpoint: Checkpoint, *, quick: bool) -> Saw:
        self._part("growth", lambda: self._growth(seen))
        checkpoint()
        self._part("tuning", self._tuning)
        checkpoint()
        if quick:
            return Saw(lambda known: known)
        self._tell(lambda known: replace(known, counting=True))
        try:
            self._part("figures", lambda: self._figures(seen, checkpoint))
        finally:
            self._tell(lambda known: replace(known, counting=False))
        return Saw(lambda known: known)

    def _part(self, part: str, read: Callable[[], Change]) -> None:
        """Read one part; why it cannot be read is told as its problem."""
        try:
            change = read()
        except Cancelled:
            raise
        except McpdbError as error:
            text = str(error)
            self._tell(lambda s: replace(s, problems={**dict(s.problems), part: text}))
        else:
            self._tell(lambda s: replace(change(s), problems={**dict(s.problems), part: ""}))

    def _tell(self, change: Change) -> None:
        self._app.post_message(Saw(change))

    def _growth(self, seen: Seen) -> Change:
        from tui.operations.measuring.growth import read_growth

        backups = seen.catalogue.backups if seen.catalogue else None
        growth = read_growth(self._deployment, backups=backups, activity=seen.activity)
        return lambda known: replace(known, growth=growth)

    def _tuning(self) -> Change:
        from tui.operations.measuring.tuning import read_tuning

        settings = read_tuning(self._deployment)
        return lambda known: replace(known, tuning=settings)

    def _figures(self, seen: Seen, checkpoint: Checkpoint) -> Change:
        from tui.operations.measuring.figures import measure
        from tui.operations.measuring.growth import read_growth
        from tui.operations.reads.short_reads import ShortReads

        reads = ShortReads(self._live())

        def cancelled() -> bool:
            try:
                checkpoint()
            except Cancelled:
                return True
            return False

        figures = measure(reads, cancelled)
        backups = seen.catalogue.backups if seen.catalogue else None
        growth = read_growth(
            self._deployment, backups=backups, activity=seen.activity, figures=figures
        )
        return lambda known: replace(known, figures=figures, growth=growth)
