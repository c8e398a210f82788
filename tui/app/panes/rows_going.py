"""Filter and order of a table's rows, and the ways from one table to another and back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on

from tui.app import row_reads
from tui.app.panes.rows_base import RowsBase
from tui.app.row_reads import Place
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.grid import RowGrid
from tui.core.models.rows import Order, Pointing, Relation, RowIdentity
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile(r"[^\s=<>!~]+")
"""A filter that is looked for in every column."""
STEPS = 100
"""Places that `<` comes back to."""


class RowsGoing(RowsBase):
    """Goes by filter, order and foreign keys."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.left: list[Place] = []
        """Where `>` and `p` came from, the last one at the end."""

    # --- filter ---------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter."""
        if self.view is not None:
            self.filter_line.open()

    @on(FilterLine.Typed)
    def _typed(self, message: FilterLine.Typed) -> None:
        message.stop()
        place = self.place
        if place is None or message.text.strip() == place.text or not self.filter_line.is_typed_in:
            return
        self.filter_line.count("…" if message.text.strip() else "")
        wanted = replace(place, text=message.text.strip(), condition=None, identity=())
        self._open(wanted, self._not_understood)

    def _not_understood(self, why: str) -> None:
        """The rows that are shown stay."""
        if why:
            self._opening = False
            self._wrong_filter = why
            self.filter_line.count("")
            self.say(why, "attention")

    @on(FilterLine.Kept)
    def _kept(self, message: FilterLine.Kept) -> None:
        message.stop()
        if self._wrong_filter:
            self.say(self._wrong_filter, "attention")
            return
        self.screen.set_focus(self.grid)

    def clear_filter(self) -> bool:
        """Show every row again, around the one under the cursor; False without a filter."""
        if not self.filter_line.is_open:
            return False
        here = self.here()
        self.filter_line.clear()
        self._wrong_filter = ""
        self.say("")
        if here is not None and here.text:
            self.go(replace(here, text="", condition=None))
        self.screen.set_focus(self.grid)
        return True

    def action_next_match(self, step: int) -> None:
        """Go to the next or previous match: of a word its next cell, else the next row."""
        place, grid = self.place, self.grid
        if place is None or not (place.text or place.condition):
            self.say("No filter is kept; / sets one.")
            return
        word = place.text if _WORD.fullmatch(place.text) else ""
        beside = [n for n in grid.columns_having(word) if (n - grid.place) * step > 0]
        if beside:
            grid.to_column(grid.columns_shown[beside[0] if step > 0 else beside[-1]])
            return
        before = grid.feed.sight.cursor
        grid.action_move(step)
        if grid.feed.sight.cursor == before:
            self.say("That is the last match." if step > 0 else "That is the first match.")
            return
        there = grid.columns_having(word)
        if there:
            grid.to_column(grid.columns_shown[there[0] if step > 0 else there[-1]])

    # --- order ----------------------------------------------------------------------------

    @on(RowGrid.Headed)
    def _headed(self, message: RowGrid.Headed) -> None:
        message.stop()
        self.sort_by(message.column)

    def action_sort(self) -> None:
        """Sort by the column under the cursor, the other way, or by key again."""
        self.sort_by(self.grid.column)

    def sort_by(self, name: str) -> None:
        """Sort by a column; again: the other way; then no more."""
        here, view = self.here(), self.view
        column = view.relation.column(name) if view is not None and name else None
        if here is None or view is None or column is None:
            return
        if column.secret:
            self.say(f"{one_line(name)} holds secrets: rows are not sorted by it.", "attention")
            return
        now = here.order[0] if here.order and here.order[0].column == name else None
        order: tuple[Order, ...] = (Order(column=name),)
        if now is not None:
            order = () if now.descending else (Order(column=name, descending=True),)
        self.go(replace(here, order=order, identity=()))

    # --- to other tables ------------------------------------------------------------------

    def leave_for(self, place: Place, *, viewed: bool = False) -> None:
        """Go to another place; `<` comes back.

        Args:
            place: Where to.
            viewed: The row that is left was shown as a whole.
        """
        here = self.here()
        if here is not None:
            self.left = [*self.left, replace(here, viewed=viewed)][-STEPS:]
        self.go(place)

    def action_follow(self) -> None:
        """Go to the row that the foreign key under the cursor names."""
        self.follow()

    def follow(self, *, viewed: bool = False) -> None:
        """Go to the row that the foreign key under the cursor names; see `leave_for`."""
        view, row, name = self.view, self.grid.row, self.grid.column
        if view is None or row is None:
            return
        column = view.relation.column(name)
        if column is None or column.points_to is None:
            self.say(f"{one_line(name)} is no foreign key; those have > behind their name.")
            return
        if not row.identity:
            self.say("These rows have no key that names one.", "attention")
            return
        relation = view.relation
        self.ask(
            "ask",
            lambda browser: row_reads.parent(browser, relation, row.identity, name),
            lambda place: self._followed(place, viewed),
        )

    def _followed(self, place: Place | None, viewed: bool) -> None:
        if place is None:
            self.say(f"No row is named by this {self.cell_words()}.", "attention")
        else:
            self.leave_for(place, viewed=viewed)

    def action_return(self) -> None:
        """Come back to where `>` or `p` left."""
        if not self.left:
            self.say("There is nothing to come back to: > and p go somewhere.")
            return
        self.go(self.left.pop())

    def action_pointing(self) -> None:
        """Offer the tables whose rows point at this one."""
        view, row = self.view, self.grid.row
        if view is None or row is None:
            return
        if not row.identity:
            self.say("These rows have no key that names one.", "attention")
            return
        self.say("counting what points here …", "muted")
        relation, identity = view.relation, row.identity
        self.ask(
            "ask",
            lambda browser: row_reads.pointing(browser, relation, identity),
            lambda found: self._offer_pointing(found, relation, identity),
        )

    def _offer_pointing(
        self, found: Sequence[Pointing], relation: Relation, identity: RowIdentity
    ) -> None:
        from tui.app.screens.menu import Item, Menu

        self.say("")
        if not found:
            self.say("Nothing points here.")
            return
        items = [
            Item(
                str(number), "", f"{each.table} ({', '.join(each.columns)})",
                "not counted" if each.rows is None else quantities.plural(each.rows, "row"),
            )
            for number, each in enumerate(found)
        ]  # fmt: skip

        def chosen(number: str | None) -> None:
            if number is not None:
                key = found[int(number)]
                self.ask(
                    "ask",
                    lambda browser: row_reads.place_of(browser, key, relation, identity),
                    self.leave_for,
                )

        self.app.push_screen(Menu(f"points at this row of {one_line(self.table)}", items), chosen)

    def action_read_again(self) -> None:
        """Read again around the row under the cursor; what is counted, too."""
        here = self.here()
        if here is None:
            return
        if self.view is None or self.grid.row is None:
            self.go(here)
            return
        self.grid.refresh_around()
        self.count()

    def reopen(self) -> None:
        """Look at the table anew: another file stands there, or it can be read again."""
        here = self.here()
        if here is not None:
            self.go(here)
