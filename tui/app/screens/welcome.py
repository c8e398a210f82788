"""Shown at the first start: what was found, and the few things worth doing first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, SELECTED, Lines, hanging, line, say, stack
from tui.app.widgets.groups import HERE
from tui.core.models import ContainerRef, ProcessRef, Status
from tui.wording.quantities import path, plural, size

_INDENT = 11
_PATH = 30
"""Columns that a path may take, so that a fact is one line."""


class WelcomeScreen(Dialog[str | None]):
    """Returns the key that was chosen, `b`, `t` or `s`, or None for just looking."""

    DEFAULT_CSS = "WelcomeScreen #page { scrollbar-size: 0 0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "do it", key_display="Enter", id="welcome.choose", group=HERE),
        Binding(
            "j,down,tab",
            "move(1)",
            "choose",
            key_display="j/k",
            id="welcome.down",
            group=HERE,
            tooltip="the next choice",
        ),
        Binding("k,up,shift+tab", "move(-1)", show=False, id="welcome.up", group=HERE),
        Binding(
            "b", "pick('b')", show=False, id="welcome.backup", group=HERE, tooltip="back up now"
        ),
        Binding(
            "t",
            "pick('t')",
            show=False,
            id="welcome.verify",
            group=HERE,
            tooltip="verify the backups that are here",
        ),
        Binding(
            "s",
            "pick('s')",
            show=False,
            id="welcome.schedule",
            group=HERE,
            tooltip="have backups made every night",
        ),
        Binding(
            "escape,q", "pick('')", "just look", key_display="Esc", id="welcome.look", group=HERE
        ),
    ]

    def __init__(
        self, status: Status, facts: Sequence[tuple[str, str]] = (), *, unverified: int = 0
    ) -> None:
        """Welcome.

        Args:
            status: What was found.
            facts: More lines, label and text: `rights`, `keeps` …
            unverified: How many backups are here that nobody has verified.
        """
        super().__init__()
        self._status, self._facts, self._unverified = status, facts, unverified
        self._cursor = 0
        self._choices = [("b", "b", "back up now", "hot, the gateway keeps running")]
        if unverified:
            what = f"verify the {plural(unverified, 'file')}"
            self._choices.append(("t", "t", what, "whole ones can then be adopted"))
        self._choices.append(("s", "s", "schedule", "every night by itself; shown first"))
        self._choices.append(("", "Esc", "just look", ""))

    def title_row(self) -> TitleRow:
        """Row 3."""
        return TitleRow(line((" WELCOME", BOLD)), say(f"version {_version()} ", MUTED))

    def compose_body(self) -> Iterable[Widget]:
        """One page."""
        with VerticalScroll(id="page", can_focus=False):
            yield Lines(id="lines")

    def on_mount(self) -> None:
        """It is shown once."""
        self.tell("shown until something is changed here; again with : welcome")

    def on_resize(self) -> None:
        """Write for the new width."""
        self._write()

    def _write(self) -> None:
        width = self.app.size.width
        rows = [
            say(" mcpdb-tui looks after the SQLite database of an MCP Context Forge gateway."),
            say(" This is its first start here. It has only looked; nothing was written."),
            Content(""),
        ]
        for label, text in (*self._found(), *self._facts):
            rows += hanging(line(" ", (label, MUTED)), text, width - 1, _INDENT)
        rows.append(Content(""))
        if self._unverified:
            rows.append(say(" Not known yet: can any of those backups be restored?", BOLD))
            rows.append(Content(""))
        rows += [self._choice(number, width) for number in range(len(self._choices))]
        if not self._status.deployment.production:
            rows.append(Content(""))
            text = " Production? Set production = true in mcpdb.toml and [PROD] stands up there."
            rows.append(say(text, MUTED))
        self.query_one("#lines", Lines).content = stack(rows)
        # What there is to choose is below what was found: it has to be in sight.
        self.call_after_refresh(self.query_one("#page").scroll_end, animate=False)

    def _choice(self, number: int, width: int) -> Content:
        _, key, text, hint = self._choices[number]
        if number != self._cursor:
            return line(f"  {key:<5}", f"{text:<24}", (hint, MUTED))
        return say(f"{f'▸ {key:<5}{text:<24}{hint}':<{width}}", SELECTED)

    def _found(self) -> Iterable[tuple[str, str]]:
        status = self._status
        match status.deployment.gateway:
            case ContainerRef(container=container):
                gateway = f"{container}, image {status.gateway.release or status.gateway.image}"
            case ProcessRef(folder=folder):
                gateway = f"a process in {path(Path(folder), _PATH)}"
            case None:
                gateway = "no gateway; the file alone"
        address = f" on {status.health.address}" if status.health.address else ""
        yield "found", f"{gateway}, {status.health.verdict}{address}"
        database = status.database
        if database.exists:
            wal = f" + {size(database.wal_size)} wal" if database.wal_size else ""
            revision = f", revision {database.revision}" if database.revision else ""
            yield "database", f"{path(database.path, _PATH)}, {size(database.size)}{wal}{revision}"
        else:
            yield "database", f"none at {path(database.path, _PATH)}"
        folder = path(status.deployment.backup_dir, _PATH)
        verified = f", {self._unverified} not verified" if self._unverified else ""
        if status.backups:
            backups = f"{plural(status.backups, 'file')} in {folder}{verified}"
        else:
            backups = f"none yet in {folder}"
        yield "backups", backups

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only choices that are offered."""
        return action != "pick" or parameters[0] in {choice[0] for choice in self._choices}

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self._cursor = (self._cursor + rows) % len(self._choices)
        self._write()

    def action_choose(self) -> None:
        """Take the choice under the cursor."""
        self.action_pick(self._choices[self._cursor][0])

    def action_pick(self, key: str) -> None:
        """Take a choice by its key."""
        self.dismiss(key or None)


def _version() -> str:
    try:
        return version("mcpdb-tui")
    except PackageNotFoundError:
        return "unknown"
