"""Backups compressed with zstd: one frame, with the database's size and a checksum in it.

The format is described at https://datatracker.ietf.org/doc/html/rfc8878; the library's own
documentation is at https://python-zstandard.readthedocs.io/.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import PrecheckError, VerificationError
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size

SUFFIX = ".zst"
LEVEL = 3
"""zstd's own default: a database shrinks to about a third at some 250 MB/s."""
THREADS = 2
_FEED = 4_096
"""Bytes of a compressed file that are unpacked at a time.

A few bytes may stand for 128 KiB: fed in such small pieces, even a file that was made to
explode takes little memory.
"""
_SLACK = 10
"""The tenth of a filesystem's free space that unpacking never touches."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A compressed file."""

    size: int
    """Bytes."""
    sha256: str


def is_compressed(path: Path) -> bool:
    """Whether a name says that the file is compressed."""
    return path.name.endswith(SUFFIX)


def compress(source: Path, target: Path, tick: files.Tick) -> Stored:
    """Compress a finished file into a new private one, durable when it returns.

    Args:
        source: The database; not removed.
        target: A name that does not exist yet; the caller removes it after a failure.
        tick: Bytes of the source that are done, and all of them; may raise to cancel.

    Raises:
        PrecheckError: No space, no permission.
    """
    import zstandard

    digest, written = hashlib.sha256(), 0
    with files.open_regular(source) as reading:
        total = os.fstat(reading).st_size
        packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, threads=THREADS)
        chunker = packer.chunker(size=total, chunk_size=files.CHUNK)

        def pieces() -> Iterator[bytes]:
            for done, chunk in files.chunks(reading, source):
                yield from chunker.compress(chunk)
                tick(done, total)
            yield from chunker.finish()  # type: ignore[no-untyped-call]

        def counted() -> Iterator[bytes]:
            nonlocal written
            for piece in pieces():
                digest.update(piece)
                written += len(piece)
                yield piece

        files.write_new(target, counted())
    return Stored(written, digest.hexdigest())


def decompress(source: Path, target: Path, tick: files.Tick) -> str:
    """Unpack a compressed file into a new private one, durable when it returns.

    Args:
        source: The compressed file.
        target: A name that does not exist yet; the caller removes it after a failure.
        tick: Bytes unpacked, and all of them (0 where the file does not say); may raise to
            cancel.

    Returns:
        The SHA-256 of the database.

    Raises:
        VerificationError: It is not zstd, it is damaged, cut, or something was appended.
        PrecheckError: No space, no permission.
    """
    room = files.free_space(target.parent)
    room -= room // _SLACK
    total = unpacked_size(source)
    if total > room:
        raise _too_large(source, target)
    digest = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        written = 0
        for piece in _whole(source, digest, tick):
            written += len(piece)
            # A file that does not say its size may be one that was made to fill the disk.
            if written > room:
                raise _too_large(source, target)
            yield piece

    files.write_new(target, pieces())
    return digest.hexdigest()


def decompress_what_is_whole(source: Path, target: Path, tick: files.Tick) -> str:
    """Unpack as much as a damaged or cut file gives, into a new private one.

    Args:
        source: The compressed file.
        target: A name that does not exist yet; the caller removes it after a failure.
        tick: As for `decompress`.

    Returns:
        What is wrong with it, in a sentence; empty when everything came out.

    Raises:
        PrecheckError: No space, no permission.
    """
    problem = ""

    def pieces() -> Iterator[bytes]:
        nonlocal problem
        try:
            yield from _whole(source, hashlib.sha256(), tick)
        except VerificationError as error:
            problem = str(error)

    files.write_new(target, pieces())
    return problem


def digest_inside(source: Path, tick: files.Tick) -> str:
    """The SHA-256 of the database in a compressed file, without unpacking it to anywhere.

    Args:
        source: The compressed file.
        tick: As for `decompress`.

    Raises:
        VerificationError: It is not zstd, it is damaged, cut, or something was appended.
    """
    digest = hashlib.sha256()
    for _piece in _whole(source, digest, tick):
        pass
    return digest.hexdigest()


