"""One row with all its columns: as fields, as JSON, and what points at it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from tui.app import row_reads
from tui.app.screens.frame import TitleRow
from tui.app.screens.lines import BOLD, MUTED, Lines, ends, line, say
from tui.app.screens.row_keys import ROW
from tui.app.screens.row_reading import POINTS, RowReading
from tui.app.widgets.find_line import FindLine
from tui.app.widgets.form import Form
from tui.app.widgets.rows import RowList
from tui.app.widgets.tree_view import TreeView
from tui.core.models.rows import Cell
from tui.wording.clean import one_line

TABS = ("Fields", "JSON", "Points here")
POINTING = TABS.index("Points here")
TURNS = "n/N next, previous "
OF_FIELDS = ("view", "follow", "unmask", "copy_value")
"""Keys for the field under the cursor."""


class RowScreen(RowReading):
    """The row under the grid's cursor; the grid goes along."""

    AUTO_FOCUS = "Form"
    BINDINGS: ClassVar[list[BindingType]] = ROW

    _tab = 0
    _sought = ""

    def title_row(self) -> TitleRow:
        """Which table and row."""
        return TitleRow(say(f" {one_line(self._view.relation.name)} ›", BOLD))

    def compose_body(self) -> Iterable[Widget]:
        """The tabs, what is looked for, and the row in its three forms."""
        yield Lines(id="tabs")
        yield FindLine()
        yield Form()
        yield TreeView()
        yield RowList(POINTS, frame="none", signed=False, id="points")

    def on_mount(self) -> None:
        """Show the fields."""
        self._turn()

    def on_resize(self) -> None:
        """The tabs have two ends."""
        self._draw_tabs()

    # --- tabs -----------------------------------------------------------------------------

    @property
    def _parts(self) -> tuple[Form, TreeView, RowList]:
        return self.query_one(Form), self.query_one(TreeView), self.query_one(RowList)

    def _draw_tabs(self) -> None:
        words = [
            (f"[{word}]", BOLD) if number == self._tab else (f" {word} ", MUTED)
            for number, word in enumerate(TABS)
        ]
        left = line(" ", *(part for word in words for part in (word, " ")))
        self.query_one("#tabs", Lines).content = ends(left, say(TURNS, MUTED), self.size.width)

    def _turn(self) -> None:
        parts = self._parts
        for number, part in enumerate(parts):
            part.display = number == self._tab
        self.set_focus(parts[self._tab])
        self._draw_tabs()
        self._say_stand()
        self.refresh_bindings()

    def action_tab(self, step: int) -> None:
        """Show fields, JSON, or what points here."""
        self._tab = (self._tab + step) % len(TABS)
        self._turn()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is for a field needs one."""
        return None if self.is_mounted and self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why a key is greyed; empty when it works."""
        if action in OF_FIELDS and self._tab:
            return "That is for a field: [ and ] lead to Fields."
        field = self._form.field
        if action == "find" and self._tab == POINTING:
            return "There is nothing to find in this list."
        if action == "follow" and (field is None or field.column.points_to is None):
            return "This is no foreign key; those have > behind them."
        return ""

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled or active.node is not self:
            return
        typing = self.query_one(FindLine).has_class("-open")
        if not typing and (reason := self.why_not(active.binding.action.partition("(")[0])):
            event.stop()
            event.prevent_default()
            self.tell(reason, attention=True)

    @on(Form.Moved)
    def _grey(self) -> None:
        self.refresh_bindings()

    # --- moving ---------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Move by lines."""
        part = self._parts[self._tab]
        if isinstance(part, RowList):
            part.action_move(step)
        else:
            part.move(step)

    def action_page(self, direction: int) -> None:
        """Move by half a screen."""
        part = self._parts[self._tab]
        if isinstance(part, RowList):
            part.action_page(direction)
        elif isinstance(part, TreeView):
            part.page(direction)
        else:
            part.move(direction * 10)

    def action_edge(self, direction: int) -> None:
        """Go to the top or bottom."""
        part = self._parts[self._tab]
        if isinstance(part, RowList):
            part.action_edge(direction)
        elif isinstance(part, TreeView):
            part.edge(direction)
        else:
            part.move(direction * 1_000_000)

    def action_next(self, step: int) -> None:
        """Show the next row, or the one before."""
        grid = self._rows.grid
        before = grid.feed.sight.cursor
        grid.action_move(step)
        if grid.feed.sight.cursor == before:
            self.tell("That is the last row." if step > 0 else "That is the first row.")
            return
        self.action_read()

    # --- looking for something ------------------------------------------------------------

    def action_find(self) -> None:
        """Type what is looked for."""
        self.query_one(FindLine).open()

    @on(FindLine.Left)
    def _left(self) -> None:
        self.set_focus(self._parts[self._tab])

    @on(FindLine.Sought)
    def _find(self, message: FindLine.Sought) -> None:
        message.stop()
        part = self._parts[self._tab]
        self.set_focus(part)
        again = self._sought == message.text
        self._sought = message.text
        if isinstance(part, TreeView):
            found = part.find(message.text, 1, afresh=not again)
        else:
            found = isinstance(part, Form) and part.find(message.text)
        if not found:
            self.tell(f"{one_line(message.text)} is not in this row.", attention=True)

    # --- keys -----------------------------------------------------------------------------

    def action_open(self) -> None:
        """Fold or unfold; of what points here show the rows."""
        part = self._parts[self._tab]
        if isinstance(part, RowList):
            self._open_points()
        else:
            part.fold()

    @on(RowList.Opened, "#points")
    def _open_points(self) -> None:
        key, row = self.query_one(RowList).cursor_key, self._row
        if not key or row is None or self._pointing is None:
            self.tell("Nothing points here.")
            return
        each, relation = self._pointing[int(key)], self._view.relation
        rows = self._rows

        def there(place: row_reads.Place) -> None:
            if self.is_attached:
                self.dismiss(None)
                rows.leave_for(place, viewed=True)

        rows.ask(
            "ask", lambda browser: row_reads.place_of(browser, each, relation, row.identity), there,
            self._why,
        )  # fmt: skip

    def _column_here(self) -> str:
        field = self._form.field
        name = field.column.name if field is not None else ""
        self._rows.grid.to_column(name)
        return name

    def action_view(self) -> None:
        """Show the value over the whole screen."""
        field, row = self._form.field, self._row
        if field is None or row is None:
            return
        name, value = field.column.name, field.plain
        if field.is_masked:
            self.tell(f"{one_line(name)} is masked; m shows it.", attention=True)
            return
        if value is None:
            self.tell("NULL: there is nothing to show.")
            return
        from tui.app.screens.value_view import ValueScreen
        from tui.operations.reads.values import Which

        which = None
        if row.identity:
            which = Which(relation=self._view.relation, identity=row.identity, column=name,
                          revealed=name in self._revealed)  # fmt: skip
        title = f"{one_line(self._view.relation.name)} › {self.called} › {one_line(name)}"
        given = value if isinstance(value, bytes) else str(value)
        self.app.push_screen(
            ValueScreen(self._rows, title, which, self.action_copy_value, given=given,
                        declared=field.column.declared)
        )  # fmt: skip

    def action_copy_value(self) -> None:
        """Copy the value under the cursor."""
        field, row = self._form.field, self._row
        if field is None or row is None:
            return
        if isinstance(field.value, Cell) and field.value.secret:
            self.tell(f"{one_line(field.column.name)} is masked; m shows it.", attention=True)
            return
        self._rows.copy_value(row, field.column.name, field.value, revealed=self._revealed)

    def action_copy_row(self) -> None:
        """Offer the row in three forms."""
        if self._row is not None:
            self._rows.offer_copies((self._row.identity,))

    def action_follow(self) -> None:
        """Go where the foreign key goes."""
        self._column_here()
        self.dismiss(None)
        self._rows.follow(viewed=True)

    def action_leave(self) -> None:
        """Back to the rows, on this column."""
        self._column_here()
        self.dismiss(None)
