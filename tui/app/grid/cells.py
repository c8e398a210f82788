"""One value as a cell of the grid shows it: beginning of the text, its width, its side."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from tui.app.glyphs import Glyphs
from tui.app.listing.cells import cell_of
from tui.core import foreign_json
from tui.core.models.rows import Cell, RelationColumn
from tui.wording import quantities
from tui.wording.clean import one_line

KEPT = 96
"""Characters of a value that a cell is drawn from: more than it shows beside others."""
KEPT_ALONE = 256
"""The same where few columns share the screen."""
PARSED = 8_192
"""Characters up to which a text is looked at as JSON."""


class Drawn(NamedTuple):
    """A value ready to be put into a column."""

    text: str
    """Cleaned, on one line."""
    width: int
    """Columns it takes."""
    muted: bool = False
    """What we say of a value rather than the value."""
    right: bool = False
    """A number: it stands at the right."""
    more: bool = False
    """The value goes on where `text` ends."""


def drawn(value: object, column: RelationColumn | None, glyphs: Glyphs, kept: int = KEPT) -> Drawn:
    """How a value looks.

    Args:
        value: As a page carries it: plain, or a `Cell` where it is cut or secret.
        column: What is declared of it; None where nothing is known.
        glyphs: Signs.
        kept: Characters that are enough: cleaning and measuring more of each cell costs time.
    """
    length = 0
    if isinstance(value, Cell):
        if value.secret:
            return _said(_secret(value, glyphs))
        length, value = value.length, value.value
    if isinstance(value, bytes):
        over = "over " if length < 0 else ""
        size = length if length > 0 else len(value)
        return _said(f"blob, {over}{quantities.plural(size, 'byte')}")
    if isinstance(value, bool | int | float):
        return _number(value, column)
    if isinstance(value, str) and value:
        return _text(value, length, glyphs, kept)
    span = cell_of(value, glyphs)
    return _said(span.text)


def _said(text: str) -> Drawn:
    return Drawn(text, cell_len(text), muted=True)


def _secret(value: Cell, glyphs: Glyphs) -> str:
    if value.value == "":
        return "''"
    return f"{glyphs.mask} {value.length} ch" if value.length >= 0 else glyphs.mask


def _number(value: float, column: RelationColumn | None) -> Drawn:
    if value in (0, 1) and column is not None and is_boolean(column):
        text = "true" if value else "false"
        return Drawn(text, len(text))
    text = str(value)
    return Drawn(text, len(text), right=True)


def is_boolean(column: RelationColumn) -> bool:
    """Declared as one: SQLite itself has none, and stores 0 and 1."""
    return column.declared.upper().startswith("BOOL")


def _text(value: str, length: int, glyphs: Glyphs, kept: int) -> Drawn:
    if not length and value[0] in "{[" and (folded := _json(value)):
        return _said(folded)
    beginning = value[:kept]
    # Most text needs no cleaning, and finding that out is fast.
    clean = beginning if beginning.isascii() and beginning.isprintable() else one_line(beginning)
    more = bool(length) or len(value) > kept
    if len(clean) > kept:
        clean, more = clean[:kept], True
    if glyphs.ascii:
        # Drawing would put longer words in place of our own signs afterwards.
        clean = f'"{clean}"' if clean == glyphs.null else glyphs.plain(clean)
    return Drawn(clean, cell_len(clean), more=more)


def _json(text: str) -> str:
    """`{ 5 keys }`, `[ 3 items ]`; empty for what is no JSON, or too long to look at."""
    if len(text) > PARSED or text.rstrip()[-1:] not in ("}", "]"):
        return ""
    try:
        found = foreign_json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, dict):
        return f"{{ {quantities.plural(len(found), 'key')} }}"
    return f"[ {quantities.plural(len(found), 'item')} ]"


def copied(value: object) -> str:
    """A value as text for the clipboard: a blob as hex; nothing for NULL and what is masked."""
    if isinstance(value, Cell):
        value = None if value.secret else value.value
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else str(value)


def placed(cell: Drawn, width: int, more: str) -> str:
    """A cell's text, cut or padded to exactly `width` columns; what is cut ends in `more`."""
    if cell.width > width or (cell.more and cell.width + len(more) > width):
        return beginning(cell.text, max(0, width - len(more))) + more[:width]
    text = cell.text + more if cell.more else cell.text
    padding = " " * (width - cell.width - (len(more) if cell.more else 0))
    return padding + text if cell.right else text + padding


def beginning(text: str, width: int) -> str:
    """As much of a text as fits, padded to exactly `width` columns."""
    # Taking a long text of wide characters apart is slow, and most of it would be cut off.
    short = text[: 2 * width]
    return set_cell_size(short if cell_len(short) >= width else text, width)
