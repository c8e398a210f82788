"""2 Backups: the catalogue, and the chosen backup in detail."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import verbs
from tui.app.listing import backups as listing
from tui.app.paint import Span
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ACTIONS, FILTER, MATCHES, ListPane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import ASKS, HERE
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList
from tui.core.operation import Verdict
from tui.wording import quantities


class BackupsPane(ListPane):
    """Lists the backups; makes, verifies and restores them."""

    NUMBER = 2
    TITLE = "Backups"
    LIST = "catalogue"
    THING = "backup"
    MENU = ("restore", "verify", "copy", "undo")

    DEFAULT_CSS = """
    BackupsPane {
        layout: vertical;
        RowList { height: 1fr; }
        TextPanel { height: 10; }
        &.-beside { layout: horizontal; }
        &.-beside RowList { width: 82; height: 1fr; }
        &.-beside TextPanel { width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "b", "back_up", "back up", id="backups.create", group=HERE,
            tooltip="back up now: hot, the gateway keeps running",
        ),
        Binding(
            "B", "restore", "restore…", id="backups.restore", group=ASKS,
            tooltip="put this backup in place of the live database; types the name",
        ),
        Binding(
            "t", "verify", "verify", id="backups.verify", group=HERE,
            tooltip="read this backup whole and check it",
        ),
        ACTIONS,
        FILTER,
        *MATCHES,
        Binding(
            "Z", "undo", "undo restore…", id="backups.undo", group=ASKS,
            tooltip="undo the last restore; types the name",
        ),
        Binding(
            "y", "copy", "copy path", id="backups.copy", group=HERE,
            tooltip="copy the backup's path (OSC 52)",
        ),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """List, and detail below or beside it."""
        yield FilterLine("words of any column; -word drops; since:7d")
        yield RowList(listing.COLUMNS_WITH_RELEASE, frame="none", id="catalogue")
        yield TextPanel(frame="rule", id="detail")

    def show(self, seen: Seen) -> None:
        """Draw the catalogue."""
        self.list_rows(
            listing.rows(seen, self.glyphs, self.now(), release=True),
            empty=listing.empty_words(seen),
        )
        self._show_detail(seen)
        self._stand(seen)

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", TextPanel)
        backup = listing.find(seen, self._list.cursor_key)
        if backup is None:
            panel.entitle("")
            panel.show(())
            return
        label = f"label {backup.label}" if backup.label else ""
        panel.entitle(listing.detail_title(backup), label)
        panel.show(listing.detail(backup, seen, self.glyphs, self.now()))

    def _stand(self, seen: Seen) -> None:
        if seen.catalogue is None:
            self.stand(())
            return
        count = len(seen.catalogue.backups)
        described = sum(1 for backup in seen.catalogue.backups if backup.manifest)
        first, last, total = self._list.shown
        words = (
            f" {quantities.plural(count, 'backup')}, {quantities.size(seen.catalogue.total_size)}"
            f" · {described} with manifest"
        )
        if total:
            words += f" · rows {first}-{last} of {total}"
        strangers = len(seen.catalogue.strangers)
        if strangers:
            words += f" · {quantities.plural(strangers, 'other file')}, left alone"
        self.stand((Span(words if count else "", "muted"),))

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self._stand(self.seen)
        self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        """Detail beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", TextPanel).frame = "side" if beside else "rule"

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        backup = listing.find(self.seen, self._list.cursor_key)
        match action:
            case "back_up":
                return verbs.why_not_change(self.seen, "b back up")
            case "undo":
                return verbs.why_not_undo(self.seen, "Z undo restore…")
            case "restore" | "verify" | "copy" | "actions" if backup is None:
                return "There is no backup here; b makes one."
            case "restore" if backup is not None and backup.verdict is Verdict.FAIL:
                return f"B restore… is off: {backup.problem or 'this backup is damaged'}."
            case "restore":
                return verbs.why_not_replace(self.seen, "B restore…")
            case "verify":
                return verbs.why_not_change(self.seen, "t verify")
        return super().why_not(action)

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return verbs.by_hand(self.seen, action, self._list.cursor_key)

    def copied(self) -> str:
        """The path."""
        backup = listing.find(self.seen, self._list.cursor_key)
        return "" if backup is None else str(backup.path)

    def action_back_up(self) -> None:
        """Back up now."""
        self.post_message(self.Do(verbs.back_up))

    def action_restore(self) -> None:
        """Restore the backup under the cursor."""
        self.post_message(self.Do(verbs.restore(self._list.cursor_key)))

    def action_verify(self) -> None:
        """Verify the backup under the cursor."""
        self.post_message(self.Do(verbs.verify(self._list.cursor_key)))

    def action_undo(self) -> None:
        """Undo the last restore."""
        self.post_message(self.Do(verbs.undo))
