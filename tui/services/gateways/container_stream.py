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

Entry: TypeAlias = tuple[str, str]
"""The engine's time as it wrote it, and the line."""

_HEADER = 8
_PIECE = 16 * 1024
"""Bytes at which the engine cuts a line into pieces."""
_LONGEST = 1024 * 1024
"""A line is cut after this many bytes; memory stays bounded whatever is written."""


def assembler(facts: Facts) -> Callable[[bytes], list[Entry]]:
    """Return what turns blocks of a container's log into entries; `b""` gives the rest."""
    return _Raw().take if facts["Config"].get("Tty") else _Framed().take


class _Framed:
    """A log with headers."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._partial: dict[int, tuple[str, bytes]] = {}

    def take(self, block: bytes) -> list[Entry]:
        if not block:
            left = [(stamp, _text(text)) for stamp, text in self._partial.values() if text]
            self._partial.clear()
            return left
        self._rest += block
        data, place, entries = self._rest, 0, []
        while len(data) - place >= _HEADER:
            stream, length = struct.unpack_from(">BxxxL", data, place)
            end = place + _HEADER + length
            if end > len(data):
                break
            entry = self._piece(stream, bytes(data[place + _HEADER : end]))
            if entry is not None:
                entries.append(entry)
            place = end
        del data[:place]
        return entries

    def _piece(self, stream: int, piece: bytes) -> Entry | None:
        stamp, _, text = piece.partition(b" ")
        first, before = self._partial.pop(stream, (stamp.decode("ascii", "replace"), b""))
        whole = before + text
        # A shorter piece without a line break is the last thing that a run printed: what comes
        # next belongs to the run after it.
        if not text.endswith(b"\n") and len(text) >= _PIECE and len(whole) < _LONGEST:
            self._partial[stream] = (first, whole)
            return None
        return first, _text(whole)


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
        entries = []
        for line in lines:
            stamp, _, text = line.partition(b" ")
            if stamp:
                entries.append((stamp.decode("ascii", "replace"), _text(text)))
        return entries


def _text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode("utf-8", errors="backslashreplace")
