"""JSON as lines that fold: what is written is shown, also what a parser would drop.

Numbers keep their digits, a name that stands twice is there twice, and nothing is put in order.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tui.app.paint import Line, Span
from tui.app.viewing import colours
from tui.app.viewing.texts import broken
from tui.wording import quantities
from tui.wording.clean import one_line

MOST = 1 << 20
"""Bytes up to which a value is looked at as JSON."""
LINES = 12
"""A value opens as far as it takes no more lines than this."""
LONG = 60
"""Characters from which a text within JSON opens over lines of its own."""
TEXT_LINES = 400
"""Lines of a text within JSON that are shown open."""
SHOWN = 40_000
"""Characters of it."""
FOUND = 10_000
"""Places of a text that is looked for, at most."""

Path: TypeAlias = tuple[int, ...]
"""The places of a value in what it stands in, from the outermost."""


class Members(tuple[tuple[str, Any], ...]):
    """An object: its names and values as they are written."""

    __slots__ = ()


class Literal(str):
    """A number, or a word that Python reads as one, as it is written."""

    __slots__ = ()


class Plain(str):
    """What stands for a value that JSON has no way to write, in our words."""

    __slots__ = ()


class NotJsonError(ValueError):
    """A text is no JSON."""

    def __init__(self, at: int | None) -> None:
        """Tell.

        Args:
            at: The character where it goes wrong, from 1; None where it is nested too deeply.
        """
        super().__init__(
            "JSON is nested too deeply; shown as text." if at is None
            else f"JSON is not valid at character {at:,}; shown as text."
        )  # fmt: skip
        self.at = at


_DECODER = json.JSONDecoder(
    object_pairs_hook=Members, parse_float=Literal, parse_int=Literal, parse_constant=Literal
)


def parse(text: str) -> Any:  # noqa: ANN401
    """What a JSON text holds.

    Raises:
        NotJsonError: It is none.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NotJsonError(error.pos + 1) from error
    except RecursionError as error:
        raise NotJsonError(None) from error


def is_nested(value: object) -> bool:
    """Whether it is an object or a list with something in it."""
    return isinstance(value, Members | list) and bool(value)


def is_short(value: object) -> bool:
    """Whether it is best shown as it is written: one value, or a few without anything in them."""
    if not isinstance(value, Members | list):
        return True
    return not any(is_nested(each) for each in _values(value)) and len(value) <= 4


def what(value: object) -> str:
    """`3 keys`, `1 item`; empty for what has no parts."""
    if isinstance(value, Members):
        return quantities.plural(len(value), "key")
    return quantities.plural(len(value), "item") if isinstance(value, list) else ""


def _values(value: Members | list[Any]) -> Sequence[Any]:
    return [each for _, each in value] if isinstance(value, Members) else value


@dataclass(slots=True, eq=False)
class Node:
    """One value and its line."""

    value: Any
    name: str | None = None
    """In its object, as JSON writes it; None elsewhere."""
    path: Path = ()
    parent: Node | None = None
    last: bool = True
    """Nothing follows in what it stands in."""
    is_open: bool = False
    children: tuple[Node, ...] | None = None

    @property
    def folds(self) -> bool:
        """Whether there is something to open."""
        return is_nested(self.value) or (isinstance(self.value, str) and len(self.value) > LONG)

    def made(self) -> tuple[Node, ...]:
        """What stands in it."""
        if self.children is None:
            value = self.value
            parts: list[tuple[str | None, Any]] = []
            if isinstance(value, Members):
                parts = [(_written(name), each) for name, each in value]
            elif isinstance(value, list):
                parts = [(None, each) for each in value]
            self.children = tuple(
                Node(each, name, (*self.path, n), self, n == len(parts) - 1)
                for n, (name, each) in enumerate(parts)
            )
        return self.children


