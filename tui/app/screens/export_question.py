"""Asks how and where to rows are exported."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.app.exporting_wish import UNNAMEABLE, ExportWish
from tui.app.screens.frame import Choice, Dialog
from tui.app.screens.lines import ATTENTION, BOLD, DANGER, MUTED, Lines, hanging, line, say, stack
from tui.app.screens.operation_calls import in_thread
from tui.app.widgets.groups import HERE
from tui.operations.reads.export_target import Target
from tui.services.rows_out.formats import FORMATS
from tui.wording.clean import one_line, printable
from tui.wording.quantities import middle

_INDENT = 9
_LONGEST = 6
"""Lines of the command that are shown; a longer one is copied whole."""
_FORMATS = {
    "csv": "I import reads it back",
    "tsv": "I import reads it back",
    "json": "one document; I import reads it back",
    "ndjson": "a document a line; I import reads it back",
    "sql": "INSERT statements; sqlite3 reads them",
}


class ExportQuestion(Dialog[bool]):
    """A box with format, place and secrets; returns whether to go on with what was chosen."""

    DEFAULT_CSS = """
    ExportQuestion {
        #buttons { height: 1; align-horizontal: right; }
        Choice { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "x", "go", "export", id="export.go", group=HERE,
            tooltip="write it; a file of that name goes only after a question",
        ),
        Binding(
            "n,escape,q", "no", "cancel", key_display="n Esc", id="export.no", group=HERE,
            tooltip="nothing is written",
        ),
        Binding(
            "f", "format(1)", "format", key_display="f", id="export.format", group=HERE,
            tooltip="csv, tsv, json, ndjson, sql; F the one before",
        ),
        Binding("F", "format(-1)", "", show=False, id="export.format_back", group=HERE),
        Binding(
            "t", "to", "to…", id="export.to", group=HERE,
            tooltip="another place; its ending says the format",
            # Priority: a path that comes in one piece with it is no keys of this page.
            priority=True,
        ),
        Binding(
            "s", "secrets", "secrets…", id="export.secrets", group=HERE,
            tooltip="write secrets in clear, or leave them out; asks, and is logged",
        ),
        Binding(
            "h", "harmless", "harmless", id="export.safe", group=HERE,
            tooltip="put ' before what a spreadsheet would run; cannot be imported again",
        ),
        Binding(
            "y", "copy", "copy command", id="export.copy", group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
        Binding(
            "tab,right", "app.focus_next", "other button", show=False, key_display="Tab",
            id="export.next", group=HERE, tooltip="Enter does what is highlighted",
        ),
        Binding("left", "app.focus_previous", show=False, id="export.previous", group=HERE),
    ]  # fmt: skip
    boxed = True

    class Looked(Message):
        """What stands at the place is known."""

        def __init__(self, asked: object, target: Target) -> None:
            super().__init__()
            self.asked, self.target = asked, target

    def __init__(self, wish: ExportWish, said: str = "") -> None:
        """Ask.

        Args:
            wish: What is exported; changed here.
            said: Why it did not work the last time.
        """
        super().__init__()
        self.wish, self._said = wish, said

    # --- drawing --------------------------------------------------------------------------

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(f"Export {self.wish.what.title}")
            yield Lines(id="asked")
            with Horizontal(id="buttons"):
                yield Choice("n  Cancel", id="cancel")
                yield Choice("x  Export", id="confirm")

    def on_mount(self) -> None:
        """Look at the place, and show what is known."""
        if self._said:
            self.tell(self._said, attention=True)
        self._look()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        wish, width = self.wish, min(self.app.size.width, 100) - 6
        rows = hanging(Content(""), say(wish.what.told), width, 0)
        kind = line((wish.kind, BOLD), (f"  {_FORMATS[wish.kind]}", MUTED))
        rows += _row("format", kind, "f another", width)
        path = middle(one_line(str(wish.target.path)), max(20, 2 * (width - _INDENT - 16)))
        rows += _row("to", say(path, BOLD), "t another", width)
        if wish.target.problem:
            rows += hanging(Content(""), say(wish.target.problem, DANGER), width, _INDENT)
        elif wish.target.taken:
            words = f"is there already ({wish.target.taken}); x asks before it is replaced"
            rows += hanging(Content(""), say(words, ATTENTION), width, _INDENT)
        other = "s leaves them out" if wish.secrets else "s with them…"
        key = "" if wish.what.sql or wish.what.secrets == () else other
        style = ATTENTION if wish.secrets else ""
        rows += _row("secrets", say(wish.secrets_words(), style), key, width)
        if wish.may_be_safe:
            words = (
                "made harmless; cannot be imported again" if wish.safe else "written as they are"
            )
            key = "h as they are" if wish.safe else "h harmless"
            rows += _row("formulas", say(words), key, width)
        rows += self._by_hand(width)
        self.query_one("#asked", Lines).content = stack(rows)
        self.query_one("#confirm", Choice).disabled = bool(wish.target.problem)
        self.refresh_bindings()

    def _by_hand(self, width: int) -> list[Content]:
        command = self.wish.command
        if not command:
            return hanging(line(("by hand", MUTED)), say(UNNAMEABLE, MUTED), width, _INDENT)
        rows = hanging(line(("by hand", MUTED)), say(command, BOLD), width, _INDENT)
        if len(rows) <= _LONGEST:
            return rows
        note = f"… {len(command):,} characters; y copies all of them"
        return [*rows[: _LONGEST - 1], *hanging(Content(""), say(note, MUTED), width, _INDENT)]

    # --- the place ------------------------------------------------------------------------

    def _look(self) -> None:
        self._draw()
        wish, asked = self.wish, self.wish.target

        def look() -> None:
            self.post_message(self.Looked(asked, wish.look()))

        in_thread(look)

    @on(Looked)
    def _know(self, message: Looked) -> None:
        if message.asked is self.wish.target:
            self.wish.know(message.target)
            self._draw()

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What does not go with this format or place is greyed."""
        wish = self.wish
        match action:
            case "secrets":
                return not wish.what.sql and wish.what.secrets != ()
            case "harmless":
                return None if not wish.may_be_safe else True
            case "copy":
                return bool(wish.command)
            case "go":
                return None if wish.target.problem else True
        return True

    def action_format(self, step: int) -> None:
        """Another format."""
        self.wish.turn(step)
        self._look()

    def action_harmless(self) -> None:
        """Make formulas harmless, or leave them."""
        self.wish.safe = not self.wish.safe and self.wish.may_be_safe
        self._draw()

    async def action_to(self) -> None:
        """Another place."""
        from tui.app.screens.export_path import PathLine, ask_path

        what = "folder" if self.wish.what.is_folder else f"file: {', '.join(FORMATS)}"
        hint = f"a new {what}; in {one_line(str(self.wish.home))} unless it begins with /"
        value, title = str(self.wish.target.path), f"Export {self.wish.what.title} to"

        async def aim(text: str | None) -> None:
            if text is not None and text != one_line(value):
                await to_thread(self.wish.aim, text)
                self._look()

        await ask_path(self.app, PathLine(title, value, hint, self.wish.home), aim)

    @work(exclusive=True, group="secrets")
    async def action_secrets(self) -> None:
        """Write secrets in clear, or leave them out; the first only after a question."""
        wish = self.wish
        if wish.secrets:
            wish.secrets = False
            self._draw()
            return
        from tui.app.screens.question import Question

        named = ", ".join(map(one_line, wish.what.secrets or ()))
        lines = [f"In clear: {named}."] if named else ["Every column that holds secrets, in clear."]
        lines.append("Whoever reads the file can use them. It is written to the activity log.")
        wish.secrets = True
        command = one_line(wish.command)
        wish.secrets = False
        question = Question(
            f"Export {wish.what.title} with secrets?", lines, command, "With secrets"
        )
        if await self.app.push_screen_wait(question):
            wish.secrets = True
            self._draw()

    @on(Choice.Pressed, "#confirm")
    @work(exclusive=True, group="go")
    async def action_go(self) -> None:
        """Go on; what would be replaced is asked about."""
        wish = self.wish
        if not wish.is_known:
            wish.know(await to_thread(wish.look))
            self._draw()
        if wish.target.problem:
            self.tell(wish.target.problem, attention=True)
            return
        if wish.target.taken and not wish.replace:
            from tui.app.screens.question import Question

            wish.replace = True
            command = one_line(wish.command)
            wish.replace = False
            name = one_line(wish.target.path.name)
            what = f"{wish.target.taken} is gone then; the new one takes its name when it is whole."
            question = Question(f"Replace {name}?", [what], command, "Replace")
            if not await self.app.push_screen_wait(question):
                return
            wish.replace = True
        self.dismiss(True)

    @on(Choice.Pressed, "#cancel")
    def action_no(self) -> None:
        """Go back."""
        self.dismiss(False)

    def action_copy(self) -> None:
        """Copy the command, whole."""
        self.copy(printable(self.wish.command), "the command")


def _row(label: str, value: Content, key: str, width: int) -> list[Content]:
    """Label, value, and the key that changes it."""
    told = line(value, (f"   {key}" if key else "", MUTED))
    return hanging(line((label, MUTED)), told, width, _INDENT)
