"""Values between SQLite and text: what is not UTF-8, what is long, what stands for a secret."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TypeAlias

from tui.core.errors import VerificationError

Value: TypeAlias = "str | bytes | int | float | None"
"""As SQLite gives it; see `RawText` and `LongText` for text that comes as bytes."""

PIECE = 65_536
"""Characters or bytes of a long value that are handled at a time."""

LONG = 1024 * 1024
"""Bytes from which a text is kept as the bytes it is: as `str` it may need four times as many."""

SMALLEST, LARGEST = -(2**63), 2**63 - 1
"""Integers that SQLite can hold."""

_MASKED = re.compile(r"(?:\u2022{4}|\*{4})(?: [\d,]+ ch)?")


class RawText(bytes):
    """Text that is not UTF-8, as the bytes it is."""

    __slots__ = ()


class LongText(bytes):
    """Text of more than `LONG` bytes, in UTF-8."""

    __slots__ = ()


class RowError(VerificationError):
    """A row of a file that cannot be taken as it is; names its line, and nothing was changed."""

    def __init__(self, name: str, line: int, text: str) -> None:
        super().__init__(f"{name}, line {line}: {text}. Nothing was changed.")
        self.line = line
        """From 1."""


def text_value(raw: bytes) -> str | RawText | LongText:
    """Text as a connection is to give it: `connection.text_factory = text_value`."""
    if len(raw) > LONG:
        return LongText(raw) if _is_utf8(raw) else RawText(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return RawText(raw)


def _is_utf8(raw: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(raw), PIECE):
            decoder.decode(raw[begin : begin + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def text_pieces(value: str | LongText) -> Iterator[str]:
    """A text in pieces of at most `PIECE` characters."""
    if isinstance(value, str):
        for begin in range(0, len(value), PIECE):
            yield value[begin : begin + PIECE]
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    for begin in range(0, len(value), PIECE):
        yield decoder.decode(value[begin : begin + PIECE])


def hex_pieces(value: bytes) -> Iterator[str]:
    """Bytes in hexadecimal, in pieces."""
    for begin in range(0, len(value), PIECE):
        yield value[begin : begin + PIECE].hex()


def is_long(value: Value) -> bool:
    """Whether a value is written piece by piece rather than with the rest of its row."""
    return isinstance(value, str | bytes) and len(value) > PIECE


def is_mask(value: Value) -> bool:
    """Whether a text is how a masked secret is shown: `•••• 118 ch`, in ASCII `****`."""
    return isinstance(value, str) and _MASKED.fullmatch(value) is not None


def from_hex(text: str) -> bytes | None:
    """Bytes that were written in hexadecimal; None where it is none."""
    if len(text) % 2 or not re.fullmatch("[0-9A-Fa-f]*", text):
        return None
    return bytes.fromhex(text)
