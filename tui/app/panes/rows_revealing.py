"""Secrets that somebody wants to see: asked first, written down, then shown for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.app.panes.rows_base import RowsBase
from tui.app.viewing import reads
from tui.core.models.rows import Cell, PageRow
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.core.models import Deployment
    from tui.operations.reads.browsing import Browser

NOT_MASKED = "This value is not masked."


class RowsRevealing(RowsBase):
    """Unmasks."""

    def reveal(
        self,
        row: PageRow,
        name: str,
        also: frozenset[str],
        then: Callable[[PageRow | None], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Ask; on yes write down that a secret is shown, and read it.

        Args:
            row: Whose it is.
            name: Its column.
            also: Other secrets of the row that are shown already.
            then: Gets the row with them; None where it is gone.
            failed: Gets why not, in place of the message line.
        """
        from tui.app.screens.question import Question

        question = Question(
            f"Show {one_line(name)} of 1 row?", ["It is written to the activity log."], "", "Show"
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._reveal(row, name, also, then, failed)

        self.app.push_screen(question, answered)

    def _reveal(
        self,
        row: PageRow,
        name: str,
        also: frozenset[str],
        then: Callable[[PageRow | None], None],
        failed: Callable[[str], None] | None,
    ) -> None:
        deployment: Deployment | None = getattr(self.app, "seen").deployment  # noqa: B009
        if deployment is None or self.view is None:
            return
        view, backup = replace(self.view, revealed=also | {name}), self.backup
        # Where nothing names a row, it is the one at its place.
        identity = row.identity or row.anchor

        def run(browser: Browser) -> PageRow | None:
            from tui.operations.reads.revealing import note_reveal

            which = ", ".join(map(str, identity))
            note_reveal(
                deployment, view.relation.name, [name], rows=f"of row {which}", backup=backup
            )
            return reads.row(browser, view, identity)

        self.ask("reveal", run, then, failed)

    # --- in the grid ----------------------------------------------------------------------

    def action_unmask(self) -> None:
        """Show the secret under the cursor until the cursor leaves it."""
        row, value, name = self.grid.row, self.grid.value, self.grid.column
        if row is None or not (isinstance(value, Cell) and value.secret):
            self.say(NOT_MASKED)
            return

        def shown(found: PageRow | None) -> None:
            if found is None:
                self.say("Row is gone.", "attention")
            else:
                self._show_secret(found, name)

        self.reveal(row, name, frozenset(), shown)

    def _show_secret(self, found: PageRow, name: str) -> None:
        view = self.view
        if view is None or not self.grid.is_attached:
            return
        shown = [column.name for column in view.relation.columns if not column.hidden]
        if self.grid.uncover(found.identity, name, found.cells[shown.index(name)]):
            self.say(f"{one_line(name)} is shown until the cursor moves.", "attention")
