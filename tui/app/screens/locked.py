"""Database locked: who holds it, since when, who waits, and what helps; follows it live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import (
    BOLD,
    MUTED,
    RUNNING,
    Lines,
    hanging,
    line,
    say,
    signed,
    stack,
)
from tui.app.widgets.groups import HERE
from tui.core.errors import McpdbError
from tui.core.verdict import Verdict
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.core.models import Holder
    from tui.operations.diagnosing.lock_look import LockLook

EVERY = 1.0
"""Seconds between two looks."""
SHORT = 1.0
"""Seconds: whoever writes for less is in a transaction as any other."""
_INDENT = 10
_OPEN = 4
"""Holders that are listed."""
SIDECARS = "Leave the -wal and -shm files where they are: committed rows are in them."


class LockedScreen(Dialog[str]):
    """Leads from the holder to the remedy; returns the key of the pane to go to, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l", "log", "its log", id="locked.log", group=HERE,
            tooltip="the last lines of the holder's log, where it is a container",
        ),
        Binding(
            "y", "copy", "copy command", id="locked.copy", group=HERE,
            tooltip="copy the command that ends the holder (OSC 52); nothing here runs it",
        ),
        Binding(
            "9", "leave('9')", "gateway", id="locked.gateway", group=HERE,
            tooltip="9 Gateway: X restarts it, where it is what holds the lock",
        ),
        Binding(
            "6", "leave('6')", "doctor", id="locked.doctor", group=HERE,
            tooltip="6 Doctor: every other check",
        ),
        Binding(
            "escape,q", "leave('')", "back", key_display="Esc", id="locked.back", group=HERE,
            tooltip="the lock stays as it is",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        look: Callable[[], LockLook],
        log: Callable[[str], Sequence[str]],
        now: Callable[[], datetime],
        since: datetime | None = None,
    ) -> None:
        """Follow a lock.

        Args:
            look: Looks once; called in a thread.
            log: The last lines of a container's log; called in a thread.
            now: The host's time.
            since: Since when the database is known to be locked; None where it is not.
        """
        super().__init__()
        self._read, self._read_log, self._now = look, log, now
        self._since = since
        self._seen: LockLook | None = None
        self._pid = 0
        self._log: tuple[str, ...] | None = None

    def title_row(self) -> TitleRow:
        """Row 3."""
        return TitleRow(line(" ", ("Database locked", BOLD)), "looks again every second ")

    def compose_body(self) -> Iterable[Widget]:
        """Compose the page."""
        yield Lines(say(" looking …", MUTED), id="what")

    def on_mount(self) -> None:
        """Begin to look."""
        self._follow()

    @work(exclusive=True, group="look")
    async def _follow(self) -> None:
        while True:
            self._take(await asyncio.to_thread(self._read))
            await asyncio.sleep(EVERY)

    def _take(self, seen: LockLook) -> None:
        pid = seen.writer.pid if seen.writer is not None else 0
        if pid != self._pid:
            # What was known before this page was opened is of whoever is met first.
            self._since = self._since if pid and not self._pid and self._seen is None else None
            self._since = self._since or self._now()
            self._pid, self._log = pid, None
        self._seen = seen
        self._write()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Write for the new width."""
        self._write()

    def _write(self) -> None:
        if self._seen is not None:
            rows = self._rows(self._seen, self.size.width)
            self.query_one("#what", Lines).content = stack(rows)

    # --- words --------------------------------------------------------------------------------

    def _rows(self, seen: LockLook, width: int) -> list[Content]:
        if seen.writer is None:
            return self._free(seen, width)
        rows = self._head(seen, width)
        rows += hanging(line(" ", ("holder", MUTED)), holder_words(seen.writer, seen.container),
                        width - 1, _INDENT)  # fmt: skip
        rows += hanging(line(" ", ("lock", MUTED)),
                        f"the write lock, on {one_line(seen.on)}; nobody else can write",
                        width - 1, _INDENT)  # fmt: skip
        if seen.gateway and not seen.is_gateway:
            text = (
                f'{seen.gateway}: each write fails after {seen.patience:g} s, "database is locked"'
            )
            rows += hanging(line(" ", ("waits", MUTED)), text, width - 1, _INDENT)
        rows += self._open(seen.others, width)
        rows += self._choices(seen, width)
        rows += [Content(""), *hanging(" ", SIDECARS, width - 1, 1)]
        return rows + self._log_rows(width)

    def _head(self, seen: LockLook, width: int) -> list[Content]:
        since = (self._since or self._now()).astimezone(self._now().tzinfo)
        held = (self._now() - since).total_seconds()
        if held < SHORT:
            head, text = line(" ", ("» running", RUNNING)), "Somebody writes at this moment."
        else:
            head = line(" ", signed(Verdict.WARN))
            text = (
                f"The database is locked by one writer, seen since {since:%H:%M:%S}, "
                f"for {quantities.age(held)}."
            )
        return hanging(line(head, "  "), say(text, BOLD), width - 1, head.cell_length + 2)

    def _free(self, seen: LockLook, width: int) -> list[Content]:
        if seen.unseen:
            head, text = signed(Verdict.UNKNOWN), f"Who holds it cannot be seen: {seen.unseen}."
        else:
            head, text = signed(Verdict.OK), "Nobody holds a lock on the database now."
        indent = head.cell_length + 3
        rows = hanging(line(" ", head, "  "), say(text, BOLD), width - 1, indent)
        rows += self._open(seen.others, width)
        return [*rows, Content(""), *hanging(" ", SIDECARS, width - 1, 1)]

    def _open(self, others: Sequence[Holder], width: int) -> list[Content]:
        rows: list[Content] = []
        for number, one in enumerate(others[:_OPEN]):
            label = line(" ", ("open" if not number else "", MUTED))
            rows += hanging(label, holder_words(one), width - 1, _INDENT)
        if more := len(others) - _OPEN:
            rows += [say(f"{'':<{_INDENT}}{more} more", MUTED)] if more > 0 else []
        return rows

    def _choices(self, seen: LockLook, width: int) -> list[Content]:
        assert seen.writer is not None
        wait = "follow it here; it goes away by itself when the writer commits"
        choices = [("▸", wait)]
        if seen.is_gateway:
            choices.append(("9", "9 Gateway: X restarts it; what it has not committed is undone"))
        elif seen.writer.ours:
            choices.append(("o", "an operation of ours; o shows it once this page is left"))
        if seen.container:
            choices.append(("l", "log of the holder"))
        if seen.end:
            choices.append(("y", f"copy: {seen.end}   (what it has not committed is undone)"))
        rows: list[Content] = [Content("")]
        for key, text in choices:
            rows += hanging(line(" ", (f"{key}  ", BOLD)), text, width - 1, 4)
        return rows

    def _log_rows(self, width: int) -> list[Content]:
        if self._log is None:
            return []
        head = say(" the holder's last lines", MUTED)
        lines = [say(f" {text}").truncate(width - 1, ellipsis=True) for text in self._log]
        return [Content(""), head, *(lines or [say(" it has logged nothing", MUTED)])]

    # --- keys -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what helps with this holder."""
        seen = self._seen
        if action == "log":
            return seen is not None and bool(seen.container)
        if action == "copy":
            return seen is not None and bool(seen.end)
        if parameters == ("9",):
            return seen is not None and seen.is_gateway
        return True

    @work(exclusive=True, group="log")
    async def action_log(self) -> None:
        """Show the last lines of the holder's log, or hide them."""
        if self._log is not None or self._seen is None:
            self._log = None
        else:
            try:
                self._log = tuple(await asyncio.to_thread(self._read_log, self._seen.container))
            except McpdbError as error:
                self.tell(str(error), attention=True)
        self._write()

    def action_copy(self) -> None:
        """Copy the command that ends the holder."""
        if self._seen is not None:
            self.copy(one_line(self._seen.end), "the command")

    def action_leave(self, key: str) -> None:
        """Go back, or on to a pane."""
        self.dismiss(key)


def holder_words(holder: Holder, container: str = "") -> str:
    """`stage-report-1 (container), pid 51877, user 0: python report.py`."""
    name = container or holder.container
    where = f"{name} (container), " if name else ""
    user = f", user {holder.user}" if holder.user else ""
    return f"{where}pid {holder.pid}{user}: {holder.command}"
