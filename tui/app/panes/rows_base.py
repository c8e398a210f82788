"""Rows of one table in the pane: what is shown of it, and who is asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.app import row_reads
from tui.app.desk import Desk, Job
from tui.app.panes.base import Pane
from tui.app.row_reads import Opened, Place
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.grid import RowGrid
from tui.app.widgets.grid_foot import GridFoot
from tui.app.widgets.statistics import StatisticsView
from tui.core.models import TableInfo
from tui.core.models.rows import Page, Relation
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.grid.asking import Wish
    from tui.services.sqlite.keyset import View

FEW = 10_000
"""Rows up to which sorting them for each page is not worth a word."""
FIRST = ("top", "bottom", "around", "row")
"""Wishes that are answered with the first page of what is shown."""


class RowsBase(Vertical):
    """Shows a place, and reads it through a desk."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.place: Place | None = None
        """What is shown, or on its way."""
        self.view: View | None = None
        """What the pages are of; None while the table is looked at."""
        self.desk: Desk | None = None
        self.known: Callable[[str], TableInfo | None] = lambda _table: None
        """What the list of tables knows of a table."""
        self.backup = ""
        """Id of the backup that is shown; empty for the live database."""
        self.count_is_stale = False
        """That was counted before the file changed."""
        self.problem = ""
        """Why the table cannot be read."""
        self._serial = 0
        self._opens = 0
        """How often a place was asked for."""
        self._wrong_filter = ""
        self._opening = False
        """Another view is on its way: that a page is read no more need not be said."""

    def compose(self) -> ComposeResult:
        """Filter, rows or text, and where the cursor is."""
        yield FilterLine("column = value, a word, or where …")
        yield RowGrid(id="rows")
        yield DetailPanel(id="about")
        yield StatisticsView(id="statistics")
        yield GridFoot(id="foot")

    def on_mount(self) -> None:
        """The foot is drawn with the rows."""
        self.grid.heed = lambda: self.query_one(GridFoot).show(self.grid)

    @property
    def grid(self) -> RowGrid:
        """The rows."""
        return self.query_one(RowGrid)

    @property
    def filter_line(self) -> FilterLine:
        """Where the filter is typed."""
        return self.query_one(FilterLine)

    # --- who is asked ---------------------------------------------------------------------

    def use(self, desk: Desk | None) -> None:
        """Read from another database; nothing is shown until it is asked for."""
        if self.desk is not None and self.desk is not desk:
            self.desk.drop("open", "page", "count", "positions", "ask")
        self.desk = desk
        self.forget()

    def forget(self) -> None:
        """Show nothing."""
        self._serial += 1
        self.place, self.view, self.problem, self._wrong_filter = None, None, "", ""
        self.filter_line.clear()
        self.grid.clear()
        self.entitle()

    def ask(
        self,
        kind: str,
        run: Callable[[Any], Any],
        then: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
        *,
        idle: bool = False,
    ) -> None:
        """Have something read; what comes after another place is shown is not used.

        Args:
            kind: A later one takes the place of an earlier one.
            run: Carried out beside the event loop, with the browser.
            then: Gets what was read.
            failed: Gets why not; empty where it was stopped. Otherwise that is said.
            idle: In the background.
        """
        serial, desk = self._serial, self.desk
        refused = failed or self._say_why
        if desk is None:
            return

        def used(value: Any) -> None:  # noqa: ANN401
            if serial == self._serial:
                then(value)

        def not_read(why: str) -> None:
            if serial == self._serial:
                refused(why)

        desk.ask(Job(kind, run, used, not_read, idle))

    def _say_why(self, why: str) -> None:
        if why:
            self.say(why, "attention")

    def say(self, text: str, role: str = "") -> None:
        """Write a sentence on the message line."""
        # Not by way of the parents: said in answer to one of them, it would end there.
        self.app.post_message(Pane.Say(text, role))

    def now(self) -> datetime:
        """The host's time."""
        return cast("datetime", getattr(self.app, "now")())  # noqa: B009

    # --- what is shown --------------------------------------------------------------------

    @property
    def table(self) -> str:
        """Whose rows are shown; empty without any."""
        return self.place.table if self.place else ""

    def here(self) -> Place | None:
        """What is shown, with where the cursor stands now."""
        row, grid = self.grid.row, self.grid
        if self.place is None:
            return None
        return replace(
            self.place,
            identity=row.identity if row else self.place.identity,
            column=grid.column,
            columns=grid.columns_shown if self.hides_columns else (),
        )

    @property
    def hides_columns(self) -> bool:
        """Some of the columns were hidden."""
        shown = self.grid.columns_shown if self.view is not None else ()
        return bool(shown) and self.view is not None and shown != self.view.columns

    def go(self, place: Place) -> None:
        """Show a place; rows that are shown of the same table stay until then."""
        self._serial += 1
        if self.place is None or self.place.table != place.table:
            self.grid.clear()
            self.view = None
        self.place, self.problem, self._wrong_filter = place, "", ""
        if place.text and self.filter_line.text != place.text:
            self.filter_line.put(place.text)
        elif not place.text:
            self.filter_line.clear()
        self._open(place, self._refused)

    def _open(self, place: Place, failed: Callable[[str], None]) -> None:
        if self.desk is not None:
            self.desk.drop("page", "count", "positions")
        self.entitle()
        self._opening = True
        self._opens += 1
        mine = self._opens

        def newest(then: Callable[[Any], None]) -> Callable[[Any], None]:
            # An answer that came when the next one was asked for must not take its place.
            return lambda value: then(value) if mine == self._opens else None

        self.ask(
            "open", lambda browser: row_reads.opened(browser, place), newest(self._shown),
            newest(failed),
        )  # fmt: skip

    def _shown(self, opened: Opened) -> None:
        """The table was looked at: its rows come next."""
        self._serial += 1
        self._opening = False
        place, self.view = opened.place, opened.view
        self.place, self.problem, self._wrong_filter = place, "", ""
        grid = self.grid
        grid.empty = "No row matches. Esc clears the filter." if place.text else "0 rows."
        shown = tuple(name for name in place.columns if name in self.view.columns)
        grid.show(self.view.relation, columns=shown or self.view.columns, order=place.order,
                  at=place.identity)  # fmt: skip
        if place.column:
            grid.to_column(place.column)
        whole = self._whole
        if opened.sorts and (whole is None or whole > FEW):
            self.say(
                "No index has this order: each page sorts every row that matches. "
                f"s {'' if place.order[0].descending else 'twice '}sorts by key again.",
                "attention",
            )
        self.entitle()

    def _refused(self, why: str) -> None:
        """The table cannot be looked at: it says so where its rows would be."""
        if not why or self.place is None:
            return
        self._opening = False
        self.problem, self.view = why, None
        self.grid.show(Relation(name=self.place.table, kind="table", columns=()))
        self.entitle()

    # --- pages ----------------------------------------------------------------------------

    @on(RowGrid.Want)
    def _want(self, message: RowGrid.Want) -> None:
        message.stop()
        wish, view, grid = message.wish, self.view, self.grid
        if view is None or self.desk is None:
            grid.failed(wish, self.problem or "…")
            return
        self.ask(
            "page",
            lambda browser: row_reads.page(browser, view, wish),
            lambda page: self._take_page(page, wish),
            lambda why: grid.failed(wish, why),
        )

    @on(RowGrid.Unwanted)
    def _unwanted(self, message: RowGrid.Unwanted) -> None:
        message.stop()
        if self.desk is not None:
            self.desk.drop("page")

    def _take_page(self, page: Page, wish: Wish) -> None:
        self.grid.take(page, wish)
        if wish.kind in FIRST and self.grid.feed.total is None:
            self.count()

    def count(self) -> None:
        """Count the rows, in the background; what the list of tables counted stands till then."""
        view = self.view
        if view is None:
            return
        if not view.condition.sql and self._whole is not None:
            self.grid.count(self._whole, stale=self.count_is_stale)
        desk = self.desk
        if desk is not None:
            self.ask(
                "count", lambda browser: browser.count(view, desk.is_cancelled), self._counted,
                self._uncounted, idle=True,
            )  # fmt: skip

    def _counted(self, total: int) -> None:
        self.grid.count(total)
        if self.view is not None and self.view.condition.sql:
            whole = self._whole
            of = f" of {quantities.count(whole)}" if whole is not None else ""
            self.filter_line.count(f"{quantities.count(total)}{of} match")
        self.begin_positions()

    @property
    def _whole(self) -> int | None:
        """Rows of the table without a filter, as the list of tables has counted them."""
        info = self.known(self.table)
        return info.rows if info is not None else None

    def _uncounted(self, why: str) -> None:
        if why:
            self.filter_line.count("not counted")

    def begin_positions(self) -> None:
        """Find out which row has which number, in the background."""
        view, desk = self.view, self.desk
        if view is not None and desk is not None:
            self.ask(
                "positions",
                lambda browser: row_reads.number(browser, view, desk.is_cancelled),
                lambda _done: None, lambda _why: None, idle=True,
            )  # fmt: skip

    # --- words ----------------------------------------------------------------------------

    def entitle(self) -> None:
        """What stands over the rows."""

    @on(RowGrid.Moved)
    def _moved(self, message: RowGrid.Moved) -> None:
        message.stop()
        self.entitle()
        self.query_one(GridFoot).show(self.grid)

    @on(RowGrid.Say)
    def _say_for_grid(self, message: RowGrid.Say) -> None:
        message.stop()
        if not self._opening:
            self.say(message.text, message.role)

    def cell_words(self) -> str:
        """The column under the cursor, fit for a sentence."""
        return one_line(self.grid.column)
