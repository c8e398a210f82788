"""4 Activity: who did what, when, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.app import verbs
from tui.app.listing import activity as listing
from tui.app.paint import Span
from tui.app.panes.base import BESIDE, Pane
from tui.app.seen import Seen
from tui.app.widgets.groups import ASKS, HERE
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList


class ActivityPane(Pane):
    """The maintenance log, with the steps of the chosen entry."""

    NUMBER = 4
    TITLE = "Activity"

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
        Binding(
            "Z", "undo", "undo a restore…", id="activity.undo", group=ASKS,
            tooltip="undo the last restore; types the name",
        ),
        Binding(
            "y", "copy", "copy command", id="activity.copy", group=HERE,
            tooltip="copy the same as a command (OSC 52)",
        ),
    ]  # fmt: skip

    @dataclass
    class Show(Message):
        """The page of an operation is asked for."""

        ident: str

    def compose(self) -> ComposeResult:
        """List, and steps below or beside it."""
        yield RowList(listing.COLUMNS_FULL, frame="none", id="entries")
        yield TextPanel(frame="rule", id="detail")

    @property
    def _list(self) -> RowList:
        return self.query_one("#entries", RowList)

    def show(self, seen: Seen) -> None:
        """Draw the log."""
        self._list.show(
            listing.rows(seen, self.glyphs, self.now(), full=True),
            empty=listing.empty_words(seen),
        )
        self._show_detail(seen)
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
        self.refresh_bindings()

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        self.action_open()

    def on_resize(self, event: events.Resize) -> None:
        """Steps beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", TextPanel).frame = "side" if beside else "rule"

    def point_at(self, key: str) -> None:
        """Put the cursor on an entry."""
        self._list.point_at(key)

    def focus_first(self) -> None:
        """The list has the focus."""
        self.screen.set_focus(self._list)

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        match action:
            case "open" | "copy" if not self._list.cursor_key:
                return "Nothing is recorded yet."
            case "undo" if not verbs.undoable(self.seen):
                return "Z undo a restore… is off: no restore is in place."
            case "undo":
                return verbs.why_not_replace(self.seen, "Z undo a restore…")
        return ""

    def action_open(self) -> None:
        """Show the operation's own page."""
        self.post_message(self.Show(self._list.cursor_key))

    def action_undo(self) -> None:
        """Undo the last restore."""
        self.post_message(self.Do(verbs.undo))

    def action_copy(self) -> None:
        """Copy the command."""
        entry = listing.find(self.seen, self._list.cursor_key)
        if entry is not None:
            self.copy(entry.command)
