"""Every command by the words people use; the key stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from tui.app.screens.frame import Dialog
from tui.app.screens.lines import BOLD, MUTED, SELECTED, Lines, drawn, line, say, stack
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line
from tui.wording.quantities import prose

NOTHING = "Nothing is called that. ? lists the keys."
_SUGGESTED = ("locked", "undo", "space", "who")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be asked for."""

    id: str
    """The word of the command line that is returned."""
    title: str
    key: str = ""
    hint: str = ""
    words: tuple[str, ...] = ()
    """What else people call it: `locked`, `space`, `who`."""
    enabled: bool = True
    reason: str = ""
    """Why it is greyed."""
    takes_value: bool = False
    """Takes the rest of the line: `row 900000`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A command that fits what was typed, and the value that was typed with it."""

    command: Command
    value: str = ""

    @property
    def line(self) -> str:
        """What choosing it returns."""
        return f"{self.command.id} {self.value}".strip()


def find(commands: Sequence[Command], query: str, recent: Sequence[str] = ()) -> list[Found]:
    """The commands that fit, best first; among equals what was used last.

    Args:
        commands: All of them.
        query: What was typed.
        recent: Ids of commands as they were used, newest first.
    """
    last = {ident: place for place, ident in enumerate(recent)}
    ranked: list[tuple[float, int, int, Found]] = []
    for place, command in enumerate(commands):
        found = Found(command)
        score = _score(command, query.strip())
        head, _, value = query.strip().partition(" ")
        names = {name.casefold() for name in (command.id, *command.words)}
        if command.takes_value and value and head.casefold() in names:
            score, found = 5.0, Found(command, value.strip())
        if score or not query.strip():
            ranked.append((-score, last.get(command.id, len(last)), place, found))
    ranked.sort(key=lambda entry: entry[:3])
    return [found for *_, found in ranked]


def _score(command: Command, query: str) -> float:
    """How well a command fits: whole words before beginnings before scattered letters."""
    if not query:
        return 0.0
    wanted = query.casefold()
    best = 0.0
    for rank, name in enumerate((command.id, command.title, *command.words)):
        candidate = name.casefold()
        if candidate == wanted:
            score = 4.0
        elif candidate.startswith(wanted):
            score = 3.5
        elif any(word.startswith(wanted) for word in candidate.split()):
            score = 3.0 if rank < 2 else 2.5
        elif wanted in candidate:
            score = 2.0
        else:
            score = min(1.0, Matcher(query).match(name)) if len(query) > 1 else 0.0
        best = max(best, score)
    return best


