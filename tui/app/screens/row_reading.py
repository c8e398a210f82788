"""What one row's page reads: the row, what its keys name, what points at it, its secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual import on

from tui.app.grid import words
from tui.app.listing.fields import Field, as_json
from tui.app.listing.row import Column, Row
from tui.app.paint import Span
from tui.app.panes.rows_revealing import NOT_MASKED
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, glyphs_of, say
from tui.app.viewing import reads
from tui.app.widgets.form import Form
from tui.app.widgets.rows import RowList
from tui.app.widgets.tree_view import TreeView
from tui.core.models.rows import PageRow, Pointing, RowIdentity
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui.app.panes.table_rows import TableRows
    from tui.services.sqlite.keyset import View

AGAIN = 0.05
"""Seconds after which a row that is still on its way is looked for again."""
POINTS = (
    Column("table", 20, grows=True, gap=2),
    Column("columns", 24, gap=2),
    Column("rows", 11, "right", gap=1),
)


class RowReading(Dialog[None]):
    """Reads and shows the row under the grid's cursor."""

    def __init__(self, rows: TableRows, view: View, column: str) -> None:
        """Show the row under the cursor.

        Args:
            rows: Where it stands, and who reads it.
            view: What the rows are of.
            column: Where the cursor stands first.
        """
        super().__init__()
        self._rows, self._view, self._column = rows, view, column
        self._row: PageRow | None = None
        self._wanted: RowIdentity = ()
        self._revealed: frozenset[str] = frozenset()
        self._read_at: datetime | None = None
        self._pointing: tuple[Pointing, ...] | None = None
        self._gone = ""

    @property
    def _form(self) -> Form:
        return self.query_one(Form)

    def on_mount(self) -> None:
        """Read it."""
        self.action_read()

    def action_read(self) -> None:
        """Read the row under the grid's cursor."""
        row = self._rows.grid.row
        if row is None:
            self.set_timer(AGAIN, self.action_read)
            return
        # Where nothing names a row, it is the one at its place.
        self._read(row.identity or row.anchor)

    def _read(self, identity: RowIdentity) -> None:
        if identity != self._wanted:
            self._revealed, self._pointing = frozenset(), None
        self._wanted = identity
        view = replace(self._view, revealed=self._revealed)
        self._rows.ask("ask", lambda browser: reads.row(browser, view, identity), self._take,
                       self._why)  # fmt: skip

    def _why(self, why: str) -> None:
        if why and self.is_attached:
            self.tell(why, attention=True)

    def _take(self, row: PageRow | None) -> None:
        if not self.is_attached:
            return
        now = cast("datetime", getattr(self.app, "now")())  # noqa: B009
        if row is None:
            self._gone = f"Row is gone since {now:%H:%M:%S}. n next row."
            self.tell(self._gone, attention=True)
            return
        self._row, self._read_at, self._gone = row, now, ""
        shown = [c for c in self._view.relation.columns if not c.hidden]
        form = self._form
        form.show([Field(c, value) for c, value in zip(shown, row.cells, strict=True)])
        if self._column:
            form.point_at(self._column)
            self._column = ""
        self.query_one(TreeView).show(as_json(form.fields, glyphs_of(self)))
        self._entitle()
        self._say_stand()
        self._read_more(row)

    @property
    def called(self) -> str:
        """What the row is called by its own name, else by its key; cleaned."""
        fields = {field.column.name.lower(): field for field in self._form.fields}
        for name in reads.NAMES:
            field = fields.get(name)
            if field is None or field.column.secret or not isinstance(field.value, str):
                continue
            if field.value:
                return one_line(field.value)[:60]
        identity = self._row.identity if self._row is not None else ()
        return ", ".join(one_line(str(part)[:60]) for part in identity)[:60]

    def _entitle(self) -> None:
        feed = self._rows.grid.feed
        where = words.position(feed.window.number(feed.sight.cursor), 1, feed.total)
        left = say(f" {one_line(self._view.relation.name)} › {self.called}", BOLD)
        self.query_one(TitleRow).show(left, say(f"{where} ", MUTED))

    @on(Form.Moved)
    def _say_stand(self) -> None:
        if self._gone:
            self.tell(self._gone, attention=True)
            return
        if self._read_at is None:
            return
        form, backup = self._form, self._rows.backup
        if form.field is not None and form.field.trouble and form.display:
            self.tell(form.field.trouble, attention=True)
            return
        below = form.below if form.display else 0
        more = f" · {below} more fields" if below else ""
        source = f"backup {backup}" if backup else "the live database (read-only)"
        self.tell(f"read {self._read_at:%H:%M:%S} from {source}{more}")

    # --- other rows -----------------------------------------------------------------------

    def _read_more(self, row: PageRow) -> None:
        """What foreign keys name, and what points here, in the background."""
        relation, identity, desk = self._view.relation, row.identity, self._rows.desk
        if not identity or desk is None:
            self._take_points(())
            return
        self._rows.ask(
            "names", lambda browser: reads.names(browser, relation, row),
            lambda names: self._take_names(row, names), self._why, idle=True,
        )  # fmt: skip
        if self._pointing is None:
            self._rows.ask("points", lambda browser: browser.pointing(relation),
                           self._take_points, self._why, idle=True)  # fmt: skip
        self._rows.ask(
            "points here",
            lambda browser: reads.counted(browser, relation, identity, desk.is_cancelled),
            self._take_points, self._why, idle=True,
        )  # fmt: skip

    def _take_names(self, row: PageRow, names: Mapping[str, str]) -> None:
        if not self.is_attached or row is not self._row:
            return
        for field in self._form.fields:
            if field.column.name in names:
                self._form.fill(Field(field.column, field.value, names[field.column.name]))

    def _take_points(self, found: Sequence[Pointing]) -> None:
        if not self.is_attached:
            return
        known = {(each.table, each.columns): each.rows for each in self._pointing or ()}
        self._pointing = tuple(
            replace(each, rows=known.get((each.table, each.columns)))
            if each.rows is None else each for each in found
        )  # fmt: skip
        numbered = list(enumerate(self._pointing))
        # Those that are known to be empty come last.
        numbered.sort(key=lambda each: each[1].rows == 0)
        listed = self.query_one(RowList)
        listed.show([self._point(*each) for each in numbered], empty="Nothing points here.")
        listed.rest()

    def _point(self, number: int, each: Pointing) -> Row:
        count = "…" if each.rows is None else quantities.count(each.rows)
        role = "muted" if each.rows == 0 else ""
        cells = (Span(each.table, role), Span(", ".join(each.columns), "muted"), Span(count, role))
        return Row(str(number), cells)

    # --- secrets --------------------------------------------------------------------------

    def action_unmask(self) -> None:
        """Ask, write it down, then show it."""
        field, row = self._form.field, self._row
        if field is None or row is None or not field.is_masked or not self._form.display:
            self.tell(NOT_MASKED)
            return
        wanted = self._revealed | {field.column.name}
        identity = self._wanted

        def shown(found: PageRow | None) -> None:
            if self.is_attached and identity == self._wanted:
                self._revealed = wanted
                self._take(found)

        self._rows.reveal(row, field.column.name, self._revealed, shown, self._why)
