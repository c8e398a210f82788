"""What 7 Maintenance shows: its three tabs, and the reading behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container

from tui.app import troubles
from tui.app.listing import maintenance_jobs as jobs
from tui.app.listing import maintenance_settings as settings
from tui.app.listing import maintenance_sizes as sizes
from tui.app.measuring_reader import MeasuringReader
from tui.app.paint import Line, Span
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ListPane
from tui.app.seen import Seen
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.plot_panel import PlotPanel
from tui.app.widgets.rows import RowList
from tui.app.widgets.sub_tabs import SubTabs

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

ROUTINE, STATISTICS, TUNING = range(3)
TITLES = ("Routine", "Statistics", "Tuning")
_LISTS = ("jobs", "sizes", "settings")


class MaintenanceTabs(ListPane):
    """Jobs with their last runs; the size over time and by table; every setting."""

    LIST = "sizes"
    THING = ""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tab = STATISTICS
        self._table = ""
        """The table whose own growth is drawn; empty: the whole file."""
        self._order = sizes.ORDERS[0]
        self._reader: MeasuringReader | None = None
        self._read_for: tuple[object, ...] | None = None
        """What was known of the file when it was last read."""
        self.add_class(f"-tab-{STATISTICS}")

    def compose(self) -> ComposeResult:
        """Tabs, a list for each, and what stands beside or below them."""
        yield SubTabs(TITLES)
        yield FilterLine("words of any column; -word drops")
        with Container(id="around"):
            yield PlotPanel(id="plot")
            yield RowList(jobs.COLUMNS, frame="none", id="jobs")
            yield RowList(sizes.COLUMNS, frame="rule", signed=False, id="sizes")
            yield RowList(settings.COLUMNS, frame="none", id="settings")
            yield DetailPanel(frame="rule", id="detail")

    @property
    def _list(self) -> RowList:
        return self.query_one(f"#{_LISTS[self._tab]}", RowList)

    # --- reading --------------------------------------------------------------------------

    def _read(self, *, anyway: bool = False) -> None:
        """Read what changed since; measured again only where the file is another one, or asked."""
        seen = self.seen
        model = getattr(self.app, "model", None)
        if model is None or seen.deployment is None or seen.released or not seen.database:
            return
        # The catalogue and the log come at their own time; both tell points.
        newest = seen.activity[0].id if seen.activity else ""
        running = seen.running.id if seen.running else ""
        known = (
            seen.replaced_at,
            None if seen.catalogue is None else len(seen.catalogue.backups),
            None if seen.activity is None else (newest, running),
        )
        if known == self._read_for and not anyway:
            return
        for part, what in (("catalogue", seen.catalogue), ("activity", seen.activity)):
            if what is None and not seen.problem(part):
                return
        measured = seen.figures is not None and self._read_for is not None
        ended = bool(self._read_for and self._read_for[2] != known[2] and not running)
        again = self._read_for is None or self._read_for[0] != known[0]
        self._read_for = known
        if self._reader is None:
            self._reader = MeasuringReader(seen.deployment, model.live, self.app)
        self._reader.read(seen, quick=measured and not (anyway or again or ended))

    def on_unmount(self) -> None:
        """No thread stays."""
        if self._reader is not None:
            self._reader.end()

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw the tab in sight."""
        self._read()
        self.query_one(SubTabs).show(self._tab, self._aside(seen))
        if self._tab == ROUTINE:
            self.list_rows(jobs.rows(seen, self.glyphs, self.now()), empty="No job is known here.")
        elif self._tab == STATISTICS:
            self._show_sizes(seen)
        else:
            empty = seen.problem("tuning") or "reading …"
            self.list_rows(settings.rows(seen, self.glyphs), empty=empty)
        self._show_detail(seen)
        self.stand((Span(f" {self._words(seen)}", "muted"),))

    def _aside(self, seen: Seen) -> str:
        return sizes.counted(seen, self.now()) if self._tab == STATISTICS else ""

    def _words(self, seen: Seen) -> str:
        if self._tab == STATISTICS:
            return sizes.stands(seen)
        return settings.stands(seen) if self._tab == TUNING else ""

    def _show_sizes(self, seen: Seen) -> None:
        plot = self.query_one("#plot", PlotPanel)
        narrow = self.has_class("-beside")
        title = sizes.title(seen, self._table, self.now(), narrow=narrow)
        plot.entitle(title, sizes.aside(seen, self._table))
        plot.show(
            sizes.values(seen, self._table),
            sizes.facts(seen, self._table),
            sizes.no_plot(seen, self._table),
        )
        if self._table:
            self._list.entitle(self._table, "by size")
            self.list_rows(
                sizes.parts(seen, self._table), empty=sizes.empty(seen), columns=sizes.PARTS
            )
            return
        order = f"by {self._order}" if self._order != "total" else "rows + indexes"
        self._list.entitle("Tables by size", order)
        self.list_rows(
            sizes.rows(seen, self._order),
            empty=sizes.empty(seen),
            columns=sizes.columns(seen, self._order),
        )

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", DetailPanel)
        key, title = self._list.cursor_key, ""
        lines: tuple[Line, ...] = ()
        if self._tab == ROUTINE and (job := jobs.find(key)) is not None:
            title, lines = job.title, jobs.detail(seen, job, self.now())
        elif self._tab == TUNING and (setting := settings.find(seen, key)) is not None:
            title, lines = setting.name, settings.detail(setting, seen)
        panel.entitle(title)
        panel.show(lines)

    def trouble(self, seen: Seen) -> Trouble | None:
        """The live file cannot be read at all."""
        return troubles.of_database(seen, self.now()) if seen.figures is None else None

    # --- moving ---------------------------------------------------------------------------

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self.query_one("#detail", DetailPanel).to_top()
        self.refresh_bindings()

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        if not self.why_not("open"):
            self.action_open()

    @on(RowList.Headed)
    def _sort_clicked(self, message: RowList.Headed) -> None:
        if self._tab == STATISTICS and not self._table:
            title = sizes.COLUMNS[message.number].title
            self._sort(title if title in sizes.ORDERS else sizes.ORDERS[0])

    def on_resize(self, event: events.Resize) -> None:
        """What is below a list stands beside it from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.set_class(event.size.height >= 34 and not beside, "-tall")
        self.update()
        self.query_one("#detail", DetailPanel).frame = "side" if beside else "rule"
        self.query_one("#plot", PlotPanel).frame = "side" if beside else "rule"

    def _turn(self, tab: int) -> None:
        if tab == self._tab:
            return
        self._filter.clear()
        self.remove_class(f"-tab-{self._tab}")
        self._tab = tab
        self.add_class(f"-tab-{tab}")
        self.update()
        self.take_focus()

    def back(self) -> bool:
        """Esc: the whole file again, then without filter."""
        if self._table:
            table, self._table = self._table, ""
            self.update()
            self._list.point_at(table)
            return True
        return super().back()

    def action_open(self) -> None:
        """Open what is under the cursor; the keys are the subclass's."""
        raise NotImplementedError

    def _sort(self, order: str) -> None:
        self._order = order
        self.update()
        self.say(f"Sorted by {order}.", "muted")
