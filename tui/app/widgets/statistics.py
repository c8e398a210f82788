"""The statistics of a table: its columns, and what is known of the one under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.app.glyphs import UNICODE, Glyphs
from tui.app.listing import statistics as listing
from tui.app.paint import Line
from tui.app.widgets.panel import Frame, TextPanel
from tui.app.widgets.rows import RowList
from tui.core.models.rows import ColumnStatistics, RelationColumn


class StatisticsView(Vertical):
    """A list and a few lines below it."""

    DEFAULT_CSS = """
    StatisticsView {
        height: 1fr;
        RowList { height: 1fr; }
        TextPanel { height: 4; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[RelationColumn, ...] = ()
        self._known: Mapping[str, ColumnStatistics | str] = {}

    def compose(self) -> ComposeResult:
        """List and detail."""
        yield RowList(listing.columns(80), signed=False, id="statistics-rows")
        yield TextPanel(id="statistics-detail")

    @property
    def list(self) -> RowList:
        """What has the keys."""
        return self.query_one(RowList)

    def entitle(self, title: str | Line, aside: str | Line = "") -> None:
        """Set what stands at the two ends of the title line; at 80 columns the tabs take it."""
        detail = self.query_one(TextPanel)
        below = detail.frame == "rule"
        self.list.entitle(title, "" if below else aside)
        detail.entitle("", aside if below else "")

    def stand(self, frame: Frame) -> None:
        """Whether something stands at the left of it."""
        self.list.frame = self.query_one(TextPanel).frame = frame

    def show(
        self,
        shown: Sequence[RelationColumn],
        known: Mapping[str, ColumnStatistics | str],
        reading: str,
        empty: str,
    ) -> None:
        """Show what is known; see `listing.rows`."""
        self._shown, self._known = tuple(shown), dict(known)
        width = self.list.inner_width
        self.list.show(
            listing.rows(shown, known, reading, self._glyphs), empty=empty,
            columns=listing.columns(width or 80),
        )  # fmt: skip
        self._show_detail()

    @property
    def _glyphs(self) -> Glyphs:
        glyphs: Glyphs = getattr(self.app, "glyphs", UNICODE)
        return glyphs

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        key = self.list.cursor_key
        column = next((each for each in self._shown if each.name == key), None)
        lines: tuple[Line, ...] = ()
        if column is not None:
            lines = listing.detail(column, self._known.get(key), self._glyphs)
        self.query_one(TextPanel).show(lines)
