"""Copying a log into a compressed file beside it, and emptying it without losing what came since.

The copy is whole, verified and on disk before the log is emptied. What was written meanwhile is
added piece by piece, and the log is emptied in the moment in which nothing more has come: what a
writer adds between that look and the emptying, some millionths of a second, is lost. How much
that was is told by how far the writers had come; where they cannot be asked it is estimated.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import BusyError, McpdbError, VerificationError
from tui.services import gzips
from tui.services.files import CHUNK, denied
from tui.services.open_files import OpenFile
from tui.wording.clean import one_line

_ROUNDS = 8
"""How often what came meanwhile is added and synced before the log is emptied."""
_QUIET = 0.001
"""Seconds in which nothing comes: then the log is emptied."""
_QUIET_TRIES = 100
_PIECES = 200
"""Pieces that may come in the last moment; a writer that is faster is cut off behind the last."""

Tick = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What of a log is in its compressed copy, on disk and verified."""

    size: int
    """Bytes of the log."""
    sha256: str
    packed: int
    """Bytes of the copy."""
    newlines: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """What emptying a log came to."""

    size: int
    """Bytes of the log that are in the copy."""
    lost: int
    """Bytes that came between the last look and the emptying."""
    counted: bool
    """Whether the writers said so; else it is estimated, rather too high."""
    window: float
    """Seconds between that look and the end of the emptying."""
    lines: int
    """About how many lines that is."""


def copy(source: int, target: int, name: Path, tick: Tick) -> Copied:
    """Compress what a log holds now; on disk and read back when it returns.

    Args:
        source: The log, open for reading.
        target: A new file, open for reading and writing.
        name: Of the log, for sentences.
        tick: Told the bytes done and in all; may raise to cancel.

    Raises:
        PrecheckError: No space.
        VerificationError: What was written is not what was read.
    """
    began = time.monotonic()
    digest, total, newlines = hashlib.sha256(), os.fstat(source).st_size, 0

    def pieces() -> Iterator[bytes]:
        nonlocal newlines
        for done, piece in _pieces(source, 0, total, name):
            digest.update(piece)
            newlines += piece.count(b"\n")
            yield piece
            # The copy is read back afterwards, which takes about a third of the time.
            tick(done * 2 // 3, total)

    gzips.add(target, pieces(), name)
    gzips.sync(target, name)
    length, found = gzips.read_back(
        target, name, lambda done: tick(total * 2 // 3 + done // 3, total)
    )
    if (length, found) != (total, digest.hexdigest()):
        raise VerificationError(f"The copy of {one_line(name.name)} is not what was read.")
    return Copied(
        size=total,
        sha256=found,
        packed=os.fstat(target).st_size,
        newlines=newlines,
        seconds=time.monotonic() - began,
    )


def _pieces(source: int, begin: int, end: int, name: Path) -> Iterator[tuple[int, bytes]]:
    offset = begin
    while offset < end:
        try:
            piece = os.pread(source, min(CHUNK, end - offset), offset)
        except OSError as error:
            raise VerificationError(
                f"I/O error reading {one_line(str(name))} at byte {offset}: {error.strerror}."
            ) from error
        if not piece:
            raise BusyError(f"{one_line(name.name)} became shorter meanwhile; it is left alone.")
        offset += len(piece)
        yield offset, piece


def has(source: int, copied: Copied, name: Path) -> bool:
    """Whether a log still begins with what was copied: then it was not emptied since."""
    if os.fstat(source).st_size < copied.size:
        return False
    digest = hashlib.sha256()
    for _done, piece in _pieces(source, 0, copied.size, name):
        digest.update(piece)
    return digest.hexdigest() == copied.sha256


def empty(
    source: int,
    target: int,
    copied: Copied,
    writers: Sequence[OpenFile],
    name: Path,
    *,
    seen: bool,
) -> Emptied:
    """Add what came since the copy, then empty the log; it cannot be cancelled.

    Args:
        source: The log, open for reading and writing.
        target: The copy, open for writing at its end.
        copied: What is in it.
        writers: Who has the log open for writing.
        seen: Whether these are known to be all.
        name: Of the log, for sentences.

    Raises:
        PrecheckError: No space, or it may not be emptied. Whether it was emptied before that is
            among the error's facts, as `emptied`.
    """
    began, offset = time.monotonic(), copied.size
    for _round in range(_ROUNDS):
        end = os.fstat(source).st_size
        if end <= offset:
            break
        gzips.add(target, (piece for _done, piece in _pieces(source, offset, end, name)), name)
        gzips.sync(target, name)
        offset = end
    _wait_for_quiet(source)
    before = [one.position for one in writers]
    size = os.fstat(source).st_size
    for left in range(_PIECES, -1, -1):
        looked = time.perf_counter()
        piece = os.pread(source, CHUNK, offset)
        if not piece or not left:
            # Nothing stands between this look and the next call.
            try:
                os.ftruncate(source, 0)
            except OSError as error:
                raise denied("empty", name, error) from error
            window = time.perf_counter() - looked
            break
        gzips.add(target, [piece], name)
        offset += len(piece)
    positions = _moved([one.position for one in writers], before, size)
    # Looked at last: as long as nothing is in it, nobody has moved on since.
    untouched = os.fstat(source).st_size == 0
    try:
        if piece:
            gzips.add(target, [piece], name)
            offset += len(piece)
        gzips.sync(target, name)
        gzips.sync(source, name)
    except McpdbError as error:
        raise error.telling(emptied=True) from error
    rate = (offset - copied.size) / max(0.001, copied.seconds + time.monotonic() - began)
    lost, counted = _lost(positions, offset, untouched=untouched and seen)
    line = max(1, copied.size // max(1, copied.newlines))
    if not counted and positions:
        lost = max(line, math.ceil(2 * rate * window))
    return Emptied(
        size=offset, lost=lost, counted=counted, window=window, lines=math.ceil(lost / line)
    )


def _wait_for_quiet(source: int) -> None:
    """Wait for a moment in which nothing comes, for a while."""
    size = os.fstat(source).st_size
    for _try in range(_QUIET_TRIES):
        time.sleep(_QUIET)
        now = os.fstat(source).st_size
        if now == size:
            return
        size = now


def _moved(
    after: Sequence[int | None], before: Sequence[int | None], size: int
) -> list[int | None]:
    """Where the writers stand now, as far as that tells of the last moment.

    One that has been silent since an earlier emptying still stands behind the end of that file.

    Args:
        after: Behind their last writes, now.
        before: The same just before.
        size: Of the log then.
    """
    return [
        0 if now == then and then is not None and then > size else now
        for now, then in zip(after, before, strict=True)
    ]


def _lost(positions: Sequence[int | None], offset: int, *, untouched: bool) -> tuple[int, bool]:
    """Bytes that came in the last moment, and whether that is counted.

    A writer that appends stands behind its last write: how far the furthest stands behind what
    was copied is lost. Once somebody has written into the emptied log that is not known any
    more; nor where a writer cannot be asked, or not all are known.
    """
    known = [place for place in positions if place is not None]
    if not untouched or len(known) != len(positions):
        return 0, False
    return max(0, max(known, default=0) - offset), True
