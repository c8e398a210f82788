"""Records of the SQLite file format: variable-length integers, serial types, values.

Source: https://www.sqlite.org/fileformat2.html#record_format
"""

from __future__ import annotations

import struct
from typing import TypeAlias

from tui.core.errors import VerificationError

MAX_COLUMNS = 32_767
"""More a table cannot have, whatever SQLite was built with."""
_FLOAT = struct.Struct(">d")
_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
"""Bytes of the serial types 0 to 9."""


class MalformedError(VerificationError):
    """Bytes that are not what the file format wants at their place."""


class Text(bytes):
    """A text value as it lies in the file: not decoded, for its bytes may be no text at all."""

    __slots__ = ()


Value: TypeAlias = int | float | bytes | Text | None
Row: TypeAlias = tuple[Value, ...]
Key: TypeAlias = tuple[tuple[int, int | float | bytes], ...]


def varint(buffer: bytes, at: int) -> tuple[int, int]:
    """Read one variable-length integer.

    Returns:
        Its value, signed, and where the next byte is.

    Raises:
        MalformedError: The buffer ends in it.
    """
    try:
        value = buffer[at]
        if value < 0x80:  # most are
            return value, at + 1
        value &= 0x7F
        for offset in range(1, 8):
            byte = buffer[at + offset]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value, at + offset + 1
        value = value << 8 | buffer[at + 8]
    except IndexError as error:
        raise MalformedError("A number is cut.") from error
    return (value - (1 << 64) if value >> 63 else value), at + 9


def decode(payload: bytes) -> Row:
    """Read a record; strict: header and values fill the payload exactly.

    Raises:
        MalformedError: They do not, or a type is none.
    """
    length = len(payload)
    head, at = varint(payload, 0)
    if not 1 <= head <= length or at > head:
        raise MalformedError("The header of a record is longer than the record.")
    body, values = head, list[Value]()
    while at < head:
        kind = payload[at]
        if kind < 0x80:
            at += 1
        else:
            kind, at = varint(payload, at)
        if kind >= 12:
            end = body + (kind - 12 >> 1)
            raw = payload[body:end]
            values.append(Text(raw) if kind & 1 else raw)
        else:
            end = body + size_of(kind)
            values.append(_number(kind, payload[body:end]))
        if end > length or len(values) >= MAX_COLUMNS:
            raise MalformedError("A value is longer than its record.")
        body = end
    if at != head or body != length:
        raise MalformedError("A record is longer than its values.")
    return tuple(values)


def size_of(kind: int) -> int:
    """Bytes of a number by its serial type.

    Raises:
        MalformedError: There is no such type.
    """
    if kind < 0 or kind in (10, 11):
        raise MalformedError("A value has a type that there is not.")
    return _SIZES[kind]


def _number(kind: int, raw: bytes) -> int | float | None:
    if kind == 0:
        return None
    if kind >= 8:
        return kind - 8
    if kind <= 6:
        return int.from_bytes(raw, "big", signed=True)
    if len(raw) < 8:
        raise MalformedError("A value is longer than its record.")
    number: float = _FLOAT.unpack(raw)[0]
    # SQLite reads a NaN as NULL.
    return number if number == number else None


def key_of(values: Row) -> Key:
    """Values in the order in which an index with binary collation has them."""
    return tuple(_ranked(value) for value in values)


def _ranked(value: Value) -> tuple[int, int | float | bytes]:
    if value is None:
        return 0, 0
    if isinstance(value, bytes):
        return (2 if isinstance(value, Text) else 3), bytes(value)
    return 1, value
