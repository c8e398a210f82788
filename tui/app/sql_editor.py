"""The editor of the SQL console: letters are text; what a terminal would obey is a sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import TextArea

from tui.app.paint import Painter
from tui.app.panes.sql_keys import EDITOR_KEYS
from tui.app.sql_colours import coloured
from tui.wording.clean import printable

LONGEST = 100_000
"""Characters of the text; the command `query -` takes longer statements."""
TOO_LONG = (
    f"The editor takes {LONGEST:,} characters; mcpdb-tui query - runs a longer statement "
    "from a file."
)
UNSEEN = "?"
"""Drawn for a character that a terminal would obey or not show; the text keeps it."""


class SqlEditor(TextArea, inherit_bindings=False):
    """Holds the statement exactly as it is typed or pasted."""

    DEFAULT_CSS = """
    SqlEditor, SqlEditor:focus {
        border: none; padding: 0 0 0 2; background: $background; color: $foreground;
        scrollbar-size: 0 0;
        & .text-area--gutter { color: $muted; background: $background; }
        & .text-area--cursor-gutter { color: $foreground; background: $background; }
        & .text-area--cursor-line { background: $background; }
        & .text-area--selection { background: $selection; color: $selection-text; }
        & .text-area--matching-bracket { background: $selection-blurred; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = EDITOR_KEYS

    @dataclass
    class Run(Message):
        """The statement is to be run."""

    @dataclass
    class Left(Message):
        """Esc: the result is to have the keys."""

    @dataclass
    class Stop(Message):
        """What runs is to be stopped."""

    @dataclass
    class Complete(Message):
        """What may stand at the cursor is asked for, or the next of that."""

        step: int

    @dataclass
    class Older(Message):
        """Another statement of the history is asked for."""

        step: int

    @dataclass
    class Say(Message):
        """A sentence for the message line."""

        text: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            "", id=id, theme="css", soft_wrap=True, show_line_numbers=True, tab_behavior="focus",
            highlight_cursor_line=False,
        )  # fmt: skip
        self.cursor_blink = False
        self.offers = False
        """Candidates are shown: Enter, Esc, arrows and Tab are theirs."""

    # --- drawing --------------------------------------------------------------------------

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn: every character that a terminal would obey is one sign."""
        line = self.document.get_line(line_index)
        text = Text(drawn(line), end="", no_wrap=True)
        for begin, end, role in self._colours().get(line_index, ()):
            text.stylize(self._painter().style(role), begin, end)
        return text

    _known: tuple[str, dict[int, list[tuple[int, int, str]]]] = ("", {})
    _paints: Painter | None = None

    def _colours(self) -> dict[int, list[tuple[int, int, str]]]:
        text = self.text
        if self._known[0] != text:
            self._known = text, coloured(text)
        return self._known[1]

    def _painter(self) -> Painter:
        if self._paints is None:
            self._paints = Painter(self.app.theme_variables)
        return self._paints

    def notify_style_update(self) -> None:
        """Forget the colours of the last theme."""
        super().notify_style_update()
        self._paints = None
        self._line_cache.clear()

    # --- text -----------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """Characters before the cursor."""
        lines, (row, column) = self.document.lines, self.cursor_location
        return sum(len(line) + 1 for line in lines[:row]) + column

    def place_of(self, index: int) -> tuple[int, int]:
        """Line and column, from 0, of a character of the text."""
        before = self.text[:index]
        return before.count("\n"), index - (before.rfind("\n") + 1)

    def put(self, text: str) -> None:
        """Show another statement, the cursor at its end; ctrl+z brings the old one back."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    def put_in(self, begin: int, text: str) -> None:
        """Replace what stands from `begin` to the cursor."""
        where = self.place_of(begin)
        result = self.replace(text, where, self.cursor_location)
        self.move_cursor(result.end_location)

    # --- keys -----------------------------------------------------------------------------

    async def _on_key(self, event: events.Key) -> None:
        """Letters are text; Enter is a key of ours."""
        if event.key == "enter":
            # Keeps the base from breaking the line; the binding is looked for as ever.
            event.prevent_default()
        elif event.is_printable and len(self.text) >= LONGEST:
            event.stop()
            event.prevent_default()
            self.post_message(self.Say(TOO_LONG))

    async def _on_paste(self, event: events.Paste) -> None:
        """A paste is text, whatever is in it: a line break in it runs nothing."""
        if len(self.text) + len(event.text) > LONGEST:
            event.stop()
            event.prevent_default()
            self.post_message(self.Say(TOO_LONG))

    def action_enter(self) -> None:
        """Take the candidate, run what is complete, or begin a new line."""
        from tui.services.sqlite.sql_reading import is_complete

        if self.offers:
            self.post_message(self.Complete(0))
        elif is_complete(self.text):
            self.post_message(self.Run())
        else:
            self.action_new_line()

    def action_new_line(self) -> None:
        """Begin a new line."""
        result = self.replace("\n", *sorted(self.selection))
        self.move_cursor(result.end_location)

    def action_run(self) -> None:
        """Run it, complete or not."""
        self.post_message(self.Run())

    def action_leave(self) -> None:
        """Go to the result."""
        self.post_message(self.Left())

    def action_stop(self) -> None:
        """Stop what runs; with nothing to stop, copy what is selected."""
        if self.selected_text:
            self.action_copy()
        self.post_message(self.Stop())

    def action_complete(self, step: int) -> None:
        """Complete, or go to the next candidate."""
        self.post_message(self.Complete(step))

    def action_line(self, step: int) -> None:
        """Move by a line; beyond the first or last one through history or candidates."""
        if self.offers:
            self.post_message(self.Complete(step))
            return
        before = self.cursor_location
        at_edge = self.cursor_at_first_line if step < 0 else self.cursor_at_last_line
        if step < 0:
            self.action_cursor_up()
        else:
            self.action_cursor_down()
        # A long line takes several of the screen: only at its very edge history begins.
        if at_edge and (self.cursor_location == before or self._is_at_edge_of_text(before, step)):
            self.move_cursor(before)
            self.post_message(self.Older(step))

    def _is_at_edge_of_text(self, before: tuple[int, int], step: int) -> bool:
        """Up from the first line of the screen goes to its beginning, down to the end."""
        return self.wrapped_document.location_to_offset(before).y == (
            0 if step < 0 else self.wrapped_document.height - 1
        )


def drawn(text: str) -> str:
    """A text with a sign for each character that a terminal would obey; as long as before."""
    if text.isascii() and text.isprintable():
        return text
    # A long line has few different characters.
    for character in set(text) - {"\t"}:
        if printable(character) != character:
            text = text.replace(character, UNSEEN)
    return text