class Tree:
    """A value, and which of its parts are open."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401
        """Open it as far as that takes few lines."""
        self.root = Node(value)
        self._found: tuple[str, list[Path]] = ("", [])
        self._open_few()
        self.nodes: list[Node] = list(_visible(self.root))
        """Those that have a line, from top to bottom."""

    def _open_few(self) -> None:
        lines, level = 1, [self.root]
        while level:
            level = [node for node in level if is_nested(node.value)]
            lines += sum(len(node.value) for node in level)
            if lines > LINES and level != [self.root]:
                return
            for node in level:
                node.is_open = node is self.root or not _is_told_closed(node.value)
            level = [child for node in level for child in node.made()]

    def toggle(self, node: Node) -> bool:
        """Open or close a part; False where there is nothing to open."""
        if not node.folds:
            return False
        node.is_open = not node.is_open
        self.nodes = list(_visible(self.root))
        return True

    def index(self, node: Node) -> int:
        """Where a node stands among those with a line; of a hidden one, what hides it."""
        while node.parent is not None and not all(_is_shown(node)):
            node = node.parent
        return next((n for n, each in enumerate(self.nodes) if each is node), 0)

    # --- looking for something ------------------------------------------------------------

    def find(self, text: str, after: Path | None, step: int) -> Node | None:
        """The next place of a text in names and values, and everything open that hides it.

        Args:
            text: In either case.
            after: Where the cursor stands; None: before the first or behind the last.
            step: 1 for the next, -1 for the one before; from the end it goes on at the other.
        """
        wanted = text.casefold()
        if self._found[0] != wanted:
            self._found = (wanted, list(_matches(self.root.value, wanted)))
        paths = self._found[1]
        if not paths:
            return None
        if after is None:
            at = 0 if step > 0 else -1
        elif step > 0:
            at = bisect_right(paths, after) % len(paths)
        else:
            at = bisect_left(paths, after) - 1
        return self._shown(paths[at])

    def _shown(self, path: Path) -> Node:
        node = self.root
        for step in path:
            node.is_open = True
            node = node.made()[step]
        self.nodes = list(_visible(self.root))
        return node

    # --- drawing --------------------------------------------------------------------------

    def lines(self, node: Node, width: int) -> list[Line]:
        """How a node is drawn; more than one line where it is a long text that is open."""
        indent = Span("  " * len(node.path))
        label: Line = (Span(f"{node.name}: ", colours.NAME),) if node.name is not None else ()
        comma = "" if node.last else ","
        value = node.value
        if is_nested(value):
            return [(indent, Span("▾ " if node.is_open else "▸ "), *label, *_folded(node))]
        if node.is_open and isinstance(value, str):
            room = max(8, width - 2 * len(node.path) - 2)
            parts = broken(_scalar(value, SHOWN).text, room)[:TEXT_LINES]
            deeper = Span(f"{indent.text}  ")
            below: list[Line] = [(deeper, Span(each, colours.TEXT)) for each in parts]
            return [(indent, Span("▾ "), *label), *below]
        fold = Span("▸ ") if node.folds and not node.is_open else Span("")
        return [(indent, fold, *label, _scalar(value, max(width, 40)), Span(comma))]


def _is_shown(node: Node) -> Iterator[bool]:
    parent = node.parent
    while parent is not None:
        yield parent.is_open
        parent = parent.parent


def _visible(node: Node) -> Iterator[Node]:
    # With a stack: as deep as JSON can be nested, a recursion of generators is slow.
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        if each.is_open and is_nested(each.value):
            waiting.extend(reversed(each.made()))


def _matches(root: Any, wanted: str) -> Iterator[Path]:  # noqa: ANN401
    waiting: list[tuple[Path, str, Any]] = [((), "", root)]
    count = 0
    while waiting and count < FOUND:
        path, name, value = waiting.pop()
        text = value if isinstance(value, str) else ""
        if wanted in name.casefold() or wanted in text.casefold():
            count += 1
            yield path
        if isinstance(value, Members):
            parts = list(value)
        elif isinstance(value, list):
            parts = [("", each) for each in value]
        else:
            continue
        waiting.extend(
            ((*path, n), part, each) for n, (part, each) in reversed(list(enumerate(parts)))
        )


def _is_told_closed(value: Any) -> bool:  # noqa: ANN401
    """A list of one plain value is told on its own line, closed."""
    return isinstance(value, list) and len(value) == 1 and not is_nested(value[0])


def _folded(node: Node) -> Line:
    value = node.value
    begin, end = ("{", "}") if isinstance(value, Members) else ("[", "]")
    said = Span(what(value), colours.REMARK)
    if node.is_open:
        return (Span(f"{begin} "), said)
    if _is_told_closed(value):
        return (Span(f"{begin} "), said, Span(": "), _scalar(value[0], 60), Span(f" {end}"))
    return (Span(f"{begin} "), said, Span(f" {end}"))


def _written(text: str) -> str:
    return one_line(json.dumps(text, ensure_ascii=False))


def _scalar(value: Any, most: int) -> Span:  # noqa: ANN401
    """A value without parts as JSON writes it, as far as is shown."""
    match value:
        case Plain():
            return Span(one_line(value), colours.REMARK)
        case Literal():
            return Span(one_line(value[:most]), colours.NUMBER)
        case str():
            cut = value[:most]
            text = _written(cut)
            return Span(text if len(cut) == len(value) else f"{text[:-1]}…", colours.TEXT)
        case bool() | None:
            return Span(json.dumps(value), colours.WORD)
        case _:
            return Span("{}" if isinstance(value, Members) else "[]")


def compact(value: Any) -> Line:  # noqa: ANN401
    """A value that `is_short` on one line."""
    if not isinstance(value, Members | list):
        return (_scalar(value, 200),)
    begin, end = ("{", "}") if isinstance(value, Members) else ("[", "]")
    spans = [Span(begin)]
    parts = value if isinstance(value, Members) else [(None, each) for each in value]
    for number, (name, each) in enumerate(parts):
        spans.append(Span(", " if number else ""))
        if name is not None:
            spans.append(Span(f"{_written(name)}: ", colours.NAME))
        spans.append(_scalar(each, 200))
    return (*spans, Span(end))
