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
    value = 0
    try:
        for offset in range(8):
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
    head, at = varint(payload, 0)
    if not 1 <= head <= len(payload) or at > head:
        raise MalformedError("The header of a record is longer than the record.")
    body, values = head, list[Value]()
    while at < head:
        kind, at = varint(payload, at)
        size = size_of(kind)
        end = body + size
        if end > len(payload) or len(values) >= MAX_COLUMNS:
            raise MalformedError("A value is longer than its record.")
        values.append(_value(kind, payload[body:end]))
        body = end
    if at != head or body != len(payload):
        raise MalformedError("A record is longer than its values.")
    return tuple(values)


def size_of(kind: int) -> int:
    """Bytes of a value by its serial type.

    Raises:
        MalformedError: There is no such type.
    """
    if kind < 0 or kind in (10, 11):
        raise MalformedError("A value has a type that there is not.")
    return _SIZES[kind] if kind < 10 else (kind - 12) // 2


def _value(kind: int, raw: bytes) -> Value:
    if kind == 0:
        return None
    if kind <= 6:
        return int.from_bytes(raw, "big", signed=True)
    if kind == 7:
        number: float = _FLOAT.unpack(raw)[0]
        # SQLite reads a NaN as NULL.
        return number if number == number else None
    if kind <= 9:
        return kind - 8
    return raw if kind % 2 == 0 else Text(raw)


def key_of(values: Row) -> Key:
    """Values in the order in which an index with binary collation has them."""
    return tuple(_ranked(value) for value in values)


def _ranked(value: Value) -> tuple[int, int | float | bytes]:
    if value is None:
        return 0, 0
    if isinstance(value, bytes):
        return (2 if isinstance(value, Text) else 3), bytes(value)
    return 1, value
