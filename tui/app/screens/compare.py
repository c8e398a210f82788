"""What differs between two databases: table by table, the rows of one, and the gist in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from tui.app import verbs
from tui.app.background import Far, NotDone
from tui.app.comparison_reader import Compared, ComparisonReader, RowsCame
from tui.app.listing import comparison as listing
from tui.app.listing import differing
from tui.app.listing.terms import Terms, parse
from tui.app.panes.base import BESIDE, Pane
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, Lines, say, stack, wrapped
from tui.app.ticks import Ticks, is_bringable, why_not_table
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE
from tui.app.widgets.rows import RowList
from tui.core.models import Comparison, TableDifference
from tui.wording.comparisons import schema_words
from tui.wording.quantities import count

if TYPE_CHECKING:
    from tui.app.seen import Seen

DETAIL = 60
"""Rows of the table under the cursor that are read for the detail."""
DEBOUNCE = 0.12
"""Seconds that the cursor has to stand before rows are read."""
LEAVING_WAIT = 2.0
"""Seconds within which scratch copies are gone when the program is left."""


class CompareScreen(Dialog[None]):
    """Reads both sides in a thread of its own; what is ticked here can be brought back."""

    DEFAULT_CSS = """
    CompareScreen {
        & > TitleRow { margin-top: 3; }
        #both { height: 1fr; layout: vertical; }
        #tables { height: 1fr; }
        #differing { height: 1fr; }
        #words { height: auto; max-height: 4; }
        &.-beside #both { layout: horizontal; }
        &.-beside #tables { width: 82; height: 1fr; }
        &.-beside #differing { width: 1fr; height: 1fr; }
        &.-alone #differing { display: none; }
    }
    """
    AUTO_FOCUS = "#tables"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "rows", key_display="Enter", id="compare.open", group=HERE,
            tooltip="every row of this table that differs; there Enter shows both versions",
        ),
        Binding(
            "T", "bring_back", "bring rows back…", id="compare.bring_back", group=ASKS,
            tooltip="bring what is marked, or this table, back into live; types the name",
        ),
        Binding(
            "B", "restore", "restore all…", id="compare.restore", group=ASKS,
            tooltip="put the whole backup in place of the live database; types the name",
        ),
        Binding(
            "space", "mark", "mark", key_display="space", id="compare.mark", group=HERE,
            tooltip="mark this table for T; in its rows single ones",
        ),
        Binding(
            "slash", "filter", "filter", key_display="/", id="compare.filter", group=HERE,
            tooltip="keep the tables that match; Esc clears",
        ),
        Binding(
            "R", "again", "again", show=False, id="compare.again", group=HERE,
            tooltip="compare again",
        ),
        Binding(
            # Priority: in the filter's field Esc would otherwise step back in the pane below.
            "escape", "back", "back", show=False, key_display="Esc", id="compare.back",
            group=EVERYWHERE, priority=True, tooltip="stop comparing; clear the filter; leave",
        ),
        Binding(
            "ctrl+c", "stop", "stop", show=False, id="compare.stop", group=EVERYWHERE,
            priority=True, tooltip="stop comparing",
        ),
        Binding("q", "leave", "back", id="compare.leave", group=EVERYWHERE, tooltip="leave"),
    ]  # fmt: skip

    def __init__(
        self,
        reader: ComparisonReader,
        *,
        table: str = "",
        bring: bool = False,
        mask: Sequence[str] = (),
    ) -> None:
        """Compare.

        Args:
            reader: Knows both sides; not started yet, ended with the screen.
            table: Where the cursor stands first.
            bring: Whether to go on to bringing back as soon as it is known what differs.
            mask: The operator's own patterns of secret columns.
        """
        super().__init__()
        self._reader = reader
        self._first_table, self._bring = table, bring
        self._mask = tuple(mask)
        self._found: Comparison | None = None
        self._comparing = self._stale = False
        self._terms = Terms()
        self._ticks = Ticks()
        self._pages: dict[str, RowsCame] = {}

    # --- parts ----------------------------------------------------------------------------

    def title_row(self) -> TitleRow:
        """Both sides."""
        return TitleRow(Content(""))

    def compose_body(self) -> Iterable[Widget]:
        """Tables, the rows of one below or beside them, the gist."""
        yield FilterLine("part of a name; -word drops")
        with Container(id="both"):
            yield RowList(listing.COLUMNS, frame="none", cursor_at=1, signed=False, id="tables")
            yield (detail := RowList(frame="rule", id="differing"))
            detail.can_focus = False
        yield Lines(id="words")

    @property
    def _list(self) -> RowList:
        return self.query_one("#tables", RowList)

    @property
    def _detail(self) -> RowList:
        return self.query_one("#differing", RowList)

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

    # --- life -----------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin to compare, and follow whether the live database is replaced meanwhile."""
        self._show_title()
        self._reader.start()
        self._compare()
        self.watch(self.app, "seen", self._notice, init=False)

    def on_unmount(self) -> None:
        """Leave no connection and no scratch copy behind."""
        self._reader.end(LEAVING_WAIT)

    def on_screen_resume(self) -> None:
        """What was brought back or restored meanwhile is compared anew."""
        self._notice(self._seen)

    def _notice(self, seen: Seen) -> None:
        """After an operation on the live database what stood here is no longer true."""
        if "live" not in (self._reader.first, self._reader.second):
            return
        if seen.released:
            self._stale = True
        elif self._stale and seen.running is None and self.is_current:
            self._stale = False
            self._ticks.clear()
            self._compare()

    def _compare(self) -> None:
        self._comparing = True
        self._pages.clear()
        self._reader.compare(self)
        self.tell(f"{self._sign} {listing.progress_words(0, 0)} · Esc stops it")
        if self._found is None:
            self._list.show((), empty="…")
        self.refresh_bindings()

    @property
    def _sign(self) -> str:
        return "»"

    @on(Far)
    def _far(self, message: Far) -> None:
        if self._comparing:
            words = listing.progress_words(message.done, message.total)
            self.tell(f"{self._sign} {words} · Esc stops it")

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        first_time, self._comparing = self._found is None, False
        self._found = message.comparison
        self._show_title()
        self._show_tables()
        if first_time and self._first_table:
            self._list.point_at(self._first_table)
        self._want_detail()
        self.rest()
        self.refresh_bindings()
        if self._bring:
            self._bring = False
            if reason := self.why_not("bring_back"):
                self.tell(reason, attention=True)
            else:
                self._open_bring_back(self._ticks)

    @on(NotDone)
    def _not_done(self, message: NotDone) -> None:
        self._comparing = False
        if self._found is None:
            self._list.show((), empty=f"{message.text} R compares again.")
        self.tell(message.text, attention=True)
        self.refresh_bindings()

    def rest(self) -> None:
        """What the message line says while there is nothing else to say."""
        if self._found is None:
            return
        if self._ticks:
            self.tell(f"{self._ticks.words} marked · T brings them back · Esc unmarks")
        else:
            self.tell(listing.compared_words(self._found))

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
        if self.has_class("-beside"):
            tables.styles.height = "1fr"
        else:
            room = self.query_one("#both").size.height
            tables.styles.height = max(4, min(len(tables.rows) + 2, room - 6))
        self.call_after_refresh(self._show_detail)

    def _show_title(self) -> None:
        found, backups = self._found, self._seen.catalogue.backups if self._seen.catalogue else ()
        now = self._now()
        if found is None:
            from tui.core.models import Side

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
            rows = self._terms.narrow(rows)
            empty = f"None of {count(things)} matches. Esc clears."
            self._filter.count(f"{count(len(rows))} of {count(things)} match")
        self._list.show(rows, empty=empty)
        self.set_class(not self._found.tables, "-alone")
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

    # --- the rows of the table under the cursor -------------------------------------------

    @on(RowList.Moved, "#tables")
    def _follow_cursor(self) -> None:
        self.refresh_bindings()
        self._want_detail()

    def _want_detail(self) -> None:
        table = self._table
        self._show_detail()
        if table is not None and self._needs_rows(table) and not self._comparing:
            self.set_timer(DEBOUNCE, lambda: self._read_detail(table))

    def _needs_rows(self, table: TableDifference) -> bool:
        has_rows = table.removed or table.added or table.changed
        return bool(has_rows and not table.only_in and table.table not in self._pages)

    def _read_detail(self, table: TableDifference) -> None:
        if table is self._table and self._needs_rows(table) and self.is_current:
            self._reader.rows(self, table, limit=DETAIL)

    @on(RowsCame)
    def _take_rows(self, message: RowsCame) -> None:
        self._pages[message.table] = message
        self._show_detail()

    def _show_detail(self) -> None:
        table, panel = self._table, self._detail
        if table is None:
            panel.entitle("")
            panel.show(())
            return
        panel.entitle(listing.detail_title(table), listing.by_words(table))
        page = self._pages.get(table.table)
        if page is None:
            waits = self._needs_rows(table)
            panel.show((), empty="…" if waits else listing.no_rows_words(table))
            return
        columns, rows = differing.grid(
            table, page.rows, panel.glyphs, panel.inner_width - 3, mask=self._mask,
            ticks=self._ticks,
        )  # fmt: skip
        more = table.removed + table.added + table.changed - len(rows)
        panel.show(
            rows,
            columns=columns,
            empty=page.problem or listing.no_rows_words(table),
            note=lambda below: listing.more_words(below + more),
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

    # --- what is possible -----------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        return None if self.is_mounted and self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why a key is greyed; empty when it works."""
        if action in ("open", "mark", "filter", "bring_back", "restore") and self._found is None:
            return "It is still being compared." if self._comparing else "Nothing was compared."
        match action:
            case "open" | "mark" if self._table is None:
                return "There is no table here."
            case "mark" | "bring_back" if self._found and not is_bringable(self._found):
                return "T brings rows of a backup into live: compare one backup with live (c)."
            case "mark" if self._table is not None:
                return why_not_table(self._table)
            case "bring_back" if self._found and all(map(why_not_table, self._found.tables)):
                return "There is nothing to bring back: live lacks no row and has none otherwise."
            case "bring_back":
                return verbs.why_not_replace(self._seen, "T bring rows back…")
            case "restore" if self._found and not is_bringable(self._found):
                return "B restores a backup over live: compare one backup with live (c)."
            case "restore":
                return verbs.why_not_replace(self._seen, "B restore all…")
        return ""

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled or active.node is not self:
            return
        if not self._filter.is_typed_in and (reason := self.why_not(active.binding.action)):
            event.stop()
            event.prevent_default()
            self.tell(reason, attention=True)

    # --- keys -----------------------------------------------------------------------------

    @on(RowList.Opened, "#tables")
    def action_open(self) -> None:
        """Every row of the table that differs."""
        from tui.app.screens.compare_rows import CompareRowsScreen

        table = self._table
        if table is None or self._found is None:
            return
        if not (table.removed or table.added or table.changed) or table.only_in:
            self.tell(listing.no_rows_words(table), attention=True)
            return
        screen = CompareRowsScreen(
            self._reader, self._found, table, self._ticks, mask=self._mask,
            why_not_bring=lambda: self.why_not("bring_back"),
        )  # fmt: skip
        self.app.push_screen(screen, self._back_from_rows)

    def _back_from_rows(self, wanted: Ticks | None) -> None:
        self._show_tables()
        self._want_detail()
        self.rest()
        if wanted is not None:
            self._open_bring_back(wanted)

    def action_mark(self) -> None:
        """Tick the table, and go on to the next."""
        if (table := self._table) is not None:
            self._ticks.toggle_table(table.table)
            self._show_tables()
            self._show_detail()
            self._list.action_move(1)
            self.rest()

    def action_bring_back(self) -> None:
        """Show what bringing back would do with what is ticked, or with this table."""
        ticks, table = self._ticks, self._table
        if not ticks and table is not None and not why_not_table(table):
            ticks = Ticks({table.table})
        self._open_bring_back(ticks)

    def _open_bring_back(self, ticks: Ticks) -> None:
        from tui.app.screens.bring_back import BringBackScreen

        deployment, found = self._seen.deployment, self._found
        if deployment is not None and found is not None:
            self._reader.stop()
            self.app.push_screen(BringBackScreen(deployment, found, ticks), self._chosen)

    def _chosen(self, make: verbs.Make | None) -> None:
        self._want_detail()
        self._show_tables()
        self.rest()
        if make is not None:
            self.app.post_message(Pane.Do(make))

    def action_restore(self) -> None:
        """Put the whole backup in place."""
        if self._found is not None:
            self.app.post_message(Pane.Do(verbs.restore(self._found.first.word)))

    def action_again(self) -> None:
        """Compare again."""
        if not self._comparing:
            self._compare()

    def action_stop(self) -> None:
        """Stop comparing; without a result there is nothing to stay for."""
        if not self._comparing:
            self.tell("q goes back; nothing is being compared.")
            return
        self._comparing = False
        self._reader.stop()
        if self._found is None:
            self._leave("Stopped comparing.")
        else:
            self.tell("Stopped; this is the comparison of before.", attention=True)

    def action_back(self) -> None:
        """One step: stop, clear the filter, unmark, leave."""
        if self._comparing:
            self.action_stop()
        elif self._filter.clear():
            self._terms = Terms()
            self.set_focus(self._list)
            self._show_tables()
        elif self._ticks:
            self._ticks.clear()
            self._show_tables()
            self._show_detail()
            self.rest()
        else:
            self._leave("")

    def action_leave(self) -> None:
        """Leave, whatever is going on."""
        self._leave("Stopped comparing." if self._comparing else "")

    def _leave(self, words: str) -> None:
        self._reader.stop()
        self.dismiss(None)
        if words:
            self.app.post_message(Pane.Say(words))
