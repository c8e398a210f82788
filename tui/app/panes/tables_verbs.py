"""What can be done with tables: marked, exported, filled from a file, searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual.binding import Binding, BindingType

from tui.app import row_reads, verbs
from tui.app.desk import Desk, Job
from tui.app.listing.row import Column, Row
from tui.app.panes.tables_source import TablesSource
from tui.app.row_reads import Place
from tui.app.widgets.groups import ASKS, HERE
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.importing import Chosen

VERB_KEYS: list[BindingType] = [
    Binding(
        "x", "export", "export…", id="tables.export", group=HERE,
        tooltip="this table or the marked ones to a file: csv, json, sql …; asks where",
    ),
    Binding(
        "I", "import_rows", "import…", id="tables.import", group=ASKS,
        tooltip="rows of a file into this table; plan first, types the name",
    ),
    Binding(
        "ctrl+f", "search", "search all", key_display="^f", id="tables.search", group=HERE,
        tooltip="look for a text in every table; secrets are not searched",
    ),
    Binding(
        "space", "mark", "mark", show=False, key_display="space", id="tables.mark", group=HERE,
        tooltip="mark several tables for x; Esc unmarks",
    ),
]  # fmt: skip


OF_A_FILE = ("export", "import_rows", "search", "mark")
"""What needs a database that can be read."""


class TablesVerbs(TablesSource):
    """Marks tables, and opens what asks about them."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._marked: set[str] = set()
        self._chosen: Chosen | None = None
        """What was imported last, for a second try."""

    @property
    def _table(self) -> str:
        """The table that is meant: of the open rows, or under the cursor."""
        return (self._rows.table if self._are_rows_meant else "") or self._list.cursor_key

    @property
    def _are_rows_meant(self) -> bool:
        """Whether a key is for the rows: they have the focus, or they alone are in sight."""
        alone = self.has_class("-inside") and not self.has_class("-beside")
        return alone or self._is_in_rows

    # --- marks ----------------------------------------------------------------------------

    def list_rows(self, rows: Sequence[Row], *, empty: str, columns: Sequence[Column] = ()) -> None:
        """Show the rows, those that are marked with their mark."""
        self._marked &= {row.key for row in rows}
        shown = [replace(r, marked=True) if r.key in self._marked else r for r in rows]
        super().list_rows(shown, empty=empty, columns=columns)

    def action_mark(self) -> None:
        """Mark or unmark, and go on to the next one."""
        self._marked ^= {self._list.cursor_key} - {""}
        self._list.action_move(1)
        self.update()
        count = len(self._marked)
        self.say(f"{quantities.plural(count, 'table')} marked · x exports them · Esc unmarks"
                 if count else "")  # fmt: skip

    def unmark(self) -> bool:
        """Take all marks away; False where there were none."""
        had = bool(self._marked)
        self._marked.clear()
        if had:
            self.update()
            self.say("")
        return had

    # --- export ---------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask how and where the table, its rows or the marked tables go."""
        if self._are_rows_meant:
            self._rows.action_export()
            return
        marked = [row.key for row in self._list.rows if row.key in self._marked]
        names = tuple(marked or [self._list.cursor_key])
        desk = self.desk()
        if desk is None:
            self.say("There is no database to export from.", "attention")
            return
        desk.ask(
            Job(
                "secrets",
                lambda browser: row_reads.secrets_of(browser, names),
                lambda secrets: self._export(names, secrets),
                # It is told again, and better, by the export itself.
                lambda _why: self._export(names, None),
            )
        )

    def _export(self, names: tuple[str, ...], secrets: tuple[str, ...] | None) -> None:
        from tui.app.exporting import open_export
        from tui.app.exporting_wish import What
        from tui.operations.reads.exporting import Wanted

        info = self._info_of(names[0])
        what = What(
            source=self.source,
            wanted=tuple(Wanted(name=name) for name in names),
            rows=info.rows if len(names) == 1 and info is not None else None,
            secrets=secrets,
        )
        open_export(cast("McpdbApp", self.app), what)

    @property
    def source(self) -> str:
        """What is shown: `live`, or a backup's id."""
        return self._opened.backup.id if self._opened is not None else "live"

    # --- import ---------------------------------------------------------------------------

    async def action_import_rows(self) -> None:
        """Ask which file, then show the plan."""
        from tui.app.importing import open_import

        def keep(chosen: Chosen) -> None:
            self._chosen = chosen

        before = self._chosen if self._chosen and self._chosen.table == self._table else None
        await open_import(self, self._table, before, keep)

    def _why_no_import(self) -> str:
        if self._opened is not None:
            return (
                f"I import… is off: this is backup {self._opened.backup.id}, which stays as it "
                "is; Esc goes back to live."
            )
        if why := verbs.why_not_replace(self.seen, "I import…"):
            return why
        info = self._info_of(self._table)
        if info is not None and info.kind != "table":
            what = "SQLite's or Alembic's own" if info.kind == "internal" else f"a {info.kind}"
            return f"I import… is off: {one_line(info.name)} is {what}, not a table of rows."
        return "" if info is not None else "There is no table to import rows into."

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        if action == "import_rows":
            return ("import", "FILE", "--table", self._table)
        return super().by_hand(action)

    # --- search ---------------------------------------------------------------------------

    async def action_search(self) -> None:
        """Ask for a text, then look for it in every table."""
        from tui.app.searching import open_search

        await open_search(cast("McpdbApp", self.app), self)

    def desk(self) -> Desk | None:
        """Who reads what is shown."""
        rows = self._rows
        if rows.desk is None:
            rows.use(self._desk())
            rows.known = self._info_of
        return rows.desk

    def open_filtered(self, table: str, text: str, column: str = "") -> None:
        """Show the rows of a table that a filter keeps."""
        self._list.point_at(table)
        self.add_class("-inside")
        rows = self._rows
        self.desk()
        rows.left.clear()
        rows.go(Place(table=table, text=text, column=column))
        self.screen.set_focus(rows.main)

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action in OF_A_FILE and self.trouble_page is not None:
            return "There is no database that can be read."
        match action:
            case "export" | "mark" if self.is_mounted and not self._list.cursor_key:
                return "There is no table to export."
            case "import_rows" if self.is_mounted:
                return self._why_no_import()
            case "search" if not self._list.cursor_key:
                return "There is no table to search."
        return super().why_not(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Marks belong to the list, rows have their own; a file that cannot be read has nothing."""
        if action == "mark" and self.is_mounted and self._is_in_rows:
            return False
        if action in OF_A_FILE and self.trouble_page is not None:
            return False
        return super().check_action(action, parameters)
