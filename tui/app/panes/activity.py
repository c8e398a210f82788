"""4 Activity: who did what, when, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import troubles, verbs
from tui.app.listing import activity as listing
from tui.app.paint import Span
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ACTIONS, FILTER, MATCHES, ListPane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import ASKS, HERE
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble


class ActivityPane(ListPane):
    """The maintenance log, with the steps of the chosen entry."""

    NUMBER = 4
    TITLE = "Activity"
    LIST = "entries"
    THING = "op"
    FIELDS = listing.FIELDS
    MENU = ("open", "undo", "copy")

    DEFAULT_CSS = """
    ActivityPane {
        layout: vertical;
        RowList { height: 1fr; }
        TextPanel { height: 1fr; max-height: 14; }
        &.-beside { layout: horizontal; }
        &.-beside RowList { width: 83; height: 1fr; }
        &.-beside TextPanel { width: 1fr; height: 1fr; max-height: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "whole page", id="activity.open", key_display="Enter", group=HERE,
            tooltip="the operation's own page: steps, result, what is next",
        ),
        ACTIONS,
        FILTER,
        *MATCHES,
        Binding(
            "Z", "undo", "undo…", id="activity.undo", group=ASKS,
            tooltip="undo the last restore, upgrade, reset …; types the name",
        ),
        Binding(
            "y", "copy", "copy command", id="activity.copy", group=HERE,
            tooltip="copy the same as a command (OSC 52)",
        ),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """List, and steps below or beside it."""
        yield FilterLine("who:dana  what:restore  -backup  since:7d")
        yield RowList(listing.COLUMNS_FULL, frame="none", id="entries")
        yield TextPanel(frame="rule", id="detail")

    def show(self, seen: Seen) -> None:
        """Draw the log."""
        self.list_rows(
            listing.rows(seen, self.glyphs, self.now(), full=True),
            empty=listing.empty_words(seen),
        )
        self._show_detail(seen)
        self._stand()

    def _stand(self) -> None:
        first, last, total = self._list.shown
        words = f" entries {first}-{last} of {total}" if total else ""
        self.stand((Span(words, "muted"),))

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", TextPanel)
        entry = listing.find(seen, self._list.cursor_key)
        if seen.running is not None and entry is not None and seen.running.id == entry.id:
            entry = seen.running
        if entry is None:
            panel.entitle("")
            panel.show(())
            return
        panel.entitle(listing.detail_title(entry), listing.detail_aside(entry))
        panel.show(listing.detail(entry, self.glyphs, self.now()))

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self.query_one("#detail", TextPanel).to_top()
        self._stand()
        self.refresh_bindings()

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        self.action_open()

    def on_resize(self, event: events.Resize) -> None:
        """Steps beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", TextPanel).frame = "side" if beside else "rule"

    def trouble(self, seen: Seen) -> Trouble | None:
        """The journals may not be read."""
        return troubles.of_state(seen)

    def thing_words(self) -> str:
        """`31 restore k3p9wd`."""
        entry = listing.find(self.seen, self._list.cursor_key)
        return f"{entry.number} · {listing.what(entry)}" if entry else ""

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        match action:
            case "open" | "actions" if not self._list.cursor_key:
                return "There is no entry here."
            case "undo":
                return verbs.why_not_undo(self.seen, "Z undo…")
        return super().why_not(action)

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return verbs.by_hand(self.seen, action)

    def copied(self) -> str:
        """The command; what has none is named by its journal."""
        entry = listing.find(self.seen, self._list.cursor_key)
        return (entry.command or entry.id) if entry else ""

    def action_open(self) -> None:
        """Show the operation's own page."""
        self.post_message(self.Look(self._list.cursor_key))

    def action_undo(self) -> None:
        """Undo the last restore."""
        self.post_message(self.Do(verbs.undo))
