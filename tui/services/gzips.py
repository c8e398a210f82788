"""Gzip files of several members: each piece that is added can be read as soon as it is there.

Source: RFC 1952, section 2.2: members simply follow one another, and so do their contents.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable
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
    digest, length, offset = hashlib.sha256(), 0, 0
    opener, begun = zlib.decompressobj(_GZIP), False
    try:
        while packed := os.pread(descriptor, CHUNK, offset):
            offset += len(packed)
            while packed:
                piece = opener.decompress(packed, CHUNK)
                begun = True
                digest.update(piece)
                length += len(piece)
                packed = opener.unconsumed_tail
                if opener.eof:
                    packed = opener.unused_data
                    opener, begun = zlib.decompressobj(_GZIP), False
            tick(length)
    except (OSError, zlib.error) as error:
        raise VerificationError(f"{one_line(name.name)} cannot be unpacked: {error}.") from error
    if begun:
        raise VerificationError(f"{one_line(name.name)} is cut short.")
    return length, digest.hexdigest()
