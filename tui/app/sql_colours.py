"""Which stretches of a statement have which look: keywords, texts, comments, numbers."""

from __future__ import annotations

import re

from tui.services.sqlite.completion import KEYWORDS
from tui.services.sqlite.sql_words import CHANGING, words

MOST = 20_000
"""Characters up to which a statement is coloured: it is done at every key."""

_KEYWORDS = CHANGING | {
    word.lower().rstrip("(") for keyword in KEYWORDS for word in keyword.split() if "(" not in word
}
_COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)

Stretches = dict[int, list[tuple[int, int, str]]]


def coloured(text: str) -> Stretches:
    """Say how a statement looks.

    Returns:
        By line, from 0: first character, the one after the last, and the role.
    """
    found: Stretches = {}
    if len(text) > MOST:
        return found
    starts = [0]
    for number, character in enumerate(text):
        if character == "\n":
            starts.append(number + 1)
    lines, line, at = _Lines(starts, len(text)), 0, 0
    for word in words(text):
        for match in _COMMENT.finditer(text, at, word.begin):
            line = lines.put(found, match.start(), match.end(), "muted", line)
        at = word.end
        if role := _role(word.kind, word.text):
            line = lines.put(found, word.begin, word.end, role, line)
    for match in _COMMENT.finditer(text, at):
        line = lines.put(found, match.start(), match.end(), "muted", line)
    return found


def _role(kind: str, text: str) -> str:
    if kind == "word" and text.lower() in _KEYWORDS:
        return "running"
    return {"text": "healthy", "open": "attention", "number": "healthy"}.get(kind, "")


class _Lines:
    """Where the lines of a text begin."""

    def __init__(self, starts: list[int], end: int) -> None:
        self._starts, self._end = starts, end

    def put(self, found: Stretches, begin: int, end: int, role: str, line: int) -> int:
        """Note a stretch, in each line that it touches; returns the line that it begins in."""
        while line + 1 < len(self._starts) and self._starts[line + 1] <= begin:
            line += 1
        number = line
        while number < len(self._starts) and self._starts[number] < end:
            start = self._starts[number]
            until = self._starts[number + 1] if number + 1 < len(self._starts) else self._end
            found.setdefault(number, []).append(
                (max(begin, start) - start, min(end, until) - start, role)
            )
            number += 1
        return line