class Choices(Widget):
    """The commands that fit; the cursor is a sign, bold and a background."""

    DEFAULT_CSS = "Choices { height: auto; background: $background; }"

    cursor: reactive[int] = reactive(0)
    found: reactive[tuple[Found, ...]] = reactive((), layout=True)

    class Picked(Message):
        """A row was clicked."""

    def render(self) -> Content:
        """Draw the rows around the cursor."""
        if not self.found:
            return say(f"  {NOTHING}", MUTED)
        room = max(1, self.room)
        first = max(0, min(self.cursor - room + 1, len(self.found) - room))
        rows = [
            self._row(entry, chosen=first + place == self.cursor)
            for place, entry in enumerate(self.found[first : first + room])
        ]
        return drawn(self, stack(rows))

    @property
    def room(self) -> int:
        """How many rows there may be."""
        return max(3, self.app.size.height - 8)

    def _row(self, entry: Found, *, chosen: bool) -> Content:
        command, width = entry.command, self.size.width
        title = f"{command.title} {entry.value}".strip()
        style = "" if command.enabled else MUTED
        shown = one_line(title if command.enabled else f"({title})")
        titles = min(48, max(33, width // 3))
        hint = command.hint if command.enabled else command.reason
        text = f"{prose(shown, titles - 1):<{titles}}{one_line(command.key):<6}"
        rest = prose(one_line(hint), max(0, width - 2 - len(text)))
        if chosen:
            full = f"▸ {text}{rest}"
            return say(f"{full:<{width}}", SELECTED)
        return line("  ", (text, style), (rest, MUTED))

    def on_click(self, event: events.Click) -> None:
        """A click chooses the row."""
        first = max(0, min(self.cursor - self.room + 1, len(self.found) - self.room))
        if first + event.y < len(self.found):
            self.cursor = first + event.y
            self.post_message(self.Picked())


class PaletteScreen(Dialog[str | None]):
    """A line to type on and the commands that fit; returns the command line that was chosen."""

    DEFAULT_CSS = """
    PaletteScreen {
        & > TitleRow { display: none; }
        & > #palette { height: auto; margin-top: 2; background: $background; }
        #ask { height: 1; }
        #colon { width: 2; }
        Input, Input:focus { width: 1fr; height: 1; padding: 0; background: $surface; }
        #also { text-align: right; }
    }
    """
    AUTO_FOCUS = "#query"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "choose",
            "do it",
            key_display="Enter",
            id="palette.choose",
            group=HERE,
            priority=True,
            tooltip="what needs a question asks it",
        ),
        Binding(
            "down,ctrl+n,tab",
            "move(1)",
            "next",
            key_display="↓",
            id="palette.down",
            group=HERE,
            priority=True,
        ),
        Binding(
            "up,ctrl+p,shift+tab",
            "move(-1)",
            "previous",
            key_display="↑",
            id="palette.up",
            group=HERE,
            priority=True,
        ),
        Binding("pagedown", "move(10)", show=False, id="palette.page_down", group=HERE),
        Binding("pageup", "move(-10)", show=False, id="palette.page_up", group=HERE),
        Binding("escape", "close", "close", key_display="Esc", id="palette.close", group=HERE),
    ]
    boxed = True

    def __init__(self, commands: Sequence[Command], *, recent: Sequence[str] = ()) -> None:
        """Offer commands.

        Args:
            commands: All of them, in the order in which they are offered at first.
            recent: Ids as they were used, newest first.
        """
        super().__init__()
        self._commands = commands
        self._recent = recent
        self._query = ""

    def compose_body(self) -> ComposeResult:
        """Compose line and list."""
        with Vertical(id="palette"):
            with Horizontal(id="ask"):
                yield Lines(say(": ", BOLD), id="colon")
                yield Input(compact=True, select_on_focus=False, id="query")
            yield Choices()
            yield Lines(self._also(), id="also")

    def _also(self) -> Content:
        known = {word for command in self._commands for word in command.words}
        words = [word for word in _SUGGESTED if word in known]
        return say("or type: " + " · ".join(words) + "  " if words else "", MUTED)

    def on_mount(self) -> None:
        """What was used last stands on top."""
        self._find("")

    def _find(self, query: str) -> None:
        choices = self.query_one(Choices)
        choices.found = tuple(find(self._commands, query, self._recent))
        choices.cursor = 0
        self._query = query

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        choices = self.query_one(Choices)
        if choices.found:
            choices.cursor = max(0, min(len(choices.found) - 1, choices.cursor + rows))

    @on(Choices.Picked)
    def action_choose(self) -> None:
        """Return the command; a greyed one says why, one without its value asks for it."""
        # Letters that came in one piece with Enter, as over a slow line, still wait for the
        # field: what they spell is meant, not what was found before them.
        self.query_one(Input).call_later(self._choose)

    def _choose(self) -> None:
        query = self.query_one(Input).value
        if query != self._query:
            self._find(query)
        choices = self.query_one(Choices)
        if not choices.found:
            self.tell(NOTHING, attention=True)
            return
        entry = choices.found[choices.cursor]
        command = entry.command
        if not command.enabled:
            self.tell(command.reason or "It cannot be done now.", attention=True)
        elif command.takes_value and not entry.value:
            field = self.query_one(Input)
            field.value = f"{command.id} "
            field.cursor_position = len(field.value)
            self.tell(command.hint or f"{command.id} takes a value on the same line.")
        else:
            self.dismiss(entry.line)

    def action_close(self) -> None:
        """Go back; nothing is done."""
        self.dismiss(None)
