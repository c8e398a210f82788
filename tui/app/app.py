"""The app: wiring between what is known, the panes and the dialogs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events, on, work
from textual.app import App, ComposeResult, ScreenStackError
from textual.binding import BindingType
from textual.reactive import reactive
from textual.widget import Widget

from tui.app import glyphs, themes, verbs
from tui.app.conduct import effects, launched, planned, resumed, with_deployment
from tui.app.keys import KEYS
from tui.app.listing.activity import farewell
from tui.app.loops import Periods
from tui.app.model import Model
from tui.app.needs import status_of, with_needs
from tui.app.panes import PANES
from tui.app.panes.base import Pane
from tui.app.panes.stack import PaneStack
from tui.app.screens.too_small import TooSmallScreen, is_too_small
from tui.app.seeing import Ended, Replaced, RowsRead, Saw, WantRows
from tui.app.seen import Seen
from tui.app.widgets.footer import KeyBar
from tui.app.widgets.message import MessageLine
from tui.app.widgets.status import StatusRows
from tui.app.widgets.tabs import TabBar
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry, Deployment

if TYPE_CHECKING:
    from tui.core.operation import Operation, Plan

_Part = TypeVar("_Part", bound=Widget)
SIGNAL_CODES = {signal.SIGHUP: 129, signal.SIGTERM: 143}
"""Exit codes of the signals that only end the screen; the work goes on."""


class McpdbApp(App[int]):
    """Looks after one gateway's database."""

    TITLE = "mcpdb-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    seen: reactive[Seen] = reactive(Seen(), init=False)
    """What is known; every widget of the shell draws from it."""
    second: reactive[int] = reactive(0, init=False)
    """Counts up with the clock, so that ages and times stay true."""

    def __init__(
        self,
        deployment: Deployment | None,
        *,
        candidates: Sequence[Any] = (),
        settings: Mapping[str, Any] | None = None,
        first: Seen | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone(),
        periods: Periods | None = None,
        watch: bool = True,
    ) -> None:
        """Wire the app.

        Args:
            deployment: What to look after; None asks with the picker.
            candidates: What the picker offers.
            settings: `theme`, `glyphs`, `slow_link`, `utc`.
            first: What is known before anything was read.
            clock: The host's time; pictures freeze it.
            periods: How often is looked.
            watch: Whether anything is read at all; pictures are drawn from `first` alone.
        """
        from os import environ

        wish = dict(settings or {})
        # Textual would turn colours into greys; with an ansi theme it leaves them out.
        plain = "NO_COLOR" in environ
        super().__init__(ansi_color=True if plain else None)
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = self._known_theme(str(wish.get("theme") or ""), plain=plain)
        self.glyphs = glyphs.choose(str(wish.get("glyphs") or "auto"))
        self._slow = bool(wish.get("slow_link"))
        if self._slow:
            self.animation_level = "none"
        self._utc = bool(wish.get("utc"))
        self._clock = clock
        self._candidates = tuple(candidates)
        self._periods = periods or (Periods.slow() if self._slow else Periods())
        self._watch = watch
        self._model: Model | None = None
        self._welcomed = self._looked_for_cut = False
        self._recent: list[str] = []
        base = first or Seen()
        self.set_reactive(McpdbApp.seen, with_deployment(base, deployment))

    def _known_theme(self, name: str, *, plain: bool) -> str:
        if plain and not name.startswith("mcpdb-16"):
            return themes.NO_COLOR
        return name if name in self.available_themes else themes.DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The roles, for themes that do not set them themselves."""
        return themes.role_defaults(self.current_theme)

    def now(self) -> datetime:
        """The host's time, in its zone, or in UTC where that was asked for."""
        return self._clock().astimezone(UTC) if self._utc else self._clock()

    # --- life -----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Rows 1 to 3, the pane, the message line and the keys."""
        yield StatusRows()
        yield TabBar([pane.tab for pane in PANES])
        yield PaneStack()
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin to look, and to listen for the end of the terminal."""
        loop = asyncio.get_running_loop()
        for number, code in SIGNAL_CODES.items():
            loop.add_signal_handler(number, partial(self.exit, None, return_code=code))
        self.set_interval(10.0 if self._slow else 1.0, self._tick)
        if self.seen.deployment is not None:
            self._begin()
        else:
            self._pick()

    def on_unmount(self) -> None:
        """Stop looking."""
        if self._model is not None:
            self._model.end()
        loop = asyncio.get_running_loop()
        for number in SIGNAL_CODES:
            loop.remove_signal_handler(number)

    def _tick(self) -> None:
        self.second += 1

    def _begin(self) -> None:
        deployment = self.seen.deployment
        if deployment is None or not self._watch:
            return
        self._model = Model(deployment, self, self._periods)
        self._model.start()

    @work(group="picker")
    async def _pick(self) -> None:
        from tui.app.screens.picker import PickerScreen

        chosen = await self.push_screen_wait(PickerScreen(self._candidates))
        if chosen is None:
            self.exit(0)
            return
        self.seen = with_deployment(Seen(), chosen.deployment)
        self._begin()

    def on_resize(self, event: events.Resize) -> None:
        """Say when the terminal is too small; that page goes away by itself."""
        if is_too_small(event.size) and not isinstance(self.screen, TooSmallScreen):
            self.push_screen(TooSmallScreen())

    # --- what is known ----------------------------------------------------------------------

    @on(Saw)
    def _saw(self, message: Saw) -> None:
        self.seen = with_needs(message.change(self.seen), self.now())

    def watch_seen(self, seen: Seen) -> None:
        """Show what was cut short, once; greyed keys may have changed."""
        self.refresh_bindings()
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
            if self._is_first_start(seen):
                self._welcome()

    def _is_first_start(self, seen: Seen) -> bool:
        """Neither a state folder nor a manifest: nothing of ours was ever written here."""
        deployment, catalogue = seen.deployment, seen.catalogue
        if deployment is None or catalogue is None or not self._watch:
            return False
        known = any(backup.manifest is not None for backup in catalogue.backups)
        return not known and not seen.activity and not deployment.state_dir.exists()

    @work(exclusive=True, group="welcome")
    async def _welcome(self) -> None:
        from tui.app.screens.welcome import WelcomeScreen

        deployment, status = self.seen.deployment, status_of(self.seen)
        if deployment is None or status is None or deployment.read_only:
            return
        backups = self.seen.catalogue.backups if self.seen.catalogue else ()
        unverified = sum(1 for backup in backups if backup.verified is None)
        keeps = f"state in {deployment.state_dir}, backups in {deployment.backup_dir}"
        screen = WelcomeScreen(status, [("keeps", keeps)], unverified=unverified)
        chosen = await self.push_screen_wait(screen)
        if chosen == "b":
            self._do(verbs.back_up)
        elif chosen == "t":
            await self.action_pane(2)
            self.say("t verifies the backup under the cursor.")

    @on(WantRows)
    def _want_rows(self, message: WantRows) -> None:
        if self._model is not None:
            self._model.want_rows(message.table)

    @on(RowsRead)
    def _rows_read(self, message: RowsRead) -> None:
        from tui.app.panes.tables import TablesPane

        for pane in self._parts(TablesPane):
            pane.take(message)

    @on(Replaced)
    def _replaced(self) -> None:
        from tui.app.panes.tables import TablesPane

        for pane in self._parts(TablesPane):
            pane.read_again()

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        """An operation is over; one whose process merely vanished is finished or undone."""
        entry = message.entry
        if entry.state == "cut":
            self.say(f"The process of {entry.operation} {entry.subject} is gone.", "attention")
            self._resume(entry)
        else:
            self.say(farewell(entry), "" if entry.state == "done" else "danger")

    # --- panes ------------------------------------------------------------------------------

    @property
    def pane(self) -> Pane:
        """The pane in sight."""
        return self._stack.pane

    @property
    def _stack(self) -> PaneStack:
        return self.screen_stack[0].query_one(PaneStack)

    async def action_pane(self, number: int, key: str = "") -> None:
        """Show a pane in full size, with the cursor on a thing."""
        await self._stack.open(number, key)

    @on(PaneStack.Turned)
    def _turned(self, message: PaneStack.Turned) -> None:
        for tabs in self._parts(TabBar):
            tabs.current = message.number
        self.refresh_bindings()

    @on(Pane.Go)
    async def _go(self, message: Pane.Go) -> None:
        await self.action_pane(message.number, message.key)

    async def action_back(self) -> None:
        """One step back; never further than home."""
        await self._stack.step_back()

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

    def action_hint_quit(self) -> None:
        """Say how to leave."""
        self.say("q goes back and then quits; nothing was stopped.")

    def action_refresh(self) -> None:
        """Read everything again."""
        if self._model is not None:
            self._model.refresh()
        self.say("")

    def action_press(self, key: str) -> None:
        """A key of the footer was clicked."""
        self.simulate_key(key)

    async def action_need(self, number: int) -> None:
        """Go where a line of NEEDS YOU leads."""
        needs = self.seen.needs
        if number < len(needs):
            self.simulate_key(needs[number].key.lower().replace("esc", "escape"))

    # --- message line -----------------------------------------------------------------------

    def say(self, text: str, role: str = "") -> None:
        """Write one sentence on the message line."""
        for line in self._parts(MessageLine):
            line.say(text, role)

    def _parts(self, kind: type[_Part]) -> list[_Part]:
        """Parts of the shell, whichever dialog is above it; none while the app goes away."""
        with suppress(ScreenStackError):
            return list(self.screen_stack[0].query(kind))
        return []

    def notify(self, message: str, **_options: object) -> None:
        """There are no toasts: what Textual itself would say goes to the message line."""
        self.say(message)

    @on(Pane.Say)
    def _say(self, message: Pane.Say) -> None:
        self.say(message.text, message.role)

    @on(Pane.Stands)
    def _stands(self, message: Pane.Stands) -> None:
        for line in self._parts(MessageLine):
            line.stand(message.text)

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why; any other one wipes the last sentence."""
        if len(self.screen_stack) == 1:
            self.say("")
        active = self.screen.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        reason = getattr(active.node, "why_not", lambda _: "")(active.binding.action)
        if reason:
            event.prevent_default()
            event.stop()
            self.say(reason, "attention")

    # --- help and palette -------------------------------------------------------------------

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
        place = places.get(chosen.split(" ")[0]) if chosen else None
        if chosen is None or place is None:
            return
        self._recent = [chosen, *(ident for ident in self._recent if ident != chosen)][:10]
        if place.pane is None:
            await self.run_action(place.action, self)
            return
        if place.pane != self._stack.current:
            await self.action_pane(place.pane)
        reason = self.pane.why_not(place.action)
        if reason:
            self.say(reason, "attention")
        else:
            await self.run_action(place.action, self.pane)

    def action_utc(self) -> None:
        """Show times in UTC, or in the host's zone again."""
        self._utc = not self._utc
        self.second += 1
        self.pane.update()

    def action_next_theme(self) -> None:
        """Go round our themes."""
        names = [theme.name for theme in themes.THEMES]
        here = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(here + 1) % len(names)]
        self.say(f"Theme {self.theme}; --theme or MCPDB_THEME keeps it.")

    # --- operations -------------------------------------------------------------------------

    @on(Pane.Do)
    def _wanted(self, message: Pane.Do) -> None:
        self._do(message.make)

    @work(exclusive=True, group="dialog")
    async def _do(self, make: Callable[[Deployment], Operation]) -> None:
        """Plan, ask as much as the plan's tier demands, start, and show."""
        deployment = self.seen.deployment
        if deployment is None:
            return
        self.say("planning …", "muted")
        try:
            operation, plan = await asyncio.to_thread(planned, make, deployment)
            self.say("")
            if not await self._confirmed(plan):
                self.say("Cancelled. Nothing was changed.")
                return
            ident = await asyncio.to_thread(launched, operation, plan)
        except McpdbError as error:
            self.say(str(error), "danger")
            return
        if self._model is not None:
            self._model.refresh()
        if plan.tier != "light":
            await self.action_operation(ident)

    async def _confirmed(self, plan: Plan) -> bool:
        from tui.core.operation import Tier

        if plan.tier is Tier.REPLACING:
            from tui.app.screens.plan import PlanScreen

            named = await self.push_screen_wait(PlanScreen(plan))
            return named is True
        if plan.forbidden is not None:
            raise McpdbError(plan.forbidden.text)
        if plan.tier is Tier.DISRUPTIVE:
            from tui.app.screens.question import Question

            title = plan.title[:1].upper() + plan.title[1:]
            verb = title.split(" ")[0]
            question = Question(f"{title}?", effects(plan), plan.command, verb)
            agreed = await self.push_screen_wait(question)
            return agreed is True
        return True

    async def action_operation(self, ident: str = "") -> None:
        """Show the page of an operation: the running one unless another is named."""
        from tui.app.screens.operation import OperationScreen

        deployment, running = self.seen.deployment, self.seen.running
        ident = ident or (running.id if running else "")
        if deployment is None or not ident:
            self.say("No operation is running; 4 Activity lists what was done.")
            return
        self.push_screen(OperationScreen(deployment, ident))

    @on(Pane.LookAtCut)
    def _look_at_cut(self) -> None:
        cut = next((entry for entry in self.seen.activity or () if entry.state == "cut"), None)
        if cut is not None:
            self._show_cut(cut)

    @work(exclusive=True, group="cut")
    async def _show_cut(self, entry: ActivityEntry) -> None:
        from tui.app.screens.cut import CutScreen

        if await self.push_screen_wait(CutScreen(entry, entry.sentence)):
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
