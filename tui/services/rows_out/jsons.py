"""JSON (one array of objects) and NDJSON (an object a line); see `tui.services.rows_out`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

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

MAX_OBJECT = 64 * 1024 * 1024
"""Characters of one row."""

_PIECE = 256 * 1024
_BLANK = re.compile(r"[ \t\r\n]*")
_NEAR = 64
"""Characters before the end within which a fault may only mean that more is to come."""


class JsonWriter:
    """Writes one array, a row on each line of it."""

    _before, _between, _after = "[\n", ",\n", "\n]\n"
    _empty = "[]\n"

    def __init__(self, columns: Sequence[str]) -> None:
        self._names = [f"{_quoted(name)}: " for name in columns]
        self._rows = 0

    def begin(self) -> Iterator[str]:
        """Nothing: an array without rows stands on one line."""
        return iter(())

    def row(self, values: Sequence[Value]) -> Iterator[str]:
        """One row as an object, in pieces where it is long."""
        yield self._between if self._rows else self._before
        self._rows += 1
        yield from _object(self._names, values)

    def end(self) -> Iterator[str]:
        """The end of the array."""
        yield self._after if self._rows else self._empty


class NdjsonWriter(JsonWriter):
    """Writes an object a line."""

    _before, _between, _after = "", "\n", "\n"
    _empty = ""


def _object(names: Sequence[str], values: Sequence[Value]) -> Iterator[str]:
    if not any(map(is_long, values)):
        cells = (name + _cell(value) for name, value in zip(names, values, strict=True))
        yield "{" + ", ".join(cells) + "}"
        return
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        yield ", " if number else "{"
        yield name
        yield from _pieces(value)
    yield "}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _cell(value: Value) -> str:
    match value:
        case None:
            return "null"
        case str():
            return _quoted(value)
        case float() if not math.isfinite(value):
            return f'{{"$real": "{value!r}"}}'
        case bytes():
            return "".join(_pieces(value))
    return repr(value)


def _pieces(value: Value) -> Iterator[str]:
    match value:
        case LongText() | str():
            yield '"'
            for piece in text_pieces(value):
                yield _quoted(piece)[1:-1]
            yield '"'
        case bytes():
            yield '{"$text": "' if isinstance(value, RawText) else '{"$blob": "'
            yield from hex_pieces(value)
            yield '"}'
        case _:
            yield _cell(value)


class JsonReader:
    """Reads rows from one array of objects, a row at a time."""

    def __init__(self, stream: TextIO, path: Path) -> None:
        """Read the first row, which says which columns there are.

        Raises:
            RowError: It is no array of objects.
        """
        self._name = one_line(path.name)
        self._stream = stream
        self._decoder = json.JSONDecoder(object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
        self._text = ""
        self._at = 0
        self._behind = 0
        self._line = 1
        self._started = False
        self._first = self._object()
        self.columns = tuple(self._first[1]) if self._first else ()
        """The names in the first row."""

    def rows(self) -> Iterator[tuple[int, tuple[Value, ...]]]:
        """Every row with its line, its values in the order of the first row's names.

        Raises:
            RowError: One cannot be read, or names other columns than the first.
        """
        found, self._first = self._first, None
        while found is not None:
            line, row = found
            if row.keys() != set(self.columns):
                odd = sorted(row.keys() ^ set(self.columns))[0]
                has = "has also" if odd in row else "lacks"
                text = f"it {has} {one_line(odd)}; every row must name the same columns"
                raise RowError(self._name, line, text)
            yield line, tuple(row[name] for name in self.columns)
            found = self._object()

    # --- one object after the other -------------------------------------------------------

    def _object(self) -> tuple[int, dict[str, Value]] | None:
        """The next row and its line; None at the end of the array."""
        mark = self._skip()
        if not self._started:
            self._started = True
            self._expect(mark, "[")
            if (mark := self._skip()) == "]":
                self._finish()
                return None
        elif mark == ",":
            self._go_to(self._at + 1)
            mark = self._skip()
        elif mark == "]":
            self._finish()
            return None
        else:
            raise RowError(self._name, self._line, "a comma or the end of the array is missing")
        if mark != "{":
            raise RowError(self._name, self._line, "a row must be an object")
        return self._line, self._row(self._decode())

    def _expect(self, mark: str, wanted: str) -> None:
        if mark != wanted:
            text = "a JSON file must hold one array of objects, one for each row"
            raise RowError(self._name, self._line, text)
        self._go_to(self._at + 1)

    def _finish(self) -> None:
        self._go_to(self._at + 1)
        if self._skip():
            raise RowError(self._name, self._line, "something stands behind the end of the array")

    def _skip(self) -> str:
        """Leave out blanks; the next character, empty at the end of the file."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._go_to(blank.end() if blank else self._at)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _go_to(self, place: int) -> None:
        self._line += self._text.count("\n", self._at, place)
        self._at = place

    def _more(self) -> bool:
        self._text, self._at = self._text[self._at :], 0
        # Twice as much each time: a long row is not begun anew for each of its pieces.
        piece = self._stream.read(max(_PIECE, len(self._text)))
        self._text += piece
        return bool(piece)

    def _decode(self) -> _Pairs:
        """The object that begins here; what follows it is next."""
        while True:
            try:
                found, self._behind = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.pos >= len(self._text) - _NEAR or "Unterminated" in error.msg
                if is_cut and len(self._text) - self._at <= MAX_OBJECT and self._more():
                    continue
                line = self._line + self._text.count("\n", self._at, error.pos)
                raise RowError(self._name, line, f"no JSON: {_lower(error.msg)}") from error
            except (_BadValueError, RecursionError) as error:
                raise RowError(self._name, self._line, _why(error)) from error
            if not isinstance(found, _Pairs):
                raise RowError(self._name, self._line, "a row must be an object")
            return found

    def _row(self, found: _Pairs) -> dict[str, Value]:
        try:
            row = _row_of(found)
        except _BadValueError as error:
            raise RowError(self._name, self._line, str(error)) from error
        self._go_to(self._behind)
        return row


