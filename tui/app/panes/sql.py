"""8 SQL: one statement that reads, on the live database or on the backup that is open."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType

from tui.app.listing import sql as listing
from tui.app.paint import Span
from tui.app.panes.sql_base import HISTORY, PLAN, RESULT
from tui.app.panes.sql_keys import PANE_KEYS
from tui.app.panes.sql_running import SqlRunning
from tui.app.seen import Seen
from tui.app.sql_foot import SqlHead
from tui.wording import quantities
from tui.wording.queries import ending, more

if TYPE_CHECKING:
    from tui.app.app import McpdbApp


class SqlPane(SqlRunning):
    """The console."""

    NUMBER = 8
    TITLE = "SQL"

    BINDINGS: ClassVar[list[BindingType]] = PANE_KEYS

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._file: tuple[datetime | None, bool] = (None, False)
        """When the live file was replaced, and whether it is now."""

    # --- coming and going -----------------------------------------------------------------

    def come(self, key: str = "") -> None:
        """Ask what 1 Tables shows; the result of another file goes away."""
        if self.follow_source():
            self.forget_result()
        elif not self.seen.released:
            self.look_at_names()
        self.turn_to(self.tab)
        super().come(key)

    def show(self, seen: Seen) -> None:
        """Say what is asked."""
        if (file := (seen.replaced_at, seen.released)) != self._file:
            self._file = file
            if not seen.released:
                self.look_at_names()
        state = self.problem
        if not self.backup and seen.released:
            state = "being replaced; it can be asked again afterwards"
        left = listing.source_words(self.backup, state)
        role = "attention" if state else "muted"
        self.query_one(SqlHead).show(
            (Span(left, role),), (Span(listing.limits(self.caps), "muted"),)
        )
        self.stand_words()

    def tick(self) -> None:
        """A backup is unpacked meanwhile, or cannot be."""
        if self.source is None:
            self.update()

    def stand_words(self) -> None:
        """How to run, or what became of the file that the result is of."""
        run, replaced = self.last_run, self.seen.replaced_at
        if run is not None and not run.backup and replaced and replaced > self._begun_at:
            clock = replaced.astimezone(self.now().tzinfo).strftime("%H:%M:%S")
            text = f" The database was replaced at {clock}; run the statement again."
            self.stand((Span(text, "attention"),))
        elif self.types_on:
            self.stand((Span(listing.HOW_TO_RUN, "muted"),))
        else:
            self.stand((Span(" i or Enter goes back to the editor", "muted"),))

    def back(self) -> bool:
        """From plan and history to the result, then the marks go."""
        if self.tab != RESULT:
            self.turn_to(RESULT)
            return True
        return self.grid.unmark()

    # --- to a file ------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action == "export" and self.has_statement:
            return "A statement runs; ctrl+c stops it."
        if action == "export" and self._result is None:
            return "There is no result to export; F5 runs a statement."
        return super().why_not(action)

    def action_export(self) -> None:
        """Write all rows of the statement to a file, not only those that were read."""
        from tui.app.exporting import open_export
        from tui.app.exporting_wish import What

        if self.last_run is not None:
            what = What(source=self.last_run.backup or "live", sql=self.last_run.sql)
            open_export(cast("McpdbApp", self.app), what)

    # --- words ----------------------------------------------------------------------------

    def aside(self) -> str:
        """Rows, seconds, and whether that is all."""
        if self.tab == HISTORY:
            return quantities.plural(len(self.history), "statement")
        if self.tab == PLAN:
            return "EXPLAIN QUERY PLAN"
        if self._runs is not None:
            seconds = time.monotonic() - self._runs.begun
            return listing.running_words(seconds, len(self.rows or ()))
        return ending(self._result) if self._result is not None else ""

    def more_words(self) -> str:
        """What is masked, and what was cut."""
        if self.tab != RESULT or self._result is None:
            return ""
        words = " · ".join(word for word in more(self._result) if word != self._result.note)
        return quantities.prose(words, max(20, self.size.width - 30))
