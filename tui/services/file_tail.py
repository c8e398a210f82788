"""The tail of one file: its last lines, then what is added, through rotation and truncation.

A file of any size is never read whole: its end is read backwards in blocks, its beginning
forwards. What befalls it is told between the lines, and with it what may be missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = 256 * 1024
"""Bytes read at once."""
LONGEST = 1024 * 1024
"""A line is cut into pieces of this many bytes; memory stays bounded whatever is written."""
MOST = 64 * 1024 * 1024
"""Bytes of the past that are read at most for one question, however few lines they hold."""
REMEMBERED = 512
"""Bytes before our place that are compared to see that the file is still what it was."""


class Note(str):
    """Said between the lines about the file itself: it was rotated, or cut."""

    __slots__ = ()


class FileTail:
    """Reads what is appended to a file; meant for one thread."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        """Remember `path`; nothing is opened yet.

        Args:
            path: The file; it may not exist yet.
            from_start: Begin at its first byte instead of its end, unless `last` was read.
        """
        self.path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._before = b""
        self._from_start = from_start
        self.head = b""
        """Its first bytes, by which a copy of it is known."""
        self.heads: set[bytes] = set()
        """Those that it had before it was emptied."""

    # --- the past -------------------------------------------------------------------------

    def last(self, count: int) -> list[str]:
        """Return the last `count` whole lines; `new` goes on behind them."""
        return [as_text(line) for line in self.last_bytes(count)]

    def last_bytes(self, count: int) -> list[bytes]:
        """Like `last`, as bytes."""
        if not self._open():
            self._from_start = True  # it did not exist: whatever comes is new
            return []
        assert self._file is not None
        size = os.fstat(self._file.fileno()).st_size
        start, blocks, breaks = size, [], 0
        while start > 0 and breaks <= count and size - start < MOST:
            step = min(BLOCK, start)
            start -= step
            self._file.seek(start)
            blocks.append(self._file.read(step))
            breaks += blocks[-1].count(b"\n")
        lines = _pieces(b"".join(reversed(blocks)).split(b"\n"))
        # What stands behind the last line break is not a whole line yet.
        self._rest = lines.pop()
        self._go_to(size)
        whole = lines if start == 0 else lines[1:]
        return whole[len(whole) - min(count, len(whole)) :]

    def backwards(self) -> Iterator[list[bytes]]:
        """Yield all whole lines, the newest first in lists of some, each list oldest first.

        `batches` goes on behind them.
        """
        if not self._open():
            self._from_start = True
            return
        assert self._file is not None
        handle = self._file.fileno()
        place = os.fstat(handle).st_size
        self._rest = b""
        first, tail = True, b""
        self._go_to(place)
        while place > 0:
            step = min(BLOCK, place)
            place -= step
            block = os.pread(handle, step, place) + tail
            lines = block.split(b"\n")
            if first:
                if len(lines) == 1 and place > 0 and len(block) < LONGEST:
                    tail = block
                    continue
                self._rest = lines.pop()
                first = False
            # The first piece may be the end of a line that begins before.
            tail = lines.pop(0) if place > 0 and lines else b""
            if len(tail) >= LONGEST:
                lines.insert(0, tail)
                tail = b""
            if lines:
                yield lines

    def forwards(self, count: int) -> list[bytes]:
        """The next lines from our place, about `count`; fewer only where the file ends there."""
        if not self._open():
            return []
        found: list[bytes] = []
        for lines in self._drain():
            found += lines
            if len(found) >= count:
                break
        return found

    @property
    def left(self) -> int:
        """Bytes between our place and the end of the file."""
        if self._file is None:
            return 0
        return max(0, os.fstat(self._file.fileno()).st_size - self._file.tell())

    # --- what is added --------------------------------------------------------------------

    def new(self) -> Iterator[str]:
        """Yield the lines that were completed since the last look; never blocks.

        A `Note` among them says what befell the file.

        Raises:
            OSError: The disk fails; a file that is away is only waited for.
        """
        for batch in self.batches():
            if isinstance(batch, Note):
                yield batch
            else:
                yield from map(as_text, batch)

    def batches(self) -> Iterator[list[bytes] | Note]:
        """Like `new`, as lists of bytes."""
        if self._file is None:
            fresh = self._from_start
            if not self._open():
                self._from_start = True
                return
            if not fresh:
                assert self._file is not None
                self._go_to(os.fstat(self._file.fileno()).st_size)
        if self._was_cut():
            yield from self._after_cut()
        yield from self._drain()
        assert self._file is not None
        ours = os.fstat(self._file.fileno())
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return  # between a rotation's rename and the new file: the old one may still grow
        if (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino):
            yield from self._drain()
            yield from self._flush()
            self.close()
            self._from_start = True
            if self._open():
                yield Note("was rotated; reading on in the new file")
                yield from self._drain()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        if self._file is None:
            try:
                # A fifo or device under a log's name must not hang us: not blocking.
                handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except (FileNotFoundError, PermissionError, NotADirectoryError):
                return False
            self._file = os.fdopen(handle, "rb", buffering=0)
            self._rest = self._before = b""
            self.head = os.pread(handle, REMEMBERED, 0)
        return True

    def _go_to(self, place: int) -> None:
        """Stand at a place, and remember what is before it."""
        assert self._file is not None
        self._file.seek(place)
        start = max(0, place - REMEMBERED)
        self._before = os.pread(self._file.fileno(), place - start, start)

    def _was_cut(self) -> bool:
        """Whether the file is not the one any more that we have read so far.

        Its size alone does not tell: a busy one grows to our place, or past it, at once.
        """
        assert self._file is not None
        place, handle = self._file.tell(), self._file.fileno()
        if os.fstat(handle).st_size < place:
            return True
        return os.pread(handle, len(self._before), place - len(self._before)) != self._before

    def _after_cut(self) -> Iterator[list[bytes] | Note]:
        """Go on at the start; what was written before the cut may stand in a copy."""
        assert self._file is not None
        copy = self._copy()
        if copy is not None:
            with copy.open("rb") as stream:
                stream.seek(self._file.tell())
                while block := stream.read(BLOCK):
                    yield from self._split(block)
        yield from self._flush()
        if copy is not None:
            yield Note(f"was copied to {copy.name} and emptied; reading on from its start")
        else:
            yield Note(
                "was cut to nothing; reading on from its start, "
                "the last lines before may be missing"
            )
        self._file.seek(0)
        self._before = b""
        self.heads.add(self.head)
        self.head = os.pread(self._file.fileno(), REMEMBERED, 0)
        if self.head.startswith(b"\0"):
            # A writer that kept its place left a hole: there is nothing in it to be read.
            self._file.seek(os.lseek(self._file.fileno(), 0, os.SEEK_DATA))

    def _copy(self) -> Path | None:
        """The file beside it that has what was read of it, as a rotation leaves it."""
        assert self._file is not None
        place = self._file.tell()
        for other in _beside(self.path):
            try:
                handle = os.open(other, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            try:
                before = os.pread(handle, len(self._before), place - len(self._before))
            except OSError:
                continue
            finally:
                os.close(handle)
            if before and before == self._before:
                return other
        return None

    def _drain(self) -> Iterator[list[bytes]]:
        assert self._file is not None
        while block := self._file.read(BLOCK):
            self._before = (self._before + block)[-REMEMBERED:]
            if len(self.head) < REMEMBERED:
                self.head = os.pread(self._file.fileno(), REMEMBERED, 0)
            yield from self._split(block)

    def _split(self, block: bytes) -> Iterator[list[bytes]]:
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop()
        if lines:
            lines[0] = lines[0].lstrip(b"\0")
            yield lines
        if len(self._rest) > LONGEST:
            yield from self._flush()

    def _flush(self) -> Iterator[list[bytes]]:
        if self._rest:
            rest, self._rest = self._rest, b""
            yield [rest]


def first_bytes(path: Path) -> bytes:
    """The first bytes of a plain file; empty where there are none, or none to be had."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.pread(handle, REMEMBERED, 0)
    except OSError:
        return b""
    finally:
        os.close(handle)


def as_text(line: bytes) -> str:
    """The line as text; bytes that are no UTF-8 become visible escapes."""
    return line.removesuffix(b"\r").decode("utf-8", errors="backslashreplace")


def _beside(path: Path) -> list[Path]:
    """Other plain files of the same stem, the newest first."""
    found = []
    try:
        with os.scandir(path.parent) as entries:
            for entry in entries:
                is_kin = entry.name.startswith(path.stem) and entry.name != path.name
                if is_kin and entry.is_file(follow_symlinks=False):
                    found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    except OSError:
        return []
    return [Path(name) for _, name in sorted(found, reverse=True)[:20]]


def _pieces(lines: list[bytes]) -> list[bytes]:
    """Cut lines that are too long into pieces."""
    if not lines or max(map(len, lines)) <= LONGEST:
        return lines
    return [
        line[at : at + LONGEST] for line in lines for at in range(0, max(1, len(line)), LONGEST)
    ]
