"""Which columns of a table are shown, and which of them stay at the left."""

from __future__ import annotations

from tui.app.panes.rows_base import RowsBase
from tui.wording import quantities
from tui.wording.clean import one_line

LISTED = 12
"""Hidden columns that have a line of their own in the menu."""


class RowsColumns(RowsBase):
    """Hides, shows and freezes columns."""

    def action_columns(self) -> None:
        """Offer what can be done with columns."""
        from tui.app.screens.menu import Item, Menu

        grid, view = self.grid, self.view
        if view is None or not grid.column:
            return
        name, shown = one_line(grid.column), grid.columns_shown
        hidden = [column for column in view.columns if column not in shown]
        many = len(shown) < 2
        items = [
            Item("hide", "", f"hide {name}", "its values are not shown",
                 "A table shows one column at least." if many else ""),
            Item("freeze", "", f"keep up to {name} at the left", "while others move past"),
        ]  # fmt: skip
        if grid.frozen:
            items.append(Item("thaw", "", "let all columns move", ""))
        if hidden:
            count = quantities.plural(len(hidden), "hidden column")
            items.append(Item("all", "", f"show {count}", "in the table's own order"))
        items += [Item(f"show {n}", "", f"show {one_line(hidden[n])}", "")
                  for n in range(min(LISTED, len(hidden)))]  # fmt: skip

        def chosen(what: str | None) -> None:
            if what is not None:
                self._choose(what, hidden)

        self.app.push_screen(Menu(f"columns of {one_line(self.table)}", items), chosen)

    def _choose(self, what: str, hidden: list[str]) -> None:
        grid, view = self.grid, self.view
        if view is None:
            return
        shown = grid.columns_shown
        match what.split():
            case ["hide"]:
                grid.columns_shown = [name for name in shown if name != grid.column]
            case ["freeze"]:
                grid.frozen = shown.index(grid.column) + 1
            case ["thaw"]:
                grid.frozen = 0
            case ["all"]:
                grid.columns_shown = view.columns
            case ["show", number]:
                wanted = {*shown, hidden[int(number)]}
                grid.columns_shown = [name for name in view.columns if name in wanted]
                grid.to_column(hidden[int(number)])
