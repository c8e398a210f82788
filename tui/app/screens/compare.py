"""What differs between two databases: table by table, the rows of one, and the gist in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType

from tui.app import verbs
from tui.app.background import Far, NotDone
from tui.app.comparison_reader import Compared, ComparisonReader, RowsCame
from tui.app.listing import comparison as listing
from tui.app.listing.terms import Terms
from tui.app.panes.base import Pane
from tui.app.screens.compare_keys import KEYS, why_not
from tui.app.screens.compare_view import ComparisonView
from tui.app.ticks import Ticks, why_not_table
from tui.app.widgets.rows import RowList

if TYPE_CHECKING:
    from tui.app.seen import Seen

LEAVING_WAIT = 0.5
"""Seconds within which connections are closed and scratch copies gone."""


class CompareScreen(ComparisonView):
    """Reads both sides in a thread of its own; what is ticked here can be brought back."""

    AUTO_FOCUS = "#tables"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        reader: ComparisonReader,
        *,
        table: str = "",
        bring: bool = False,
        mask: Sequence[str] = (),
    ) -> None:
        """Compare.

        Args:
            reader: Knows both sides; not started yet, ended with the screen.
            table: Where the cursor stands first, if it differs.
            bring: Whether to go on to bringing back as soon as it is known what differs.
            mask: The operator's own patterns of secret columns.
        """
        super().__init__(reader, mask)
        self._first_table, self._bring = table, bring
        self._comparing = self._stale = False

    # --- life -----------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin to compare, and follow whether the live database is replaced meanwhile."""
        self._show_title()
        self._reader.start()
        self._compare()
        self.watch(self.app, "seen", self._notice, init=False)

    def on_unmount(self) -> None:
        """Leave no connection and no scratch copy behind."""
        self._reader.end(LEAVING_WAIT)

    def on_screen_resume(self) -> None:
        """What was brought back or restored meanwhile is compared anew."""
        self._notice(self._seen)

    def _notice(self, seen: Seen) -> None:
        """After an operation on the live database what stood here is no longer true."""
        if "live" not in (self._reader.first, self._reader.second):
            return
        if seen.released:
            self._stale = True
        elif self._stale and seen.running is None and self.is_current:
            self._stale = False
            self._ticks.clear()
            self._compare()

    def _compare(self) -> None:
        self._comparing = True
        self._detail.forget()
        self._reader.compare(self)
        self.tell(f"» {listing.progress_words(0, 0)} · Esc stops it")
        if self._found is None:
            self._list.show((), empty="…")
        self.refresh_bindings()

    @on(Far)
    def _far(self, message: Far) -> None:
        if self._comparing:
            words = listing.progress_words(message.done, message.total)
            self.tell(f"» {words} · Esc stops it")

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        first_time, self._comparing = self._found is None, False
        self._found = message.comparison
        self._show_title()
        self._show_tables()
        first = listing.first_of(message.comparison, self._first_table)
        if first_time and first:
            self._list.point_at(first)
        self._want_detail()
        self.rest()
        self.refresh_bindings()
        if self._bring:
            self._bring = False
            if reason := self.why_not("bring_back"):
                self.tell(reason, attention=True)
            else:
                self._open_bring_back(self._ticks)

    @on(NotDone)
    def _not_done(self, message: NotDone) -> None:
        self._comparing = False
        if self._found is None:
            self._list.show((), empty=f"{message.text} R compares again.")
        self.tell(message.text, attention=True)
        self.refresh_bindings()

    def rest(self) -> None:
        """What the message line says while there is nothing else to say."""
        if self._found is None:
            return
        if self._ticks:
            self.tell(f"{self._ticks.words} marked · T brings them back · Esc unmarks")
        else:
            self.tell(listing.compared_words(self._found))

    # --- the rows of the table under the cursor -------------------------------------------

    @on(RowList.Moved, "#tables")
    def _follow_cursor(self) -> None:
        self.refresh_bindings()
        self._want_detail()

    def _want_detail(self) -> None:
        if not self._comparing:
            self._detail.follow(self._table)

    @on(RowsCame)
    def _take_rows(self, message: RowsCame) -> None:
        self._detail.take(message)

    # --- what is possible -----------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done; in the filter's field a slash is text."""
        if action == "filter" and self.is_mounted and self._filter.is_typed_in:
            return False
        return None if self.is_mounted and self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why a key is greyed; empty when it works."""
        return why_not(action, self._seen, self._found, self._table, comparing=self._comparing)

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled or active.node is not self:
            return
        if not self._filter.is_typed_in and (reason := self.why_not(active.binding.action)):
            event.stop()
            event.prevent_default()
            self.tell(reason, attention=True)

    # --- keys -----------------------------------------------------------------------------

    @on(RowList.Opened, "#tables")
    def action_open(self) -> None:
        """Every row of the table that differs."""
        from tui.app.screens.compare_rows import CompareRowsScreen

        table = self._table
        if table is None or self._found is None:
            return
        if not listing.has_rows(table):
            self.tell(listing.no_rows_words(table), attention=True)
            return
        screen = CompareRowsScreen(
            self._reader, self._found, table, self._ticks, mask=self._mask,
            why_not_bring=lambda: self.why_not("bring_back"),
        )  # fmt: skip
        self.app.push_screen(screen, self._back_from_rows)

    def _back_from_rows(self, wanted: Ticks | None) -> None:
        self._show_tables()
        self._want_detail()
        self.rest()
        if wanted is not None:
            self._open_bring_back(wanted)

    def action_mark(self) -> None:
        """Tick the table, and go on to the next."""
        if (table := self._table) is not None:
            self._ticks.toggle_table(table.table)
            self._show_tables()
            self._detail.redraw()
            self._list.action_move(1)
            self.rest()

    def action_bring_back(self) -> None:
        """Show what bringing back would do with what is ticked, or with this table."""
        ticks, table = self._ticks, self._table
        if not ticks and table is not None and not why_not_table(table):
            ticks = Ticks({table.table})
        self._open_bring_back(ticks)

    def _open_bring_back(self, ticks: Ticks) -> None:
        from tui.app.screens.bring_back import BringBackScreen

        deployment, found = self._seen.deployment, self._found
        if deployment is not None and found is not None:
            self._reader.stop()
            self.app.push_screen(BringBackScreen(deployment, found, ticks), self._chosen)

    def _chosen(self, make: verbs.Make | None) -> None:
        self._want_detail()
        self._show_tables()
        self.rest()
        if make is not None:
            self.app.post_message(Pane.Do(make))

    def action_restore(self) -> None:
        """Put the whole backup in place."""
        if self._found is not None:
            self.app.post_message(Pane.Do(verbs.restore(self._found.first.word)))

    def action_again(self) -> None:
        """Compare again."""
        if not self._comparing:
            self._compare()

    def action_stop(self) -> None:
        """Stop comparing; without a result there is nothing to stay for."""
        if not self._comparing:
            self.tell("q goes back; nothing is being compared.")
            return
        self._comparing = False
        self._reader.stop()
        if self._found is None:
            self._leave("Stopped comparing.")
        else:
            self.tell("Stopped; this is the comparison of before.", attention=True)

    def action_back(self) -> None:
        """One step: stop, clear the filter, unmark, leave."""
        if self._comparing:
            self.action_stop()
        elif self._filter.clear():
            self._terms = Terms()
            self.set_focus(self._list)
            self._show_tables()
        elif self._ticks:
            self._ticks.clear()
            self._show_tables()
            self._detail.redraw()
            self.rest()
        else:
            self._leave("")

    def action_leave(self) -> None:
        """Leave, whatever is going on."""
        self._leave("Stopped comparing." if self._comparing else "")

    def _leave(self, words: str) -> None:
        self._reader.stop()
        self.dismiss(None)
        if words:
            self.app.post_message(Pane.Say(words))
