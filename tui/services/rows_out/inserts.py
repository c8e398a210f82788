"""SQL: INSERT statements in one transaction; see `tui.services.rows_out`.

A text with a NUL character, and one that is not UTF-8, cannot stand in a statement: it is made
from its bytes. A float is written as its shortest text where SQLite reads that as the very same
number, which it does not always (its own conversion loses a last bit of some); else as an exact
integer and exact powers of two.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property

from tui.services.rows_out.values import (
    LongText,
    RawText,
    Value,
    hex_pieces,
    is_long,
    text_pieces,
)
from tui.services.sqlite.inspection import quote

_POWER = 62
"""2^62 is an exact integer in SQL, and a float of the same value."""


class InsertWriter:
    """Writes an INSERT for each row."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        names = ", ".join(map(quote, columns))
        self._head = f"INSERT INTO {quote(table)} ({names}) VALUES ("

    def begin(self) -> Iterator[str]:
        """Begin the transaction."""
        yield "BEGIN;\n"

    def row(self, values: Sequence[Value]) -> Iterator[str]:
        """One statement, in pieces where it is long."""
        if not any(map(is_long, values)):
            cells = ("".join(self._pieces(value)) for value in values)
            yield f"{self._head}{', '.join(cells)});\n"
            return
        yield self._head
        for number, value in enumerate(values):
            if number:
                yield ", "
            yield from self._pieces(value)
        yield ");\n"

    def end(self) -> Iterator[str]:
        """End the transaction."""
        yield "COMMIT;\n"

    def _pieces(self, value: Value) -> Iterator[str]:
        match value:
            case None:
                yield "NULL"
            case float():
                yield self._real(value)
            case int():
                yield _integer(value)
            case RawText():
                yield from _from_bytes(value)
            case LongText() if 0 in value:
                yield from _from_bytes(value)
            case str() if "\0" in value:
                yield from _from_bytes(value.encode())
            case LongText() | str():
                yield "'"
                for piece in text_pieces(value):
                    yield piece.replace("'", "''")
                yield "'"
            case bytes():
                yield "X'"
                yield from hex_pieces(value)
                yield "'"

    @cached_property
    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(":memory:", check_same_thread=False)

    def _real(self, value: float) -> str:
        if math.isinf(value):
            return "9e999" if value > 0 else "-9e999"
        text = repr(value)
        (found,) = self._reader.execute(f"SELECT {text}").fetchone()
        return text if found.hex() == value.hex() else _exactly(value)


def _from_bytes(raw: bytes) -> Iterator[str]:
    yield "CAST(X'"
    yield from hex_pieces(raw)
    yield "' AS TEXT)"


def _integer(value: int) -> str:
    # Its digits alone are one too many, and would become a float.
    return "(-9223372036854775807 - 1)" if value == -(2**63) else str(value)


def _exactly(value: float) -> str:
    """A float as an integer that is multiplied or divided by powers of two, all of them exact."""
    fraction, exponent = math.frexp(value)
    whole, exponent = int(fraction * 2**53), exponent - 53
    sign = "*" if exponent > 0 else "/"
    steps = []
    while exponent:
        step = min(abs(exponent), _POWER)
        steps.append(f" {sign} CAST({2**step} AS REAL)")
        exponent -= step if exponent > 0 else -step
    return f"(CAST({whole} AS REAL){''.join(steps)})"
