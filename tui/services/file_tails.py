"""All log files of some folders, followed together; also those that come later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tui.services.file_tail import FileTail, Note, first_bytes

SURE = 64
"""Bytes that a file must share with another to be taken for its copy while both are longer."""


class FileTails:
    """Follows them; meant for one thread."""

    def __init__(self, places: Sequence[Path]) -> None:
        """Find what is there now.

        Args:
            places: Files, and folders whose `*.log` files are meant.
        """
        self._places = tuple(places)
        self.tails: dict[Path, FileTail] = {path: FileTail(path) for path in files_in(places)}
        self._copies: set[Path] = set()

    def batches(self) -> Iterator[tuple[Path, list[bytes] | Note]]:
        """What was added since the last look, file by file; never blocks."""
        for path in files_in(self._places):
            if path in self.tails or path in self._copies:
                continue
            # A rotation copies a file and empties it: what the copy holds was read already. What
            # is still empty may become one.
            head = first_bytes(path)
            if head and self._is_copy(head):
                self._copies.add(path)
            elif head:
                # Made after we began to look: all of it is new.
                self.tails[path] = FileTail(path, from_start=True)
        for path, tail in list(self.tails.items()):
            for batch in tail.batches():
                yield path, batch

    def _is_copy(self, head: bytes) -> bool:
        for tail in self.tails.values():
            for known in (tail.head, *tail.heads):
                shared = min(len(head), len(known))
                if head == known or (shared >= SURE and head[:shared] == known[:shared]):
                    return True
        return False

    def close(self) -> None:
        """Let go of all of them."""
        for tail in self.tails.values():
            tail.close()


def files_in(paths: Sequence[Path]) -> list[Path]:
    """Expand folders to the `*.log` files in them; what does not exist stays out.

    Symlinks inside a folder are left out: a log folder may be writable by the gateway, and
    root would read what it points at.
    """
    found: list[Path] = []
    for path in paths:
        with suppress(OSError):
            if path.is_dir():
                inside = sorted(path.glob("*.log"))
                found += [file for file in inside if file.is_file() and not file.is_symlink()]
            elif path.is_file():
                found.append(path)
    return found
