"""Wiring of the doctor: who asks it to look, and the pages that lead from a cause to its remedy."""

from __future__ import annotations

from textual import on

from tui.app.migrations import Migrating
from tui.app.seeing import Examine


class Doctoring(Migrating):
    """The shell, able to examine."""

    @on(Examine)
    def _examine(self, message: Examine) -> None:
        if self.model is not None:
            self.model.examine(deep=message.deep)
