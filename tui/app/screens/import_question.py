"""Asks which file is imported into a table, and what becomes of rows that are there already."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.app.importing import Chosen
from tui.app.screens.export_path import PathLine, ask_path
from tui.app.screens.frame import Choice, Dialog
from tui.app.screens.lines import BOLD, DANGER, MUTED, Lines, hanging, line, say, stack
from tui.app.screens.operation_calls import in_thread
from tui.app.widgets.groups import HERE
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.operations.command import command_line
from tui.operations.reads.export_target import home_of, typed_path
from tui.services import files
from tui.services.rows_out.folder import MANIFEST
from tui.services.rows_out.formats import READABLE, format_of
from tui.wording.clean import one_line, printable
from tui.wording.quantities import size

_INDENT = 9
_BY_NAME = "told by its name"


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a file before it is read."""

    words: str = ""
    """`csv, 12.4K`."""
    problem: str = ""
    """Why it cannot be imported."""


def look_at(chosen: Chosen) -> Found:
    """Look at the file; the plan reads it."""
    path, name = chosen.path, one_line(chosen.path.name)
    if files.is_folder(path):
        if files.is_file(path / MANIFEST):
            return Found("an export's folder: its file of this table")
        return Found(problem=f"{name} is a folder, and no export.")
    try:
        found = files.identity(path)
    except McpdbError as error:
        return Found(problem=str(error))
    if found is None:
        return Found(problem=f"There is no {one_line(str(path))}.")
    kind = chosen.kind or format_of(path.name) or ""
    words = ", ".join(READABLE)
    if kind not in READABLE:
        says = f"{name} is {kind}" if kind else f"The name {name} says no format"
        return Found(problem=f"{says}; an import reads {words}: f chooses.")
    return Found(f"{kind}, {size(found.size)}")


