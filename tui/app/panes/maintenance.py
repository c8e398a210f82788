"""7 Maintenance: routine, statistics, tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui.app import maintaining, troubles, verbs
from tui.app.listing import maintenance_jobs as jobs
from tui.app.listing import maintenance_settings as settings
from tui.app.listing import maintenance_sizes as sizes
from tui.app.measuring_reader import MeasuringReader
from tui.app.paint import Line, Span
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ListPane
from tui.app.panes.maintenance_keys import KEYLESS, KEYS, MENUS
from tui.app.seen import Seen
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.plot_panel import PlotPanel
from tui.app.widgets.rows import RowList
from tui.app.widgets.sub_tabs import SubTabs
from tui.operations.command import command_line

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

ROUTINE, STATISTICS, TUNING = range(3)
TITLES = ("Routine", "Statistics", "Tuning")
_LISTS = ("jobs", "sizes", "settings")
_ONLY: dict[str, tuple[int, ...]] = {
    "run": (ROUTINE,), "vacuum": (ROUTINE,), "sort": (STATISTICS,),
    "save": (STATISTICS,), "count": (STATISTICS,),
}  # fmt: skip
"""Actions that belong to some of the tabs alone."""


class MaintenancePane(ListPane):
    """Jobs with their last runs; the size over time and by table; every setting."""

    NUMBER = 7
    TITLE = "Maintenance"
    LIST = "sizes"
    THING = ""
    MENU = MENUS[0]
    KEYLESS = KEYLESS

    DEFAULT_CSS = """
    MaintenancePane {
        layout: vertical;
        #around { layout: vertical; height: 1fr; width: 1fr; }
        RowList { height: 1fr; display: none; }
        PlotPanel { height: 9; display: none; dock: top; }
        DetailPanel { height: 6; }
        &.-tall PlotPanel { height: 14; }
        &.-tab-0 #jobs { display: block; }
        &.-tab-1 #sizes { display: block; }
        &.-tab-1 PlotPanel { display: block; }
        &.-tab-1 DetailPanel { display: none; }
        &.-tab-2 #settings { display: block; }
        &.-beside #around { layout: horizontal; }
        &.-beside RowList { width: 1fr; height: 1fr; }
        &.-beside PlotPanel { width: 40%; height: 1fr; dock: right; }
        &.-beside DetailPanel { width: 40%; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = KEYS

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

    # --- what is possible -----------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of another tab are left out."""
        if self._tab not in _ONLY.get(action, (self._tab,)):
            return False
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        name = action.split("(")[0]
        key = self._list.cursor_key
        match name:
            case "vacuum":
                return self._why_no_job("vacuum", "V VACUUM…")
            case "run":
                job = jobs.find(key)
                return self._why_no_job(job.operation if job else "", "r run")
            case "open":
                return self._why_not_open(key)
            case "tune":
                return verbs.why_not_replace(self.seen, "Enter change…")
            case "sort" if self._table:
                return "What a table is made of stands by size; Esc goes back."
            case "count" if self.seen.counting:
                return "It is being counted already."
            case "save" if self.seen.figures is None:
                return "x save figures… waits: nothing was counted yet."
        return super().why_not(action)

    def _why_no_job(self, operation: str, verb: str) -> str:
        if not operation:
            return "There is no job here."
        if not any(job.operation == operation for job in jobs.jobs()):
            return f"{verb} is off: this program has no {operation}."
        return verbs.why_not_change(self.seen, verb)

    def _why_not_open(self, key: str) -> str:
        if not key:
            return "There is nothing here to open."
        if self._tab == ROUTINE:
            job = jobs.find(key)
            return self._why_no_job(job.operation if job else "", "Enter plan…")
        if self._tab == STATISTICS:
            return self._why_no_table(key)
        setting = settings.find(self.seen, key)
        if setting is not None and not setting.choices:
            return f"{setting.name}: {setting.who}."
        return verbs.why_not_replace(self.seen, "Enter change…")

    def _why_no_table(self, key: str) -> str:
        if self._table:
            return "This is what the table is made of; Esc goes back."
        return "Of unused pages there is no growth of their own." if key == sizes.UNUSED else ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        if action == "vacuum":
            return ("vacuum", "--stop")
        key = self._list.cursor_key
        if self._tab == ROUTINE and (job := jobs.find(key)) is not None:
            return job.words
        if self._tab == TUNING and (setting := settings.find(self.seen, key)) is not None:
            value = next((each for each in setting.choices if each != setting.in_file), "")
            return ("tune", f"{setting.name}={value}", "--stop") if value else ()
        return ("stats", "--growth") if self._tab == STATISTICS else ()

    def copied(self) -> str:
        """The command."""
        words, deployment = self.by_hand("open"), self.seen.deployment
        return command_line(deployment, *words) if words and deployment is not None else ""

    # --- keys -----------------------------------------------------------------------------

    def about_to(self, action: str) -> None:
        """What another tab does is done there."""
        tabs = _ONLY.get(action.split("(")[0], (self._tab,))
        if self._tab not in tabs:
            self._turn(tabs[0])

    def action_tab(self, step: int) -> None:
        """The next tab, or the one before."""
        self._turn((self._tab + step) % len(TITLES))

    @on(SubTabs.Chosen)
    def _turn_clicked(self, message: SubTabs.Chosen) -> None:
        self._turn(message.number)

    def action_routine(self) -> None:
        """Jobs."""
        self._turn(ROUTINE)

    def action_statistics(self) -> None:
        """Sizes and growth."""
        self._turn(STATISTICS)

    def action_tuning(self) -> None:
        """Settings."""
        self._turn(TUNING)

    def action_open(self) -> None:
        """The plan of a job, a table's own growth, the values of a setting."""
        key = self._list.cursor_key
        if self._tab == ROUTINE:
            self._plan(key)
        elif self._tab == STATISTICS:
            self._table = key
            self._list.rest(anyway=True)
            self.update()
        else:
            self._offer_values(key)

    def _plan(self, key: str) -> None:
        job = jobs.find(key)
        if job is None:
            return
        if job.operation == "vacuum":
            self.action_vacuum()
        else:
            # With words even what is harmless asks: Enter never runs it.
            self.post_message(self.Do(job.make(), words=(job.about,)))

    def _offer_values(self, key: str) -> None:
        from tui.app.screens.menu import Item

        setting = settings.find(self.seen, key)
        if setting is None:
            return
        items = [
            Item(
                f"tune({setting.name!r}, {value!r})", "", value,
                "as it is" if value == setting.in_file else "stops the gateway; asks y or n",
                f"{setting.name} is {value} already." if value == setting.in_file else "",
            )
            for value in setting.choices
        ]  # fmt: skip
        self.post_message(self.Offer(f"{setting.name}, now {setting.in_file}", items))

    def action_tune(self, name: str, value: str) -> None:
        """Change what the file keeps."""
        self.post_message(self.Do(maintaining.tune(name, value)))

    def action_run(self) -> None:
        """Run the job; one that stops the gateway asks."""
        job = jobs.find(self._list.cursor_key)
        if job is not None and job.operation == "vacuum":
            self.action_vacuum()
        elif job is not None:
            self.post_message(self.Do(job.make()))

    def action_vacuum(self) -> None:
        """Ask how."""
        maintaining.ask_vacuum(self)

    def action_sort(self) -> None:
        """Sort otherwise."""
        place = sizes.ORDERS.index(self._order)
        self._sort(sizes.ORDERS[(place + 1) % len(sizes.ORDERS)])

    def _sort(self, order: str) -> None:
        self._order = order
        self.update()
        self.say(f"Sorted by {order}.", "muted")

    def action_count(self) -> None:
        """Measure again."""
        self._read(anyway=True)

    async def action_save(self) -> None:
        """Write the figures to a file."""
        from tui.app import saving_figures

        await saving_figures.ask(self)

    @on(RowList.Menu)
    def action_actions(self) -> None:
        """Offer what can be done with the row under the cursor."""
        from tui.app.screens.menu import items_of

        items = items_of(self, MENUS[self._tab])
        self.post_message(self.Offer(f"{self._list.cursor_key}".strip(), items))
