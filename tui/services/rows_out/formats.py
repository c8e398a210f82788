"""The formats by name: who writes them, who reads them, what their files are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, get_args

from tui.core.errors import UsageError
from tui.services import files
from tui.services.rows_out.delimited import DelimitedReader, DelimitedWriter
from tui.services.rows_out.inserts import InsertWriter
from tui.services.rows_out.jsons import JsonReader, JsonWriter, NdjsonReader, NdjsonWriter
from tui.services.rows_out.values import RowError, Value
from tui.wording.clean import one_line

Format: TypeAlias = Literal["csv", "tsv", "json", "ndjson", "sql"]
FORMATS: tuple[Format, ...] = get_args(Format)
READABLE: tuple[Format, ...] = ("csv", "tsv", "json", "ndjson")
SPREADSHEET: tuple[Format, ...] = ("csv", "tsv")
"""What a spreadsheet opens, and runs formulas of."""

_PLAIN = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 120
"""Characters of a file's name; a folder takes 255 bytes."""


class Writer(Protocol):
    """Turns rows into text, piece by piece."""

    def begin(self) -> Iterator[str]:
        """What stands before the first row."""
        ...

    def row(self, values: Sequence[Value]) -> Iterator[str]:
        """One row; its values in the order of the columns."""
        ...

    def end(self) -> Iterator[str]:
        """What stands behind the last row."""
        ...


class Reader(Protocol):
    """Reads a file of rows from its beginning to its end, once."""

    columns: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, tuple[Value, ...]]]:
        """Each row with the line it begins in, its values in the order of `columns`."""
        ...


def writer(kind: Format, table: str, columns: Sequence[str], *, safe: bool = False) -> Writer:
    """What writes rows in a format.

    Args:
        kind: Which format.
        table: The table's name; only SQL needs it.
        columns: Their names, each once.
        safe: Put `'` before what a spreadsheet would run; see `SPREADSHEET`.
    """
    match kind:
        case "csv":
            return DelimitedWriter(columns, ",", safe=safe)
        case "tsv":
            return DelimitedWriter(columns, "\t", safe=safe)
        case "json":
            return JsonWriter(columns)
        case "ndjson":
            return NdjsonWriter(columns)
    return InsertWriter(table, columns)


def format_of(name: str) -> Format | None:
    """The format that a file's name says; None where it says none."""
    ending = name.rpartition(".")[2].lower()
    ending = {"jsonl": "ndjson"}.get(ending, ending)
    return next((kind for kind in FORMATS if kind == ending), None)


@contextmanager
def reading(path: Path, kind: Format) -> Iterator[Reader]:
    """Open a file of rows.

    Args:
        path: A plain file.
        kind: One of `READABLE`.

    Raises:
        UsageError: Nothing reads this format.
        RowError: Its beginning is not what it should be, or the file is not UTF-8.
        McpdbError: It cannot be opened.
    """
    if kind not in READABLE:
        raise UsageError(f"{one_line(path.name)} is SQL, which sqlite3 runs; it is not imported.")
    with (
        files.open_regular(path) as descriptor,
        # A spreadsheet begins its files with a byte order mark.
        open(descriptor, encoding="utf-8-sig", newline="", closefd=False) as stream,
    ):
        try:
            match kind:
                case "csv" | "tsv":
                    yield DelimitedReader(stream, path, "," if kind == "csv" else "\t")
                case "json":
                    yield JsonReader(stream, path)
                case _:
                    yield NdjsonReader(stream, path)
        except UnicodeDecodeError as error:
            text = "it is not UTF-8; save the file as UTF-8"
            raise RowError(one_line(path.name), _first_odd_line(path), text) from error


def _first_odd_line(path: Path) -> int:
    """The first line that is not UTF-8."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def file_name(table: str, kind: Format) -> str:
    """What a table's file is called: no name of a table can be a path, hidden, or the manifest's.

    `tools.csv`, `a%2fb.csv`; two tables never get the same.
    """
    name = _PLAIN.sub(lambda m: "".join(f"%{b:02x}" for b in m[0].encode()), table)
    if len(name) > _LONGEST or name.lower() == "manifest":
        import hashlib

        name = f"{name[:_LONGEST]}%{hashlib.sha256(table.encode()).hexdigest()[:12]}"
    return f"{name}.{kind}"


def distinct(columns: Sequence[str]) -> tuple[str, ...]:
    """Names of a result's columns, each once: `id`, `id:2`; without a name by place, `column 3`."""
    found: dict[str, None] = {}
    for number, name in enumerate(columns, 1):
        base = name or f"column {number}"
        again, unique = 2, base
        while unique in found:
            unique, again = f"{base}:{again}", again + 1
        found[unique] = None
    return tuple(found)
