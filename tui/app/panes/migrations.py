"""3 Migrations: every revision of the code beside the database, and where the database stands."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app.listing import migrations as listing
from tui.app.paint import Span, line
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ACTIONS, FILTER, MATCHES, ListPane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import HERE
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList


class MigrationsPane(ListPane):
    """The timeline, newest first."""

    NUMBER = 3
    TITLE = "Migrations"
    LIST = "timeline"
    THING = "revision"
    FIELDS = ("state",)
    MENU = ("copy", "current")

    DEFAULT_CSS = """
    MigrationsPane {
        layout: vertical;
        RowList { height: 2fr; }
        TextPanel { height: 1fr; min-height: 8; }
        &.-beside { layout: horizontal; }
        &.-beside RowList { width: 84; height: 1fr; }
        &.-beside TextPanel { width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y", "copy", "copy revision", id="migrations.copy", group=HERE,
            tooltip="copy the revision (OSC 52)",
        ),
        Binding(
            "c", "current", "current", id="migrations.current", group=HERE,
            tooltip="go to where the database stands",
        ),
        ACTIONS,
        FILTER,
        *MATCHES,
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """List, and detail below or beside it."""
        yield FilterLine("pending, 1.0.6, oauth; -word drops")
        yield RowList(listing.COLUMNS, frame="rule", id="timeline")
        yield TextPanel(frame="rule", id="detail")

    def show(self, seen: Seen) -> None:
        """Draw the timeline."""
        self._list.entitle(listing.title(seen), listing.aside(seen))
        rows = listing.rows(seen, self.glyphs, self.now())
        first_time = not self._list.rows and rows
        self.list_rows(rows, empty=listing.empty_words(seen))
        if first_time and seen.timeline and seen.timeline.current:
            self._list.point_at(seen.timeline.current[0])
        self._show_detail(seen)
        self._stand(seen)

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", TextPanel)
        key = self._list.cursor_key
        revision = listing.find(seen, key)
        panel.entitle(key)
        if revision is not None:
            panel.show(listing.detail(revision, seen, self.now()))
        elif key:
            text = " In the database, but not in this code: start an image that knows it."
            panel.show((line(text),))
        else:
            panel.show(())

    def _stand(self, seen: Seen) -> None:
        timeline = seen.timeline
        if timeline is None or not timeline.revisions:
            self.stand(())
            return
        if timeline.problem:
            self.stand((Span(f" {timeline.problem}", "danger"),))
            return
        source = timeline.read_from or "memory"
        took = f" {timeline.seconds:.1f} s" if timeline.seconds else ""
        self.stand((Span(f" read from {source}{took}", "muted"),))

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self.query_one("#detail", TextPanel).to_top()
        self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        """Detail beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", TextPanel).frame = "side" if beside else "rule"

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action in ("copy", "current", "actions") and not self._list.cursor_key:
            return "There is no revision here."
        if action == "current" and not (self.seen.timeline and self.seen.timeline.current):
            return "This database was never migrated."
        return super().why_not(action)

    def copied(self) -> str:
        """The revision."""
        return self._list.cursor_key

    def action_current(self) -> None:
        """Go to where the database stands."""
        if self.seen.timeline:
            self.point_at(self.seen.timeline.current[0])
