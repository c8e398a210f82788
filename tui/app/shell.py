"""The shell: what is known, the pane in sight, the message line; no dialog and no operation."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from tui.app import scheduled
from tui.app.conduct import with_deployment
from tui.app.ground import Ground
from tui.app.keys import KEYS
from tui.app.locating import Find, Located, NotLocated, locate
from tui.app.loops import Periods
from tui.app.model import Model
from tui.app.needs import with_needs
from tui.app.panes import PANES
from tui.app.panes.base import Pane
from tui.app.panes.stack import PaneStack
from tui.app.screens.too_small import TooSmallScreen, is_too_small
from tui.app.seeing import Replaced, Saw, Told, WantImage
from tui.app.seen import Seen
from tui.app.typed_ahead import LOOK, TypedAhead, opens_field
from tui.app.widgets.footer import KeyBar
from tui.app.widgets.message import MessageLine
from tui.app.widgets.status import StatusRows
from tui.app.widgets.tabs import TabBar
from tui.core.errors import McpdbError, UsageError
from tui.core.models import Deployment

_Part = TypeVar("_Part", bound=Widget)
SIGNAL_CODES = {signal.SIGHUP: 129, signal.SIGTERM: 143}
"""Exit codes of the signals that only end the screen; the work goes on."""


class Shell(Ground):
    """Shows what is known of one gateway's database; the dialogs are the subclass's."""

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
        find: Find | None = None,
        settings: Mapping[str, Any] | None = None,
        first: Seen | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone(),
        periods: Periods | None = None,
        watch: bool = True,
    ) -> None:
        """Wire the app.

        Args:
            deployment: What to look after; None looks for it, or asks with the picker.
            candidates: What the picker offers.
            find: Looks for the deployment once the first picture stands.
            settings: `theme`, `glyphs`, `slow_link`, `utc`.
            first: What is known before anything was read.
            clock: The host's time; pictures freeze it.
            periods: How often is looked.
            watch: Whether anything is read at all; pictures are drawn from `first` alone.
        """
        super().__init__(settings or {}, clock)
        self.candidates = tuple(candidates)
        self._find = find
        self.failure: McpdbError | None = None
        """Why there is nothing to look after: the screen is over."""
        self._given_periods = periods
        self.watches = watch
        self.model: Model | None = None
        self._ahead = TypedAhead(super().on_event)
        self._looking: Timer | None = None
        base = first or Seen()
        self.set_reactive(Shell.seen, with_deployment(base, deployment))

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
        if self.seen.deployment is not None:
            self.begin()
        elif self._find is not None:
            # Looking takes longer than drawing: it asks Docker, and imports what asks it.
            self.call_after_refresh(locate, self._find, self)
        else:
            self.choose()

    @on(Located)
    def _located(self, message: Located) -> None:
        found = message.found
        try:
            self.take_looks(found.settings)
        except UsageError as error:
            self._not_located(NotLocated(error))
            return
        self.candidates = tuple(found.candidates)
        self.seen = with_deployment(self.seen, found.chosen)
        if found.chosen is None:
            self.choose()
        else:
            self.begin()

    @on(NotLocated)
    def _not_located(self, message: NotLocated) -> None:
        self.failure = message.why
        self.exit(return_code=int(message.why.exit_code))

    def on_unmount(self) -> None:
        """Stop looking."""
        if self.model is not None:
            self.model.end()
        loop = asyncio.get_running_loop()
        for number in SIGNAL_CODES:
            loop.remove_signal_handler(number)

    def _tick(self) -> None:
        self.second += 1

    def choose(self) -> None:
        """Ask which gateway is meant; nothing was named and there are several."""

    def begin(self) -> None:
        """Begin to look at the deployment."""
        self.set_interval(10.0 if self.slow else 1.0, self._tick)
        deployment = self.seen.deployment
        if deployment is None or not self.watches:
            return
        periods = self._given_periods or (Periods.slow() if self.slow else Periods())
        self.model = Model(deployment, self, periods)
        self.model.start()
        scheduled.look(deployment, self)

    def on_resize(self, event: events.Resize) -> None:
        """Say when the terminal is too small; that page goes away by itself."""
        if is_too_small(event.size) and not isinstance(self.screen, TooSmallScreen):
            self.push_screen(TooSmallScreen())

    # --- what is known ----------------------------------------------------------------------

    @on(Saw)
    def _saw(self, message: Saw) -> None:
        if not self.screen_stack:
            return  # The app goes away; nothing is left to draw on.
        self.seen = with_needs(message.change(self.seen), self.now())

    def watch_seen(self, seen: Seen) -> None:
        """Greyed keys may have changed."""
        self.refresh_bindings()

    @on(Told)
    def _told(self, message: Told) -> None:
        self.say(message.text, "muted")

    @on(WantImage)
    def _want_image(self, message: WantImage) -> None:
        if self.model is not None:
            self.model.want_image(message.image)

    @on(Replaced)
    def _replaced(self) -> None:
        from tui.app.panes.tables import TablesPane

        for pane in self._parts(TablesPane):
            pane.read_again()

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
            tabs.badge = self.pane.badge
        self.refresh_bindings()

    @on(Pane.Badged)
    def _badged(self, message: Pane.Badged) -> None:
        for tabs in self._parts(TabBar):
            tabs.badge = message.text

    @on(Pane.Browse)
    async def _browse(self, message: Pane.Browse) -> None:
        from tui.app.panes.tables import TablesPane

        backups = self.seen.catalogue.backups if self.seen.catalogue else ()
        backup = next((backup for backup in backups if backup.id == message.ident), None)
        await self.action_pane(1)
        if backup is not None and isinstance(self.pane, TablesPane):
            self.pane.open_backup(backup)

    @on(Pane.Go)
    async def _go(self, message: Pane.Go) -> None:
        if not message.action:
            await self.action_pane(message.number, message.key)
            return
        await self.action_pane(message.number)
        if message.key:
            self.pane.stand_on(message.key)
        await self.act(self.pane, message.action)

    async def act(self, pane: Pane, action: str) -> None:
        """Do what a pane's key does, or say why it cannot be done."""
        pane.about_to(action)
        reason = pane.why_not(action)
        if reason:
            self.explain(pane, action, reason)
        else:
            await self.run_action(action, pane)

    async def action_back(self) -> None:
        """One step back; never further than home."""
        await self._stack.step_back()

    def action_hint_quit(self) -> None:
        """Say how to leave."""
        self.say("q goes back and then quits; nothing was stopped.")

    def action_refresh(self) -> None:
        """Read everything again."""
        if self.model is not None:
            self.model.refresh()
        self.say("")

    def action_press(self, key: str) -> None:
        """A key of the footer was clicked."""
        self.simulate_key(key)

    async def action_need(self, number: int) -> None:
        """Go where a line of NEEDS YOU leads."""
        needs = self.seen.needs
        if number >= len(needs):
            return
        need = needs[number]
        if need.key == "6":
            # The command names the check: `mcpdb-tui doctor --explain lock`.
            await self.action_pane(6, need.command.rpartition(" ")[2])
        else:
            self.simulate_key(need.key.lower().replace("esc", "escape"))

    # --- message line -----------------------------------------------------------------------

    def say(self, text: str, role: str = "") -> None:
        """Write one sentence on the message line, and on that of the dialog above it."""
        for line in self._parts(MessageLine):
            line.say(text, role)
        tell = getattr(self.screen, "overhear", None) if self.screen_stack else None
        if text and tell is not None:
            tell(text, attention=role in ("attention", "danger"))

    def _parts(self, kind: type[_Part]) -> list[_Part]:
        """Parts of the shell, whichever dialog is above it; none while the app goes away."""
        return list(self.screen_stack[0].query(kind)) if self.screen_stack else []

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

    # --- keys -------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Keys behind one that opens a field wait for the field."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._ahead.take(event):
                return
            if opens_field(self, event):
                self._ahead.hold()
                self._looking = self.set_interval(LOOK, self._look_for_field)
        await super().on_event(event)

    async def _look_for_field(self) -> None:
        if self._looking is not None and await self._ahead.look(self.focused):
            self._looking.stop()

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why; any other one wipes the last sentence."""
        if len(self.screen_stack) == 1:
            self.say("")
        active = self.screen.active_bindings.get(event.key)
        if active is None or active.enabled or not isinstance(active.node, Pane):
            return
        reason = active.node.why_not(active.binding.action)
        if reason:
            event.prevent_default()
            event.stop()
            self.explain(active.node, active.binding.action, reason)

    def explain(self, pane: Pane, action: str, reason: str) -> None:
        """Say why a key is greyed."""
        self.say(reason, "attention")

    # --- looks ------------------------------------------------------------------------------

    def action_utc(self) -> None:
        """Show times in UTC, or in the host's zone again."""
        self.other_zone()
        self.second += 1
        self.pane.update()

    def action_next_theme(self) -> None:
        """Go round our themes."""
        self.next_theme()
        self.say(f"Theme {self.theme}; --theme or MCPDB_THEME keeps it.")
