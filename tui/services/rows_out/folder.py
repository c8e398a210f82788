"""Where rows are written: one file, or a folder of files with a manifest; never half seen.

Everything is written under a hidden `.partial` name with mode 0600 and appears under its own name
when it is whole and on disk. The name of a `.partial` says which process makes it; what a killed
one left is removed by the next that writes to the same place.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tui.core.errors import PrecheckError, UsageError
from tui.services import files, processes
from tui.services.rows_out.formats import Writer
from tui.services.rows_out.values import Value
from tui.wording.clean import one_line

MANIFEST = "manifest.json"

_BUFFER = 256 * 1024
_ROWS_PER_TICK = 500
_MAKER = re.compile(r"\.(\d+)-(\d+)\.partial$")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of one part."""

    rows: int
    bytes: int
    sha256: str


def write_rows(
    stream: BinaryIO,
    writer: Writer,
    rows: Iterable[Sequence[Value]],
    tick: Callable[[int], None],
) -> Written:
    """Write rows to an open stream.

    Args:
        stream: Takes bytes; flushed, not closed.
        writer: Makes text of them.
        rows: Read one after the other.
        tick: Told now and then how many rows are written; may raise to stop.

    Raises:
        OSError: The stream does not take them.
    """
    digest, size, count, waiting = hashlib.sha256(), 0, 0, bytearray()

    def put(pieces: Iterable[str]) -> None:
        nonlocal size
        for piece in pieces:
            waiting.extend(piece.encode())
            if len(waiting) >= _BUFFER:
                size += _flush(stream, waiting, digest)

    put(writer.begin())
    for row in rows:
        put(writer.row(row))
        count += 1
        if count % _ROWS_PER_TICK == 0:
            tick(count)
    put(writer.end())
    size += _flush(stream, waiting, digest)
    stream.flush()
    tick(count)
    return Written(count, size, digest.hexdigest())


def _flush(stream: BinaryIO, waiting: bytearray, digest: hashlib._Hash) -> int:
    digest.update(waiting)
    view = memoryview(waiting)
    while view:
        view = view[stream.write(view) or 0 :]
    view.release()
    length = len(waiting)
    waiting.clear()
    return length


class Place:
    """A file or folder in the making; a context manager that leaves it whole or not at all."""

    def __init__(self, target: Path, *, is_folder: bool, replace: bool) -> None:
        """Look whether it may be made there.

        Args:
            target: Its name in the end.
            is_folder: Whether it is a folder of files.
            replace: Whether what stands there may go: a file for a file, an export for an export.

        Raises:
            UsageError: Something stands there that may not go.
            NotFoundError: There is no folder to write into.
        """
        self.target = target.absolute()
        self._is_folder, self._replace = is_folder, replace
        self.partial = self._named()
        if not files.is_folder(self.target.parent):
            raise files.denied("write", self.target.parent, FileNotFoundError())
        self._require_free()

    def _named(self, word: str = "") -> Path:
        # The pid comes last: the next change of the database sweeps its folders by it.
        pid, started, _boot = processes.me()
        made = f"{word}{round(started * 100)}-{pid}"
        return self.target.with_name(f".{self.target.name}.{made}.partial")

    def __enter__(self) -> Place:
        """Sweep what a killed process left here, then begin."""
        self._sweep()
        try:
            if self._is_folder:
                self.partial.mkdir(mode=0o700)
        except OSError as error:
            raise files.denied("write", self.target, error) from error
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove what was not published."""
        _remove(self.partial)

    @property
    def scratch(self) -> Path:
        """A name beside it for what is needed meanwhile, swept like it."""
        return self._named("rows.")

    def file(self, name: str) -> BinaryIO:
        """Open a new private file in it, or the one file that it is.

        Raises:
            PrecheckError: It cannot be made.
        """
        path = self.partial / name if self._is_folder else self.partial
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        try:
            return open(os.open(path, flags, 0o600), "wb", buffering=0)  # noqa: PTH123
        except OSError as error:
            raise files.denied("write", self.target, error) from error

    def publish(self) -> None:
        """Show it under its own name, durable when it returns.

        Raises:
            UsageError: Somebody made something of that name meanwhile.
            PrecheckError: It cannot be written.
        """
        self._require_free()
        try:
            if self._is_folder:
                files.fsync_folder(self.partial)
                self._publish_folder()
            elif self._replace:
                self.partial.replace(self.target)
            else:
                # A link, unlike a rename, never takes another file's place.
                os.link(self.partial, self.target, follow_symlinks=False)
                self.partial.unlink()
            files.fsync_folder(self.target.parent)
        except FileExistsError as error:
            raise self._taken() from error
        except OSError as error:
            raise files.denied("write", self.target, error) from error

    def _publish_folder(self) -> None:
        if files.identity(self.target) is None:
            self.partial.rename(self.target)
            return
        old = self._named("old.")
        self.target.rename(old)
        try:
            self.partial.rename(self.target)
        except OSError:
            old.rename(self.target)
            raise
        _remove(old)

    def _require_free(self) -> None:
        found = files.identity(self.target)
        if found is None:
            return
        if not self._replace:
            raise self._taken()
        name = one_line(str(self.target))
        if self._is_folder and not files.is_file(self.target / MANIFEST):
            raise UsageError(f"{name} is no export, so it is not replaced. Nothing was written.")
        if not self._is_folder and not files.is_regular(found):
            raise UsageError(f"{name} is no plain file, so it is not replaced.")

    def _taken(self) -> UsageError:
        return UsageError(
            f"{one_line(str(self.target))} is there already; name another, or --replace it. "
            "Nothing was written."
        )

    def _sweep(self) -> None:
        prefix = f".{self.target.name}."
        with suppress(OSError):
            for path in list(self.target.parent.iterdir()):
                maker = _MAKER.search(path.name)
                if not path.name.startswith(prefix) or maker is None:
                    continue
                if not processes.is_alive(int(maker[2]), int(maker[1]) / 100, ""):
                    _remove(path)


def _remove(path: Path) -> None:
    found = files.identity(path)
    if found is not None and files.is_directory(found):
        shutil.rmtree(path, ignore_errors=True)
    elif found is not None:
        with suppress(OSError):
            path.unlink()


def finish(stream: BinaryIO, target: Path) -> None:
    """Make a file durable and close it.

    Raises:
        PrecheckError: It cannot be written to its end.
    """
    try:
        os.fsync(stream.fileno())
        stream.close()
    except OSError as error:
        raise files.denied("write", target, error) from error


def full(target: Path, error: OSError) -> PrecheckError:
    """The sentence for a stream that did not take all."""
    found = files.denied("write", target, error)
    return PrecheckError(f"{found} Nothing is left of it.")
