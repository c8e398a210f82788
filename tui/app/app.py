"""The app: wiring between the shell, the dialogs and the operations."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work

from tui.app import named, scheduled, verbs
from tui.app.arrival import is_first_start, welcome
from tui.app.baseline import configuration
from tui.app.conduct import effects, launched, left_of, planned, resumed, with_deployment
from tui.app.doctoring import Doctoring
from tui.app.listing.activity import farewell
from tui.app.migration_screens import SHOWN, page_of, plan_screen
from tui.app.needs import with_needs
from tui.app.panes.base import Pane
from tui.app.screens.too_small import TooSmallScreen
from tui.app.seeing import Ended
from tui.app.seen import Seen
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry

if TYPE_CHECKING:
    from tui.core.operation import Operation, Plan


class McpdbApp(Doctoring):
    """Looks after one gateway's database."""

    _welcomed = _looked_for_cut = False
    _recent: tuple[str, ...] = ()
    """Commands of the palette, the last used first."""
    _taken_back: tuple[verbs.TakeBack, ...] = ()
    """How the light changes of this screen are taken back, the last one at the end."""

    # --- what opens by itself -----------------------------------------------------------------

    def choose(self) -> None:
        """Ask which gateway is meant."""
        self._pick()

    @work(group="picker")
    async def _pick(self) -> None:
        from tui.app.screens.picker import PickerScreen

        chosen = await self.push_screen_wait(PickerScreen(self.candidates))
        if chosen is None:
            self.exit(0)
            return
        self.seen = with_deployment(Seen(), chosen.deployment)
        self.begin()

    def watch_seen(self, seen: Seen) -> None:
        """Show what was cut short, once, and welcome at a first start."""
        super().watch_seen(seen)
        if seen.activity is None:
            return
        if not self._looked_for_cut:
            # Only what was cut before this start opens by itself; later ones are finished.
            self._looked_for_cut = True
            cut = next((entry for entry in seen.activity if entry.state == "cut"), None)
            if cut is not None:
                self._welcomed = True
                self._show_cut(cut)
        if seen.looked_at_needs and seen.catalogue is not None and not self._welcomed:
            self._welcomed = True
            if self.watches and is_first_start(seen):
                self._welcome()

    @work(exclusive=True, group="welcome")
    async def _welcome(self) -> None:
        screen = welcome(self.seen)
        chosen = await self.push_screen_wait(screen) if screen is not None else None
        if chosen == "b":
            self._do(verbs.back_up)
        elif chosen == "t":
            await self.action_pane(2)
            self._do(verbs.verify_all())
        elif chosen == "s":
            self.action_schedule()

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        """An operation is over; one whose process merely vanished is finished or undone."""
        entry = message.entry
        if entry.operation in ("schedule", "unschedule") and self.seen.deployment is not None:
            scheduled.look(self.seen.deployment, self)
        if entry.operation == "export":
            return  # Whoever wrote it was told, with the place.
        if entry.state == "cut":
            self.say(f"The process of {entry.operation} {entry.subject} is gone.", "attention")
            self._resume(entry)
        else:
            self.say(farewell(entry), "" if entry.state == "done" else "danger")

    # --- leaving ------------------------------------------------------------------------------

    async def action_leave(self) -> None:
        """Back, then quit; asks while work runs."""
        if not isinstance(self.screen, TooSmallScreen) and await self._stack.step_back():
            return
        if self.seen.running is None:
            self.exit(0)
        else:
            self._ask_to_leave(self.seen.running)

    async def action_quit(self) -> None:
        """Leave from wherever one is; asks while work runs."""
        await self.action_leave()

    @work(exclusive=True, group="leave")
    async def _ask_to_leave(self, entry: ActivityEntry) -> None:
        from tui.app.screens.question import Question

        question = Question(
            f"A {entry.operation} is running; it goes on. Quit the screen?",
            [f"{entry.operation} {entry.subject}, pid {entry.pid}: it needs no screen."],
            "",
            "Quit",
        )
        if await self.push_screen_wait(question):
            self.exit(0)

    # --- help, palette, menus -----------------------------------------------------------------

    def action_help(self) -> None:
        """Show the keys that work here."""
        from tui.app.screens.help import HelpScreen

        title = f"{self.pane.NUMBER} {self.pane.TITLE}"
        self.push_screen(HelpScreen.of(self.screen, title))

    @work(exclusive=True, group="palette")
    async def action_palette(self) -> None:
        """Offer every command by its words."""
        from tui.app.commands import commands
        from tui.app.screens.palette import PaletteScreen

        offered, places = commands(self.pane)
        chosen = await self.push_screen_wait(PaletteScreen(offered, recent=self._recent))
        ident, _, value = (chosen or "").partition(" ")
        place = places.get(ident)
        if place is None:
            return
        self._recent = (ident, *(known for known in self._recent if known != ident))[:10]
        if place.pane is None:
            await self.run_action(place.line(value), self)
            return
        await self.action_pane(place.pane)
        await self.act(self.pane, place.action)

    @on(Pane.Offer)
    @work(exclusive=True, group="palette")
    async def _offer(self, message: Pane.Offer) -> None:
        from tui.app.screens.menu import Menu

        pane = self.pane
        chosen = await self.push_screen_wait(Menu(message.title, message.items))
        if chosen:
            await self.act(pane, chosen)

    def explain(self, pane: Pane, action: str, reason: str) -> None:
        """Say why a key is greyed; with the command where only rights are missing."""
        from tui.app.troubles import of_rights

        words = pane.by_hand(action)
        trouble = of_rights(self.seen, reason.partition(" needs ")[0], words) if words else None
        if trouble is None or self.seen.rights not in reason:
            super().explain(pane, action, reason)
            return
        from tui.app.screens.trouble import TroubleBox

        self.push_screen(TroubleBox(trouble))

    # --- commands with a value ----------------------------------------------------------------

    async def action_table(self, name: str) -> None:
        """Show a table by its name."""
        if any(table.name == name for table in self.seen.tables or ()):
            await self.action_pane(1, name)
        else:
            self.say(f"There is no table {name}; / in 1 Tables finds one by a part of it.")

    async def action_search(self, word: str) -> None:
        """Look for a text in every table."""
        from tui.app.panes.tables import TablesPane
        from tui.app.searching import open_search

        await self.action_pane(1)
        if isinstance(self.pane, TablesPane):
            await open_search(self, self.pane, word)

    def action_row(self, number: str) -> None:
        """Go to a row of the table that is open."""
        if not self.pane.go_to_row(number):
            self.say("There is no table open to go to a row of; Enter in 1 Tables opens one.")

    async def action_filter_by(self, terms: str) -> None:
        """Filter the list in sight."""
        if not self.pane.filter_by(terms):
            self.say("There is no list to filter here; 1 to 5 have one.", "attention")

    async def action_activity(self, terms: str) -> None:
        """Show the activity log, narrowed."""
        await self.action_pane(4)
        self.pane.filter_by(terms)

    def action_named(self, verb: str, value: str) -> None:
        """Do something with the backup that is named."""
        found = named.wanted(self.seen, verb, value)
        if isinstance(found, str):
            self.say(found, "attention")
        else:
            self._do(found.make, found.back)

    def action_rotate_logs(self) -> None:
        """Rotate the gateway's logs."""
        if reason := verbs.why_not_change(self.seen, "rotate logs"):
            self.say(reason)
        else:
            self._do(verbs.rotate_logs)

    def action_schedule(self) -> None:
        """Have backups made by themselves."""
        if reason := verbs.why_not_change(self.seen, "schedule"):
            self.say(reason, "attention")
        else:
            self._do(verbs.schedule)

    def action_looked(self) -> None:
        """What is gone is known: only what is lost after this is told."""
        self.seen = with_needs(replace(self.seen, looked=configuration(self.seen)), self.now())
        self.say("Looked at. What is lost after this is told again; until mcpdb-tui is left.")

    # --- operations -------------------------------------------------------------------------

    @on(Pane.Do)
    def _wanted(self, message: Pane.Do) -> None:
        asks = {"words": message.words} if message.words else {}
        self._do(message.make, message.back, **asks)

    @on(Pane.Ask)
    @work(exclusive=True, group="ask")
    async def _ask(self, message: Pane.Ask) -> None:
        from tui.app.screens.one_line import OneLine

        text = await self.push_screen_wait(OneLine(message.title, message.value, message.hint))
        if text is not None and text != message.value:
            self._wanted(message.then(text))

    @on(Pane.Look)
    async def _look(self, message: Pane.Look) -> None:
        await self.action_operation(message.ident)

    def action_take_back(self) -> None:
        """Take back the last light change."""
        if not self._taken_back:
            self.say("Nothing to take back: no pin or label was changed here since the start.")
            return
        *rest, last = self._taken_back
        if reason := verbs.why_not_change(self.seen, "u take back"):
            self.say(reason, "attention")
            return
        self._taken_back = tuple(rest)
        self._do(last.make)
        self.say(f"Taking back {last.words}.")

    @work(exclusive=True, group="dialog")
    async def _do(
        self,
        make: verbs.Make,
        back: verbs.TakeBack | None = None,
        words: tuple[str, ...] = (),
    ) -> None:
        """Plan, ask as much as the plan's tier demands, start, and show.

        Args:
            make: Makes the operation.
            back: How `u` takes it back.
            words: What is said of it first; with that, a light one asks too.
        """
        deployment = self.seen.deployment
        if deployment is None:
            return
        self.say("planning …", "muted")
        try:
            operation, plan = await asyncio.to_thread(planned, make, deployment)
            self.say("")
            agreed = await self._confirmed(operation, plan, words)
            if agreed is None:
                self.say("Cancelled. Nothing was changed.")
                return
            ident = await self._started(operation, agreed)
        except McpdbError as error:
            self.say(str(error), "danger")
            return
        if back is not None:
            self._taken_back = (*self._taken_back, back)
        if self.model is not None:
            self.model.refresh()
        if plan.tier != "light" or plan.operation in SHOWN:
            await self.action_operation(ident)

    async def _started(self, operation: Operation, plan: Plan) -> str:
        """Start it; until its process is there, a page says so and no key does anything."""
        from tui.app.screens.starting import StartingScreen
        from tui.core.operation import Tier

        if plan.tier is Tier.LIGHT:
            return await asyncio.to_thread(launched, operation, plan)
        starting = StartingScreen(plan.operation)
        await self.push_screen(starting)
        try:
            return await asyncio.to_thread(launched, operation, plan)
        finally:
            starting.over()

    async def _confirmed(
        self, operation: Operation, plan: Plan, words: tuple[str, ...]
    ) -> Plan | None:
        """The plan that was agreed to, perhaps a newer one than `plan`; None if none was."""
        from tui.core.operation import Tier

        if plan.tier is Tier.REPLACING:
            kind = plan_screen(plan.operation)
            screen = kind(plan, again=getattr(operation, "look_again", None))
            return screen.plan if await self.push_screen_wait(screen) else None
        if plan.forbidden is not None:
            raise McpdbError(plan.forbidden.text)
        if plan.tier is Tier.DISRUPTIVE or words:
            from tui.app.screens.question import Question

            title = plan.title[:1].upper() + plan.title[1:]
            verb = title.split(" ")[0]
            question = Question(f"{title}?", [*words, *effects(plan)], plan.command, verb)
            agreed = await self.push_screen_wait(question)
            return plan if agreed is True else None
        return plan

    async def action_operation(self, ident: str = "") -> None:
        """Show the page of an operation: the running one unless another is named."""
        deployment, running = self.seen.deployment, self.seen.running
        ident = ident or (running.id if running else "")
        if deployment is None or not ident:
            self.say("No operation is running; 4 Activity lists what was done.")
            return
        self.push_screen(page_of(self.seen, deployment, ident))

    @on(Pane.LookAtCut)
    def _look_at_cut(self) -> None:
        cut = next((entry for entry in self.seen.activity or () if entry.state == "cut"), None)
        if cut is not None:
            self._show_cut(cut)

    @work(exclusive=True, group="cut")
    async def _show_cut(self, entry: ActivityEntry) -> None:
        from tui.app.screens.cut import CutScreen

        deployment = self.seen.deployment
        if deployment is None:
            return
        recovery = await asyncio.to_thread(left_of, deployment, entry)
        if await self.push_screen_wait(CutScreen(entry, recovery)):
            self._resume(entry)

    @work(exclusive=True, group="resume")
    async def _resume(self, entry: ActivityEntry) -> None:
        """Finish or undo what was cut; its page follows the same journal."""
        deployment = self.seen.deployment
        if deployment is None or deployment.read_only:
            return
        from tui.app.screens.operation import OperationScreen

        if not isinstance(self.screen, OperationScreen):
            await self.action_operation(entry.id)
        try:
            await asyncio.to_thread(resumed, deployment)
        except McpdbError as error:
            self.say(str(error), "danger")
