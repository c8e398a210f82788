"""What stands in a pane that cannot show its own: what is, what to do, and with which key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from tui.app.screens.frame import Dialog
from tui.app.screens.lines import BOLD, MUTED, Lines, hanging, line, say, signed, stack
from tui.app.widgets.groups import HERE
from tui.core.models import Deployment
from tui.core.operation import Verdict
from tui.operations.command import command_line
from tui.wording.clean import one_line

_INDENT = 9
DOCTOR = "Doctor: what is wrong, and what puts it right"
"""Where a page leads that has no remedy of its own."""
_PRESSED = {":": "colon"}
"""Keys whose name is not what they type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is not as it should be."""

    verdict: Verdict
    headline: str
    """What is, in one sentence."""
    facts: Sequence[tuple[str, str]] = ()
    """Label and text; an empty label goes on under the one before."""
    choices: Sequence[tuple[str, str]] = ()
    """Key and what it does."""
    works: str = ""
    greyed: str = ""
    command: str = ""
    """The remedy as a command line; never cut."""


_WALK = ("w", "walk me through: other copies, what each would lose")
_BOOTSTRAP = (":", "bootstrap… makes a new, empty database aside, by the gateway's own code")
_SALVAGE = ("S", "salvage: what is left of this file, table by table, into a new one")


def choices(restore: str, *, damaged: bool = True, gone: bool = False) -> list[tuple[str, str]]:
    """The ways on from a database that is gone or damaged, the best one first.

    Args:
        restore: What `B` does; empty where there is no verified copy.
        damaged: Whether the file itself is what is wrong; otherwise the doctor knows more.
        gone: Whether there is no file, or none that has anything in it.
    """
    doctor = ("6", DOCTOR)
    if not damaged and not gone:
        return [doctor]
    best = [("B", restore)] if restore else []
    return [*best, _WALK, _BOOTSTRAP] if gone else [*best, _SALVAGE, _WALK, doctor]


def missing(
    deployment: Deployment, *, before: str = "", newest: str = "", ident: str = ""
) -> Trouble:
    """There is no file at the database's path.

    Args:
        deployment: Whose database.
        before: What was there and when: `412M at 01:58`; empty when that is not known.
        newest: The newest verified copy: `safety copy of Aug 11 02:00, 412M`; empty when there
            is none.
        ident: Its id.
    """
    facts = [("", f"It was there: {before}.")] if before else []
    facts.append(("", "Looking made nothing."))
    if deployment.migrates_at_start:
        facts.append(("", "At its next start the gateway would make an empty one."))
    return Trouble(
        verdict=Verdict.FAIL,
        headline=f"There is no database at {deployment.database}.",
        facts=facts,
        choices=choices(
            f"put the newest verified copy in place: {newest}" if newest else "", gone=True
        ),
        command=command_line(deployment, "restore", ident, "--confirm", deployment.name)
        if newest
        else "",
    )


def not_a_database(path: Path, found: str, *, newest: str = "") -> Trouble:
    """The file is something else.

    Args:
        path: The live path.
        found: What its first bytes are: `1f 8b 08 00, gzip, 118M`.
        newest: The newest verified copy; empty when there is none.
    """
    return Trouble(
        verdict=Verdict.FAIL,
        headline=f"{path} is not a SQLite database.",
        facts=[
            ("found", found),
            ("", "It was not opened and stays as it is."),
            ("", "Perhaps a packed backup was copied over it: unpack it into the backup folder."),
        ],
        choices=choices(
            f"restores the {newest} instead; this file is set aside as found" if newest else ""
        ),
    )


def empty_file(path: Path, *, newest: str = "") -> Trouble:
    """The file has no bytes."""
    return Trouble(
        verdict=Verdict.FAIL,
        headline=f"{path} has 0 bytes.",
        facts=[("", "A start of the gateway was cut; its next start fills it.")],
        choices=choices(f"restores the {newest} instead" if newest else "", gone=True),
    )


def no_docker(why: str, *, command: str = "") -> Trouble:
    """Docker does not answer.

    Args:
        why: What it, or the system, said.
        command: What would do with more rights; empty when rights are not what is missing.
    """
    return Trouble(
        verdict=Verdict.UNKNOWN,
        headline=f"Docker does not answer: {why}",
        works="tables, SQL, compare, verify, hot backup, activity, 6 Doctor.",
        greyed="restore, undo, upgrade, start, stop, its log.",
        command=command,
    )


def locked(holder: str, *, since: str = "", waits: str = "") -> Trouble:
    """One writer holds the database.

    Args:
        holder: Who, as `Holder.describe` says it.
        since: Since when and for how long; empty when not known.
        waits: Who waits for it; empty when not known.
    """
    return Trouble(
        verdict=Verdict.WARN,
        headline=f"The database is locked by one writer{f' {since}' if since else ''}.",
        facts=[
            ("holder", holder),
            *([("waits", waits)] if waits else []),
            ("", "It goes away by itself when the writer commits."),
            ("", "Leave the -wal and -shm files where they are: committed rows are in them."),
        ],
        choices=[
            ("R", "read again"),
            ("6", "Doctor: who it is and what ends it; :locked follows it"),
        ],
    )


def read_only(what: str, why: str, *, command: str = "") -> Trouble:
    """Something is off for want of rights, or because changing is off altogether."""
    return Trouble(verdict=Verdict.WARN, headline=f"{what} is off: {why}", command=command)


def rows_of(trouble: Trouble, width: int) -> list[Content]:
    """The page, a line each."""
    head = line(" ", signed(trouble.verdict))
    rows = hanging(line(head, "  "), say(trouble.headline, BOLD), width - 1, head.cell_length + 2)
    for label, text in trouble.facts:
        rows += hanging(line(" ", (label, MUTED)), text, width - 1, _INDENT)
    for number, (key, text) in enumerate(trouble.choices):
        mark = "▸" if not number else " "
        rows += hanging(line(f" {mark} ", (key, BOLD)), text, width - 1, 7)
    for label, text in (("Works", trouble.works), ("Greyed", trouble.greyed)):
        if text:
            rows += hanging(line(" ", (f"{label}:", MUTED)), text, width - 1, _INDENT)
    if trouble.command:
        rows += hanging(line((" by hand", MUTED)), say(trouble.command, BOLD), width - 1, 10)
    return rows


class TroublePage(Lines, can_focus=True):
    """The content of a pane in place of its own; the pane keeps its keys."""

    DEFAULT_CSS = "TroublePage { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "first", "do it", key_display="Enter", id="trouble.first", group=HERE,
            tooltip="what the page offers first",
        ),
    ]  # fmt: skip

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.trouble = trouble

    @property
    def command(self) -> str:
        """What `y` copies: exactly what is shown."""
        return one_line(self.trouble.command)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter does something only where the page offers something."""
        return action != "first" or bool(self.trouble.choices)

    def action_first(self) -> None:
        """Press the key of the first choice."""
        key = self.trouble.choices[0][0]
        self.app.simulate_key(_PRESSED.get(key, key))

    def show(self, trouble: Trouble) -> None:
        """Another trouble, or the same with newer facts."""
        self.trouble = trouble
        self._write()

    def on_resize(self) -> None:
        """Write for the new width."""
        self._write()

    def _write(self) -> None:
        self.content = stack(rows_of(self.trouble, self.size.width))


class TroubleBox(Dialog[None]):
    """Why a key does nothing here, and the command that would."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,enter", "close", "close", key_display="Esc", id="trouble.close", group=HERE,
            tooltip="nothing is done",
        ),
        Binding(
            "y", "copy", "copy the command", id="trouble.copy", group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
    ]  # fmt: skip
    boxed = True

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._page = TroublePage(trouble)

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with Vertical(classes="box"):
            self._page.styles.height = "auto"
            yield self._page

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a command there is nothing to copy."""
        return action != "copy" or bool(self._page.command)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(self._page.command, "the command")

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
