"""4 Activity: who did what, when, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import troubles, verbs
from tui.app.background import NotDone
from tui.app.entry_reader import EntryReader, Opened
from tui.app.listing import activity as listing
from tui.app.paint import Span
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ACTIONS, FILTER, MATCHES, ListPane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import ASKS, HERE
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList
from tui.core.models import ActivityEntry
from tui.operations.recording.filtering import narrowed
from tui.wording.quantities import count

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.screens.trouble import Trouble


class ActivityPane(ListPane):
    """The maintenance log, with the steps of the chosen entry."""

    NUMBER = 4
    TITLE = "Activity"
    LIST = "entries"
    THING = "op"
    FIELDS = listing.FIELDS
    MENU = ("open", "undo", "export", "copy")

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
            "x", "export", "export…", id="activity.export", group=HERE,
            tooltip="write what the filter keeps to a .csv or .json file; asks for the place",
        ),
        Binding(
            "y", "copy", "copy command", id="activity.copy", group=HERE,
            tooltip="copy the same as a command (OSC 52)",
        ),
    ]  # fmt: skip

    _reader: EntryReader | None = None
    _whole: ActivityEntry | None = None
    """The entry that was opened last, with its steps."""
    _wanted = ""
    """The one that is being opened."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows = listing.Rows(full=True)

    def compose(self) -> ComposeResult:
        """List, and steps below or beside it."""
        yield FilterLine("who:dana  what:restore  -backup  since:7d")
        yield RowList(listing.COLUMNS_FULL, frame="none", id="entries")
        yield TextPanel(frame="rule", id="detail")

    def on_unmount(self) -> None:
        """Nothing more is opened."""
        if self._reader is not None:
            self._reader.end()

    def show(self, seen: Seen) -> None:
        """Draw the log."""
        self.list_rows(
            self._rows.of(seen, self.glyphs, self.now()), empty=listing.empty_words(seen)
        )
        self._show_detail(seen)
        self._stand()

    def _stand(self) -> None:
        first, last, total = self._list.shown
        words = f" entries {count(first)}-{count(last)} of {count(total)}" if total else ""
        if total and (gone := self._rows.not_kept):
            words += f" · {count(gone)} older ones are not kept"
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
        entry, opened = self._with_steps(seen, entry)
        panel.entitle(listing.detail_title(entry), listing.detail_aside(entry))
        panel.show(listing.detail(entry, self.glyphs, self.now(), opened=opened))

    def _with_steps(self, seen: Seen, entry: ActivityEntry) -> tuple[ActivityEntry, bool]:
        """The entry with its steps, as soon as they have been read; and whether they have."""
        if entry.steps or entry.state in ("running", "cut") or seen.deployment is None:
            return entry, True
        if self._whole is not None and self._whole.id == entry.id:
            return self._whole, True
        if not getattr(self.app, "watches", False):
            return entry, True
        if self._wanted != entry.id:
            self._wanted = entry.id
            if self._reader is None:
                self._reader = EntryReader()
                self._reader.start()
            self._reader.open(self, seen.deployment, entry.id)
        return entry, False

    @on(Opened)
    def _has_opened(self, message: Opened) -> None:
        message.stop()
        self._whole, self._wanted = message.entry, ""
        self._show_detail(self.seen)

    @on(NotDone)
    def _not_opened(self, message: NotDone) -> None:
        """It was removed meanwhile; what the list knows of it is all there is."""
        message.stop()
        self._whole, self._wanted = listing.find(self.seen, self._wanted), ""
        self._show_detail(self.seen)

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
            case "export" if not self.seen.activity:
                return "There is nothing to export."
            case "undo":
                return self._why_not_undo()
        return super().why_not(action)

    def _why_not_undo(self) -> str:
        """An undo takes back the last change; on an older one it says which comes first."""
        entry = listing.find(self.seen, self._list.cursor_key)
        if entry is not None and entry.result.get("undo_until"):
            return verbs.why_not_undo_this(self.seen, entry) or verbs.why_not_undo(
                self.seen, "Z undo…"
            )
        return verbs.why_not_undo(self.seen, "Z undo…")

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

    @work(exclusive=True, group="export")
    async def action_export(self) -> None:
        """Write what the filter keeps to a file."""
        from tui.app.exporting_activity import export_activity

        seen = self.seen
        if seen.deployment is None or not seen.activity:
            return
        found = narrowed(seen.activity, self._terms, self.now())
        if not found:
            self.say("The filter keeps no entry; there is nothing to export.", "attention")
            return
        terms = "" if self._terms.is_empty else self._filter.text
        app = cast("McpdbApp", self.app)
        self.say(await export_activity(app, seen.deployment, found, terms))
