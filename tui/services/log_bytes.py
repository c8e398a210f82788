"""Lines of a log as bytes: which belong together, and how bad they are, without reading them.

A flood brings 50,000 lines a second, of which two screens are ever read: only those are decoded
and taken apart (`logs.parse`). What has to be known of every line is found out here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

TOGETHER = 64 * 1024
"""Bytes that one line may grow to by what is folded into it."""
LOOKED_AT = 64 * 1024
"""Bytes of a JSON line in which its level is looked for."""

_HEAD = re.compile(
    rb"\{|\[?\d{4}-\d\d-\d\d[ T]|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b"
)
_TRACE = (
    b"Traceback (most recent call last)",
    b"During handling of the above exception",
    b"The above exception was the direct",
)
_INDENTED = (b" ", b"\t")
_IN_JSON = re.compile(rb'"(?:levelname|level|severity|log\.level)"\s*:\s*"(\w+)"')
_LEVEL = rb"(?P<level>error|critical|fatal|alert|emergency|warning|warn)"
_DASHED = re.compile(
    rb"\d{4}-\d\d-\d\d[ T][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?(?: - \S+)? - " + _LEVEL + rb" - ",
    re.IGNORECASE,
)
_PREFIXED = re.compile(rb"(?:\[[^\]]{0,60}\] \[\d+\] )?\[?" + _LEVEL + rb"\b\]?:?\s", re.IGNORECASE)
_WORDS = (b"error", b"critical", b"fatal", b"alert", b"emergency", b"warn")
_ERRORS = frozenset({b"error", b"critical", b"fatal", b"alert", b"emergency"})
_WARNINGS = frozenset({b"warn", b"warning"})


def text_of(raw: bytes, *, stamped: bool) -> bytes:
    """A line without the engine's time in front of it."""
    return raw[raw.find(b" ") + 1 :] if stamped else raw


class Grouper:
    """Folds tracebacks and indented lines into the line they belong to; for one source."""

    def __init__(self, *, stamped: bool) -> None:
        """Begin between two lines.

        Args:
            stamped: Whether the engine's time and a blank stand before each line.
        """
        self._stamped = stamped
        self._in_trace = False
        self._last: bytes | None = None

    def take(self, lines: Sequence[bytes]) -> list[bytes]:
        """Return the lines that are whole; the last one is kept, for more may belong to it."""
        found: list[bytes] = []
        last = self._last
        for line in lines:
            start = line.find(b" ") + 1 if self._stamped else 0
            if last is not None and len(last) < TOGETHER and self._goes_on(line, start):
                last += b"\n" + line[start:]
                continue
            self._in_trace = line.startswith(_TRACE, start)
            if last is not None:
                found.append(last)
            last = line
        self._last = last
        return found

    def flush(self) -> list[bytes]:
        """The line that was kept: nothing more came."""
        last, self._last = self._last, None
        return [] if last is None else [last]

    def _goes_on(self, line: bytes, start: int) -> bool:
        if line.startswith(_INDENTED, start):
            return True
        if line.startswith(_TRACE, start):
            self._in_trace = True
            return True
        if not self._in_trace:
            return False
        if _HEAD.match(line, start):
            self._in_trace = False
            return False
        return True


def grouped(lines: Sequence[bytes], *, stamped: bool) -> list[bytes]:
    """Fold lines of which no more will come."""
    grouper = Grouper(stamped=stamped)
    return [*grouper.take(lines), *grouper.flush()]


def is_head(line: bytes) -> bool:
    """Whether a line begins as the gateway's lines begin: it belongs to none before it."""
    return _HEAD.match(line) is not None


def worse_than_info(lines: Sequence[bytes], *, stamped: bool) -> list[tuple[int, bool]]:
    """Which of the lines warn or are errors: number and whether it is an error."""
    # Most lines have none of the words, and mostly no line has most of them: one search through
    # all lines together costs a fraction of one in each of them.
    block = b"\n".join(lines).lower()
    suspects: set[int] = set()
    for word in _WORDS:
        if word in block:
            suspects.update(n for n, line in enumerate(lines) if word in line.lower())
    found = []
    for number in sorted(suspects):
        line = lines[number]
        level = _level(line, line.find(b" ") + 1 if stamped else 0)
        if level in _ERRORS:
            found.append((number, True))
        elif level in _WARNINGS:
            found.append((number, False))
    return found


def _level(line: bytes, start: int) -> bytes:
    """What the line itself says; what is folded into it does not count."""
    if line.startswith(b"{", start):
        match = _IN_JSON.search(line, start, start + LOOKED_AT)
        return match[1].lower() if match else b""
    match = _DASHED.match(line, start) or _PREFIXED.match(line, start)
    return match["level"].lower() if match else b""
