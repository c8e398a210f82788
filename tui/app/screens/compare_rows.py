"""The rows that differ in one table, a page after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.app.comparison_reader import ComparisonReader, RowsCame
from tui.app.listing import differing
from tui.app.listing.comparison import by_words, detail_title
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, say
from tui.app.screens.row_versions import VersionsScreen
from tui.app.ticks import Ticks, is_bringable, why_not_row
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE
from tui.app.widgets.rows import RowList
from tui.core.models import Comparison, RowDifference, TableDifference
from tui.wording.quantities import count

MOST = 2_000
"""Rows that are held; more are not for reading one after the other."""
AHEAD = 40
"""Rows below the cursor at which the next page is read."""


class CompareRowsScreen(Dialog[Ticks | None]):
    """A list of rows; returns what is to be brought back, None when it is left."""

    DEFAULT_CSS = "CompareRowsScreen #rows { height: 1fr; }"
    AUTO_FOCUS = "#rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "both versions", key_display="Enter", id="differing.open", group=HERE,
            tooltip="this row on both sides, side by side",
        ),
        Binding(
            "space", "mark", "mark", key_display="space", id="differing.mark", group=HERE,
            tooltip="mark this row for T",
        ),
        Binding(
            "T", "bring_back", "bring rows back…", id="differing.bring_back", group=ASKS,
            tooltip="bring what is marked, or this row, back into live; types the name",
        ),
        Binding(
            "escape,q", "leave", "back", key_display="Esc", id="differing.leave",
            group=EVERYWHERE, tooltip="back to the tables",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        reader: ComparisonReader,
        found: Comparison,
        table: TableDifference,
        ticks: Ticks,
        *,
        mask: Sequence[str] = (),
        why_not_bring: Callable[[], str] = lambda: "",
    ) -> None:
        """Show rows.

        Args:
            reader: Reads them.
            found: The comparison that they belong to.
            table: Whose rows.
            ticks: What is ticked; changed here.
            mask: The operator's own patterns of secret columns.
            why_not_bring: Why nothing can be brought back now; empty when it can.
        """
        super().__init__()
        self._reader, self._found, self._of = reader, found, table
        self._ticks, self._mask, self._why_not_bring = ticks, tuple(mask), why_not_bring
        self._rows: list[RowDifference] = []
        self._more, self._reading = True, False

    def title_row(self) -> TitleRow:
        """The table and how many of its rows differ."""
        by = by_words(self._of)
        return TitleRow(say(f" {detail_title(self._of)}", BOLD), say(f"{by} ", MUTED))

    def compose_body(self) -> Iterable[Widget]:
        """The list."""
        yield RowList(frame="none", id="rows")

    @property
    def _list(self) -> RowList:
        return self.query_one("#rows", RowList)

    @property
    def _row(self) -> RowDifference | None:
        key = self._list.cursor_key
        return self._rows[int(key)] if key else None

    # --- pages ----------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Read the first page."""
        self._read()

    def _read(self) -> None:
        if self._reading or not self._more or len(self._rows) >= MOST:
            return
        self._reading = True
        self._reader.rows(self, self._of, self._rows[-1] if self._rows else None)
        if not self._rows:
            self._list.show((), empty="…")
        self._rest()

    @on(RowsCame)
    def _take(self, message: RowsCame) -> None:
        if message.after is not (self._rows[-1] if self._rows else None):
            return
        self._reading = False
        self._rows += message.rows
        self._more = message.more
        self._show(message.problem)
        if message.problem:
            self._more = False
            self.tell(message.problem, attention=True)
        else:
            self._rest()

    def _show(self, problem: str = "") -> None:
        rows = self._list
        columns, listed = differing.grid(
            self._of, self._rows, rows.glyphs, max(20, rows.inner_width - 3), mask=self._mask,
            ticks=self._ticks, words=True,
        )  # fmt: skip
        rows.show(listed, columns=columns, empty=problem or "No row differs any more.")
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Other columns fit."""
        if self._rows:
            self.call_after_refresh(self._show)

    @on(RowList.Moved)
    def _follow(self) -> None:
        key = self._list.cursor_key
        if key and int(key) + AHEAD >= len(self._rows):
            self._read()
        if self._rows:
            self._rest()
        self.refresh_bindings()

    def _rest(self) -> None:
        first, last, read = self._list.shown
        total = self._of.removed + self._of.added + self._of.changed
        words = f"rows {count(first)}-{count(last)} of {count(total)}"
        if self._reading:
            words = f"» reading … {words}"
        elif read >= MOST and self._more:
            words = f"first {count(read)} rows of {count(total)}, more exist · {words}"
        if self._ticks:
            words += f" · {self._ticks.words} marked, T brings them back"
        self.tell(words)

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed; empty when it works."""
        row = self._row
        match action:
            case "open" | "mark" | "bring_back" if row is None:
                return "There is no row here."
            case "mark" | "bring_back" if not is_bringable(self._found):
                return "T brings rows of a backup into live: compare one backup with live (c)."
            case "mark" if row is not None:
                return why_not_row(self._of, row)
            case "bring_back" if reason := self._why_not_bring():
                return reason
            case "bring_back" if not self._ticks and row is not None:
                return why_not_row(self._of, row)
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        return None if self.is_mounted and self.why_not(action) else True

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled or active.node is not self:
            return
        if reason := self.why_not(active.binding.action):
            event.stop()
            event.prevent_default()
            self.tell(reason, attention=True)

    # --- keys -----------------------------------------------------------------------------

    @on(RowList.Opened)
    def action_open(self) -> None:
        """Both versions of the row."""
        if (row := self._row) is not None:
            self.app.push_screen(VersionsScreen(self._of, row, mask=self._mask))

    def action_mark(self) -> None:
        """Tick the row, and go on to the next."""
        if (row := self._row) is not None:
            name = differing.name_of(self._of, row, self._mask)
            self._ticks.toggle_row(self._of.table, row.key, name)
            self._show()
            self._list.action_move(1)
            self._rest()

    def action_bring_back(self) -> None:
        """Bring back what is ticked, or this row."""
        ticks, row = self._ticks, self._row
        if not ticks and row is not None:
            ticks = Ticks()
            name = differing.name_of(self._of, row, self._mask)
            ticks.toggle_row(self._of.table, row.key, name)
        self.dismiss(ticks)

    def action_leave(self) -> None:
        """Back to the tables."""
        self._reader.stop()
        self.dismiss(None)
