"""The right side of 1 Tables: rows of a table, its schema, its indexes and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from tui.app import row_reads
from tui.app.grid.marks import FULL
from tui.app.listing import schema as listing
from tui.app.paint import Line, Span, line
from tui.app.panes.rows_columns import RowsColumns
from tui.app.panes.rows_copying import RowsCopying
from tui.app.panes.rows_exporting import RowsExporting
from tui.app.panes.rows_going import RowsGoing
from tui.app.panes.rows_keys import KEYS
from tui.app.panes.rows_naming import RowsNaming
from tui.app.panes.rows_revealing import RowsRevealing
from tui.app.panes.rows_statistics import RowsStatistics
from tui.app.row_reads import Place
from tui.app.screens.row_view import RowScreen
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.grid import RowGrid
from tui.app.widgets.grid_foot import GridFoot
from tui.app.widgets.rows import RowList
from tui.core.models.rows import PageRow
from tui.wording import quantities
from tui.wording.clean import one_line

TABS = ("Rows", "Schema", "Indexes", "Keys", "Statistics")
TABS_WIDTH = sum(len(word) + 3 for word in TABS) + 6
STATISTICS = TABS.index("Statistics")
OFFERED = (
    "view", "copy_cell", "copy_rows", "follow", "pointing", "unmask", "sort", "columns",
    "export",
)  # fmt: skip
"""What the menu of a row offers."""
OF_TABS = ("tab", "filter", "return", "read_again", "look")
"""Keys that work beside the rows, too."""
AROUND = 5
"""Lines of the screen above and below a pane."""
TALL = 20
"""From this many lines on the value under the cursor has a line of its own."""


class TableRows(
    RowsNaming, RowsStatistics, RowsRevealing, RowsCopying, RowsColumns, RowsExporting, RowsGoing
):
    """One table at a time."""

    DEFAULT_CSS = """
    TableRows {
        RowGrid { height: 1fr; }
        DetailPanel { height: 1fr; display: none; }
        StatisticsView { display: none; }
        &.-text RowGrid { display: none; }
        &.-text DetailPanel { display: block; }
        &.-numbers DetailPanel { display: none; }
        &.-numbers StatisticsView { display: block; }
        &.-text GridFoot { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tab = 0

    # --- tabs -----------------------------------------------------------------------------

    @property
    def _about(self) -> DetailPanel:
        return self.query_one(DetailPanel)

    @property
    def main(self) -> RowGrid | DetailPanel | RowList:
        """What has the keys."""
        if self._tab == STATISTICS:
            return self._statistics.list
        return self._about if self._tab else self.grid

    def action_tab(self, step: int) -> None:
        """Show rows, schema, indexes, keys or statistics."""
        if self.place is None:
            return
        had_focus = self.has_focus_within
        self._tab = (self._tab + step) % len(TABS)
        self.set_class(bool(self._tab), "-text")
        self.set_class(self._tab == STATISTICS, "-numbers")
        self.end_statistics()
        self.grid.cover()
        self.entitle()
        self._read_about()
        if had_focus:
            self.screen.set_focus(self.main)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The tabs without rows have few keys."""
        if action == "look":
            return self._tab == STATISTICS
        return not self._tab or action in OF_TABS

    def action_filter(self) -> None:
        """Type a filter of the rows."""
        self.action_tab(-self._tab)
        super().action_filter()

    def action_read_again(self) -> None:
        """Read again what is shown."""
        if self._tab == STATISTICS:
            self._of = None
        if self._tab:
            self._read_about()
        else:
            super().action_read_again()

    def go(self, place: Place) -> None:
        """Show a place: its rows, whichever tab was open; the list of tables keeps the tab."""
        if self._tab and place.table == self.table:
            self.action_tab(-self._tab)
        super().go(place)
        if self._tab:
            self._about.show(((Span(" …", "muted"),),))

    def _shown(self, opened: row_reads.Opened) -> None:
        super()._shown(opened)
        # Not before: what is asked for a place that is still on its way is not taken.
        self._read_about()

    def _refused(self, why: str) -> None:
        super()._refused(why)
        self._read_about()

    def _read_about(self) -> None:
        """Read what the tab shows."""
        if self._tab == STATISTICS:
            self.begin_statistics()
        elif self._tab:
            self._read_schema()

    @on(RowList.Opened, "#statistics-rows")
    def action_look(self) -> None:
        """Look at the column under the cursor."""
        self.look_at_column()

    def _read_schema(self) -> None:
        table = self.table
        self._about.show(((Span(" …", "muted"),),))
        self._about.to_top()
        self.ask(
            "schema", lambda browser: row_reads.described(browser, table), self._describe,
            self._undescribed,
        )  # fmt: skip

    def _undescribed(self, why: str) -> None:
        if why:
            self._about.show((line(f" {one_line(why)}"),))

    def _describe(self, found: row_reads.Described) -> None:
        lines: tuple[Line, ...]
        match TABS[self._tab]:
            case "Schema":
                lines = listing.text_lines(found.text)
            case "Indexes":
                lines = listing.index_lines(found.details.indexes)
            case "Keys":
                keys = found.details.foreign_keys
                lines = listing.key_lines(found.relation, keys, found.pointing)
            case _:
                return
        self._about.show(lines)

    def entitle(self) -> None:
        """Table and tabs; at the other end the columns in sight."""
        if self.place is None:
            self.grid.entitle("")
            self._about.entitle("")
            self._statistics.entitle("")
            return
        # A long name leaves the tabs their room.
        room = max(12, (self.size.width or 80) - TABS_WIDTH)
        name = Span(quantities.prose(one_line(self.place.table), room))
        tabs = [
            Span(f" [{word}]", "focus") if number == self._tab else Span(f"  {word} ", "muted")
            for number, word in enumerate(TABS)
        ]
        words = self.grid.columns_words() if self.view is not None else "…"
        if self._tab == STATISTICS:
            aside = Span(self.statistics_aside, "muted")
            self._statistics.entitle(line(name, " ", *tabs), line(aside))
        elif self._tab:
            self._about.entitle(line(name, " ", *tabs))
        else:
            self.grid.entitle(line(name, " ", *tabs), line(Span(words, "muted")))

    # --- where it stands ------------------------------------------------------------------

    def stand_beside(self, beside: bool) -> None:
        """Whether a list stands at the left of it."""
        self.grid.frame = self._about.frame = "side" if beside else "rule"
        self._statistics.stand("side" if beside else "rule")
        self.query_one(GridFoot).side = beside

    def on_mount(self) -> None:
        """Arranged once, not again with its first size."""
        self._stand_in(self.app.size.height - AROUND)

    def on_resize(self, event: events.Resize) -> None:
        """A tall screen shows the value under the cursor."""
        self._stand_in(event.size.height)

    def _stand_in(self, height: int) -> None:
        self.query_one(GridFoot).set_class(height >= TALL, "-tall")

    def on_show(self) -> None:
        """What is read in the background can be seen again."""
        if self.desk is not None:
            self.desk.show(True)
        if self._tab == STATISTICS:
            self.begin_statistics()

    def on_hide(self) -> None:
        """Nobody sees what is read in the background; what was unmasked is masked again."""
        self.grid.cover()
        self.end_statistics()
        if self.desk is not None:
            self.desk.show(False)

    @on(RowGrid.Ranged)
    def _mark_between(self, message: RowGrid.Ranged) -> None:
        message.stop()
        view, desk = self.view, self.desk
        if view is None or desk is None:
            return
        self.say("marking …", "muted")
        self.ask(
            "ask",
            lambda browser: row_reads.between(
                browser, view, message.first, message.last, desk.is_cancelled
            ),
            self._marked_between,
        )

    def _marked_between(self, found: Sequence[PageRow] | None) -> None:
        if found is None:
            self.say(FULL, "attention")
            return
        self.grid.mark_rows(found)
        self.say(f"{quantities.plural(len(found), 'row')} marked.")

    # --- one row --------------------------------------------------------------------------

    def action_view(self) -> None:
        """Every column of the row under the cursor."""
        self.grid.action_open()

    @on(RowGrid.Opened)
    def _open_row(self, message: RowGrid.Opened) -> None:
        message.stop()
        if self.view is not None:
            self.app.push_screen(RowScreen(self, self.view, message.column))

    @on(RowGrid.Moved)
    def _come_back(self) -> None:
        """Open the row that `<` came back to, once it is there."""
        place, row = self.place, self.grid.row
        if place is None or not place.viewed or row is None or self.view is None:
            return
        self.place = replace(place, viewed=False)
        if row.identity == place.identity:
            self.app.push_screen(RowScreen(self, self.view, place.column))

    @on(RowGrid.Menu)
    def action_actions(self) -> None:
        """Offer what can be done with the row under the cursor."""
        from tui.app.screens.menu import Item, Menu

        if self.grid.row is None:
            self.say("There is no row to choose an action for.")
            return
        known = {each.action: each for each in KEYS if isinstance(each, Binding)}
        items = []
        for action in OFFERED:
            key = known[action]
            shown, presses = key.key_display or key.key, tuple(key.key.split(","))
            items.append(Item(action, shown, key.description, key.tooltip, presses=presses))

        async def chosen(action: str | None) -> None:
            if action is not None:
                await self.run_action(action)

        self.app.push_screen(Menu(f"row of {one_line(self.table)}", items), chosen)

    def back(self) -> bool:
        """Esc: to the rows, then without the filter; False where there is nothing to leave."""
        if self._tab == STATISTICS and self.stop_statistics():
            return True
        if self._tab:
            self.action_tab(-self._tab)
            return True
        return self.clear_filter() or self.grid.unmark()
