"""1 Tables: every table with its row count, and the first rows of the chosen one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import troubles, verbs
from tui.app.listing import tables as listing
from tui.app.listing.cells import grid
from tui.app.listing.row import Column
from tui.app.paint import Span
from tui.app.panes.listed import ACTIONS, FILTER, MATCHES, ListPane
from tui.app.seeing import RowsRead, WantRows
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE
from tui.app.widgets.rows import RowList
from tui.core.models import TableInfo
from tui.wording import quantities

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

SIDE_BY_SIDE = 120
"""From this many columns on list and rows stand side by side."""


class Grid(RowList):
    """The rows of a table; moves sideways by columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l,right", "sideways(1)", "columns", key_display="h l", id="tables.right",
            group=EVERYWHERE, tooltip="columns before and after; arrows",
        ),
        Binding("h,left", "sideways(-1)", "", show=False, id="tables.left", group=EVERYWHERE),
    ]  # fmt: skip

    def action_sideways(self, step: int) -> None:
        """Ask the pane for other columns."""
        pane = self.parent
        if isinstance(pane, TablesPane):
            pane.move_columns(step)


class TablesPane(ListPane):
    """The table browser."""

    NUMBER = 1
    TITLE = "Tables"
    LIST = "tables"
    THING = "table"
    MENU = ("open", "copy")

    DEFAULT_CSS = """
    TablesPane {
        layout: vertical;
        #tables { height: 1fr; }
        #rows { height: 1fr; display: none; }
        &.-inside #tables { display: none; }
        &.-inside #rows { display: block; }
        &.-beside { layout: horizontal; }
        &.-beside #tables { display: block; width: 42; height: 1fr; }
        &.-beside #rows { display: block; width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "rows", id="tables.open", key_display="Enter", group=HERE,
            tooltip="the first rows of this table",
        ),
        Binding(
            "B", "restore", "restore…", id="tables.restore", group=ASKS,
            tooltip="put the newest verified backup in place; types the name",
        ),
        Binding(
            "y", "copy", "copy", id="tables.copy", group=HERE,
            tooltip="the table's name, or the row as JSON without secrets (OSC 52)",
        ),
        ACTIONS,
        FILTER,
        *MATCHES,
    ]  # fmt: skip

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._read: RowsRead | None = None
        self._wanted = ""
        self._first_column = 0
        self._counts: dict[str, int | None] = {}
        self._changed: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """List and rows."""
        yield FilterLine("part of a name; -word drops")
        yield RowList(
            (Column("table", 16, grows=True, gap=1), Column("rows", 11, "right", gap=1)),
            frame="rule", signed=False, heading=False, id="tables",
        )  # fmt: skip
        yield Grid(frame="rule", signed=False, id="rows")

    @property
    def _grid(self) -> Grid:
        return self.query_one("#rows", Grid)

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw the list; the rows that were read stay until they are read again."""
        self._notice_changes(seen)
        self._list.entitle(listing.title(seen).removeprefix("1 "))
        self.list_rows(listing.with_empty(seen, self._changed), empty=listing.empty_words(seen))
        self._want(self._list.cursor_key)
        self._stand(seen)

    def _notice_changes(self, seen: Seen) -> None:
        """A changed value is bold for three seconds."""
        counts = {table.name: table.rows for table in seen.tables or ()}
        changed = frozenset(
            name
            for name, rows in counts.items()
            if rows is not None and self._counts.get(name) not in (None, rows)
        )
        self._counts = counts
        if changed:
            self._changed = changed
            self.set_timer(3.0, self._calm)

    def _calm(self) -> None:
        self._changed = frozenset()
        self.update()

    def _stand(self, seen: Seen) -> None:
        info = self._info()
        if self._stands_replaced(seen):
            return
        if info is None:
            self.stand(())
            return
        change = listing.difference(seen, info)
        if change:
            direction = "fewer" if change < 0 else "more"
            count = quantities.plural(abs(change), "row")
            since = listing.since_title(seen, self.now()).removeprefix("since ")
            words = f" {info.name}: {count} {direction} than in the backup of {since}"
            self.stand((Span(words),))
            return
        counted = seen.counted_at
        words = f" counts {counted.astimezone(self.now().tzinfo):%H:%M:%S}" if counted else ""
        self.stand((Span(words, "muted"),))

    def _stands_replaced(self, seen: Seen) -> bool:
        read, replaced = self._read, seen.replaced_at
        if seen.released:
            self.stand((Span(" The database is being replaced; it is read again.", "running"),))
            return True
        if replaced is None or (self.now() - replaced).total_seconds() > 60:
            return False
        clock = replaced.astimezone(self.now().tzinfo).strftime("%H:%M:%S")
        again = "R reads again" if read and read.at < replaced else "read again"
        self.stand((Span(f" The database was replaced at {clock}; {again}.", "attention"),))
        return True

    def _info(self) -> TableInfo | None:
        key = self._list.cursor_key
        return next((table for table in self.seen.tables or () if table.name == key), None)

    # --- rows -----------------------------------------------------------------------------

    def _want(self, table: str) -> None:
        """Ask for the rows of the table under the cursor once it is in sight."""
        visible = self.has_class("-beside") or self.has_class("-inside")
        if not table or not visible or table == self._wanted:
            return
        self._wanted = table
        self._first_column = 0
        self._grid.entitle(table, "…")
        self._grid.show((), empty="…")
        self.post_message(WantRows(table))

    def read_again(self) -> None:
        """Read the rows again, of another file or because R was pressed."""
        if self._wanted:
            self.post_message(WantRows(self._wanted))

    def take(self, message: RowsRead) -> None:
        """Rows were read."""
        if message.table != self._wanted:
            return
        self._read = message
        self._draw_grid()
        self._stand(self.seen)

    def _draw_grid(self) -> None:
        read = self._read
        if read is None:
            return
        if read.rows is None:
            self._grid.entitle(read.table)
            self._grid.show((), empty=read.problem)
            return
        columns, rows = grid(read.rows, self.glyphs, self._first_column)
        info = self._info()
        total = info.rows if info else None
        count = f"{len(rows)} of {quantities.count(total)} rows" if total is not None else ""
        if total is None or len(rows) == total:
            more = f"first {len(rows)} rows, more exist" if read.rows.more else ""
            count = more or quantities.plural(len(rows), "row")
        wide = len(read.rows.columns)
        hidden = f" · columns {self._first_column + 1}- of {wide}" if self._first_column else ""
        clock = read.at.astimezone(self.now().tzinfo).strftime("%H:%M:%S")
        title = f"{count} · {quantities.plural(wide, 'column')}{hidden} · read {clock}"
        self._grid.entitle(read.table, title)
        self._grid.show(rows, columns=columns, empty="0 rows.")

    def move_columns(self, step: int) -> None:
        """Show the columns from another one on."""
        if self._read is None or self._read.rows is None:
            return
        last = max(0, len(self._read.rows.columns) - 1)
        self._first_column = max(0, min(self._first_column + step, last))
        self._draw_grid()

    # --- moving ---------------------------------------------------------------------------

    @on(RowList.Moved, "#tables")
    def _follow_cursor(self, message: RowList.Moved) -> None:
        self._want(message.key)
        self._stand(self.seen)

    @on(RowList.Opened, "#tables")
    def _open_clicked(self) -> None:
        self.action_open()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side from 120 columns on."""
        beside = event.size.width >= SIDE_BY_SIDE
        self.set_class(beside, "-beside")
        self._grid.frame = "side" if beside else "rule"
        self._want(self._list.cursor_key)

    def trouble(self, seen: Seen) -> Trouble | None:
        """The file cannot be read, or there is none."""
        return troubles.of_database(seen, self.now())

    def point_at(self, key: str) -> None:
        """Put the cursor on a table and show its rows."""
        super().point_at(key)
        self.action_open()

    def focus_first(self) -> None:
        """The list has the focus, or the rows where they are open."""
        self.screen.set_focus(self._grid if self.has_class("-inside") else self._list)

    def back(self) -> bool:
        """From the rows to the list; then the filter is cleared."""
        if self.has_class("-inside") or self._grid.has_focus:
            self.remove_class("-inside")
            self.screen.set_focus(self._list)
            return True
        return super().back()

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        match action:
            case "open" if not self._list.cursor_key:
                return "There is no table to open."
            case "filter" | "actions" if self._is_in_rows:
                return "That is for the list of tables; Esc goes there."
            case "restore" if self.seen.catalogue is None or not self._newest:
                return "B restore… is off: there is no verified backup; 2 Backups lists all."
            case "restore":
                return verbs.why_not_replace(self.seen, "B restore…")
        return super().why_not(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Some keys belong to the list, one to a file that cannot be read."""
        if action == "open" and self.is_mounted and self._is_in_rows:
            return False
        if action == "restore":
            page = self.trouble_page
            if page is None or "B" not in dict(page.trouble.choices):
                return False
        return super().check_action(action, parameters)

    @property
    def _is_in_rows(self) -> bool:
        return self._grid.has_focus

    @property
    def _newest(self) -> str:
        newest = self.seen.catalogue.newest_verified if self.seen.catalogue else None
        return newest.id if newest else ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return verbs.by_hand(self.seen, action, self._newest)

    def copied(self) -> str:
        """The table's name, or the row under the cursor as JSON."""
        read = self._read
        if not self._is_in_rows or read is None or read.rows is None:
            return self._list.cursor_key
        if not self._grid.cursor_key:
            return ""
        row = read.rows.rows[int(self._grid.cursor_key) - 1]
        values = {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in zip(read.rows.columns, row, strict=True)
            if name not in read.rows.masked
        }
        return json.dumps(values, ensure_ascii=False)

    def action_copy(self) -> None:
        """Copy, and say what was left out."""
        super().action_copy()
        rows = self._read.rows if self._read else None
        if not self._is_in_rows or rows is None:
            return
        left_out = []
        if rows.masked:
            names = ", ".join(name for name in rows.columns if name in rows.masked)
            left_out.append(f"Masked values are left out of the copy: {names}.")
        if rows.cut:
            left_out.append("Long values are cut.")
        if left_out:
            self.say(" ".join(["Copied (OSC 52).", *left_out]))

    def action_open(self) -> None:
        """Show the rows of the table under the cursor."""
        if not self._list.cursor_key:
            return
        self.add_class("-inside")
        self._want(self._list.cursor_key)
        self.screen.set_focus(self._grid)

    def action_restore(self) -> None:
        """Put the newest verified backup in place of what cannot be read."""
        if self._newest:
            self.post_message(self.Do(verbs.restore(self._newest)))
