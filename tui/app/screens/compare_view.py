"""What the compare screen shows of a comparison: both sides, the tables, the gist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from tui.app.comparison_reader import ComparisonReader
from tui.app.listing import comparison as listing
from tui.app.listing.terms import Terms, narrowed, parse
from tui.app.panes.base import BESIDE
from tui.app.screens.compare_detail import Differing
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, Lines, say, stack, wrapped
from tui.app.ticks import Ticks
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.rows import RowList
from tui.core.models import Comparison, Side, TableDifference
from tui.wording.comparisons import schema_words
from tui.wording.quantities import count

if TYPE_CHECKING:
    from tui.app.seen import Seen


class ComparisonView(Dialog[None]):
    """Draws a comparison; who reads it and what the keys do is the subclass's."""

    DEFAULT_CSS = """
    ComparisonView {
        & > TitleRow { margin-top: 3; }
        #both { height: 1fr; layout: vertical; }
        #tables { height: 1fr; }
        #differing { height: 1fr; }
        #words { height: auto; max-height: 4; }
        &.-beside #both { layout: horizontal; }
        &.-beside #tables { width: 82; height: 1fr; }
        &.-beside #differing { width: 1fr; height: 1fr; }
        &.-alone #differing { display: none; }
        &.-alone #tables { width: 1fr; }
    }
    """

    def __init__(self, reader: ComparisonReader, mask: Sequence[str]) -> None:
        super().__init__()
        self._reader = reader
        self._mask = tuple(mask)
        self._found: Comparison | None = None
        self._terms = Terms()
        self._ticks = Ticks()

    # --- parts ----------------------------------------------------------------------------

    def title_row(self) -> TitleRow:
        """Both sides."""
        return TitleRow(Content(""))

    def compose_body(self) -> Iterable[Widget]:
        """Tables, the rows of one below or beside them, the gist."""
        yield FilterLine("part of a name; -word drops")
        with Container(id="both"):
            yield RowList(listing.COLUMNS, frame="none", cursor_at=1, signed=False, id="tables")
            yield Differing(self._reader, self, self._ticks, self._mask)
        yield Lines(id="words")

    @property
    def _list(self) -> RowList:
        return self.query_one("#tables", RowList)

    @property
    def _detail(self) -> Differing:
        return self.query_one(Differing)

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    @property
    def _seen(self) -> Seen:
        return cast("Seen", getattr(self.app, "seen"))  # noqa: B009

    def _now(self) -> datetime:
        return cast("Callable[[], datetime]", getattr(self.app, "now"))()  # noqa: B009

    @property
    def _table(self) -> TableDifference | None:
        key = self._list.cursor_key
        return (
            next((t for t in self._found.tables if t.table == key), None) if self._found else None
        )

    # --- drawing --------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """The rows stand beside the tables where there is room."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self._detail.frame = "side" if beside else "rule"
        self._show_title()
        self._show_words()
        self.call_after_refresh(self._share)

    def _share(self) -> None:
        """Give the list what it needs, and the detail what is left."""
        tables = self._list
        # Without tables what stands there is a sentence, which may be long.
        self.set_class(not (self._found and self._found.tables), "-alone")
        if self.has_class("-beside") or self.has_class("-alone"):
            tables.styles.height = "1fr"
        else:
            room = self.query_one("#both").size.height
            tables.styles.height = max(4, min(len(tables.rows) + 2, room - 6))
        self.call_after_refresh(self._detail.redraw)

    def _show_title(self) -> None:
        found, backups = self._found, self._seen.catalogue.backups if self._seen.catalogue else ()
        now = self._now()
        if found is None:
            sides = [
                Side(word=word, name=word, taken="", revision="")
                for word in (self._reader.first, self._reader.second)
            ]
            schema = ""
        else:
            sides, schema = [found.first, found.second], schema_words(found)
        words = [
            listing.side_words(letter, side, now, backups)
            for letter, side in zip("AB", sides, strict=True)
        ]
        left, right = listing.title_words(words, schema, self.app.size.width)
        self.query_one(TitleRow).show(say(f" {left}", BOLD), say(f"{right} "))

    def _show_tables(self) -> None:
        if self._found is None:
            return
        rows = listing.table_rows(self._found, self._ticks)
        empty = f"{self._found.words}."
        if not self._terms.is_empty:
            things = sum(1 for row in rows if row.is_thing)
            rows = narrowed(self._terms, rows)
            empty = f"None of {count(things)} matches. Esc clears."
            self._filter.count(f"{count(len(rows))} of {count(things)} match")
        self._list.show(rows, empty=empty)
        self._show_words()
        self.call_after_refresh(self._share)

    def _show_words(self) -> None:
        found = self._found
        said = listing.gist(found) if found and found.tables else []
        width = max(20, self.app.size.width - 2)
        pieces = [piece for sentence in said for piece in wrapped(sentence, width)]
        self.query_one("#words", Lines).content = stack(
            Content.assemble(" ", piece) for piece in pieces
        )

    # --- filter ---------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type terms."""
        self._filter.open()

    @on(FilterLine.Typed)
    def _narrow(self, message: FilterLine.Typed) -> None:
        try:
            self._terms = parse(message.text, self._now(), listing.FIELDS)
        except ValueError as error:
            self.tell(str(error), attention=True)
            return
        self._show_tables()

    @on(FilterLine.Kept)
    def _keep(self) -> None:
        self.set_focus(self._list)
