"""The rows of a result: pages for the grid, and copies without secrets for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from textual import on

from tui.app.grid.asking import Wish
from tui.app.grid.cells import copied
from tui.app.paint import text_of
from tui.app.panes.sql_base import HISTORY, PLAN
from tui.app.panes.sql_typing import SqlTyping
from tui.app.sql_result import Rows
from tui.app.sql_tasks import Done, Task
from tui.app.widgets.grid import RowGrid
from tui.core.models.rows import Cell
from tui.wording import quantities
from tui.wording.clean import one_line

NO_ROW = "There is no row here."
OFFERED = ("view", "copy", "copy_rows", "run", "again")
"""What the menu of a row offers."""


@dataclass(frozen=True, slots=True)
class Written:
    """Rows as text, for the clipboard."""

    text: str
    left_out: tuple[str, ...]
    """Columns of secrets."""
    cut: bool
    """A long value was cut."""


def written(rows: Rows, numbers: Sequence[int], kind: str) -> Written:
    """Some rows as JSON, CSV or INSERT; columns with a masked value in them are left out."""
    from tui.services.rows_out.formats import Format, writer

    secret = rows.secret_columns(numbers)
    kept = [n for n in range(len(rows.names)) if n not in secret]
    writing = writer(cast("Format", kind), "result", [rows.names[n] for n in kept])
    pieces, cut = list(writing.begin()), False
    for number in numbers:
        values: list[Any] = []
        for column in kept:
            value = rows.rows[number][column]
            cut = cut or isinstance(value, Cell)
            values.append(value.value if isinstance(value, Cell) else value)
        pieces += writing.row(values)
    pieces += writing.end()
    return Written("".join(pieces), tuple(rows.names[n] for n in secret), cut)


class SqlCopying(SqlTyping):
    """Answers the grid, and copies."""

    _pending: Wish | None = None
    """Its rows are still to come."""
    _writing: Task | None = None

    # --- pages ----------------------------------------------------------------------------

    @on(RowGrid.Want)
    def _want(self, message: RowGrid.Want) -> None:
        message.stop()
        self._pending = message.wish
        self.answer_wish()

    @on(RowGrid.Unwanted)
    def _unwanted(self, message: RowGrid.Unwanted) -> None:
        message.stop()
        if self._pending is not None and self._pending.serial == message.wish.serial:
            self._pending = None
            self.grid.failed(message.wish, "")

    def answer_wish(self) -> None:
        """Give the grid its page, if the rows are there."""
        wish, rows = self._pending, self.rows
        page = rows.page(wish) if wish is not None and rows is not None else None
        if wish is not None and page is not None:
            self._pending = None
            self.grid.take(page, wish)

    def forget_wish(self) -> None:
        """Other rows will be shown."""
        self._pending = None

    def go_to_row(self, number: str) -> bool:
        """Go to row N of the result."""
        if self.rows is None or not number.replace(",", "").isdecimal():
            return False
        self.grid.go_to(max(1, int(number.replace(",", ""))))
        self.screen.set_focus(self.main)
        return True

    # --- copies ---------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action in ("copy_rows", "view") and (
            self.main is not self.grid or self.grid.row is None
        ):
            return NO_ROW
        return super().why_not(action)

    def action_copy(self) -> None:
        """Copy the value, the statement or the text under the cursor."""
        if self.tab == HISTORY:
            key = self.statements.cursor_key
            self._copy_text(self.history[int(key)].sql if key else "")
        elif self.main is not self.grid:
            lines = self.plan if self.tab == PLAN else self.said if self.last_run else ()
            self._copy_text("\n".join(text_of(each).strip() for each in lines))
        else:
            self._copy_cell(self.grid.value)

    def _copy_text(self, text: str) -> None:
        if text:
            self.copy(text)
        else:
            self.say("There is nothing to copy.")

    def _copy_cell(self, value: object) -> None:
        name = one_line(self.grid.column)
        if self.grid.row is None:
            self.say(NO_ROW)
        elif isinstance(value, Cell) and value.secret:
            self.say(f"{name} is masked: it is not copied.", "attention")
        elif value is None:
            self.say("NULL: there is nothing to copy.")
        else:
            self.copy(copied(value))
            if isinstance(value, Cell):
                self.say(
                    f"Copied the beginning of {name}: the result has no more of it.", "attention"
                )

    def action_view(self) -> None:
        """Show every column of the row under the cursor."""
        from tui.app.screens.sql_row import SqlRowScreen

        if self.rows is not None and self.grid.row is not None:
            self.app.push_screen(SqlRowScreen(self.rows, self.grid, self.action_copy_rows))

    @on(RowGrid.Menu)
    def action_actions(self) -> None:
        """Offer what can be done with the row or the statement under the cursor."""
        from tui.app.screens.menu import items_of

        title = "row of the result" if self.main is self.grid else "SQL"
        self.post_message(self.Offer(title, items_of(self, OFFERED)))

    @on(RowGrid.Opened)
    def _open_row(self, message: RowGrid.Opened) -> None:
        message.stop()
        self.action_view()

    def action_copy_rows(self) -> None:
        """Offer the row, or those that are marked, in three forms."""
        from tui.app.panes.rows_copying import MENU, MOST
        from tui.app.screens.menu import Item, Menu

        rows, row = self.rows, self.grid.row
        wanted = self.grid.marked_identities() or ((row.identity,) if row else ())
        if rows is None or not wanted:
            self.say(NO_ROW)
            return
        if len(wanted) > MOST:
            self.say(f"At most {MOST:,} rows are copied at once; {len(wanted):,} are marked.")
            return
        numbers = [int(identity[0]) for identity in wanted]
        words = quantities.plural(len(numbers), "row")
        items = [Item(kind, "", name, f"{words}, without secrets") for kind, name in MENU]

        def chosen(kind: str | None) -> None:
            if kind is not None:
                work = lambda _task: written(rows, numbers, kind)  # noqa: E731
                self._writing = Task("copy", self, work)
                self._writing.start()

        self.app.push_screen(Menu(f"copy {words} of the result as", items), chosen)

    def take_copy(self, message: Done) -> None:
        """Rows were written out."""
        if message.task is not self._writing:
            return
        self._writing, found = None, message.value
        if not isinstance(found, Written):
            self.say(message.problem or "", "attention")
            return
        self.copy(found.text)
        from tui.app.panes.rows_copying import arrived

        size = arrived(len(found.text.encode(errors="replace")))
        if found.left_out:
            names = ", ".join(map(one_line, found.left_out))
            size += f" Masked values are left out of the copy: {names}."
        if found.cut:
            size += " Long values are cut."
        if found.left_out or found.cut:
            self.say(size)
