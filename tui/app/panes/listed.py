"""What the panes with a list share: a filter, a menu of the row under the cursor, copying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding

from tui.app.listing.row import Column, Row
from tui.app.listing.terms import Terms, narrowed, parse
from tui.app.panes.base import CONTENT_ACTIONS, Pane
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import EVERYWHERE
from tui.app.widgets.rows import RowList
from tui.wording import quantities

FILTER = Binding(
    "slash", "filter", "filter", key_display="/", id="list.filter", group=EVERYWHERE,
    tooltip="keep the rows that match; Esc clears",
)  # fmt: skip
MATCHES = (
    Binding(
        "n", "next_match(1)", "next", show=False, key_display="n N", id="list.next_match",
        group=EVERYWHERE, tooltip="next, previous match of the filter",
    ),
    Binding("N", "next_match(-1)", "", show=False, id="list.previous_match", group=EVERYWHERE),
)  # fmt: skip
ACTIONS = Binding(
    "a", "actions", "actions", id="list.actions", group=EVERYWHERE,
    tooltip="actions for this row; also the right button",
)  # fmt: skip


class ListPane(Pane):
    """A pane whose main part is a list of things."""

    LIST: ClassVar[str]
    """Id of the list."""
    THING: ClassVar[str]
    """What a row is, for the menu's title: `backup`."""
    FIELDS: ClassVar[tuple[str, ...]] = ()
    """What `name:word` of the filter may name."""
    MENU: ClassVar[tuple[str, ...]]
    """Actions of the menu, in order."""

    _terms = Terms()

    @property
    def _list(self) -> RowList:
        return self.query_one(f"#{self.LIST}", RowList)

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    def list_rows(
        self,
        rows: Sequence[Row],
        *,
        empty: str,
        columns: Sequence[Column] = (),
    ) -> None:
        """Show the rows that the filter keeps."""
        things = sum(1 for row in rows if row.is_thing)
        if self._terms.is_empty:
            self._list.show(rows, empty=empty, columns=columns)
            self._filter.count("")
            return
        kept = narrowed(self._terms, rows)
        none = f"None of {quantities.count(things)} matches. Esc clears." if things else empty
        self._list.show(kept, empty=none, columns=columns)
        self._filter.count(f"{quantities.count(len(kept))} of {quantities.count(things)} match")

    # --- filter ---------------------------------------------------------------------------

    @on(FilterLine.Typed)
    def _narrow(self, message: FilterLine.Typed) -> None:
        try:
            self._terms = parse(message.text, self.now(), self.FIELDS)
        except ValueError as error:
            self.say(str(error), "attention")
            return
        self.say("")
        self.update()

    @on(FilterLine.Kept)
    def _keep(self) -> None:
        self.screen.set_focus(self._list)
        self.update()

    def action_filter(self) -> None:
        """Type terms."""
        self._filter.open()
        self.update()

    def filter_by(self, terms: str) -> bool:
        """Narrow the list, as if the terms had been typed and kept."""
        if self.why_not("filter"):
            return False
        self._filter.open(terms)
        self._keep()
        return True

    def action_next_match(self, step: int) -> None:
        """Go to the next match, from the last one to the first."""
        if not self._list.step_round(step):
            self.say("From the last to the first." if step > 0 else "From the first to the last.")

    def back(self) -> bool:
        """Esc clears the filter."""
        if not self._filter.clear():
            return False
        self._terms = Terms()
        self.screen.set_focus(self._list)
        self.update()
        return True

    def point_at(self, key: str) -> None:
        """Put the cursor on a thing; a filter that hides it goes."""
        if not self._list.point_at(key) and self.back():
            self._list.point_at(key)

    def rest(self) -> None:
        """A list that nobody moved in opens at its top."""
        self._list.rest(self.rests_at())

    def rests_at(self) -> str:
        """Key of the thing that the cursor stands on at first; empty: the first one."""
        return ""

    def focus_first(self) -> None:
        """The list has the focus."""
        self.screen.set_focus(self._list)

    # --- menu -----------------------------------------------------------------------------

    def thing_words(self) -> str:
        """The thing under the cursor in a few words."""
        return self._list.cursor_key

    @on(RowList.Menu)
    def action_actions(self) -> None:
        """Offer what can be done with the row under the cursor."""
        from tui.app.screens.menu import items_of

        title = f"{self.THING} {self.thing_words()}".strip()
        self.post_message(self.Offer(title, items_of(self, self.MENU)))

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        action = action.split("(")[0]
        if self.trouble_page is not None and action in CONTENT_ACTIONS:
            return "There is no list to choose from."
        if action == "actions" and not self._list.cursor_key:
            return "There is nothing to choose an action for."
        if action == "next_match" and self._terms.is_empty:
            return "No filter is kept; / sets one."
        if action == "copy" and not self.to_copy():
            return "There is nothing to copy."
        return ""
