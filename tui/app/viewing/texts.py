"""Text of any length as lines, a piece of bytes at a time, and bytes as hexadecimal."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size

from tui.app.paint import Line, Span
from tui.wording.clean import printable

PIECE = 16_384
"""Bytes of a piece: any of them can be read without those before it."""
BEYOND = 4
"""Bytes that are read behind a piece, so that its last character is whole."""
A_LINE = 16
"""Bytes that a line of hexadecimal shows."""


def decoded(content: bytes, number: int, encoding: str) -> tuple[str, int | None]:
    r"""The characters that begin in a piece.

    Args:
        content: Its bytes, and up to `BEYOND` more.
        number: Which piece, from 0.
        encoding: Of the file.

    Returns:
        The text, what is not valid in it as `\xff`; and the byte of the value where that is.
    """
    wide = encoding.startswith("utf-16")
    begin = _begin(content, wide, encoding) if number else 0
    end = min(PIECE, len(content))
    if len(content) > PIECE:
        end = PIECE + _begin(content[PIECE:], wide, encoding)
    part = content[begin:end]
    try:
        return part.decode(encoding), None
    except UnicodeDecodeError as error:
        # The last piece of a value may end within a character: then that is what is wrong.
        text = part.decode(encoding, "backslashreplace")
        return text, number * PIECE + begin + error.start


def _begin(content: bytes, wide: bool, encoding: str) -> int:
    """Where the first character begins: what is before it belongs to the one before."""
    if not wide:
        for place in range(min(BEYOND, len(content))):
            if content[place] & 0xC0 != 0x80:
                return place
        return 0
    high = content[1:2] if encoding.endswith("le") else content[:1]
    return 2 if high and 0xDC <= high[0] <= 0xDF else 0


def broken(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns, broken at blanks where there are any."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        clean = printable(line.expandtabs(4))
        lines += _broken(clean, max(2, width))
    return lines


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width and (line.isascii() or cell_len(line) <= width):
        return [line]
    plain, lines, at = line.isascii(), [], 0
    while at < len(line):
        end = at + width if plain else _fitting(line, at, width)
        if end < len(line):
            blank = line.rfind(" ", at + (end - at) // 3, end + 1)
            end = blank if blank > at else end
        lines.append(line[at:end])
        at = end
        while at < len(line) and line[at] == " ":
            at += 1
    return lines


def _fitting(line: str, at: int, width: int) -> int:
    room, end = width, at
    while end < len(line):
        room -= get_character_cell_size(line[end])
        if room < 0:
            break
        end += 1
    return max(end, at + 1)


def hex_lines(content: bytes, begin: int, digits: int) -> list[Line]:
    """`00000010  de ad be ef …  |....|`, sixteen bytes a line."""
    lines: list[Line] = []
    for at in range(0, len(content), A_LINE):
        part = content[at : at + A_LINE]
        left, right = part[:8].hex(" "), part[8:].hex(" ")
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(
            (
                Span(f" {begin + at:0{digits}x}  ", "muted"),
                Span(f"{left:<23}  {right:<23}"),
                Span(f"  |{letters}|", "muted"),
            )
        )
    return lines
