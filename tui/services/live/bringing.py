"""The near end of the helper that brings rows back: starts it, talks to it, translates it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, DamagedError, DiskError, McpdbError, PrecheckError
from tui.core.errors import VerificationError as Unsound
from tui.services.files import Tick
from tui.services.live.helper_process import HelperProcess
from tui.services.sqlite.bringing import Effect
from tui.services.sqlite.choosing import Selection
from tui.wording.clean import one_line


class BringHelper(HelperProcess):
    """A helper, started before the gateway stops so that its start costs no downtime.

    Leaving it without `commit` takes everything back: the live file is as it was.
    """

    def __init__(self, lock: int) -> None:
        super().__init__("tui.services.live.bringing_helper", lock)
        self._live = Path()

    def __enter__(self) -> BringHelper:
        return self

    def prove(self, live: Path, deadline: float, waiting: Callable[[float], None]) -> str:
        """Absorb the WAL, prove sole ownership, and hold the file.

        Args:
            live: The live database.
            deadline: Seconds to wait for others to close it.
            waiting: Called about every second with the seconds that are left; may raise.

        Returns:
            The journal mode the live file had.

        Raises:
            BusyError: Another process still has it open at the deadline.
            DamagedError: SQLite cannot read it.
        """
        self._live = live
        self.send(json.dumps({"live": str(live), "deadline": deadline}))
        while True:
            word, values = self.hear()
            if word == "proved":
                return str(values["journal_mode"])
            if word != "waiting":
                raise self._error(word, values)
            waiting(float(values["left"]))

    def copy(self, target: Path, tick: Tick) -> dict[str, int]:
        """Copy what is held to a new private file, before anything is written.

        Args:
            target: A name that does not exist yet; the caller removes it after a failure.
            tick: Bytes copied and in all; may raise to give up.

        Returns:
            The rows of each table, counted in what is held.

        Raises:
            McpdbError: It failed; nothing was changed.
        """
        self.send("copy " + json.dumps({"target": str(target)}))
        return {str(k): int(v) for k, v in self._wait("copied", tick)["rows"].items()}

    def write(
        self, backup: Path, selection: Selection, expected: Effect, tick: Tick
    ) -> dict[str, Any]:
        """Write the rows in one transaction and prove it; nothing is committed yet.

        Args:
            backup: The finished file that they come from.
            selection: Which.
            expected: What the preview said.
            tick: Told nothing but that it goes on (0 of 0); may raise to give up.

        Returns:
            The witness of the transaction, see `tui.services.sqlite.bringing.Writer`.

        Raises:
            BusyError: Something else would change than was shown.
            VerificationError: The result would not be sound; says which row.
            McpdbError: It failed; nothing was changed.
        """
        request = {
            "backup": str(backup),
            "tables": list(selection.tables),
            "rows": {table: [list(key) for key in keys] for table, keys in selection.rows.items()},
            "related": selection.related,
            "ignored": list(selection.ignored),
            "expected": [dict(row) for row in expected],
        }
        self.send("write " + json.dumps(request))
        witness: dict[str, Any] = self._wait("written", tick)["witness"]
        return witness

    def commit(self) -> None:
        """Make it true: the point of no return.

        Raises:
            McpdbError: It failed; whether the rows are there must be looked at.
        """
        self.send("commit {}")
        self._wait("committed", lambda _done, _total: None)
        # Only when it has closed the file may the gateway open it.
        self._process.wait()

    def _wait(self, wanted: str, tick: Tick) -> dict[str, Any]:
        while True:
            word, values = self.hear()
            if word == wanted:
                return values
            if word != "tick":
                raise self._error(word, values)
            tick(int(values["done"]), int(values["total"]))

    def _error(self, word: str, values: dict[str, Any]) -> McpdbError:
        text = one_line(str(values.get("text", "")))
        match values.get("error"):
            case "busy":
                return BusyError(f"The database could not be had alone: {text}.")
            case "moved":
                return BusyError(
                    f"What would change is not what was shown any more: {text}. "
                    "Nothing was changed; make a new plan."
                )
            case "broken":
                return Unsound(f"The rows do not go back in: {text}. Nothing was changed.")
            case "io":
                # A write that fails while a copy is made is not the live file's fault.
                about = None if values.get("copying") else self._live
                return DiskError(f"I/O error in {one_line(str(self._live))}: {text}.", about)
            case "full":
                return PrecheckError(f"{text}. Nothing was changed.")
            case "bus":
                return PrecheckError(f"No space left: {text}.")
            case "denied":
                return PrecheckError(f"The live database cannot be written by us: {text}.")
            case "damaged":
                return DamagedError(f"SQLite cannot read the live database: {text}.")
            case "os":
                return PrecheckError(f"The safety copy cannot be written: {text}.")
        return McpdbError(f"The helper that brings rows back ended unexpectedly ({word}).")
