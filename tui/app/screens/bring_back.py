"""Tables or rows back: what is ticked, and what bringing it back would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget

from tui.app import verbs
from tui.app.background import NotDone
from tui.app.effect_reader import EffectReader, Worked
from tui.app.listing import effect as listing
from tui.app.paint import Line, Span
from tui.app.screens.frame import WIDE, Choice, Dialog, TitleRow
from tui.app.screens.lines import ATTENTION, BOLD, MUTED, Lines, hanging, line, say, stack
from tui.app.ticks import Ticks, why_not_table
from tui.app.widgets.groups import HERE
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList
from tui.core.models import Comparison, Deployment
from tui.core.operation import Plan
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.listing.row import Row

NOTHING = "tick a table with space"


class TickList(RowList):
    """Moved by keys of the page while a button has the focus; so its cursor is always shown."""

    def _lead(self, row: Row | None, on_cursor: bool) -> Line:
        mark = self.glyphs.cursor if on_cursor else " "
        ticked = row is not None and row.marked
        return (Span(mark), Span(self.glyphs.mark if ticked else " ", bold=ticked), Span(" "))

    def _look_of(self, index: int) -> str:
        return "selection" if index == self._cursor else ""


class BringBackScreen(Dialog["verbs.Make | None"]):
    """Returns what makes the operation once that was asked for; its plan is another page."""

    DEFAULT_CSS = """
    BringBackScreen {
        #both { height: 1fr; layout: vertical; }
        #ticks { height: 1fr; min-height: 4; }
        #effect { height: 1fr; }
        &.-wide #both { layout: horizontal; }
        &.-wide #ticks { width: 1fr; }
        &.-wide #effect { width: 1fr; }
        #hand { max-height: 3; }
        #buttons { height: 1; padding: 0 1; align-horizontal: right; }
        #why { width: 1fr; }
        Choice { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "tick", "tick", key_display="space", id="bring.tick", group=HERE,
            tooltip="tick the table or row under the cursor, or no longer",
        ),
        Binding(
            "j,down", "move(1)", "next", key_display="j/k", id="bring.down", group=HERE,
            tooltip="next, previous line; arrows",
        ),
        Binding("k,up", "move(-1)", "", show=False, id="bring.up", group=HERE),
        Binding(
            "pagedown,ctrl+d", "scroll(5)", "", show=False, key_display="PgDn", id="bring.more",
            group=HERE, tooltip="the rest of what it does",
        ),
        Binding("pageup,ctrl+u", "scroll(-5)", "", show=False, id="bring.less", group=HERE),
        Binding(
            "r", "related", "related", id="bring.related", group=HERE,
            tooltip="also what points to these rows and is missing, and what they point to",
        ),
        Binding(
            "tab", "other(1)", "buttons", key_display="Tab", id="bring.next", group=HERE,
            priority=True, tooltip="Cancel, Go on; Enter does what is highlighted",
        ),
        Binding("shift+tab,left,right", "other(-1)", "", show=False, id="bring.previous"),
        Binding(
            "y", "copy", "copy", id="bring.copy", group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
        Binding(
            "escape,q", "cancel", "cancel", key_display="Esc", id="bring.cancel", group=HERE,
            tooltip="nothing is changed",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        deployment: Deployment,
        found: Comparison,
        ticks: Ticks,
        *,
        reader: EffectReader | None = None,
    ) -> None:
        """Offer what the backup has and live lacks or has otherwise.

        Args:
            deployment: Whose live database.
            found: A backup compared with it.
            ticks: What is ticked; changed here.
            reader: Works out what it would do.
        """
        super().__init__()
        self._deployment, self._found, self._ticks = deployment, found, ticks
        self._backup = found.first.word
        self._reader = reader or EffectReader(deployment, self._backup)
        self._related = True
        self._plan: Plan | None = None
        self._problem = ""

    # --- parts ----------------------------------------------------------------------------

    def title_row(self) -> TitleRow:
        """From where into what."""
        into = f"from {one_line(self._backup)} into the live database of {self._deployment.name}"
        words = line(" ", ("TABLES OR ROWS BACK  ", BOLD), (into, BOLD))
        return TitleRow(words, say("nothing has changed yet ", MUTED))

    def compose_body(self) -> Iterable[Widget]:
        """What is ticked, what it does, the command, the buttons."""
        with Container(id="both"):
            yield (ticks := TickList(listing.COLUMNS, frame="none", id="ticks"))
            ticks.can_focus = False
            yield TextPanel(frame="rule", id="effect")
        yield Lines(id="hand")
        with Horizontal(id="buttons"):
            yield Lines(id="why")
            yield Choice("Cancel", id="cancel")
            yield Choice("Go on to the plan", id="go")

    @property
    def _list(self) -> TickList:
        return self.query_one("#ticks", TickList)

    # --- life -----------------------------------------------------------------------------

    def on_mount(self) -> None:
        """The cursor stands on what is ticked first."""
        self._reader.start()
        self._show_list()
        first = next((t for t in listing.listed(self._found) if self._ticks.has(t.table)), None)
        if first is not None:
            self._list.point_at(first.table)
        self._work_out()
        self.tell("space ticks; the plan and the name to type come on the next page")

    def on_unmount(self) -> None:
        """Work nothing out any more."""
        self._reader.end()

    def on_resize(self, event: events.Resize) -> None:
        """What it does stands beside the list where there is room."""
        wide = event.size.width >= WIDE
        self.set_class(wide, "-wide")
        self.query_one("#effect", TextPanel).frame = "side" if wide else "rule"
        self.call_after_refresh(self._show_effect)

    # --- what it would do -----------------------------------------------------------------

    def _work_out(self) -> None:
        """Ask what the ticked rows come to; what was asked before is dropped."""
        self._plan, self._problem = None, ""
        if self._ticks:
            make = verbs.bring_back(self._backup, self._ticks, related=self._related)
            self._reader.work_out(self, make)
        else:
            self._reader.stop()
        self._show_effect()

    @on(Worked)
    def _worked(self, message: Worked) -> None:
        self._plan = message.plan
        self._show_effect()

    @on(NotDone)
    def _not_worked(self, message: NotDone) -> None:
        self._problem = message.text
        self._show_effect()

    def _why_off(self) -> str:
        """Why it cannot go on; empty when it can."""
        if not self._ticks:
            return NOTHING
        if self._problem:
            return "not possible"
        if self._plan is None:
            return "working it out …"
        return "FAIL above" if self._plan.forbidden is not None else ""

    def _show_effect(self) -> None:
        panel, plan, why = self.query_one("#effect", TextPanel), self._plan, self._why_off()
        aside = "with related rows" if self._related else "without related rows"
        panel.entitle("what it does", aside)
        if not self._ticks:
            panel.show((listing.NOTHING_TICKED,))
        elif self._problem:
            panel.show(((Span(" "), Span(self._problem, "danger")),))
        elif plan is None:
            panel.show(((Span(" » working out what would change …", "running"),),))
        else:
            panel.show(listing.effect(plan, panel.glyphs))
        width = self.app.size.width - 1
        command = one_line(plan.command) if plan is not None else ""
        hand = hanging(line(" ", ("by hand", MUTED)), say(command, BOLD), width, 10)
        self.query_one("#hand", Lines).content = stack(hand if command else [])
        self.query_one("#why", Lines).content = say(f" {why}" if why else "", ATTENTION)
        go = self.query_one("#go", Choice)
        if why and go.has_focus:
            self.set_focus(self.query_one("#cancel"))
        go.disabled = bool(why)
        self.refresh_bindings()

    # --- the list -------------------------------------------------------------------------

    def _show_list(self) -> None:
        self._list.show(
            listing.tick_rows(self._found, self._ticks, self._list.glyphs),
            empty="The backup has nothing that live lacks or has otherwise.",
        )

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._list.action_move(step)

    def action_scroll(self, lines: int) -> None:
        """Show more of what it does."""
        self.query_one("#effect", TextPanel).scroll_lines(lines)

    @on(RowList.Opened)
    def action_tick(self) -> None:
        """Tick or untick what the cursor stands on."""
        table, _, number = self._list.cursor_key.partition(listing.ROW_MARK)
        if not table:
            return
        if number:
            key = list(self._ticks.rows[table])[int(number)]
            self._ticks.toggle_row(table, key)
        else:
            whole = next(t for t in self._found.tables if t.table == table)
            if reason := why_not_table(whole):
                self.tell(reason, attention=True)
                return
            self._ticks.toggle_table(table)
        self._show_list()
        self._work_out()

    def action_related(self) -> None:
        """With or without the rows that belong to the ticked ones."""
        self._related = not self._related
        self._work_out()

    # --- leaving --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is a command as soon as the plan is known."""
        return None if action == "copy" and self._plan is None else True

    def action_other(self, _step: int) -> None:
        """The other button, where it can be pressed."""
        cancel, go = self.query_one("#cancel", Choice), self.query_one("#go", Choice)
        if go.disabled:
            self.tell(self._why_off(), attention=True)
        self.set_focus(go if cancel.has_focus and not go.disabled else cancel)

    def action_copy(self) -> None:
        """Copy the command."""
        if self._plan is not None:
            self.copy(one_line(self._plan.command), "the command")

    @on(Choice.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave; nothing was changed."""
        self.dismiss(None)

    @on(Choice.Pressed, "#go")
    def _go_on(self) -> None:
        if not self._why_off():
            ticks = self._ticks.copy()
            self.dismiss(verbs.bring_back(self._backup, ticks, related=self._related))
