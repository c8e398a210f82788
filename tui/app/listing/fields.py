"""One row as a form: a column's name, its value over as many lines as it needs, what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tui.app.glyphs import Glyphs
from tui.app.grid.cells import is_boolean
from tui.app.paint import Line, Span, cell, spread
from tui.app.viewing.json_tree import (
    MOST,
    Members,
    Node,
    NotJsonError,
    Plain,
    Tree,
    compact,
    is_short,
    parse,
    what,
)
from tui.app.viewing.reads import BrokenText, is_json_column, looks_like_json
from tui.app.viewing.texts import broken
from tui.core.models.rows import Cell, RelationColumn
from tui.wording import quantities
from tui.wording.clean import one_line

CLOSED = 3
"""Lines of a long text while it is folded."""
OPEN = 200
"""Lines of it at most; `v` shows all of any value."""
SHOWN = 20_000
"""Characters that are drawn of an open text."""
HEX = 256
"""Bytes of a blob that are shown open."""
_ZONED = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")
SHORT = 60
"""Characters of JSON that are shown as they are."""


class Field:
    """A column of one row."""

    def __init__(self, column: RelationColumn, value: Any, parent: str = "") -> None:  # noqa: ANN401
        """Look at a value.

        Args:
            column: Which.
            value: Plain, or a `Cell` where it is cut or masked.
            parent: What the row is called that a foreign key names.
        """
        self.column, self.value, self.parent = column, value, parent
        self.json: Any = None
        self.is_json = False
        """`json` is what the text holds."""
        self.trouble = ""
        """Why a column of JSON shows text."""
        self._tree: Tree | None = None
        self._look()

    def _look(self) -> None:
        text, declared = self.value, is_json_column(self.column.declared)
        if isinstance(text, Cell) and not text.secret and isinstance(text.value, str):
            self.trouble = "Long JSON is not folded here; v shows all of it." if declared else ""
        if not isinstance(text, str) or not text or len(text) > MOST:
            return
        if not declared and not looks_like_json(text):
            return
        try:
            self.json, self.is_json = parse(text), True
        except NotJsonError as error:
            self.trouble = str(error) if declared else ""

    @property
    def is_masked(self) -> bool:
        """A secret that was left out."""
        return isinstance(self.value, Cell) and self.value.secret

    @property
    def plain(self) -> Any:  # noqa: ANN401
        """The value, or its beginning."""
        return self.value.value if isinstance(self.value, Cell) else self.value

    @property
    def length(self) -> int:
        """Bytes of the whole value where it was cut; 0 where it is whole."""
        return self.value.length if isinstance(self.value, Cell) else 0

    @property
    def folds(self) -> bool:
        """Whether it is JSON with parts that open."""
        return self.is_json and (not is_short(self.json) or len(self.plain) > SHORT)

    @property
    def tree(self) -> Tree:
        """Its JSON, as it is folded."""
        if self._tree is None:
            self._tree = Tree(self.json)
        return self._tree

    @property
    def words(self) -> str:
        """What a search in the form looks at: name and value, never a secret."""
        value = "" if self.is_masked or isinstance(self.plain, bytes) else str(self.plain)
        return f"{self.column.name} {value} {self.parent}"


class Part(NamedTuple):
    """One line of a field."""

    line: Line
    node: Node | None = None
    """The part of its JSON that stands there."""


def parts(field: Field, names: int, width: int, glyphs: Glyphs, *, opened: bool) -> list[Part]:
    """A field as it is shown.

    Args:
        field: Which.
        names: Columns of the terminal for the name.
        width: Of the whole line.
        glyphs: Signs.
        opened: Show all of it.
    """
    name = Span(f" {cell(field.column.name, names)}  ", "muted")
    room = max(8, width - names - 4 - 2 - len(note(field)))
    head, about, body = _value(field, glyphs, room, opened=opened)
    first = spread((name, *head), (Span(about, "muted"),), width, glyphs.more)
    indent = Span(" " * (names + 3))
    found = [Part(first), *(Part((indent, *each)) for each in body)]
    if opened and field.folds:
        inner = max(20, width - names - 3)
        found += [
            Part((indent, *each), node)
            for node in field.tree.nodes
            for each in field.tree.lines(node, inner)
        ]
    return found


def _value(
    field: Field, glyphs: Glyphs, room: int, *, opened: bool
) -> tuple[Line, str, list[Line]]:
    """What stands beside the name, what is said of it, and what stands below."""
    value, kind = field.plain, note(field)
    if field.is_masked:
        return _masked(field, glyphs)
    if value is None:
        return (Span(glyphs.null, "muted"),), kind, []
    if isinstance(value, BrokenText):
        text = value.decode("utf-8", "backslashreplace")
        first, about, below = _text(field, text, kind, room, opened=opened)
        return first, f"not valid UTF-8  {about}", below
    if isinstance(value, bytes):
        return _bytes(field, value, opened=opened)
    if not isinstance(value, str):
        text = str(value)
        if is_boolean(field.column) and value in (0, 1):
            text = f"{'true' if value else 'false'} ({text})"
        return (Span(text),), kind, []
    if value == "":
        return (Span("''", "muted"),), kind, []
    if field.is_json and not field.folds:
        return compact(field.json), kind, []
    if field.is_json:
        size = quantities.plural(len(value.encode(errors="replace")), "byte")
        head = ", ".join(filter(None, ("JSON", size, what(field.json))))
        more = "Enter folds" if opened else "Enter unfolds"
        return (Span(head, "muted"),), f"{more}  {kind}".strip(), []
    return _text(field, value, kind, room, opened=opened)


def _masked(field: Field, glyphs: Glyphs) -> tuple[Line, str, list[Line]]:
    if field.plain == "":
        return (Span("''", "muted"),), note(field), []
    long = field.length
    size = f", {quantities.plural(long, 'character')}" if long >= 0 else ""
    mask = Span(glyphs.mask * 3, "muted")
    return (mask, Span(f"  masked{size}", "muted")), "m unmask…", []


def _bytes(field: Field, value: bytes, *, opened: bool) -> tuple[Line, str, list[Line]]:
    if not value:
        return (Span("0 bytes", "muted"),), note(field), []
    size = quantities.plural(field.length if field.length > 0 else len(value), "byte")
    body: list[Line] = [(Span(each),) for each in _hex(value, HEX if opened else 16)]
    return (Span(f"blob, {size}", "muted"),), note(field), body


def _text(
    field: Field, value: str, kind: str, room: int, *, opened: bool
) -> tuple[Line, str, list[Line]]:
    said = [f"{quantities.count(field.length)} bytes, cut"] if field.length else []
    if len(value) > room:
        # What is said at the right end must not cover words of the first line.
        room = max(8, room - len("Enter shows more  ") - sum(len(each) + 2 for each in said))
    shown = value[:SHOWN] if opened else value[: room * (CLOSED + 1)]
    lines = broken(shown, room)
    most = OPEN if opened else CLOSED
    is_more = len(lines) > most or len(shown) < len(value)
    if field.trouble:
        said.append("not valid JSON" if not field.length else "")
    said += ["Enter shows more"] if is_more and not opened else []
    said += ["v shows all"] if is_more and opened else []
    below: list[Line] = [(Span(each),) for each in lines[1:most]]
    parent: Line = (Span(f" = {one_line(field.parent)}", "muted"),) if field.parent else ()
    return (Span(lines[0]), *parent), "  ".join(filter(None, [*said, kind])), below


def note(field: Field) -> str:
    """`primary key`, `> gateways`, what a time lacks, or the declared type."""
    column = field.column
    if column.key:
        return "primary key"
    if column.points_to:
        return f"> {one_line(column.points_to[0])}"
    if _is_moment(column) and isinstance(field.value, str) and not _ZONED.search(field.value):
        return "as stored, zone not recorded"
    return one_line(column.declared).lower()


def _is_moment(column: RelationColumn) -> bool:
    return column.declared.upper().startswith(("DATETIME", "TIMESTAMP"))


def as_json(fields: list[Field] | tuple[Field, ...], glyphs: Glyphs) -> Tree:
    """A row as one JSON object; what JSON has no way to write is told in our words."""
    return Tree(Members((field.column.name, _json_of(field, glyphs)) for field in fields))


def _json_of(field: Field, glyphs: Glyphs) -> Any:  # noqa: ANN401
    value = field.plain
    if field.is_masked:
        return Plain(f"{glyphs.mask} masked")
    if isinstance(value, BrokenText):
        return Plain("text that is not valid UTF-8; v shows it")
    if isinstance(value, bytes):
        size = field.length if field.length > 0 else len(value)
        return Plain(f"blob, {quantities.plural(size, 'byte')}")
    if field.is_json:
        return field.json
    if isinstance(value, str) and field.length:
        return Plain(f"{value[:200]}… {quantities.count(field.length)} bytes; v shows all")
    if isinstance(value, int | float):
        return Plain(str(value))
    return value


def _hex(value: bytes, most: int) -> Iterator[str]:
    """`00000010  de ad be ef …`, sixteen bytes a line."""
    for begin in range(0, min(len(value), most), 16):
        yield f"{begin:08x}  {value[begin : begin + 16].hex(' ')}"
