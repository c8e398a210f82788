"""Copying a value or rows to the operator's terminal; secrets stay here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.app import row_reads
from tui.app.grid.cells import copied
from tui.app.panes.rows_base import RowsBase
from tui.core.models.rows import Cell, PageRow, RowIdentity
from tui.wording import quantities
from tui.wording.clean import one_line

MOST = 1_000
"""Rows that are copied at once; x exports more."""
MENU = (("json", "JSON"), ("csv", "CSV"), ("sql", "INSERT"))


def arrived(size: int) -> str:
    """What is said of something that was copied."""
    return f"Copied {size:,} bytes to your terminal (OSC 52)."


class RowsCopying(RowsBase):
    """Copies."""

    def action_copy_cell(self) -> None:
        """Copy the value under the cursor, or those of the column in the marked rows."""
        row, marked = self.grid.row, self.grid.marked_identities()
        if marked:
            self._copy_column(marked)
        elif row is not None:
            self.copy_value(row, self.grid.column, self.grid.value)

    def _copy_column(self, wanted: Sequence[RowIdentity]) -> None:
        view, name = self.view, self.grid.column
        column = view.relation.column(name) if view is not None else None
        if view is None or column is None or self._are_too_many(wanted):
            return
        if column.secret:
            self.say(f"{one_line(name)} is masked: its values are not copied.", "attention")
            return
        lone = replace(view, columns=(column.name,))
        self.ask(
            "ask", lambda browser: row_reads.column_of(browser, lone, wanted, column.name),
            self._copy_rows,
        )  # fmt: skip

    def _are_too_many(self, wanted: Sequence[RowIdentity]) -> bool:
        if len(wanted) > MOST:
            self.say(f"At most {MOST:,} rows are copied at once; "
                     f"{len(wanted):,} are marked.", "attention")  # fmt: skip
        return len(wanted) > MOST

    def copy_value(
        self, row: PageRow, name: str, value: object, *, revealed: frozenset[str] = frozenset()
    ) -> None:
        """Copy one value; what a page has cut is read to its end first.

        Args:
            row: Where it stands.
            name: Its column.
            value: As a page carries it.
            revealed: Secrets of the row that are shown.
        """
        view = self.view
        if view is None:
            return
        if isinstance(value, Cell) and value.secret:
            self.say(f"{one_line(name)} is masked; m shows it.", "attention")
        elif isinstance(value, Cell):
            if not row.identity:
                self.say("This value is cut, and nothing names its row to read the rest.")
                return
            relation, identity = view.relation, row.identity
            self.ask(
                "ask",
                lambda browser: row_reads.whole(
                    browser, relation, identity, name, revealed=name in revealed
                ),
                self._copy_value,
            )
        elif value is None:
            self.say("NULL: there is nothing to copy.")
        else:
            self._copy_value((value, True))

    def _copy_value(self, found: tuple[object, bool]) -> None:
        value, is_whole = found
        if value is None:
            self.say("The rest of this value is masked or gone: nothing was copied.", "attention")
            return
        self.put(copied(value), "" if is_whole else " Its beginning: the value is longer.")

    def put(self, text: str, more: str = "") -> None:
        """Copy text, and say so."""
        self.app.copy_to_clipboard(text)
        hint = more or " Nothing arrived? tmux: set -g set-clipboard on"
        self.say(f"{arrived(len(text.encode(errors='replace')))}{hint}")

    def action_copy_rows(self) -> None:
        """Offer the row, or those that are marked, in three forms."""
        row = self.grid.row
        self.offer_copies(self.grid.marked_identities() or ((row.identity,) if row else ()))

    def offer_copies(self, wanted: Sequence[RowIdentity]) -> None:
        """Offer some rows in three forms."""
        from tui.app.screens.menu import Item, Menu

        if self.view is None or not wanted or not wanted[0]:
            self.say("There is no row with a key to copy.")
            return
        if self._are_too_many(wanted):
            return
        view, rows = self.view, quantities.plural(len(wanted), "row")
        items = [Item(kind, "", name, f"{rows}, without secrets") for kind, name in MENU]

        def chosen(kind: str | None) -> None:
            if kind is not None:
                self.ask(
                    "ask",
                    lambda browser: row_reads.written(browser, view, wanted, kind),
                    self._copy_rows,
                )

        self.app.push_screen(Menu(f"copy {rows} of {one_line(self.table)} as", items), chosen)

    def _copy_rows(self, found: row_reads.Written) -> None:
        words = []
        if found.left_out:
            names = ", ".join(map(one_line, found.left_out))
            words.append(f" Masked values are left out of the copy: {names}.")
        if found.cut:
            words.append(" Long values are cut.")
        self.put(found.text, "".join(words))
