"""Gzip files of several members: each piece that is added can be read as soon as it is there.

Source: RFC 1952, section 2.2: members simply follow one another, and so do their contents.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tui.core.errors import VerificationError
from tui.services.files import CHUNK, denied
from tui.wording.clean import one_line

_GZIP = 31
"""Window bits: the largest window, and the header of gzip."""
_LEVEL = 6


def add(target: int, pieces: Iterable[bytes], name: Path) -> None:
    """Write one more member at the end; not durable yet.

    Raises:
        PrecheckError: No space.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        write(target, packer.compress(piece), name)
    write(target, packer.flush(), name)


def write(target: int, content: bytes, name: Path) -> None:
    """Write all of it.

    Raises:
        PrecheckError: No space.
    """
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(target, view) :]
    except OSError as error:
        raise denied("write", name, error) from error


def sync(descriptor: int, name: Path) -> None:
    """Make it durable.

    Raises:
        PrecheckError: It cannot be.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise denied("write", name, error) from error


def read_back(
    descriptor: int, name: Path, tick: Callable[[int], object] = lambda _done: None
) -> tuple[int, str]:
    """Unpack everything from the beginning; what was in it is not kept.

    Args:
        descriptor: Open for reading.
        name: For the sentence.
        tick: Told the unpacked bytes.

    Returns:
        Bytes and SHA-256 of its content.

    Raises:
        VerificationError: It cannot be unpacked to its end.
    """
    digest, length = hashlib.sha256(), 0
    try:
        for piece, _whole in _unpacked(descriptor):
            digest.update(piece)
            length += len(piece)
            tick(length)
    except EOFError as error:
        raise VerificationError(f"{one_line(name.name)} is cut short.") from error
    except (OSError, zlib.error) as error:
        raise _unreadable(name, error) from error
    return length, digest.hexdigest()


def whole_until(descriptor: int, name: Path) -> int:
    """The offset behind the last whole member, counted from the beginning without a gap.

    Args:
        descriptor: Open for reading.
        name: For the sentence.

    Raises:
        VerificationError: The file cannot be read: nothing is known of what is behind.
    """
    found = 0
    try:
        for _piece, whole in _unpacked(descriptor):
            found = whole
    except (EOFError, zlib.error):
        return found
    except OSError as error:
        raise _unreadable(name, error) from error
    return found


def _unpacked(descriptor: int) -> Iterator[tuple[bytes, int]]:
    """Each piece of the content, and the offset behind the last member that was whole by then.

    Raises:
        OSError: It cannot be read.
        zlib.error: What follows is no member, or a damaged one.
        EOFError: The last member is cut short.
    """
    offset, whole = 0, 0
    opener = zlib.decompressobj(_GZIP)
    while packed := os.pread(descriptor, CHUNK, offset):
        offset += len(packed)
        while packed:
            piece = opener.decompress(packed, CHUNK)
            packed = opener.unconsumed_tail
            if opener.eof:
                packed = opener.unused_data
                whole = offset - len(packed)
                opener = zlib.decompressobj(_GZIP)
            yield piece, whole
    if whole != offset:
        raise EOFError


def _unreadable(name: Path, error: Exception) -> VerificationError:
    return VerificationError(f"{one_line(name.name)} cannot be unpacked: {error}.")
