"""Writing the rows that are shown, or those that are marked, into a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tui.app.panes.rows_base import RowsBase
from tui.core.errors import UsageError
from tui.core.models.rows import Order
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.exporting_wish import What
    from tui.app.row_reads import Place
    from tui.services.sqlite.keyset import View

LONGEST = 60
"""Characters of a filter that a sentence repeats."""


class RowsExporting(RowsBase):
    """Exports."""

    def action_export(self) -> None:
        """Ask how and where to."""
        view, place = self.view, self.here()
        if view is None or place is None:
            self.say("There are no rows to export yet.")
            return
        from tui.app.exporting import open_export

        try:
            what = self._marked(view, place) or self._shown_rows(view, place)
        except UsageError as error:
            self.say(str(error), "attention")
            return
        open_export(cast("McpdbApp", self.app), what)

    def _marked(self, view: View, place: Place) -> What | None:
        """The marked rows; None where none is."""
        identities = self.grid.marked_identities()
        if not identities:
            return None
        from tui.operations.reads.exporting import chosen

        condition, line = chosen(view.relation, identities)
        found = self._what(replace(view, condition=condition), place, line or None)
        words = "that are marked" + _columns_words(view, place)
        return replace(found, rows=len(identities), words=words)

    def _shown_rows(self, view: View, place: Place) -> What:
        """What the filter keeps, in the order and with the columns that are shown."""
        text = place.text if view.condition.sql else ""
        words = f"that {one_line(quantities.prose(text, LONGEST))} keeps" if text else ""
        words += _columns_words(view, place)
        if place.order:
            order = place.order[0]
            words += f", by {one_line(order.column)}" + (" down" if order.descending else "")
        found = self._what(view, place, text)
        return replace(found, rows=self.grid.feed.total, words=words.removeprefix(", "))

    def _what(self, view: View, place: Place, line: str | None) -> What:
        from tui.app.exporting_wish import What
        from tui.operations.reads.exporting import Wanted

        shape = view.relation
        wanted = Wanted(
            name=shape.name,
            columns=place.columns,
            condition=view.condition,
            order=place.order or _as_shown(view),
        )
        shown = place.columns or view.columns
        secrets = tuple(c.name for c in shape.columns if c.secret and c.name in shown)
        return What(source=self.backup or "live", wanted=(wanted,), line=line, secrets=secrets)


def _columns_words(view: View, place: Place) -> str:
    return f", {len(place.columns)} of {len(view.columns)} columns" if place.columns else ""


def _as_shown(view: View) -> tuple[Order, ...]:
    """The order of rows that nobody sorted; none where that is how they lie there."""
    shape = view.relation
    if shape.uses_rowid or shape.without_rowid or not shape.rowid:
        return ()
    first = shape.column(shape.identity[0]) if len(shape.identity) == 1 else None
    if first is not None and first.declared.upper() == "INTEGER":
        return ()
    return tuple(Order(column=name) for name in shape.identity)
