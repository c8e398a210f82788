"""The parts of the SQL console, and which of them is in sight."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.app.listing import sql as listing
from tui.app.paint import Line, Span, line
from tui.app.panes.sql_keys import HISTORY_KEYS
from tui.app.panes.sql_source import SqlSource
from tui.app.sql_editor import SqlEditor
from tui.app.sql_foot import SqlFoot, SqlHead
from tui.app.sql_offer import SqlOffer
from tui.app.sql_result import Rows
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.grid import RowGrid
from tui.app.widgets.rows import RowList

TALL = 30
"""From this many lines on the value under the cursor has a line of its own."""
RESULT, PLAN, HISTORY = range(3)


class ResultGrid(RowGrid):
    """The rows of a result: Enter leads back to the editor, not into a row."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is the pane's."""
        return action != "open" and super().check_action(action, parameters)


class HistoryList(RowList):
    """Statements that were run."""

    BINDINGS: ClassVar[list[BindingType]] = HISTORY_KEYS

    def action_take(self) -> None:
        """The statement is wanted in the editor."""
        self.post_message(self.Opened(self, self.cursor_key))


class SqlBase(SqlSource):
    """Editor above; result, plan or history below."""

    DEFAULT_CSS = """
    SqlBase {
        layers: default above;
        SqlEditor { height: 6; }
        #rows, #said, #statements { height: 1fr; display: none; }
        &.-rows #rows { display: block; }
        &.-said #said { display: block; }
        &.-statements #statements { display: block; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tab = RESULT
        self.rows: Rows | None = None
        """The result; None where there is none to draw as rows."""
        self.said: tuple[Line, ...] = (line(Span(f" {listing.EMPTY}", "muted")),)
        """What stands in place of the rows."""
        self.plan: tuple[Line, ...] = ()
        self.types_on = True
        """The editor had the keys last."""

    def compose(self) -> ComposeResult:
        """What is asked, the editor, and what comes of it."""
        yield SqlHead(id="head")
        yield SqlEditor(id="editor")
        yield ResultGrid(id="rows")
        yield DetailPanel(id="said")
        yield HistoryList(listing.HISTORY_COLUMNS, signed=False, heading=False, id="statements")
        yield SqlFoot(id="foot")
        yield SqlOffer(id="offer")

    @property
    def editor(self) -> SqlEditor:
        """Where the statement is typed."""
        return self.query_one(SqlEditor)

    @property
    def grid(self) -> ResultGrid:
        """The rows."""
        return self.query_one(ResultGrid)

    @property
    def offer(self) -> SqlOffer:
        """The candidates."""
        return self.query_one(SqlOffer)

    @property
    def statements(self) -> HistoryList:
        """The history."""
        return self.query_one(HistoryList)

    @property
    def text_panel(self) -> DetailPanel:
        """Plan, or why there are no rows."""
        return self.query_one(DetailPanel)

    @property
    def main(self) -> ResultGrid | DetailPanel | HistoryList:
        """What stands below the editor."""
        if self.tab == HISTORY:
            return self.statements
        return self.grid if self.tab == RESULT and self.rows is not None else self.text_panel

    # --- what is in sight -----------------------------------------------------------------

    def turn_to(self, tab: int) -> None:
        """Show result, plan or history; the keys go along where they were there."""
        had_focus = self.main.has_focus
        self.tab = tab
        self.settle()
        if had_focus:
            self.screen.set_focus(self.main)

    def settle(self) -> None:
        """Draw what is known below the editor."""
        had_focus = any(part.has_focus for part in (self.grid, self.text_panel, self.statements))
        main = self.main
        self.set_class(main is self.grid, "-rows")
        self.set_class(main is self.text_panel, "-said")
        self.set_class(main is self.statements, "-statements")
        if main is self.text_panel:
            self.text_panel.show(self.plan if self.tab == PLAN else self.said)
        self.entitle()
        # The first rows find their columns when they are drawn; the foot tells of a cell of them.
        self.call_after_refresh(self.entitle)
        self.refresh_bindings()
        if had_focus and not main.has_focus:
            self.screen.set_focus(main)

    def entitle(self) -> None:
        """Tabs, and what is to be known of what is shown."""
        self.main.entitle(line(*listing.tabs(self.tab)), self.aside())
        grid = self.grid if self.main is self.grid else None
        self.query_one(SqlFoot).show(grid, len(self.rows or ()), self.more_words())

    def aside(self) -> str:
        """What stands at the right end of the title."""
        return ""

    def more_words(self) -> str:
        """What stands at the right end below the rows."""
        return ""

    def focus_first(self) -> None:
        """The editor has the keys, or what had them last."""
        self.screen.set_focus(self.editor if self.types_on else self.main)

    def on_resize(self, event: events.Resize) -> None:
        """The editor has a third of the height."""
        self.editor.styles.height = max(3, event.size.height // 3)
        self.query_one(SqlFoot).set_class(event.size.height >= TALL, "-tall")

    @on(RowGrid.Moved)
    def _moved(self, message: RowGrid.Moved) -> None:
        message.stop()
        self.entitle()

    @on(RowGrid.Say)
    def _said_by_grid(self, message: RowGrid.Say) -> None:
        message.stop()
        self.say(message.text, message.role)

    @on(RowGrid.Headed)
    def _headed(self, message: RowGrid.Headed) -> None:
        message.stop()
        self.say("ORDER BY in the statement sorts a result.")
