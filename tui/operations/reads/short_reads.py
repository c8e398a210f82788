"""Short reads of one file, each with a connection of its own, which anybody may stop."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from tui.core.errors import BusyError
from tui.operations.finding.gateways import gateway_of
from tui.operations.reads.holding import HOLD, hold_for
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.services.sqlite.connections import Opened, translating
from tui.services.sqlite.stopping import TimeIsUpError, never, stoppable

Source: TypeAlias = LiveDatabase | BackupFile
Asked: TypeAlias = Callable[[], bool]

_HELD = (
    "Stopped after {:g} s: in journal mode delete the gateway cannot write meanwhile. "
    "Look at a backup instead."
)


@dataclass(eq=False, slots=True)
class _Read:
    """One read that is under way."""

    stopped: bool = False


class ShortReads:
    """Opens a file for one read at a time. Any thread may read; `cancel` stops what is read."""

    def __init__(self, source: Source, *, more_secrets: Sequence[str] = ()) -> None:
        """Take what is looked at; nothing is opened yet.

        Args:
            source: The live database or a backup.
            more_secrets: The operator's own patterns for secret columns.
        """
        self.source = source
        self.more_secrets = tuple(more_secrets)
        self._lock = threading.Lock()
        self._reads: set[_Read] = set()
        self._hold: float | None = None

    def cancel(self) -> None:
        """Stop what is being read, from any thread: it ends with `Cancelled`, in 0.1 s or so."""
        with self._lock:
            for read in self._reads:
                read.stopped = True

    @contextmanager
    def reading(self, cancelled: Asked = never) -> Iterator[sqlite3.Connection]:
        """One short read.

        Raises:
            Cancelled: By `cancel`, by `cancelled`, or because the file is being replaced.
            BusyError: It held up the gateway for too long.
            McpdbError: It cannot be read.
        """
        read = _Read()
        with self._lock:
            self._reads.add(read)
        try:
            with self.source.opened() as opened, translating(self.source.path):
                connection = opened.connection
                seconds = self._cap(opened)
                with stoppable(connection, lambda: read.stopped or cancelled(), seconds):
                    yield connection
        except TimeIsUpError as error:
            raise BusyError(_HELD.format(self._hold)) from error
        finally:
            with self._lock:
                self._reads.discard(read)

    def _cap(self, opened: Opened) -> float | None:
        if not holds_up(opened):
            return None
        if self._hold is None:
            # Asking the gateway takes its time: once.
            self._hold = hold_of(self.source)
        return self._hold


def holds_up(opened: Opened) -> bool:
    """Whether a read of this file holds up its writers."""
    if opened.how != "live":
        return False
    (mode,) = opened.connection.execute("PRAGMA main.journal_mode").fetchone()
    return bool(mode != "wal")


def hold_of(source: Source) -> float:
    """Seconds for which a read may hold up the writers of a file."""
    if isinstance(source, LiveDatabase):
        return hold_for(gateway_of(source.deployment))
    return HOLD
