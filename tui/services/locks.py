"""The one lock for mutating operations on a database, and who holds it (I1)."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tui.core import foreign_json
from tui.core.errors import BusyError
from tui.core.models import LockOwner
from tui.services import processes
from tui.services.files import denied, make_private, user_name
from tui.services.operator import Origin
from tui.wording.clean import one_line
from tui.wording.quantities import age


class DatabaseLock:
    """An exclusive `flock` on `.mcpdb/lock`, released when every copy of its descriptor closes.

    A child that must not be overtaken inherits `descriptor`: the lock then lasts until that
    child has ended too, whatever becomes of us.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "lock"
        self.descriptor = -1

    def acquire(self, origin: Origin, what: str, *, wait: float = 0.0) -> None:
        """Take the lock.

        Args:
            origin: Who asks, shown to others.
            what: What for, e.g. `restore k7m2qd`.
            wait: Seconds to wait for it.

        Raises:
            BusyError: Somebody holds it; names them.
            PrecheckError: The state folder cannot be written.
        """
        make_private(self._path.parent)
        deadline = time.monotonic() + wait
        while not self._try():
            if time.monotonic() >= deadline:
                raise BusyError(self._busy())
            time.sleep(0.05)
        pid, started, boot = processes.me()
        owner = {
            "pid": pid,
            "started": started,
            "boot": boot,
            "who": origin.who,
            "host": origin.host,
            "what": what,
            "since": datetime.now(UTC).isoformat(),
        }
        # Overwritten in place: the name must go on meaning the inode that is locked. On a full
        # disk the owner is not shown, which is no reason to refuse.
        with suppress(OSError):
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, json.dumps(owner).encode(), 0)

    def _try(self) -> bool:
        """One attempt; the file may be replaced between opening and locking it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise denied("lock", self._path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine, there = os.fstat(descriptor), os.lstat(self._path)
            if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino):
                self.descriptor = descriptor
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(descriptor)
        return False

    def _busy(self) -> str:
        owner = read_owner(self._path.parent)
        if owner is None:
            return "Another operation is just beginning or ending here; try again."
        since = age((datetime.now(UTC) - owner.since).total_seconds())
        return (
            f"{one_line(owner.who)} on {one_line(owner.host)} is busy with "
            f"{one_line(owner.what)} since {since} (pid {owner.pid}); nothing was changed."
        )

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self.descriptor >= 0:
            with suppress(OSError):
                os.ftruncate(self.descriptor, 0)
            os.close(self.descriptor)
            self.descriptor = -1


def state_problem(state_dir: Path) -> str:
    """Why lock and journals cannot be looked at: then "nobody" and "nothing" are not known.

    Empty when they can be, or when the folder does not exist: nothing was ever changed here.
    """
    try:
        if not state_dir.is_dir() or os.access(state_dir, os.R_OK | os.X_OK):
            return ""
        owner = user_name(state_dir.stat().st_uid)
    except OSError as error:
        return str(denied("read", state_dir, error))
    return (
        f"{one_line(str(state_dir))} belongs to {owner}, you are {user_name(os.geteuid())}: "
        "lock, activity and safety copies are unknown. Run it with sudo."
    )


def read_owner(state_dir: Path) -> LockOwner | None:
    """Who holds the lock, without touching it; None when nobody that lives does."""
    try:
        values = foreign_json.loads((state_dir / "lock").read_text(encoding="utf-8"))
        if not processes.is_alive(values["pid"], values["started"], values["boot"]):
            return None
        return LockOwner(
            pid=values["pid"],
            who=values["who"],
            host=values["host"],
            what=values["what"],
            since=datetime.fromisoformat(values["since"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
