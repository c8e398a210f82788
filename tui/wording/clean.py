"""Foreign text made safe for a terminal.

Database values, log lines, file names and other programs' messages are written by strangers.
ESC, C1 and bidi characters in them pass raw through every terminal widget, so each of them
becomes a visible escape before it reaches a widget, a notification or stdout.
"""

from __future__ import annotations

import re

# C0 except tab and newline, DEL, C1, the bidi controls and marks, line and paragraph
# separators, zero-width joiners and spaces, variation selectors, byte order mark, tag
# characters, lone surrogates, interlinear annotation.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
# Selectors and joiners only change the width of what stands before them: dropped, not shown.
_DROPPED = re.compile("[\ufe00-\ufe0f\u200d]")
_BREAKS = {"\n": "\\n", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    """Return `text` with everything a terminal would act on as a visible escape.

    Newline and tab stay. The result is a fixed point: cleaning it again changes nothing.
    """
    return _UNSAFE.sub(_escape, _DROPPED.sub("", text))


def one_line(text: str) -> str:
    """Return `text` printable and on one line: newline and tab become visible too."""
    return "".join(_BREAKS.get(character, character) for character in printable(text))
