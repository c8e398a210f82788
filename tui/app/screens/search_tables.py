"""Tables in which a text was found; they come while the search goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from tui.app.desk import Desk, Job
from tui.app.listing.row import Column, Row
from tui.app.paint import Span
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, line, say
from tui.app.screens.one_line import OneLine
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.app.widgets.rows import RowList
from tui.core.models import Deployment
from tui.operations.command import command_line
from tui.wording.clean import one_line, printable
from tui.wording.quantities import plural
from tui.wording.searches import found_words, hits_words

if TYPE_CHECKING:
    from tui.operations.reads.browsing import Browser
    from tui.operations.reads.surveying import Hit

PER_TABLE = 20
"""Hits after which the next table's turn comes."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The table that is to be opened, filtered; another text is to be asked for without one."""

    table: str = ""
    column: str = ""


@dataclass
class Searching(Message):
    """A table's turn has come."""

    table: str
    number: int
    of: int


@dataclass
class HitFound(Message):
    """A row has the text."""

    hit: Hit


@dataclass
class Over(Message):
    """Nothing more comes."""

    why: str | None = None
    """Why it did not come to its end; empty where it was stopped."""


class SearchLine(OneLine):
    """Asks what is looked for."""

    LONGEST = 200
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "take", "search", key_display="Enter", id="search.take", group=HERE,
            priority=True, tooltip="every table, one after the other; nothing is changed",
        ),
    ]  # fmt: skip


class SearchScreen(Dialog[Chosen | None]):
    """A list of tables; returns which of them is to be opened, None when it is left."""

    DEFAULT_CSS = "SearchScreen #found { height: 1fr; }"
    AUTO_FOCUS = "#found"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "rows", key_display="Enter", id="search.open", group=HERE,
            tooltip="this table, filtered to the rows that have the text",
        ),
        Binding(
            "slash", "again", "another text", key_display="/", id="search.again", group=HERE,
            tooltip="look for something else",
        ),
        Binding(
            "y", "copy", "copy command", id="search.copy", group=HERE,
            tooltip="copy the command that finds the same (OSC 52)",
        ),
        Binding(
            "escape,ctrl+c", "stop", "stop, back", key_display="Esc", id="search.stop",
            group=EVERYWHERE, tooltip="stop the search; then back to the tables",
        ),
        Binding("q", "leave", "back", show=False, id="search.leave", group=EVERYWHERE),
    ]  # fmt: skip

    def __init__(
        self, word: str, desk: Desk, deployment: Deployment, *, source: str = "live"
    ) -> None:
        """Begin when it is shown.

        Args:
            word: What is looked for.
            desk: Who reads.
            deployment: For the command.
            source: `live`, or a backup's id.
        """
        super().__init__()
        self._word, self._desk, self._deployment, self._source = word, desk, deployment, source
        self._hits: dict[str, list[Hit]] = {}
        self._searched = self._of = 0
        self._goes_on = True

    def title_row(self) -> TitleRow:
        """What is looked for, and where."""
        where = "live" if self._source == "live" else f"backup {self._source}"
        words = line(" ", (f"SEARCH  {one_line(self._word)}", BOLD), f"  in all tables of {where}")
        return TitleRow(words, say("secrets are not searched ", MUTED))

    def compose_body(self) -> Iterable[Widget]:
        """The list."""
        columns = (
            Column("table", 24, gap=2),
            Column("hits", 10, "right", gap=2),
            Column("first in", 16, gap=2),
            Column("text", 20, grows=True, gap=1),
        )
        yield RowList(columns, frame="rule", signed=False, id="found")

    @property
    def _list(self) -> RowList:
        return self.query_one("#found", RowList)

    # --- searching ------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin."""
        word, desk = self._word, self._desk

        def run(browser: Browser) -> None:
            browser.search_all(
                word,
                found=lambda hit: self._post(HitFound(hit)),
                begun=lambda *table: self._post(Searching(*table)),
                cancelled=desk.is_cancelled,
                per_table=PER_TABLE,
            )

        # Through this screen's own queue, behind all that was found; the desk's is another one.
        desk.ask(
            Job(
                "search",
                run,
                lambda _none: self._post(Over()),
                lambda why: self._post(Over(why)),
            )
        )
        self._show()

    def _post(self, message: Message) -> None:
        if self._goes_on:
            self.post_message(message)

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._desk.drop("search")

    @on(Searching)
    def _next(self, message: Searching) -> None:
        if self._goes_on:
            self._searched, self._of = message.number - 1, message.of
            at = f"{message.number} of {message.of}"
            self.tell(f"» searching {one_line(message.table)}, {at} · {self._told} · Esc stops it")

    @on(HitFound)
    def _take(self, message: HitFound) -> None:
        self._hits.setdefault(message.hit.table, []).append(message.hit)
        self._show()

    @on(Over)
    def _ended(self, message: Over) -> None:
        """It is over: say how much was found."""
        why = message.why
        self._goes_on = False
        if why is None:
            self._searched = self._of
        self._show()
        done = f"{plural(self._searched, 'table')} searched"
        if why:
            self.tell(f"{why} {self._told}; {done}.", attention=True)
        elif why is None:
            self.tell(f"{self._told}; {done}.")
        else:
            self.tell(f"Stopped. {self._told}; {self._searched} of {self._of} tables searched.")

    @property
    def _told(self) -> str:
        words = found_words([len(hits) for hits in self._hits.values()], PER_TABLE)
        return words.lower() if self._goes_on else words

    def _show(self) -> None:
        rows = []
        for table, hits in self._hits.items():
            cells = (table, hits_words(len(hits), PER_TABLE), hits[0].column, hits[0].excerpt)
            rows.append(Row(table, tuple(Span(one_line(cell)) for cell in cells)))
        self._list.show(rows, empty="…" if self._goes_on else "No table has it.")
        self.refresh_bindings()

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to open where nothing was found."""
        return (True if self._hits else None) if action == "open" else True

    @on(RowList.Opened, "#found")
    def action_open(self) -> None:
        """Open the table under the cursor."""
        hits = self._hits.get(self._list.cursor_key)
        if hits:
            self.dismiss(Chosen(hits[0].table, hits[0].column))

    def action_again(self) -> None:
        """Ask for another text."""
        self.dismiss(Chosen())

    def action_stop(self) -> None:
        """Stop; where it is over, go back."""
        if self._goes_on:
            self._desk.drop("search")
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    @property
    def command(self) -> str:
        """The same as a command line."""
        words = ["tables", "--search", self._word]
        words += ["--backup", self._source] if self._source != "live" else []
        return command_line(self._deployment, *words)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(printable(self.command), "the command")
