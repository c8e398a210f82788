"""Lines of styled text, and the one place that turns them into what reaches the terminal.

Every widget of the shell draws lines of `Span`s. A span's text is cleaned and never parsed as
markup here, so foreign text cannot reach a terminal raw whichever way it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from tui.app.themes import ROLES
from tui.wording.clean import one_line


class Span(NamedTuple):
    """A stretch of text with one look."""

    text: str
    role: str = ""
    """One of `themes.ROLES`, `border`, `focus`, `production`, or empty for plain text."""
    bold: bool = False
    action: str = ""
    """Action that a click on it runs, e.g. `app.pane(2)`."""


Line: TypeAlias = tuple[Span, ...]


def line(*parts: str | Span) -> Line:
    """Make a line of spans and plain strings."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts if part)


def text_of(spans: Iterable[Span]) -> str:
    """The words of a line alone."""
    return "".join(span.text for span in spans)


def width_of(spans: Iterable[Span]) -> int:
    """Columns that a line takes."""
    return sum(cell_len(one_line(span.text)) for span in spans)


def fit(spans: Iterable[Span], width: int, more: str = "…") -> Line:
    """Cut or pad a line to exactly `width` columns; what is cut ends in `more`."""
    cleaned = [span._replace(text=one_line(span.text)) for span in spans]
    total = sum(cell_len(span.text) for span in cleaned)
    if total <= width:
        return (*cleaned, Span(" " * (width - total))) if total < width else tuple(cleaned)
    return _cut(cleaned, width, more)


def _cut(spans: Sequence[Span], width: int, more: str) -> Line:
    room = max(0, width - cell_len(more))
    kept: list[Span] = []
    for span in spans:
        taken = cell_len(span.text)
        if taken > room:
            kept.append(span._replace(text=set_cell_size(span.text, room) + more[:width]))
            return tuple(kept)
        kept.append(span)
        room -= taken
    return tuple(kept)


def cell(text: str, width: int, align: str = "left", more: str = "…") -> str:
    """Clean `text`, cut it at its end or pad it to exactly `width` columns."""
    clean = one_line(text)
    length = cell_len(clean)
    if length > width:
        return set_cell_size(clean, max(0, width - cell_len(more))) + more[:width]
    padding = " " * (width - length)
    return padding + clean if align == "right" else clean + padding


def spread(left: Iterable[Span], right: Iterable[Span], width: int, more: str = "…") -> Line:
    """Put `left` and `right` at the ends of a line; what does not fit is cut from the left."""
    left, right = tuple(left), tuple(right)
    right_width = width_of(right)
    if right_width >= width:
        return fit(left, width, more)
    room = width - right_width
    if right and not right[0].text.startswith(" ") and width_of(left) + 2 > room:
        # Cut or touching: two blanks keep the ends apart.
        return (*fit(left, room - 2, more), Span("  "), *right)
    return (*fit(left, room, more), *right)


def wrapped(spans: Iterable[Span], width: int) -> list[Line]:
    """Break a line at blanks; what goes on stands under what follows the first span."""
    cleaned = [span._replace(text=one_line(span.text)) for span in spans]
    if sum(cell_len(span.text) for span in cleaned) <= width or not cleaned:
        return [tuple(cleaned)]
    indent = cell_len(cleaned[0].text) if len(cleaned) > 1 else 1
    if indent > width // 2:
        indent = 1
    cells = [(character, span) for span in cleaned for character in span.text]
    lines: list[Line] = []
    while cells:
        room = width - (indent if lines else 0)
        taken = _break_at(cells, room)
        prefix: Line = (Span(" " * indent),) if lines else ()
        lines.append((*prefix, *_joined(cells[:taken])))
        cells = cells[taken:]
        while cells and cells[0][0] == " ":
            cells = cells[1:]
    return lines


def _break_at(cells: Sequence[tuple[str, Span]], width: int) -> int:
    """How many characters fit, up to the last blank among them."""
    total, fitting = 0, len(cells)
    for index, (character, _) in enumerate(cells):
        total += cell_len(character)
        if total > width:
            fitting = index
            break
    if fitting == len(cells):
        return fitting
    blanks = [i for i in range(fitting // 3, fitting + 1) if cells[i][0] == " "]
    return blanks[-1] if blanks else max(1, fitting)


def _joined(cells: Sequence[tuple[str, Span]]) -> Line:
    result: list[Span] = []
    for character, span in cells:
        last = result[-1] if result else None
        if last is not None and last._replace(text="") == span._replace(text=""):
            result[-1] = last._replace(text=last.text + character)
        else:
            result.append(span._replace(text=character))
    return tuple(result)


class Painter:
    """Turns lines into strips with the active theme's colours."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._styles: dict[str, Style] = {
            role: _style(variables.get(role, ""), "", variables.get(f"{role}-style", ""))
            for role in ROLES
        }
        self._styles[""] = _style(variables["foreground"], "", "")
        self._styles["border"] = _style(variables["border-blurred"], "", "")
        self._styles["focus"] = _style(variables["border"], "", "bold")
        for role in ("production", "selection", "selection-blurred"):
            self._styles[role] = _style(
                variables[f"{role}-text"], variables[role], variables[f"{role}-style"]
            )

    def style(self, role: str) -> Style:
        """The look of a role on the widget's own ground."""
        return self._styles[role]

    def strip(
        self, spans: Iterable[Span], width: int, ground: Style, over: str = "", more: str = "…"
    ) -> Strip:
        """Paint one line.

        Args:
            spans: What to paint; cut or padded to `width`.
            width: Columns.
            ground: The widget's own style, for the background.
            over: `selection` or `selection-blurred`: one look for the whole line, so that words
                keep the row's one colour.
            more: What a cut line ends in.
        """
        cover = self._styles[over] if over else None
        segments = [
            Segment(span.text, _actionable(ground + (cover or self._look(span)), span.action))
            for span in fit(spans, width, more)
        ]
        return Strip(segments, width)

    def _look(self, span: Span) -> Style:
        style = self._styles[span.role]
        return style + _BOLD if span.bold else style


_BOLD = Style(bold=True)


@lru_cache(256)
def _clickable(action: str) -> Style:
    return Style(meta={"@click": action})


def _actionable(style: Style, action: str) -> Style:
    return style + _clickable(action) if action else style


def _style(color: str, ground: str, attributes: str) -> Style:
    words = attributes.split()
    return Style(
        color=Color.parse(color).rich_color if color else None,
        bgcolor=Color.parse(ground).rich_color if ground else None,
        bold="bold" in words or None,
        reverse="reverse" in words or None,
    )