class NdjsonReader(JsonReader):
    """Reads rows from a file with an object on each line."""

    def _object(self) -> tuple[int, dict[str, Value]] | None:
        while line := self._stream.readline(MAX_OBJECT):
            number, self._line = self._line, self._line + 1
            if not line.strip():
                continue
            if not line.endswith("\n") and len(line) == MAX_OBJECT:
                raise RowError(self._name, number, "the line is too long for one row")
            try:
                found = self._decoder.decode(line)
                if not isinstance(found, _Pairs):
                    raise RowError(self._name, number, "a row must be an object")
                return number, _row_of(found)
            except json.JSONDecodeError as error:
                raise RowError(self._name, number, f"no JSON: {_lower(error.msg)}") from error
            except (_BadValueError, RecursionError) as error:
                raise RowError(self._name, number, _why(error)) from error
        return None


# --- values -------------------------------------------------------------------------------


class _Pairs(list[tuple[str, Any]]):
    """The names and values of an object, as they stand there."""


class _BadValueError(Exception):
    """A value that no column can hold; the text says why."""


def _refuse_constant(word: str) -> None:
    raise _BadValueError(f"{word} is no JSON; infinity is written {{'$real': 'inf'}}")


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, _BadValueError) else "values lie too deep in each other"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _row_of(pairs: _Pairs) -> dict[str, Value]:
    row: dict[str, Value] = {}
    for name, value in pairs:
        if name in row:
            raise _BadValueError(f"{one_line(name)} stands there twice")
        row[name] = _value(name, value)
    return row


def _value(name: str, found: Any) -> Value:  # noqa: ANN401
    column = one_line(name)
    match found:
        case None | str() | float():
            return _text(found) if isinstance(found, str) else found
        case int():
            # SQLite has no boolean: true and false are 1 and 0 there.
            if SMALLEST <= found <= LARGEST:
                return int(found)
            raise _BadValueError(f"{column} has an integer of more than 64 bits")
        case _Pairs():
            return _special(column, dict(found))
    raise _BadValueError(f"{column} has a list; a column that holds JSON takes it as text")


def _text(found: str) -> Value:
    try:
        found.encode()
    except UnicodeEncodeError:
        raise _BadValueError("half of a surrogate pair is no text") from None
    return found


def _special(column: str, found: dict[str, Any]) -> Value:
    (kind, value), *more = found.items() or [("", "")]
    if not more and kind == "$masked":
        raise _BadValueError(f"{column} has a masked secret, not the secret itself")
    if not more and isinstance(value, str):
        raw = from_hex(value)
        if kind == "$blob" and raw is not None:
            return raw
        if kind == "$text" and raw is not None:
            return RawText(raw)
        if kind == "$real" and value in ("inf", "-inf"):
            return float(value)
    raise _BadValueError(f"{column} has an object; a column that holds JSON takes it as text")