def _whole(source: Path, digest: hashlib._Hash, tick: files.Tick) -> Iterator[bytes]:
    """Yield the database in a compressed file, hashed, and as long as the file says it is."""
    total, done = unpacked_size(source), 0
    with files.open_regular(source) as reading:
        for piece in _unpacked(reading, source):
            done += len(piece)
            if total and done > total:
                raise VerificationError(f"{one_line(source.name)} holds more than it says.")
            digest.update(piece)
            yield piece
            tick(done, total)
    if total and done != total:
        raise VerificationError(f"{one_line(source.name)} is cut short.")


def _too_large(source: Path, target: Path) -> PrecheckError:
    return PrecheckError(
        f"{one_line(source.name)} does not fit unpacked into {one_line(str(target.parent))}: "
        f"{narrow_size(files.free_space(target.parent), 'down')} free."
    )


def unpacked_size(path: Path) -> int:
    """Bytes of the database in a compressed file, by its header; 0 when that does not say.

    Raises:
        VerificationError: It is not zstd.
    """
    import zstandard

    with files.open_regular(path) as descriptor:
        head = os.pread(descriptor, 32, 0)
    try:
        size: int = zstandard.get_frame_parameters(head).content_size
    except zstandard.ZstdError as error:
        raise VerificationError(
            f"{one_line(path.name)} is not compressed with zstd, or cut short."
        ) from error
    return 0 if size == zstandard.CONTENTSIZE_UNKNOWN else size


def _unpacked(descriptor: int, path: Path) -> Iterator[bytes]:
    """Yield what is in a file of one frame, in pieces of some megabytes."""
    import zstandard

    name = one_line(path.name)
    opener = zstandard.ZstdDecompressor().decompressobj()
    gathered = bytearray()
    try:
        for _done, chunk in files.chunks(descriptor, path):
            for begin in range(0, len(chunk), _FEED):
                if opener.eof:
                    raise VerificationError(f"{name} has something behind its end.")
                gathered += opener.decompress(chunk[begin : begin + _FEED])
                if len(gathered) >= files.CHUNK:
                    yield bytes(gathered)
                    gathered.clear()
    except zstandard.ZstdError as error:
        raise VerificationError(
            f"{name} cannot be unpacked: {one_line(str(error).removeprefix('zstd '))}."
        ) from error
    if not opener.eof:
        raise VerificationError(f"{name} is cut short.")
    if opener.unused_data:
        raise VerificationError(f"{name} has something behind its end.")
    if gathered:
        yield bytes(gathered)


def _quiet(_done: int, _total: int) -> None:
    """Tell nobody."""


@contextmanager
def unpacked(
    path: Path, tick: files.Tick = _quiet, *, folder: Path | None = None
) -> Iterator[Path]:
    """Give a backup as a plain file: itself, or a scratch copy of what is in it.

    The scratch copy is removed afterwards; what a kill leaves has a name that the next change
    sweeps, for it carries our process.

    Args:
        path: The backup, compressed or not.
        tick: Bytes unpacked and in all; may raise to cancel.
        folder: Where the scratch copy lies; beside the backup by default, or in the temporary
            folder where that may not be written.

    Raises:
        VerificationError: It cannot be unpacked.
        PrecheckError: There is no space for it.
    """
    if not is_compressed(path):
        yield path
        return
    place = folder or _scratch_folder(path)
    scratch = place / f".unpacked-{uuid.uuid4().hex[:8]}-{os.getpid()}.partial"
    try:
        decompress(path, scratch, tick)
        yield scratch
    finally:
        with suppress(OSError):
            scratch.unlink()


def _scratch_folder(path: Path) -> Path:
    if os.access(path.parent, os.W_OK | os.X_OK):
        return path.parent
    return Path(tempfile.gettempdir())
