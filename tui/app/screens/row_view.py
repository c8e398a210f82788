"""One row with all its columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.app.grid import words
from tui.app.listing.fields import Field
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, say
from tui.app.widgets.form import Form
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.core.models.rows import PageRow, RowIdentity
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.panes.table_rows import TableRows
    from tui.core.models import Deployment
    from tui.operations.reads.browsing import Browser
    from tui.services.sqlite.keyset import View

AGAIN = 0.05
"""Seconds after which a row that is still on its way is looked for again."""


class RowScreen(Dialog[None]):
    """The row under the grid's cursor; the grid goes along."""

    AUTO_FOCUS = "Form"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next(1)", "next row", key_display="n N", id="row.next", group=HERE,
                tooltip="next, previous row"),
        Binding("N", "next(-1)", "", show=False, id="row.previous", group=HERE),
        Binding("y", "copy_value", "copy", id="row.copy", group=HERE,
                tooltip="the value under the cursor (OSC 52)"),
        Binding("Y", "copy_row", "row as…", id="row.copy_row", group=HERE,
                tooltip="the row as JSON, CSV or INSERT, without secrets"),
        Binding("greater_than_sign", "follow", "follow", key_display=">", id="row.follow",
                group=HERE, tooltip="go to the row that this foreign key names"),
        Binding("m", "unmask", "unmask…", id="row.unmask", group=HERE,
                tooltip="show this secret of this row; asks y or n, and is logged"),
        Binding("enter,v", "fold", "all of it", key_display="Enter", id="row.fold", group=HERE,
                tooltip="all of a long value, or its beginning again"),
        Binding("R", "read", "read again", show=False, id="row.read", group=HERE),
        Binding("j,down", "move(1)", "down", show=False, key_display="j k", id="row.down",
                group=EVERYWHERE, tooltip="next, previous field; arrows"),
        Binding("k,up", "move(-1)", "", show=False, id="row.up", group=EVERYWHERE),
        Binding("g,home", "move(-10000)", "top", show=False, key_display="g G", id="row.top",
                group=EVERYWHERE, tooltip="first, last field"),
        Binding("G,end", "move(10000)", "", show=False, id="row.bottom", group=EVERYWHERE),
        Binding("ctrl+d,pagedown", "move(10)", "ten fields", show=False, id="row.page_down",
                group=EVERYWHERE, tooltip="ten fields down; ctrl+u up"),
        Binding("ctrl+u,pageup", "move(-10)", "", show=False, id="row.page_up",
                group=EVERYWHERE),
        Binding("escape,q", "leave", "back", key_display="Esc", id="row.leave",
                group=EVERYWHERE, tooltip="back to the rows"),
    ]  # fmt: skip

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

    def title_row(self) -> TitleRow:
        """Which table and row."""
        return TitleRow(say(f" {one_line(self._view.relation.name)} ›", BOLD))

    def compose_body(self) -> Iterable[Widget]:
        """The form."""
        yield Form()

    @property
    def _form(self) -> Form:
        return self.query_one(Form)

    def on_mount(self) -> None:
        """Read it."""
        self.action_read()

    # --- reading --------------------------------------------------------------------------

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
            self._revealed = frozenset()
        self._wanted = identity
        view = replace(self._view, revealed=self._revealed)
        self._rows.ask("ask", lambda browser: browser.row(view, identity), self._take, self._why)

    def _why(self, why: str) -> None:
        if why and self.is_attached:
            self.tell(why, attention=True)

    def _take(self, row: PageRow | None) -> None:
        if not self.is_attached:
            return
        now = cast("datetime", getattr(self.app, "now")())  # noqa: B009
        if row is None:
            self.tell(f"Row is gone since {now:%H:%M:%S}. n next row.", attention=True)
            return
        self._row, self._read_at = row, now
        shown = [c for c in self._view.relation.columns if not c.hidden]
        form = self._form
        form.show([Field(c, value) for c, value in zip(shown, row.cells, strict=True)])
        if self._column:
            form.point_at(self._column)
            self._column = ""
        feed = self._rows.grid.feed
        where = words.position(feed.window.number(feed.sight.cursor), 1, feed.total)
        name = ", ".join(one_line(str(part)) for part in row.identity)
        left = say(f" {one_line(self._view.relation.name)} › {name[:60]}", BOLD)
        self.query_one(TitleRow).show(left, say(f"{where} ", MUTED))
        self._say_stand()

    @on(Form.Moved)
    def _say_stand(self) -> None:
        if self._read_at is None:
            return
        below = self._form.below
        more = f" · {below} more fields below" if below else ""
        self.tell(f"read {self._read_at:%H:%M:%S}, read-only{more}")

    # --- keys -----------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Move by fields."""
        self._form.move(step)

    def action_fold(self) -> None:
        """Show all of a value, or its beginning."""
        self._form.fold()

    def action_next(self, step: int) -> None:
        """Show the next row, or the one before."""
        grid = self._rows.grid
        before = grid.feed.sight.cursor
        grid.action_move(step)
        if grid.feed.sight.cursor == before:
            self.tell("That is the last row." if step > 0 else "That is the first row.")
            return
        self.action_read()

    def _column_here(self) -> str:
        field = self._form.field
        name = field.column.name if field is not None else ""
        self._rows.grid.to_column(name)
        return name

    def action_copy_value(self) -> None:
        """Copy the value under the cursor."""
        field, row = self._form.field, self._row
        if field is not None and row is not None:
            self._rows.copy_value(row, field.column.name, field.value)

    def action_copy_row(self) -> None:
        """Offer the row in three forms."""
        if self._row is not None:
            self._rows.offer_copies((self._row.identity,))

    def action_follow(self) -> None:
        """Go where the foreign key goes."""
        field = self._form.field
        if field is None or field.column.points_to is None:
            self.tell("This is no foreign key.")
            return
        self._column_here()
        self.dismiss(None)
        self._rows.action_follow()

    def action_unmask(self) -> None:
        """Ask, write it down, then show it."""
        from tui.app.screens.question import Question

        field, row = self._form.field, self._row
        if field is None or row is None or not field.is_masked:
            self.tell("This value is not masked.")
            return
        name = field.column.name
        question = Question(
            f"Show {one_line(name)} of 1 row?", ["It is written to the activity log."], "", "Show"
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._reveal(name, row.identity or row.anchor)

        self.app.push_screen(question, answered)

    def _reveal(self, name: str, identity: RowIdentity) -> None:
        seen = getattr(self.app, "seen")  # noqa: B009
        deployment: Deployment | None = seen.deployment
        if deployment is None:
            return
        wanted = self._revealed | {name}
        view, backup = replace(self._view, revealed=wanted), self._rows.backup

        def reveal(browser: Browser) -> PageRow | None:
            from tui.operations.reads.revealing import note_reveal

            which = ", ".join(map(str, identity))
            note_reveal(
                deployment, view.relation.name, [name], rows=f"of row {which}", backup=backup
            )
            return browser.row(view, identity)

        def shown(row: PageRow | None) -> None:
            self._revealed = wanted
            self._take(row)

        self._rows.ask("ask", reveal, shown, self._why)

    def action_leave(self) -> None:
        """Back to the rows, on this column."""
        self._column_here()
        self.dismiss(None)
