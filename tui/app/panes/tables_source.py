"""Where the table browser reads from: the live database, or a backup in its place."""

from __future__ import annotations

from textual import on

from tui.app.backup_reader import BackupRead
from tui.app.desk import Answer, Desk, LiveRows
from tui.app.panes.listed import ListPane
from tui.app.panes.opened import OpenedBackup
from tui.app.panes.table_rows import TableRows
from tui.app.row_reads import Place
from tui.app.seen import Seen
from tui.core.models import Backup, TableInfo


class TablesSource(ListPane):
    """Lends the rows a desk, and tells them what becomes of the file."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._live: LiveRows | None = None
        self._was_released = False
        self._counts: dict[str, int | None] = {}
        self._opened: OpenedBackup | None = None

    @property
    def _rows(self) -> TableRows:
        return self.query_one(TableRows)

    @property
    def _is_in_rows(self) -> bool:
        focused = self.screen.focused
        return focused is not None and self._rows in focused.ancestors_with_self

    def _info_of(self, key: str) -> TableInfo | None:
        seen = self._opened.as_seen(self.seen) if self._opened else self.seen
        return next((table for table in seen.tables or () if table.name == key), None)

    def _follow_live(self, seen: Seen) -> None:
        """What the live file does to rows that were read of it."""
        rows, changed = self._rows, seen.changed_at
        read = rows.grid.read_at
        rows.count_is_stale = bool(changed and seen.counted_at and changed > seen.counted_at)
        rows.grid.newer = bool(read and changed and changed > read)
        if self._was_released and not seen.released:
            rows.reopen()
        self._was_released = seen.released

    # --- a backup in place of the live database -------------------------------------------

    @property
    def opened(self) -> OpenedBackup | None:
        """The backup that is shown; None for the live database."""
        return self._opened

    def open_backup(self, backup: Backup) -> None:
        """Show a backup; it is only read."""
        self._change_source(OpenedBackup(backup, self, getattr(self.app, "mask", ())))

    def _change_source(self, opened: OpenedBackup | None) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened, self._counts = opened, {}
        self.remove_class("-inside")
        self._rows.left.clear()
        self._rows.backup = opened.backup.id if opened else ""
        self._rows.use(None)
        self.post_message(self.Badged(self.badge))
        self.update()
        self.take_focus()

    @on(BackupRead)
    def _take_backup(self, message: BackupRead) -> None:
        if self._opened is not None and self._opened.take(message):
            self.update()

    @on(Answer)
    def _answered(self, message: Answer) -> None:
        message.tell()

    @property
    def badge(self) -> str:
        """`BACKUP k7m2qd` while a backup is shown."""
        return self._opened.badge if self._opened else ""

    def on_unmount(self) -> None:
        """Leave no scratch copy behind, and no thread."""
        if self._live is not None:
            self._live.end()
        if self._opened is not None:
            self._opened.close(leaving=True)

    def forget_extent(self) -> None:
        """What is known of the file besides its rows is of another one."""

    # --- rows -----------------------------------------------------------------------------

    def _want(self, table: str) -> None:
        """Ask for the rows of the table under the cursor once it is in sight."""
        visible = self.has_class("-beside") or self.has_class("-inside")
        rows = self._rows
        if not table or not visible or self._is_in_rows or table == rows.table:
            return
        if rows.desk is None:
            rows.use(self._desk())
            rows.known = self._info_of
        rows.left.clear()
        rows.go(Place(table=table))

    def _desk(self) -> Desk | None:
        """Who reads rows of what is shown; None where nothing is read at all."""
        if self._opened is not None:
            return self._opened.desk
        model = getattr(self.app, "model", None)
        if model is None:
            return None
        if self._live is None:
            self._live = LiveRows(model.live(), self, getattr(self.app, "mask", ()))
            self._live.start()
        return self._live.desk

    def read_again(self) -> None:
        """Read the rows again: another file stands there."""
        self.forget_extent()
        if self._opened is None and not self.seen.released:
            self._rows.reopen()

    def go_to_row(self, number: str) -> bool:
        """Go to row N of the table that is open."""
        rows = self._rows
        if rows.view is None or not number.replace(",", "").isdecimal():
            return False
        rows.grid.go_to(max(1, int(number.replace(",", ""))))
        self.add_class("-inside")
        self.screen.set_focus(rows.main)
        return True
