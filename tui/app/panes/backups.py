"""2 Backups: the catalogue, and the chosen backup in detail."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.app import verbs
from tui.app.listing import backup_detail, backup_folds, backup_order
from tui.app.listing import backups as listing
from tui.app.listing.backup_folds import Fold
from tui.app.paint import Span
from tui.app.panes import backup_reasons
from tui.app.panes.backup_keys import KEYLESS, KEYS, MENU
from tui.app.panes.base import BESIDE
from tui.app.panes.listed import ListPane
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.panel import TextPanel
from tui.app.widgets.rows import RowList
from tui.core.models import Backup
from tui.wording import quantities


class BackupsPane(ListPane):
    """Lists the backups; makes, verifies, keeps and restores them."""

    NUMBER = 2
    TITLE = "Backups"
    LIST = "catalogue"
    THING = "backup"
    FIELDS = listing.FIELDS
    MENU = MENU
    KEYLESS = KEYLESS

    DEFAULT_CSS = """
    BackupsPane {
        layout: vertical;
        RowList { height: 1fr; }
        TextPanel { height: 9; }
        &.-beside { layout: horizontal; }
        &.-beside RowList { width: 82; height: 1fr; }
        &.-beside TextPanel { width: 1fr; height: 1fr; }
        &.-whole RowList { display: none; }
        &.-whole TextPanel { height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._marked: set[str] = set()
        self._unfolded: set[str] = set()
        self._order = backup_order.Order()

    def compose(self) -> ComposeResult:
        """List, and detail below or beside it."""
        yield FilterLine("words of any column; -word drops; since:7d")
        yield RowList(listing.COLUMNS_WITH_RELEASE, frame="none", id="catalogue")
        yield TextPanel(frame="rule", id="detail")

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw the catalogue."""
        if seen.catalogue is not None:
            self._marked &= {backup.id for backup in seen.catalogue.backups}
        self.list_rows(
            listing.rows(
                seen,
                self.glyphs,
                self.now(),
                release=True,
                order=self._order,
                marked=self._marked,
                # A filter looks into the folds.
                unfolded=self._unfolded if self._terms.is_empty else None,
            ),
            empty=listing.empty_words(seen),
            columns=backup_order.headed(listing.COLUMNS_WITH_RELEASE, self._order),
        )
        self._show_detail(seen)
        self._stand(seen)

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", TextPanel)
        backup, fold = self._backup, self._fold
        if fold is not None:
            panel.entitle(f"{len(fold.backups)} files of {fold.maker}")
            panel.show(backup_detail.fold_detail(fold, self.now()))
        elif backup is None:
            panel.entitle("")
            panel.show(())
        else:
            label = f"label {backup.label}" if backup.label else ""
            panel.entitle(backup_detail.detail_title(backup), label)
            panel.show(backup_detail.detail(backup, seen, self.glyphs, self.now()))

    def _stand(self, seen: Seen) -> None:
        if seen.catalogue is None:
            self.stand(())
            return
        if self._marked:
            two = " · c compares the two" if len(self._marked) == 2 else ""
            words = f" {len(self._marked)} marked · t verifies them{two} · Esc unmarks"
            self.stand((Span(words),))
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
        self.stand((Span(words if count else "", "muted"),))

    @property
    def _backup(self) -> Backup | None:
        return listing.find(self.seen, self._list.cursor_key)

    @property
    def _fold(self) -> Fold | None:
        backups = self.seen.catalogue.backups if self.seen.catalogue else ()
        return backup_folds.fold_of(backups, self._list.cursor_key)

    # --- moving ---------------------------------------------------------------------------

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self._stand(self.seen)
        self.refresh_bindings()

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        if not self.why_not("open"):
            self.action_open()

    @on(RowList.Headed)
    def _sort_clicked(self, message: RowList.Headed) -> None:
        column = listing.COLUMNS_WITH_RELEASE[message.number].title
        self._sort(backup_order.of(column, self._order))

    def on_resize(self, event: events.Resize) -> None:
        """Detail beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", TextPanel).frame = "side" if beside else "rule"

    def point_at(self, key: str) -> None:
        """Put the cursor on a backup; a fold that hides it opens."""
        backups = self.seen.catalogue.backups if self.seen.catalogue else ()
        for fold in backup_folds.folded(backups)[1]:
            if any(backup.id == key for backup in fold.backups):
                self._unfolded.add(fold.key)
                self.update()
        super().point_at(key)

    def back(self) -> bool:
        """Esc: the list again, then without filter, then without marks."""
        if self.has_class("-whole"):
            self.action_view()
            return True
        if super().back():
            return True
        if not self._marked:
            return False
        self._marked.clear()
        self.update()
        return True

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        key = self._list.cursor_key
        if action == "compare" and self._marked:
            return "" if self._sides else "c compares two; more are marked. Esc unmarks."
        reason = backup_reasons.why_not(action, self.seen, key, self._backup, bool(self._marked))
        return reason or super().why_not(action)

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return verbs.by_hand(self.seen, action, self._list.cursor_key)

    def title_of(self, action: str) -> str:
        """What the menu calls an action on this row."""
        backup = self._backup
        return "unpin" if action == "pin" and backup is not None and backup.pinned else ""

    def thing_words(self) -> str:
        """The row in a few words."""
        fold = self._fold
        return f"files of {fold.maker}" if fold else super().thing_words()

    def copied(self) -> str:
        """The path."""
        backup = self._backup
        return "" if backup is None else str(backup.path)

    # --- keys -----------------------------------------------------------------------------

    def action_open(self) -> None:
        """Show the backup in the table browser; of several files show each."""
        key = self._list.cursor_key
        if self._fold is not None:
            self._unfolded ^= {key}
            self.update()
        elif key.startswith(listing.MAKING):
            self.post_message(self.Look(key.removeprefix(listing.MAKING)))
        else:
            self.post_message(self.Browse(key))

    def action_mark(self) -> None:
        """Mark or unmark, and go on to the next row."""
        fold, key = self._fold, self._list.cursor_key
        idents = {backup.id for backup in fold.backups} if fold else {key}
        if idents <= self._marked:
            self._marked -= idents
        else:
            self._marked |= idents
        self.update()
        self._list.action_move(1)

    def action_sort(self) -> None:
        """Sort otherwise."""
        self._sort(backup_order.following(self._order))

    def _sort(self, order: backup_order.Order) -> None:
        self._order = order
        self.update()
        self.say(f"{order.words}.", "muted")

    def action_view(self) -> None:
        """The detail alone, or below the list again."""
        self.toggle_class("-whole")
        self.query_one("#detail", TextPanel).to_top()
        self.take_focus()

    def action_back_up(self) -> None:
        """Back up now."""
        self.post_message(self.Do(verbs.back_up))

    def action_back_up_cold(self) -> None:
        """Back up while the gateway is stopped."""
        self.post_message(self.Do(verbs.back_up_cold))

    def action_restore(self) -> None:
        """Restore the backup under the cursor."""
        self.post_message(self.Do(verbs.restore(self._list.cursor_key)))

    @property
    def _sides(self) -> tuple[str, str] | None:
        """What `c` compares, the older first; None where too many are marked."""
        here = self._backup
        chosen = set(self._marked)
        if len(chosen) == 1 and here is not None:
            chosen.add(here.id)
        if self.seen.catalogue is None or len(chosen) > 2:
            return None
        backups = [b for b in self.seen.catalogue.backups if b.id in chosen and not b.link_to]
        backups.sort(key=lambda backup: backup.taken)
        if len(backups) == 2:
            return backups[0].id, backups[1].id
        only = backups[0] if backups else here
        return None if only is None else (only.id, "live")

    def action_compare(self) -> None:
        """Show what differs between this backup and live, or between two."""
        if (sides := self._sides) is not None:
            self.post_message(self.Compare(*sides))

    def action_bring_back(self) -> None:
        """Choose tables or rows of this backup to bring back."""
        self.post_message(self.Compare(self._list.cursor_key, bring=True))

    def action_verify(self) -> None:
        """Verify what is marked, or what is under the cursor."""
        fold = self._fold
        chosen = [backup.id for backup in fold.backups] if fold else []
        if self._marked and self.seen.catalogue:
            chosen = [b.id for b in self.seen.catalogue.backups if b.id in self._marked]
        self._marked.clear()
        self.update()
        make = verbs.verify_all(chosen) if chosen else verbs.verify(self._list.cursor_key)
        self.post_message(self.Do(make))

    def action_verify_all(self) -> None:
        """Verify every backup."""
        self.post_message(self.Do(verbs.verify_all()))

    def action_salvage(self) -> None:
        """Read what is left of the file into a new one."""
        self.post_message(self.Do(verbs.salvage(self._list.cursor_key)))

    def action_drill(self) -> None:
        """Prove that the backup can be restored."""
        self.post_message(self.Do(verbs.drill(self._list.cursor_key)))

    def action_adopt(self) -> None:
        """Make a file that another tool made one of ours."""
        self.post_message(self.Do(verbs.adopt(self._list.cursor_key)))

    def action_pin(self) -> None:
        """Pin, or unpin."""
        if (backup := self._backup) is not None:
            self.post_message(pinning(backup, pinned=not backup.pinned))

    def action_label(self) -> None:
        """Ask for another label."""
        backup = self._backup
        if backup is None:
            return
        title, hint = f"Label of {backup.id}", "Enter takes it; empty: no label. u takes it back."
        self.post_message(self.Ask(title, backup.label, hint, lambda text: labelling(backup, text)))

    def action_delete(self) -> None:
        """Delete the backup under the cursor."""
        self.post_message(self.Do(verbs.delete(self._list.cursor_key)))

    def action_prune(self) -> None:
        """Delete what no rule keeps."""
        self.post_message(self.Do(verbs.prune))

    def action_undo(self) -> None:
        """Undo the last restore."""
        self.post_message(self.Do(verbs.undo))


def pinning(backup: Backup, *, pinned: bool) -> BackupsPane.Do:
    """Pin or unpin, so that it can be taken back."""
    make = verbs.pin(backup.id, pinned=pinned)
    return BackupsPane.Do(make, verbs.unpin_again(backup, pinned=pinned))


def labelling(backup: Backup, label: str) -> BackupsPane.Do:
    """Change a label, so that it can be taken back."""
    return BackupsPane.Do(verbs.relabel(backup.id, label), verbs.label_again(backup))
