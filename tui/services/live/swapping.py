"""The near end of the swap helper: starts it, talks to it, translates its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tui.core.errors import BusyError, DamagedError, DiskError, McpdbError, PrecheckError
from tui.services.live.helper_process import HelperGoneError, HelperProcess
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Which file takes whose place."""

    live: Path
    incoming: Path
    """Takes the live path; on the same filesystem, complete and synced."""
    keep: Path | None
    """The old file's new name, by a hard link; None when it is kept elsewhere already."""
    deadline: float
    """Seconds to wait for other processes to close the live file."""
    damaged: bool = False
    """The live file is beyond SQLite: set aside with its sidecars, ownership not provable."""
    journal_mode: str = ""
    """What is put back if nothing is swapped; empty means what the live file has."""
    way: Literal["swap", "overwrite"] = "swap"
    """`overwrite` writes the incoming file into the live one, which keeps inode and owner."""
    then_mode: str = ""
    """The journal mode of an overwritten file; a file that is swapped in has its own."""


class SwapHelper(HelperProcess):
    """A helper process, started before the gateway stops so that its start costs no downtime.

    Use it as a context manager: leaving it without `swap` puts everything back. SIGINT and
    SIGTERM of the caller's session do not reach the helper, and it outlives a killed caller
    only as long as one exchange takes; `lock` keeps the database's lock until then.
    """

    def __init__(self, lock: int) -> None:
        self._live: Path | None = None
        self.undone = False
        """Whether an overwriting that failed is known to have left the old content."""
        super().__init__("tui.services.live.swap", lock)

    def __enter__(self) -> SwapHelper:
        return self

    def prove(self, exchange: Exchange, waiting: Callable[[float], None]) -> str:
        """Absorb the WAL, prove sole ownership, and hold the file.

        Args:
            exchange: What will be exchanged.
            waiting: Called about every second with the seconds that are left; may raise.

        Returns:
            The journal mode the live file had.

        Raises:
            BusyError: Another process still has it open at the deadline.
            DamagedError: SQLite cannot read it.
        """
        request = {
            "live": str(exchange.live),
            "incoming": str(exchange.incoming),
            "keep": exchange.keep and str(exchange.keep),
            "deadline": exchange.deadline,
            "damaged": exchange.damaged,
            "journal_mode": exchange.journal_mode,
            "way": exchange.way,
            "then_mode": exchange.then_mode,
        }
        self._live = exchange.live
        self.send(json.dumps(request))
        while True:
            word, values = self.hear()
            if word == "proved":
                return str(values["journal_mode"])
            if word == "waiting":
                waiting(float(values["left"]))
            else:
                raise self._error(word, values)

    def keep(self, target: Path, tick: Callable[[int, int], None]) -> None:
        """Copy what is held to a new file, before it is overwritten.

        Args:
            target: A name that does not exist yet; the caller removes it after a failure.
            tick: Bytes copied and in all; may raise to give up.

        Raises:
            McpdbError: It failed; nothing was changed.
        """
        self.send(f"keep {json.dumps(str(target))}")
        while True:
            word, values = self.hear()
            if word == "kept":
                return
            if word != "tick":
                raise self._error(word, values)
            tick(int(values["done"]), int(values["total"]))

    def swap(self, tick: Callable[[int, int], None] = lambda _done, _total: None) -> None:
        """Carry out the exchange that was proved; the point of no return.

        Args:
            tick: Bytes written and in all, where a file is overwritten; must not raise.

        Raises:
            McpdbError: It failed; `undone` says whether that is known to have changed nothing,
                else what stands at the live path must be looked at.
        """
        self.send("go")
        while True:
            word, values = self.hear()
            if word == "swapped":
                break
            if word != "tick":
                self.undone = bool(values.get("undone"))
                raise self._error(word, values)
            tick(int(values["done"]), int(values["total"]))
        self._process.wait()

    def _error(self, word: str, values: dict[str, Any]) -> McpdbError:
        text = one_line(str(values.get("text", "")))
        match values.get("error"):
            case "busy":
                return BusyError(f"The database could not be had alone: {text}.")
            case "io":
                # A write that fails while a copy is made is not the live file's fault.
                name = str(values.get("name", ""))
                about = None if name == "SQLITE_IOERR_WRITE" else self._live
                return DiskError(f"I/O error in {one_line(str(self._live))}: {text}.", about)
            case "full" | "bus":
                return PrecheckError(f"No space left: {text}.")
            case "denied":
                return PrecheckError(f"The live database cannot be written by us: {text}.")
            case "pages":
                return PrecheckError(f"The backup cannot be written into the live file: {text}.")
            case "damaged":
                return DamagedError(f"SQLite cannot read the live database: {text}.")
            case "os" | "exists":
                return PrecheckError(f"The files could not be exchanged: {text}.")
        return HelperGoneError(f"The helper that swaps the files ended unexpectedly ({word}).")
