"""The bytes of a container's log taken apart into lines with the engine's times.

Without a terminal each piece has a header of eight bytes (stream, three zeros, length), and a
line of more than 16 KiB comes in several pieces, each with a time of its own; with a terminal
the bytes come as they are. Source: Engine API, "Attach to a container", stream format.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

from tui.services.containers.engine import Facts

Entry: TypeAlias = bytes
"""The engine's time as it wrote it, a blank, and the line."""

_HEADER = 8
_PIECE = 16 * 1024
"""Bytes at which the engine cuts a line into pieces."""
_LONGEST = 1024 * 1024
"""A line is cut after this many bytes; memory stays bounded whatever is written."""


def assembler(facts: Facts) -> Callable[[bytes], list[Entry]]:
    """Return what turns blocks of a container's log into entries; `b""` gives the rest."""
    return _Raw().take if facts["Config"].get("Tty") else _Framed().take


def parts(entry: Entry) -> tuple[str, str]:
    """The engine's time and the line, as text."""
    stamp, _, text = entry.partition(b" ")
    return stamp.decode("ascii", "replace"), text.decode("utf-8", errors="backslashreplace")


class _Framed:
    """A log with headers."""

    def __init__(self) -> None:
        self._rest = b""
        self._partial: dict[int, bytes] = {}

    def take(self, block: bytes) -> list[Entry]:
        if not block:
            left = [entry for entry in self._partial.values() if entry.partition(b" ")[2]]
            self._partial.clear()
            return left
        data, place, entries = self._rest + block, 0, []
        while len(data) - place >= _HEADER:
            stream, length = _FRAME(data, place)
            end = place + _HEADER + length
            if end > len(data):
                break
            piece = data[place + _HEADER : end]
            place = end
            if piece.endswith(b"\n") and not self._partial:
                entries.append(piece.rstrip(b"\r\n"))
            elif (entry := self._piece(stream, piece)) is not None:
                entries.append(entry)
        self._rest = data[place:]
        return entries

    def _piece(self, stream: int, piece: bytes) -> Entry | None:
        text = piece.partition(b" ")[2]
        before = self._partial.pop(stream, b"")
        whole = before + text if before else piece
        # A shorter piece without a line break is the last thing that a run printed: what comes
        # next belongs to the run after it.
        if not text.endswith(b"\n") and len(text) >= _PIECE and len(whole) < _LONGEST:
            self._partial[stream] = whole
            return None
        return whole.rstrip(b"\r\n")


class _Raw:
    """A log of a container with a terminal."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, block: bytes) -> list[Entry]:
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop() if block else b""
        if len(self._rest) > _LONGEST:
            lines.append(self._rest)
            self._rest = b""
        return [line.rstrip(b"\r") for line in lines if not line.startswith((b" ", b"\r")) and line]


_FRAME = struct.Struct(">BxxxL").unpack_from
