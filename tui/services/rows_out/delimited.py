"""CSV and TSV with the type of every value in its quotes; see `tui.services.rows_out`.

Files of others are read as well: there a word without quotes is text, unless it is a number that
is written as a number would be here. `007` and `1.50` stay text, and become numbers only where
the column they go into makes them so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tui.services.rows_out.values import (
    LARGEST,
    SMALLEST,
    LongText,
    RawText,
    RowError,
    Value,
    from_hex,
    hex_pieces,
    is_long,
    text_pieces,
)
from tui.wording.clean import one_line

BLOB, TEXT = "\\blob:", "\\text:"

MAX_RECORD = 64 * 1024 * 1024
"""Characters of one row: a quote that is never closed must not fill the memory."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet takes for a formula.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_REAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?|inf)")


class DelimitedWriter:
    """Writes rows with a comma or a tab between values."""

    def __init__(self, columns: Sequence[str], separator: str, *, safe: bool = False) -> None:
        self._columns = columns
        self._separator = separator
        self._safe = safe

    def begin(self) -> Iterator[str]:
        """The names of the columns, always in quotes."""
        yield self._separator.join(self._cell(name) for name in self._columns) + "\n"

    def row(self, values: Sequence[Value]) -> Iterator[str]:
        """One row, in pieces where it is long."""
        if not any(map(is_long, values)):
            yield self._separator.join(map(self._cell, values)) + "\n"
            return
        for number, value in enumerate(values):
            if number:
                yield self._separator
            yield from self._pieces(value)
        yield "\n"

    def end(self) -> Iterator[str]:
        """Nothing: the last row ends like every other."""
        return iter(())

    def _cell(self, value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, bytes) or (self._safe and isinstance(value, str)):
            return "".join(self._pieces(value))
        return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else repr(value)

    def _pieces(self, value: Value) -> Iterator[str]:
        match value:
            case None:
                return
            case LongText() | str():
                yield '"'
                for number, piece in enumerate(text_pieces(value)):
                    if not number and self._safe and piece.startswith(_FORMULA):
                        yield "'"
                    yield piece.replace('"', '""')
                yield '"'
            case bytes():
                yield TEXT if isinstance(value, RawText) else BLOB
                yield from hex_pieces(value)
            case _:
                yield repr(value)


class DelimitedReader:
    """Reads what `DelimitedWriter` writes, and what other programs do."""

    def __init__(self, stream: TextIO, path: Path, separator: str) -> None:
        """Read the first row, which names the columns.

        Args:
            stream: The file, opened with `newline=""`: a line break inside a value stays as it is.
            path: Its name, for sentences.
            separator: `,` or a tab.

        Raises:
            RowError: The first row names no columns.
        """
        self._name = one_line(path.name)
        self._stream = stream
        mark = re.escape(separator)
        self._part = re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^"{mark}\r\n]*))({mark}|\r?\n|\r|\Z)')
        self._separator = separator
        self._line = 0
        first = self._record()
        self.columns = tuple(str(text) for text, _quoted in self._parts(first))
        """The names that the first row gives."""
        self.texts: frozenset[int] = frozenset()
        """Columns of type text, by their place: there a number without quotes is one too."""
        if not first or "" in self.columns:
            raise RowError(self._name, 1, "the first row must name the columns")

    def rows(self) -> Iterator[tuple[int, tuple[Value, ...]]]:
        """Every row with the number of the line it begins in.

        Raises:
            RowError: One cannot be read, or has another number of values.
        """
        wanted = len(self.columns)
        while record := self._record():
            if wanted > 1 and not record.strip("\r\n"):
                continue
            parts = self._parts(record)
            if len(parts) != wanted:
                text = f"{len(parts)} values where the first row names {wanted} columns"
                raise RowError(self._name, self._began, text)
            yield (
                self._began,
                tuple(
                    text if quoted else self._bare(text, place)
                    for place, (text, quoted) in enumerate(parts)
                ),
            )

    def _record(self) -> str:
        """The text of the next row with its line break; empty at the end."""
        self._began = self._line + 1
        lines, length, is_open = [], 0, False
        while line := self._stream.readline(MAX_RECORD):
            # A lone carriage return ends a line for readline too: it is counted like one.
            self._line += 1
            lines.append(line)
            length += len(line)
            # Inside quotes a quote is doubled, so an odd number leaves them open.
            is_open ^= bool(line.count('"') % 2)
            if not is_open:
                break
            if length > MAX_RECORD:
                raise RowError(self._name, self._began, "a quote that is not closed")
        if is_open:
            raise RowError(self._name, self._began, "a quote that is not closed")
        return "".join(lines)

    def _parts(self, record: str) -> list[tuple[str, bool]]:
        """The values of a row as text, and whether each stood in quotes."""
        found: list[tuple[str, bool]] = []
        at = 0
        while True:
            part = self._part.match(record, at)
            if part is None:
                place = len(found) + 1
                raise RowError(self._name, self._began, f"value {place} has a quote in its middle")
            quoted, bare, ending = part.groups()
            if quoted is not None:
                found.append((quoted.replace('""', '"') if '"' in quoted else quoted, True))
            else:
                found.append((bare, False))
            at = part.end()
            if ending != self._separator:
                return found

    def _bare(self, text: str, place: int) -> Value:
        """What a word without quotes stands for."""
        if not text:
            return None
        if text[0] == "\\":
            return self._written_in_hex(text)
        if place in self.texts:
            return text
        return number(text)

    def _written_in_hex(self, text: str) -> Value:
        for mark, kind in ((BLOB, bytes), (TEXT, RawText)):
            if text.startswith(mark):
                raw = from_hex(text.removeprefix(mark))
                if raw is None:
                    raise RowError(self._name, self._began, f"{mark}… is not hexadecimal")
                return kind(raw)
        return text


def number(text: str) -> Value:
    """A number where a text is how one is written here, else the text."""
    if _INTEGER.fullmatch(text) and SMALLEST <= (whole := int(text)) <= LARGEST:
        return whole
    if _REAL.fullmatch(text) and repr(real := float(text)) == text:
        return real
    return text
