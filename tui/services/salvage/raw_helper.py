"""Copying a database by bytes, in a process of its own that never opens it through SQLite.

Run as `python -m tui.services.salvage.raw_helper` by `RawCopier`. Closing a descriptor of a file
drops every lock that the same process has on it, so nothing but such a process may read a file
that a connection of ours could have open. What the disk does not give becomes zeros, and is told.

Conversation, one line each: the request as JSON → `tick …` lines, then `copied {…}` or
`failed {…}`. The end of input means that nobody wants the copy any more.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.services.live.owning import fail, say, unwanted

CHUNK = 4 * 1024 * 1024
BLOCK = 4096
"""Bytes that are given up where the disk does not give a chunk."""
MAX_BAD = 4096
"""Blocks after which a disk is taken for dead: each may cost it seconds."""
ATTEMPTS = 3
"""How often a file is copied anew because it was written meanwhile."""
_TICKS = 0.2
_BAD = frozenset({errno.EIO, errno.ENODATA, getattr(errno, "EUCLEAN", errno.EIO)})


class _Copy:
    """One file, on its way to its copy."""

    def __init__(self, source: Path, target: Path, total: int, done: int) -> None:
        self._source, self._target, self._total, self._begun = source, target, total, done
        self.unreadable: list[tuple[int, int]] = []
        self.digest = hashlib.sha256()
        self._blocks = 0
        self._told = 0.0

    def run(self, limit: int | None = None) -> int:
        """Copy up to `limit` bytes; how many there were."""
        reading = os.open(self._source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(reading)
            if not stat.S_ISREG(found.st_mode):
                fail("kind", f"{self._source} is not a plain file")
            size = found.st_size if limit is None else min(limit, found.st_size)
            flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW
            writing = os.open(self._target, flags, 0o600)
            try:
                self._through(reading, writing, size)
                os.fsync(writing)
            finally:
                os.close(writing)
        finally:
            os.close(reading)
        return size

    def _through(self, reading: int, writing: int, size: int) -> None:
        at = 0
        while at < size:
            wanted = min(CHUNK, size - at)
            piece = self._read(reading, at, wanted)
            if not piece:
                return
            self.digest.update(piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(writing, view) :]
            at += len(piece)
            self._tick(at)

    def _read(self, reading: int, at: int, wanted: int) -> bytes:
        try:
            return os.pread(reading, wanted, at)
        except OSError as error:
            if error.errno not in _BAD:
                raise
        pieces = []
        for begin in range(at, at + wanted, BLOCK):
            size = min(BLOCK, at + wanted - begin)
            try:
                piece = os.pread(reading, size, begin)
            except OSError as error:
                if error.errno not in _BAD:
                    raise
                piece = b""
                self._lost(begin, begin + size)
            pieces.append(piece.ljust(size, b"\0"))
            self._tick(begin)
        return b"".join(pieces)

    def _lost(self, begin: int, end: int) -> None:
        self._blocks += 1
        if self._blocks > MAX_BAD:
            fail("dead", f"the disk does not give {self._blocks:,} blocks of {self._source.name}")
        if self.unreadable and self.unreadable[-1][1] == begin:
            begin = self.unreadable.pop()[0]
        self.unreadable.append((begin, end))

    def _tick(self, at: int) -> None:
        if unwanted():
            raise SystemExit(1)
        now = time.monotonic()
        if now - self._told >= _TICKS:
            self._told = now
            say("tick", done=self._begun + at, total=self._total)


def copy(source: Path, folder: Path, *, sidecars: bool) -> dict[str, Any]:
    """Copy a database and what SQLite has beside it; the copies are called `db`, `wal`, `journal`.

    A checkpoint in the middle would tear it: then it is copied again, and in the end told.
    """
    parts = {"db": source}
    if sidecars:
        parts |= {end: source.with_name(f"{source.name}-{end}") for end in ("wal", "journal")}
    for attempt in range(1, ATTEMPTS + 1):
        before = _stamp(parts)
        if "db" not in before:
            fail("missing", str(source))
        total = sum(size for size, _when, _head in before.values())
        found: dict[str, Any] = {
            "unreadable": [],
            "unreadable_beside": 0,
            "torn": False,
            "attempts": attempt,
        }
        done = 0
        for name, path in parts.items():
            if name not in before:
                with suppress(FileNotFoundError):
                    (folder / name).unlink()
                continue
            work = _Copy(path, folder / name, total, done)
            done += work.run()
            if name == "db":
                found |= {"unreadable": work.unreadable, "sha256": work.digest.hexdigest()}
                found["size"] = done
            else:
                found["unreadable_beside"] += sum(end - begin for begin, end in work.unreadable)
        after = _stamp(parts)
        # A log that only grew is no harm: what was copied of it ends at some commit.
        same = before.get("db") == after.get("db") and all(
            before.get(end, (0, 0, b""))[2] == after.get(end, (0, 0, b""))[2]
            for end in ("wal", "journal")
        )
        if same:
            return found
    return {**found, "torn": True}


def _stamp(parts: dict[str, Path]) -> dict[str, tuple[int, int, bytes]]:
    """Size, time of the last change, and the head of each file that is there."""
    found = {}
    for name, path in parts.items():
        try:
            seen = os.lstat(path)
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(seen.st_mode):
            fail("kind", f"{path} is not a plain file")
        head = b""
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                head = os.pread(descriptor, 32, 0)
            finally:
                os.close(descriptor)
        found[name] = (seen.st_size, seen.st_mtime_ns, head)
    return found


def main() -> None:
    """Serve one request."""
    request = json.loads(sys.stdin.readline() or "{}")
    if not request:
        return
    source, folder = Path(request["source"]), Path(request["folder"])
    try:
        found = copy(source, folder, sidecars=bool(request["sidecars"]))
    except FileNotFoundError as error:
        fail("missing", str(error.filename or source))
    except PermissionError as error:
        fail("denied", str(error.filename or source))
    except OSError as error:
        kind = "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "io"
        fail(kind, error.strerror or str(error))
    say("copied", **found)


if __name__ == "__main__":
    main()
