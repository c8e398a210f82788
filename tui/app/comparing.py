"""Wiring of the compare screen: who asks for it, and what it reads with."""

from __future__ import annotations

from textual import on

from tui.app.baseline import baseline
from tui.app.panes.base import Pane
from tui.app.shell import Shell

MANY = "compare takes a backup, or two: compare k7m2qd, compare k7m2qd w4n8rt."


class Comparing(Shell):
    """The shell, able to compare."""

    @on(Pane.Compare)
    def _asked_to_compare(self, message: Pane.Compare) -> None:
        self.compare(message.first, message.second, table=message.table, bring=message.bring)

    def compare(
        self, first: str, second: str = "live", *, table: str = "", bring: bool = False
    ) -> None:
        """Show what differs.

        Args:
            first: A backup, as `find_backup` understands it.
            second: `live`, or another backup.
            table: Where the cursor stands first.
            bring: Whether it goes on to bringing tables or rows back.
        """
        from tui.app.comparison_reader import ComparisonReader
        from tui.app.screens.compare import CompareScreen

        deployment = self.seen.deployment
        if deployment is None:
            return
        live = self.model.live() if self.model is not None else None
        reader = ComparisonReader(deployment, first, second, live)
        self.push_screen(CompareScreen(reader, table=table, bring=bring, mask=self.mask))

    def action_compare_named(self, value: str) -> None:
        """Compare what is named: nothing, a backup, or two."""
        words = value.split()
        backup = baseline(self.seen)
        if len(words) > 2:
            self.say(MANY, "attention")
        elif words:
            self.compare(*words)
        elif backup is not None:
            self.compare(backup.id)
        else:
            self.say("There is no verified backup to compare with; b makes one.", "attention")
