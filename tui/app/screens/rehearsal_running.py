"""Follows a rehearsal while it runs; then its report stands here."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.message import Message

from tui.app import rehearsal_reader
from tui.app.rehearsal_reader import Kept
from tui.app.screens.operation import OperationScreen
from tui.app.screens.operation_calls import in_thread
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry


class RehearsingScreen(OperationScreen):
    """The page of a rehearsal; one that came to a report becomes it."""

    _asked = False

    @dataclass
    class Loaded(Message):
        """The report is there."""

        kept: Kept

    def watch_entry(self, before: ActivityEntry | None, entry: ActivityEntry) -> None:
        """Once it has ended, ask for the report."""
        super().watch_entry(before, entry)
        if self.ended and entry.state != "cut" and not self._asked:
            self._asked = True
            in_thread(self._load)

    def _load(self) -> None:
        entry = self.entry
        ident = str(entry.result.get("rehearsal") or self.journal_id) if entry else ""
        try:
            self.post_message(self.Loaded(rehearsal_reader.load(self.deployment, ident)))
        except McpdbError:
            # It never came to a report: cancelled, no space … its page says why.
            return

    @on(Loaded)
    def _show_report(self, message: Loaded) -> None:
        from tui.app.screens.rehearsal import RehearsalScreen

        if self.is_current:
            self.app.switch_screen(RehearsalScreen(self.deployment, message.kept))
