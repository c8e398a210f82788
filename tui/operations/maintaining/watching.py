"""Progress of one long statement of SQLite, from another thread, and the wish to stop it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui.core.errors import Cancelled
from tui.core.operation import Progress

Amount = Callable[[], int]


def bytes_read() -> Amount:
    """How many bytes this process has read since: all that a check of pages tells meanwhile.

    Source: proc(5), `rchar` in `/proc/pid/io`.
    """
    begin = _read()
    return lambda: max(0, _read() - begin)


def _read() -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
            if line.startswith("rchar:"):
                return int(line.split()[1])
    return 0


def bytes_in(path: Path) -> Amount:
    """How large a file is by now; 0 while it is not there."""

    def found() -> int:
        try:
            return path.stat().st_size
        except OSError:
            return 0

    return found


def asking(progress: Progress, amount: Amount, total: int = 0) -> Callable[[], bool]:
    """Something that tells how far it is whenever it is asked whether to stop.

    Args:
        progress: Told.
        amount: Bytes that are done.
        total: Of so many; 0 where that is not known.
    """

    def asked() -> bool:
        try:
            progress.tick(min(amount(), total) if total else amount(), total)
        except Cancelled:
            return True
        return False

    return asked