class ImportQuestion(Dialog[Chosen | None]):
    """A box with file, format and mode; returns what was chosen, None when it is left."""

    DEFAULT_CSS = """
    ImportQuestion {
        #buttons { height: 1; align-horizontal: right; }
        Choice { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p", "go", "plan…", id="import.go", group=HERE,
            tooltip="read the file and show what it would do; the name is typed there",
        ),
        Binding(
            "n,escape,q", "no", "cancel", key_display="n Esc", id="import.no", group=HERE,
            tooltip="nothing is changed",
        ),
        Binding(
            "t", "file", "file…", id="import.file", group=HERE,
            tooltip="which file: csv, tsv, json, ndjson, or an export's folder",
            # Priority: a path that comes in one piece with it is no keys of this page.
            priority=True,
        ),
        Binding(
            "r", "replace", "replace too", id="import.replace", group=HERE,
            tooltip="also replace rows whose key is there already, or add new ones only",
        ),
        Binding(
            "f", "format(1)", "format", id="import.format", group=HERE,
            tooltip="told by the file's name, or csv, tsv, json, ndjson",
        ),
        Binding("F", "format(-1)", "", show=False, id="import.format_back", group=HERE),
        Binding(
            "y", "copy", "copy command", id="import.copy", group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
        Binding(
            "tab,right", "app.focus_next", "other button", show=False, key_display="Tab",
            id="import.next", group=HERE, tooltip="Enter does what is highlighted",
        ),
        Binding("left", "app.focus_previous", show=False, id="import.previous", group=HERE),
    ]  # fmt: skip
    boxed = True

    class Looked(Message):
        """What the file is, is known."""

        def __init__(self, asked: Chosen, found: Found) -> None:
            super().__init__()
            self.asked, self.found = asked, found

    def __init__(self, deployment: Deployment, chosen: Chosen) -> None:
        """Ask.

        Args:
            deployment: Whose database.
            chosen: What is chosen at first.
        """
        super().__init__()
        self._deployment, self._chosen = deployment, chosen
        self._found: Found | None = None

    # --- drawing --------------------------------------------------------------------------

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(f"Import rows into {one_line(self._chosen.table)}")
            yield Lines(id="asked")
            with Horizontal(id="buttons"):
                yield Choice("n  Cancel", id="cancel")
                yield Choice("p  Plan…", id="confirm")

    def on_mount(self) -> None:
        """Look at the file."""
        self._look()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        width, chosen, found = min(self.app.size.width, 100) - 6, self._chosen, self._found
        words = (
            "All rows of the file or none; the plan comes first and says what would be new and "
            "changed. The gateway stops meanwhile; undo takes it back."
        )
        rows = hanging(Content(""), say(words), width, 0)
        rows += _row("file", say(str(chosen.path), BOLD), "t another", width)
        if found is not None and found.problem:
            rows += hanging(Content(""), say(found.problem, DANGER), width, _INDENT)
        told = found.words if found else ""
        kind = chosen.kind or _BY_NAME
        of = f"{kind}{f': {told}' if told and kind == _BY_NAME else ''}"
        rows += _row("format", say(of), "f another", width)
        mode, other = "new ones are added", "r replaces those with the same key, too"
        if chosen.upsert:
            mode, other = "added, or replaced where the key is there", "r adds new ones only"
        rows += _row("rows", say(mode), other, width)
        rows += hanging(line(("by hand", MUTED)), say(self._command, BOLD), width, _INDENT)
        self.query_one("#asked", Lines).content = stack(rows)
        self.query_one("#confirm", Choice).disabled = bool(self._why_not())
        self.refresh_bindings()

    @property
    def _command(self) -> str:
        return command_line(self._deployment, *self._chosen.words())

    def _why_not(self) -> str:
        return self._found.problem if self._found is not None else ""

    # --- the file -------------------------------------------------------------------------

    def _look(self) -> None:
        self._found = None
        self._draw()
        chosen = self._chosen

        def look() -> None:
            self.post_message(self.Looked(chosen, look_at(chosen)))

        in_thread(look)

    @on(Looked)
    def _know(self, message: Looked) -> None:
        if message.asked is self._chosen:
            self._found = message.found
            self._draw()

    async def action_file(self) -> None:
        """Choose another file."""
        screen = path_line(self._deployment, self._chosen.table, str(self._chosen.path))
        await ask_path(self.app, screen, self._take_file)

    async def _take_file(self, text: str | None) -> None:
        if text and text.strip():
            path = await to_thread(typed_path, text, home_of(self._deployment))
            self._chosen = replace(self._chosen, path=path)
            self._look()

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A file that is none of rows is not planned with."""
        return None if action == "go" and self._why_not() else True

    def action_format(self, step: int) -> None:
        """Another format."""
        kinds = ("", *READABLE)
        at = kinds.index(self._chosen.kind)
        self._chosen = replace(self._chosen, kind=kinds[(at + step) % len(kinds)])
        self._look()

    def action_replace(self) -> None:
        """Replace rows of the same key, or only add."""
        self._chosen = replace(self._chosen, upsert=not self._chosen.upsert)
        self._look()

    @on(Choice.Pressed, "#confirm")
    def action_go(self) -> None:
        """Go on to the plan."""
        if why := self._why_not():
            self.tell(why, attention=True)
        else:
            self.dismiss(self._chosen)

    @on(Choice.Pressed, "#cancel")
    def action_no(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(printable(self._command), "the command")


def path_line(deployment: Deployment, table: str, path: str = "") -> PathLine:
    """What asks for the file.

    Args:
        deployment: Its folder is where a path begins.
        table: Where the rows go.
        path: What is there now.
    """
    home = home_of(deployment)
    hint = f"csv, tsv, json, ndjson, or an export's folder; in {one_line(str(home))}"
    return PathLine(f"Import into {one_line(table)}", path or f"{home}/", hint, home)


def _row(label: str, value: Content, key: str, width: int) -> list[Content]:
    """Label, value, and the key that changes it."""
    told = line(value, (f"   {key}", MUTED))
    return hanging(line((label, MUTED)), told, width, _INDENT)
