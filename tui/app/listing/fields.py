"""One row as a form: a column's name, its value over as many lines as it needs, what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tui.app.glyphs import Glyphs
from tui.app.grid.cells import is_boolean
from tui.app.paint import Line, Span, cell, spread, wrapped
from tui.core.models.rows import Cell, RelationColumn
from tui.wording import quantities
from tui.wording.clean import one_line

CLOSED = 3
"""Lines of a long text while it is folded."""
OPEN = 2_000
"""Lines of it at most."""
READ = 200_000
"""Characters up to which a text is looked at as JSON."""
SHOWN = 40_000
"""Characters that are drawn of an open text."""
HEX = 512
"""Bytes of a blob that are shown open."""


class Field(NamedTuple):
    """A column of one row."""

    column: RelationColumn
    value: Any
    """Plain, or a `Cell` where it is cut or masked."""

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


def lines(field: Field, names: int, width: int, glyphs: Glyphs, *, opened: bool) -> list[Line]:
    """A field as it is shown.

    Args:
        field: Which.
        names: Columns of the terminal for the name.
        width: Of the whole line.
        glyphs: Signs.
        opened: Show all of it.
    """
    name = Span(f" {cell(field.column.name, names)}  ", "muted")
    room = max(8, width - names - 4 - 2 - len(note(field.column)))
    head, about, body = _value(field, glyphs, room, opened=opened)
    first = spread((name, *head), (Span(about, "muted"),), width, glyphs.more)
    indent = Span(" " * (names + 3))
    return [first, *((indent, *each) for each in body)]


def _value(
    field: Field, glyphs: Glyphs, room: int, *, opened: bool
) -> tuple[Line, str, list[Line]]:
    """What stands beside the name, what is said of it, and what stands below."""
    column, value, kind = field.column, field.plain, note(field.column)
    if field.is_masked:
        if value == "":
            return (Span("''", "muted"),), kind, []
        words = f"{glyphs.mask} {field.length} ch" if field.length >= 0 else glyphs.mask
        return (Span(words, "muted"),), f"masked; m shows it  {kind}".strip(), []
    if value is None:
        return (Span(glyphs.null, "muted"),), kind, []
    if isinstance(value, bytes):
        size = quantities.plural(field.length if field.length > 0 else len(value), "byte")
        body: list[Line] = [(Span(each),) for each in _hex(value, HEX if opened else 16)]
        return (Span(f"blob, {size}", "muted"),), kind, body
    if not isinstance(value, str):
        text = str(value)
        if is_boolean(column) and value in (0, 1):
            text = f"{'true' if value else 'false'} ({text})"
        return (Span(text),), kind, []
    if value == "":
        return (Span("''", "muted"),), kind, []
    return _text(field, value, kind, room, opened=opened)


def _text(
    field: Field, value: str, kind: str, room: int, *, opened: bool
) -> tuple[Line, str, list[Line]]:
    size = f"{quantities.count(field.length)} bytes, cut" if field.length else ""
    found = parsed(value) if not field.length else None
    if found is not None:
        what = quantities.plural(len(found), "key" if isinstance(found, dict) else "item")
        head = f"JSON, {len(value.encode(errors='replace')):,} bytes, {what}"
        texts = list(pretty(found, opened=opened))
        more = "Enter folds" if opened else "Enter unfolds"
        body = [part for text in texts for part in _broken(text, room)]
        return (Span(head, "muted"),), f"{more}  {kind}".strip(), body[:OPEN]
    shown = value[:SHOWN] if opened else value[: room * (CLOSED + 1)]
    parts = [part for text in shown.splitlines() or [shown] for part in _broken(text, room)]
    most = OPEN if opened else CLOSED
    is_more = len(parts) > most or len(shown) < len(value)
    said = [size] if size else []
    said += ["Enter shows more"] if is_more and not opened else []
    return parts[0], "  ".join([*said, kind]).strip(), parts[1:most]


def _broken(text: str, room: int) -> list[Line]:
    return list(wrapped((Span(one_line(text)),), room))


def note(column: RelationColumn) -> str:
    """`primary key`, `> gateways`, or the declared type."""
    if column.key:
        return "primary key"
    if column.points_to:
        return f"> {one_line(column.points_to[0])}"
    return one_line(column.declared).lower()


def parsed(text: str) -> dict[str, Any] | list[Any] | None:
    """What a JSON text holds, where that is an object or a list."""
    if len(text) > READ or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def pretty(found: dict[str, Any] | list[Any], *, opened: bool) -> Iterator[str]:
    """JSON a line each: all of it, or the top level with the rest folded."""
    if opened:
        yield from json.dumps(found, indent=2, ensure_ascii=False).splitlines()
        return
    pairs: Sequence[tuple[str, Any]]
    if isinstance(found, dict):
        pairs = [(f"{json.dumps(name, ensure_ascii=False)}: ", value)
                 for name, value in found.items()]  # fmt: skip
    else:
        pairs = [("", value) for value in found]
    for name, value in pairs[:20]:
        yield f"{name}{_folded(value)}"
    if len(pairs) > 20:
        yield f"{len(pairs) - 20} more"


def _folded(value: object) -> str:
    if isinstance(value, dict) and value:
        return f"{{ {quantities.plural(len(value), 'key')} }}"
    if isinstance(value, list) and value:
        return f"[ {quantities.plural(len(value), 'item')} ]"
    return json.dumps(value, ensure_ascii=False)[:400]


def _hex(value: bytes, most: int) -> Iterator[str]:
    """`00000010  de ad be ef …`, sixteen bytes a line."""
    for begin in range(0, min(len(value), most), 16):
        yield f"{begin:08x}  {value[begin : begin + 16].hex(' ')}"
