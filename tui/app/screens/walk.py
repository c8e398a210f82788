"""Walks through every way back from a lost or damaged database: nothing is done by looking."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tui.app import verbs
from tui.app.glyphs import Glyphs
from tui.app.listing import walk as listing
from tui.app.panes.base import Pane
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, Lines, hanging, line, say, stack
from tui.app.seen import Seen
from tui.app.widgets.groups import ASKS, HERE
from tui.app.widgets.rows import RowList
from tui.core.models import Backup
from tui.wording.clean import one_line
from tui.wording.quantities import count, size

EMPTY = "There is no copy at all: a new database (n), or salvage of any file (:salvage FILE)."


class WalkScreen(Dialog[None]):
    """The copies with what each would lose; Enter shows the plan of a restore."""

    DEFAULT_CSS = """
    WalkScreen {
        #copies { height: 1fr; }
        #words { height: auto; max-height: 9; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,B", "restore", "restore…", key_display="Enter", id="walk.restore", group=ASKS,
            tooltip="the plan of putting this copy in place; types the name",
        ),
        Binding(
            "v", "look", "look into it", id="walk.look", group=HERE,
            tooltip="its tables and rows in 1 Tables; read-only",
        ),
        Binding(
            "t", "verify", "verify", id="walk.verify", group=HERE,
            tooltip="read this copy whole and check it",
        ),
        Binding(
            "S", "salvage", "salvage", id="walk.salvage", group=ASKS,
            tooltip="read what is left of this copy into a new file",
        ),
        Binding(
            "n", "bootstrap", "new database…", id="walk.bootstrap", group=ASKS,
            tooltip="a new empty database, made aside by the gateway's own code; types the name",
        ),
        Binding(
            "q,escape", "back", "back", key_display="Esc", id="walk.back", group=HERE,
            tooltip="back; nothing was done",
        ),
    ]  # fmt: skip

    def __init__(self, seen: Seen, now: datetime, glyphs: Glyphs) -> None:
        super().__init__()
        self._seen, self._now, self._glyphs = seen, now, glyphs

    def title_row(self) -> TitleRow:
        """How many there are."""
        found = listing.listed(self._seen.catalogue)
        good = sum(listing.usable(backup) for backup in found)
        head = line((" The ways back", BOLD), (f"  {good} of {len(found)} copies usable", MUTED))
        return TitleRow(head, "nothing is done by looking ")

    def compose_body(self) -> Iterable[Widget]:
        """The list, and what is said of the one under the cursor."""
        yield RowList(listing.COLUMNS, frame="none", id="copies")
        yield Lines(id="words")

    def on_mount(self) -> None:
        """Show what is known, and follow it: a copy may be verified meanwhile."""
        self.watch(self.app, "seen", self._follow, init=False)
        self._show()
        self.set_focus(self._list)

    def _follow(self, seen: Seen) -> None:
        self._seen = seen
        self._show()

    @property
    def _list(self) -> RowList:
        return self.query_one("#copies", RowList)

    @property
    def _copy(self) -> Backup | None:
        key = self._list.cursor_key if self.is_mounted else ""
        found = listing.listed(self._seen.catalogue)
        return next((backup for backup in found if backup.id == key), None)

    def _show(self) -> None:
        rows = listing.rows(self._seen.catalogue, self._glyphs, self._now)
        self._list.show(rows, empty=EMPTY)
        self._tell_of_it()

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._tell_of_it()

    def on_resize(self, event: events.Resize) -> None:
        """Write for the new width."""
        self._tell_of_it()

    def _tell_of_it(self) -> None:
        backup, width = self._copy, self.app.size.width
        rows: list[Content] = [Content("")]
        if backup is not None:
            known = listing.most(listing.listed(self._seen.catalogue))
            name = line((f" {one_line(backup.id)}", BOLD))
            what = f"{one_line(backup.path.name)}, {size(backup.size)}, {backup.kind}"
            rows += hanging(name, say(what), width - 1, 10)
            loss = say(f"{listing.loses(backup, known, self._now)}.")
            rows += hanging(line((" loses", MUTED)), loss, width - 1, 10)
            missing = listing.fewer(backup, known)
            if missing:
                told = ", ".join(f"{one_line(name)} {count(-n)}" for name, n in missing[:12])
                rows += hanging(line((" fewer", MUTED)), say(told), width - 1, 10)
            if backup.kind == "salvage":
                rows += hanging(
                    line((" suspect", MUTED)),
                    "or restore the newest verified copy, and bring tables or rows of this one "
                    "back into it (2 Backups, T)",
                    width - 1,
                    10,
                )
        for lines in self.query("#words").results(Lines):
            lines.content = stack(rows[:9])
        self.refresh_bindings()

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed; empty when it can be pressed."""
        backup = self._copy
        if action in ("restore", "look", "verify", "salvage") and backup is None:
            return "There is no copy under the cursor."
        if backup is not None and action in ("restore", "look") and not listing.usable(backup):
            return f"It is damaged ({one_line(backup.problem)}); S salvages what is left of it."
        match action:
            case "restore":
                return verbs.why_not_replace(self._seen, "restore…")
            case "verify" | "salvage":
                return verbs.why_not_change(self._seen, action)
            case "bootstrap":
                return verbs.why_not_change(self._seen, "new database…")
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        return None if self.is_mounted and self.why_not(action) else True

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled:
            self.tell(self.why_not(active.binding.action), attention=True)

    # --- keys -----------------------------------------------------------------------------

    def action_restore(self) -> None:
        """Leave, and show the plan."""
        if (backup := self._copy) is not None:
            self._leave_for(Pane.Do(verbs.restore(backup.id)))

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        if not self.why_not("restore"):
            self.action_restore()

    def action_look(self) -> None:
        """Leave, and open it in the browser."""
        if (backup := self._copy) is not None:
            self._leave_for(Pane.Browse(backup.id))

    def action_verify(self) -> None:
        """Read it whole; this page stays and shows what came of it."""
        if (backup := self._copy) is not None:
            self.app.post_message(Pane.Do(verbs.verify(backup.id)))

    def action_salvage(self) -> None:
        """Leave, and salvage it."""
        if (backup := self._copy) is not None:
            self._leave_for(Pane.Do(verbs.salvage(backup.id)))

    def action_bootstrap(self) -> None:
        """Leave, and show the plan of a new database."""
        from tui.app import migration_verbs

        self._leave_for(Pane.Do(migration_verbs.bootstrap))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)

    def _leave_for(self, message: Pane.Do | Pane.Browse) -> None:
        self.dismiss(None)
        self.app.post_message(message)
