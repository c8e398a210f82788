"""7 Maintenance: routine, statistics, tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from tui.app import maintaining, verbs
from tui.app.listing import maintenance_jobs as jobs
from tui.app.listing import maintenance_settings as settings
from tui.app.listing import maintenance_sizes as sizes
from tui.app.panes.maintenance_keys import KEYLESS, KEYS, MENUS
from tui.app.widgets.rows import RowList
from tui.app.widgets.sub_tabs import SubTabs
from tui.operations.command import command_line

if TYPE_CHECKING:
    pass

from tui.app.panes.maintenance_tabs import ROUTINE, STATISTICS, TITLES, TUNING, MaintenanceTabs

_ONLY: dict[str, tuple[int, ...]] = {
    "run": (ROUTINE,), "job": (ROUTINE,), "vacuum": (ROUTINE,), "sort": (STATISTICS,),
    "save": (STATISTICS,), "count": (STATISTICS,),
}  # fmt: skip
"""Actions that belong to some of the tabs alone."""


class MaintenancePane(MaintenanceTabs):
    """Jobs with their last runs; the size over time and by table; every setting."""

    NUMBER = 7
    TITLE = "Maintenance"
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
            case "job":
                # Only what is listed has one; rights and running work are the same for all.
                return verbs.why_not_change(self.seen, "the plan")
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

    def action_job(self, key: str) -> None:
        """The plan of a job that was named, as by the palette."""
        self._list.point_at(key)
        self._plan(key)

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
