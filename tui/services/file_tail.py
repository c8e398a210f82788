"""The tail of one file: its last lines, then what is added, through rotation and truncation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = 256 * 1024
"""Bytes read at once."""
LONGEST = 1024 * 1024
"""A line is cut into pieces of this many bytes; memory stays bounded whatever is written."""


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
        self._from_start = from_start

    def last(self, count: int) -> list[str]:
        """Return the last `count` whole lines; `new` goes on behind them."""
        if not self._open():
            self._from_start = True  # it did not exist: whatever comes is new
            return []
        assert self._file is not None
        size = os.fstat(self._file.fileno()).st_size
        start, blocks, breaks = size, [], 0
        while start > 0 and breaks <= count:
            step = min(BLOCK, start)
            start -= step
            self._file.seek(start)
            blocks.append(self._file.read(step))
            breaks += blocks[-1].count(b"\n")
        lines = b"".join(reversed(blocks)).split(b"\n")
        # What stands behind the last line break is not a whole line yet.
        self._rest = lines.pop()
        self._file.seek(size)
        whole = lines if start == 0 else lines[1:]
        return [_text(line) for line in whole[len(whole) - min(count, len(whole)) :]]

    def new(self) -> Iterator[str]:
        """Yield the lines that were completed since the last look; never blocks.

        A `Note` among them says what befell the file.

        Raises:
            OSError: The disk fails; a file that is away is only waited for.
        """
        if self._file is None:
            fresh = self._from_start
            if not self._open():
                self._from_start = True
                return
            if not fresh:
                assert self._file is not None
                self._file.seek(0, os.SEEK_END)
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
        elif now.st_size < self._file.tell():
            yield Note("was cut to nothing; reading on from its start")
            self._rest = b""
            self._file.seek(0)
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
            self._rest = b""
        return True

    def _drain(self) -> Iterator[str]:
        assert self._file is not None
        while block := self._file.read(BLOCK):
            pieces = (self._rest + block).split(b"\n")
            self._rest = pieces.pop()
            yield from map(_text, pieces)
            if len(self._rest) > LONGEST:
                yield from self._flush()

    def _flush(self) -> Iterator[str]:
        if self._rest:
            rest, self._rest = self._rest, b""
            yield _text(rest)


def _text(line: bytes) -> str:
    """The line as text; bytes that are no UTF-8 become visible escapes."""
    return line.removesuffix(b"\r").decode("utf-8", errors="backslashreplace")
