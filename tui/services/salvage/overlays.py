"""What a WAL or a rollback journal says of the pages of a database, read without SQLite.

Sources: https://www.sqlite.org/fileformat2.html#the_write_ahead_log and #the_rollback_journal.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from tui.core.errors import McpdbError
from tui.services.files import open_regular

_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEAD, _FRAME_HEAD = 32, 24
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


@dataclass(slots=True)
class Overlay:
    """Pages that stand elsewhere than in the database file."""

    path: Path | None = None
    kind: str = ""
    """`wal`, `journal` or empty."""
    pages: dict[int, int] = field(default_factory=dict)
    """Number of a page to where it begins in the file."""
    size: int = 0
    """Pages of the database with it; 0 where it does not say."""
    frames: int = 0
    """Frames of committed transactions, or records of the journal."""
    unused: int = 0
    """Frames behind the last commit that can be proved: cut, damaged, or never committed. What an
    older generation of a WAL left there is not counted. Of a journal: records that do not hold."""


def wal_page_size(path: Path) -> int:
    """The size of a page that a WAL's header says; 0 when it has none that makes sense."""
    try:
        with open_regular(path) as descriptor:
            head = os.pread(descriptor, _WAL_HEAD, 0)
    except (OSError, McpdbError):
        return 0
    if len(head) < _WAL_HEAD or int.from_bytes(head[:4], "big") not in _WAL_MAGIC:
        return 0
    size = int.from_bytes(head[8:12], "big")
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else 0


def read_wal(path: Path, page_size: int) -> Overlay:
    """Take in the frames up to the last commit whose checksums all hold, as SQLite does."""
    found = Overlay(path, "wal")
    with open_regular(path) as descriptor:
        total = max(0, os.fstat(descriptor).st_size - _WAL_HEAD) // (_FRAME_HEAD + page_size)
        head = os.pread(descriptor, _WAL_HEAD, 0)
        order = ">" if head[3] & 1 else "<"
        sums = _checksum(order, head[:24], (0, 0))
        if sums != struct.unpack(">II", head[24:32]):
            found.unused = max(1, total)
            return found
        pending: dict[int, int] = {}
        for index in range(total):
            at = _WAL_HEAD + index * (_FRAME_HEAD + page_size)
            frame = os.pread(descriptor, _FRAME_HEAD, at)
            number, commit = struct.unpack(">II", frame[:8])
            if frame[8:16] != head[16:24]:
                break
            content = os.pread(descriptor, page_size, at + _FRAME_HEAD)
            sums = _checksum(order, content, _checksum(order, frame[:8], sums))
            if not number or sums != struct.unpack(">II", frame[16:24]):
                break
            pending[number] = at + _FRAME_HEAD
            if commit:
                found.pages |= pending
                pending = {}
                found.frames, found.size = index + 1, commit
        found.unused = _unused(descriptor, page_size, found.frames, head[16:24])
    return found


def _unused(descriptor: int, page_size: int, first: int, salts: bytes) -> int:
    """Frames from the one at `first` to the last that is not an older generation's, cut ones too.

    A log that begins anew overwrites its old frames from the front, so nothing of the new
    generation stands behind one of an older; both its salts are others then.
    """
    step, index, ours = _FRAME_HEAD + page_size, first, first
    length = os.fstat(descriptor).st_size
    while (at := _WAL_HEAD + index * step) < length:
        found = os.pread(descriptor, 8, at + 8)
        if len(found) < 8:
            older = index > ours
        else:
            halves = ((found[:4], salts[:4]), (found[4:], salts[4:]))
            older = any(found) and all(one != other for one, other in halves)
        index += 1
        if not older:
            ours = index
    return ours - first


def _checksum(order: str, content: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for index in range(0, len(words), 2):
        one = (one + words[index] + two) & 0xFFFFFFFF
        two = (two + words[index + 1] + one) & 0xFFFFFFFF
    return one, two


def read_journal(path: Path, page_size: int) -> Overlay:
    """Take in the pages as they were before a transaction that never ended.

    A journal whose header is zeros belongs to a transaction that did end, and says nothing.
    """
    found = Overlay(path, "journal")
    with open_regular(path) as descriptor:
        length, at = os.fstat(descriptor).st_size, 0
        while at + 28 <= length:
            head = os.pread(descriptor, 28, at)
            if not head.startswith(_JOURNAL_MAGIC):
                break
            records, nonce, pages, sector, size = struct.unpack(">iIIII", head[8:28])
            if size not in (0, page_size) or not 32 <= sector <= 65536:
                break
            found.size = found.size or pages
            at += sector
            if records < 0:
                records = (length - at) // (page_size + 8)
            for _index in range(records):
                if not _take_record(descriptor, at, page_size, nonce, found):
                    found.unused += 1
                    return found
                at += page_size + 8
            at = -(-at // sector) * sector
        if not at and os.pread(descriptor, 1, 0).strip(b"\0"):
            found.unused = max(1, length // (page_size + 8))
            return found
    if not found.frames:
        return Overlay()
    return found


def _take_record(descriptor: int, at: int, page_size: int, nonce: int, found: Overlay) -> bool:
    raw = os.pread(descriptor, page_size + 8, at)
    if len(raw) < page_size + 8:
        return False
    number, content = int.from_bytes(raw[:4], "big"), raw[4:-4]
    # Every 200th byte, counted from the end.
    total = nonce + sum(content[index] for index in range(page_size - 200, 0, -200))
    if not number or total & 0xFFFFFFFF != int.from_bytes(raw[-4:], "big"):
        return False
    found.pages.setdefault(number, at + 4)
    found.frames += 1
    return True
