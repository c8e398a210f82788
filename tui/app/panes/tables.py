"""1 Tables: every table with its row count, and the rows of the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import troubles, verbs
from tui.app.baseline import baseline
from tui.app.listing import table_groups as groups
from tui.app.listing import tables as listing
from tui.app.listing.row import Column
from tui.app.paint import Span, line
from tui.app.panes.base import NO_BASELINE
from tui.app.panes.listed import ACTIONS, FILTER, MATCHES
from tui.app.panes.table_rows import TableRows
from tui.app.panes.tables_extent import TablesExtent
from tui.app.panes.tables_trouble import OF_TROUBLE, OFFERED
from tui.app.panes.tables_verbs import VERB_KEYS, TablesVerbs
from tui.app.seen import Seen
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import ASKS, HERE
from tui.app.widgets.rows import RowList
from tui.core.models import TableInfo
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

SIDE_BY_SIDE = 120
"""From this many columns on list and rows stand side by side."""
OF_LIST = ("open", "filter", "next_match", "actions", "copy")
"""What is for the list of tables."""


class TablesPane(TablesVerbs, TablesExtent):
    """The table browser."""

    NUMBER = 1
    TITLE = "Tables"
    LIST = "tables"
    THING = "table"
    MENU = ("open", "compare", "export", "import_rows", "copy")

    DEFAULT_CSS = """
    TablesPane {
        layout: vertical;
        #tables { height: 1fr; }
        TableRows { height: 1fr; display: none; }
        &.-inside #tables { display: none; }
        &.-inside TableRows { display: block; }
        &.-beside { layout: horizontal; }
        &.-beside #tables { display: block; width: 42; height: 1fr; }
        &.-beside TableRows { display: block; width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "rows", id="tables.open", key_display="Enter", group=HERE,
            tooltip="the rows of this table",
        ),
        Binding(
            "B", "restore", "restore…", id="tables.restore", group=ASKS,
            tooltip="put the newest verified copy in place; types the name",
        ),
        *OF_TROUBLE,
        Binding(
            "c", "compare", "compare", id="tables.compare", group=HERE,
            tooltip="what differs from the backup of the change column; of an opened one from live",
        ),
        Binding(
            "y", "copy", "copy", id="tables.copy", group=HERE,
            tooltip="the table's name (OSC 52)",
        ),
        ACTIONS,
        FILTER,
        *MATCHES,
        *VERB_KEYS,
    ]  # fmt: skip

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._changed: frozenset[str] = frozenset()
        self._unfolded: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """List and rows."""
        yield FilterLine("part of a name; -word drops")
        yield RowList(
            groups.columns(0), frame="rule", signed=False, heading=False, id="tables",
        )  # fmt: skip
        yield TableRows(id="table")

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw the list; the rows that were read stay until they are read again."""
        live = seen
        if self._opened is not None:
            seen = self._opened.as_seen(seen)
        self._notice_changes(seen)
        self.want_extent()
        self._list_tables(seen)
        self._want(self._table_here)
        if self._opened is None:
            self._follow_live(live)
        self._stand(seen)

    def _list_tables(self, seen: Seen) -> None:
        remark = line(Span(self._extent.remark, "muted")) if self._extent.remark else ""
        self._list.entitle(listing.title(seen).removeprefix("1 "), remark)
        filtered = not self._terms.is_empty
        found = groups.rows(seen, self._changed, self._unfolded, self._extent, filtered=filtered)
        self.list_rows(found, empty=listing.empty_words(seen), columns=self._columns)

    @property
    def _columns(self) -> tuple[Column, ...]:
        """Of the list: without dbstat there are no sizes."""
        return groups.columns(0 if self._extent.remark else self._list.size.width)

    @property
    def _table_here(self) -> str:
        """The table under the cursor; empty on a line that folds."""
        return groups.table_of(self._list.cursor_key)

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
        if self._opened is not None:
            self.stand(self._opened.stands(self.now()))
            return
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
            self.stand((Span(f"{words} · c compares"),))
            return
        counted = seen.counted_at
        clock = f"counts {counted.astimezone(self.now().tzinfo):%H:%M:%S}" if counted else ""
        size = self._extent.words(info.name)
        size = f"{one_line(info.name)}: {size}" if size else ""
        words = " · ".join(filter(None, (size, clock)))
        self.stand((Span(f" {words}", "muted"),) if words else ())

    def _stands_replaced(self, seen: Seen) -> bool:
        read, replaced = self._rows.grid.read_at, seen.replaced_at
        if seen.released:
            self.stand((Span(" The database is being replaced; it is read again.", "running"),))
            return True
        if replaced is None or (self.now() - replaced).total_seconds() > 60:
            return False
        clock = replaced.astimezone(self.now().tzinfo).strftime("%H:%M:%S")
        again = "R reads again" if read and read < replaced else "read again"
        self.stand((Span(f" The database was replaced at {clock}; {again}.", "attention"),))
        return True

    def _info(self) -> TableInfo | None:
        return self._info_of(self._table_here)

    # --- moving ---------------------------------------------------------------------------

    @on(RowList.Moved, "#tables")
    def _follow_cursor(self, message: RowList.Moved) -> None:
        # The list tells so, too, when it has another width.
        if self._columns != self._list.columns:
            self.update()
        self._want(groups.table_of(message.key))
        self._stand(self.seen)

    @on(RowList.Opened, "#tables")
    def _open_clicked(self) -> None:
        self.action_open()

    def on_mount(self) -> None:
        """Stand as the screen's width lets it: arranged once, not again with its first size."""
        self._arrange(self.app.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Side by side from 120 columns on."""
        self._arrange(event.size.width)

    def _arrange(self, width: int) -> None:
        beside = width >= SIDE_BY_SIDE
        self.set_class(beside, "-beside")
        self._rows.stand_beside(beside)
        self._want(self._table_here)

    def trouble(self, seen: Seen) -> Trouble | None:
        """The file cannot be read, or there is none; a backup still can."""
        return None if self._opened is not None else troubles.of_database(seen, self.now())

    def point_at(self, key: str) -> None:
        """Put the cursor on a table and show its rows; what is folded over it opens."""
        self.stand_on(key)
        self.action_open()

    def stand_on(self, key: str) -> None:
        """Put the cursor on a table in the list; what is folded over it opens."""
        self.remove_class("-inside")
        seen = self._opened.as_seen(self.seen) if self._opened is not None else self.seen
        if fold := groups.fold_of(seen, key):
            self._unfolded |= {fold}
            self._list_tables(seen)
        super().point_at(key)
        self.screen.set_focus(self._list)

    def focus_first(self) -> None:
        """The list has the focus, or the rows where they are open."""
        self.screen.set_focus(self._rows.main if self.has_class("-inside") else self._list)

    def back(self) -> bool:
        """From the rows to the list; then the filter is cleared; then back to live."""
        if self.has_class("-inside") or self._is_in_rows:
            if self._rows.back():
                return True
            self.remove_class("-inside")
            self._list.point_at(self._rows.table)
            self.screen.set_focus(self._list)
            return True
        if super().back() or self.unmark():
            return True
        if self._opened is None:
            return False
        self._change_source(None)
        return True

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        match action:
            case "open" if not self._list.cursor_key:
                return "There is no table to open."
            case "actions" | "copy" if self._list.cursor_key and not self._table_here:
                return "This line is no table; Enter folds and unfolds it."
            case "compare" if not self._to_compare:
                return NO_BASELINE
            case "restore" if self.seen.catalogue is None or not self._newest:
                return "B restore… is off: there is no verified copy; 2 Backups lists all."
            case "restore":
                return verbs.why_not_replace(self.seen, "B restore…")
            case "walk" | "salvage" if self.trouble_page is None:
                return "The database can be read; the palette's salvage reads any file."
            case "salvage":
                return verbs.why_not_change(self.seen, "S salvage")
        return super().why_not(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Some keys belong to the list, one to a file that cannot be read."""
        if action in OF_LIST and self.is_mounted and self._is_in_rows:
            return False
        if (key := OFFERED.get(action)) is not None:
            page = self.trouble_page
            if page is None or key not in dict(page.trouble.choices):
                return False
        return super().check_action(action, parameters)

    @property
    def _newest(self) -> str:
        newest = troubles.newest_copy(self.seen)
        return newest.id if newest else ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return super().by_hand(action) or verbs.by_hand(self.seen, action, self._newest)

    def copied(self) -> str:
        """The table's name."""
        return self._table_here

    def thing_words(self) -> str:
        """The table's name."""
        return self._table_here

    def action_open(self) -> None:
        """Show the rows of the table under the cursor; fold or unfold a line that is none."""
        key, table = self._list.cursor_key, self._table_here
        if key in groups.FOLDS:
            self._unfolded ^= {key}
            self.update()
            return
        if not table:
            return
        self.add_class("-inside")
        self._want(table)
        self.screen.set_focus(self._rows.main)

    @property
    def _to_compare(self) -> str:
        if self._opened is not None:
            return self._opened.backup.id
        backup = baseline(self.seen)
        return backup.id if backup else ""

    def action_compare(self) -> None:
        """Show what differs between a backup and live, this table first."""
        table = self._rows.table if self._is_in_rows else self._table_here
        self.post_message(self.Compare(self._to_compare, table=table))

    def action_restore(self) -> None:
        """Put the newest verified copy in place of what cannot be read."""
        if self._newest:
            self.post_message(self.Do(verbs.restore(self._newest)))

    def action_salvage(self) -> None:
        """Read what is left of the live file into a new one."""
        self.post_message(self.Do(verbs.salvage()))

    def action_walk(self) -> None:
        """Show every copy that could take its place, and what each would lose."""
        from tui.app.screens.walk import WalkScreen

        self.app.push_screen(WalkScreen(self.seen, self.now(), self.glyphs))
