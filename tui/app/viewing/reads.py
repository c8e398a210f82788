"""What the thread that reads rows does for the viewers: short reads, no widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui.app.viewing.json_tree import MOST, NotJsonError, Tree, parse
from tui.app.viewing.texts import BEYOND, PIECE
from tui.core.errors import NotFoundError, UsageError
from tui.core.models.rows import Cell, PageRow, Pointing, Relation

if TYPE_CHECKING:
    from tui.operations.reads.browsing import Browser
    from tui.operations.reads.values import Search, Which
    from tui.services.sqlite.keyset import View

NAMES = ("name", "display_name", "slug", "title", "email", "full_name")
"""Columns by which a person knows a row, the first that there is."""
LONGEST_NAME = 80


def is_json_column(declared: str) -> bool:
    """Whether a column is declared to hold JSON."""
    return "JSON" in declared.upper()


def looks_like_json(text: str) -> bool:
    """Whether a text begins as an object or a list does."""
    return text.lstrip()[:1] in ("{", "[")


# --- a row ------------------------------------------------------------------------------------


def row(browser: Browser, view: View, identity: tuple[Any, ...]) -> PageRow | None:
    """A row, its JSON as whole as it can be looked at; None where it is gone.

    Raises:
        McpdbError: It cannot be read.
    """
    found = browser.row(view, identity)
    if found is None or not found.identity or not view.relation.identity:
        return found
    shown = [column for column in view.relation.columns if not column.hidden]
    cells, left = _told_apart(browser, view.relation, found), 4 * MOST
    for at, (column, cell) in enumerate(zip(shown, found.cells, strict=True)):
        if not isinstance(cell, Cell) or cell.secret or not isinstance(cell.value, str):
            continue
        if not 0 < cell.length <= min(MOST, left) or not looks_like_json(cell.value):
            continue
        whole = browser.value(
            view.relation, found.identity, column.name, limit=cell.length + BEYOND,
            revealed=column.name in view.revealed,
        )  # fmt: skip
        if isinstance(whole.value, str) and not whole.following:
            cells[at] = whole.value
            left -= cell.length
    return replace(found, cells=tuple(cells))


class BrokenText(bytes):
    """A text that is not valid in the encoding of its file, as its bytes."""

    __slots__ = ()


def _told_apart(browser: Browser, relation: Relation, row: PageRow) -> list[Any]:
    """The cells of a row, what is no blob but a broken text as `BrokenText`."""
    shown = [column.name for column in relation.columns if not column.hidden]
    cells = list(row.cells)
    places = [at for at, cell in enumerate(cells) if isinstance(_plain(cell), bytes)]
    if places:
        from tui.operations.reads.values import are_text

        texts = are_text(browser, relation, row.identity, [shown[at] for at in places])
        for at in (at for at in places if shown[at] in texts):
            cell, broken = cells[at], BrokenText(_plain(cells[at]))
            cells[at] = replace(cell, value=broken) if isinstance(cell, Cell) else broken
    return cells


def _plain(cell: Any) -> Any:  # noqa: ANN401
    return cell.value if isinstance(cell, Cell) else cell


def names(browser: Browser, relation: Relation, row: PageRow) -> Mapping[str, str]:
    """What the rows are called that a row's foreign keys name, by column.

    Raises:
        Cancelled: By the browser.
    """
    found: dict[str, str] = {}
    shown = [column for column in relation.columns if not column.hidden]
    for column, cell in zip(shown, row.cells, strict=True):
        if column.points_to is None or column.secret or cell is None or not row.identity:
            continue
        called = name(browser, relation, row.identity, column.name)
        if called and called != str(cell):
            found[column.name] = called
    return found


def name(browser: Browser, relation: Relation, identity: tuple[Any, ...], column: str) -> str:
    """What the row is called that one foreign key of a row names; empty where that is not known.

    Raises:
        Cancelled: By the browser.
    """
    try:
        return _name_of(browser, relation, identity, column)
    except (UsageError, NotFoundError):
        return ""


def _name_of(browser: Browser, relation: Relation, identity: tuple[Any, ...], column: str) -> str:
    from tui.services.sqlite.keyset import View

    parent = browser.parent_of(relation, identity, column)
    if parent is None:
        return ""
    table = browser.relation(parent[0])
    own = next((c for n in NAMES if (c := table.column(n)) and not c.secret), None)
    if own is None:
        return ""
    there = browser.row(View(relation=table, columns=()), parent[1])
    if there is None:
        return ""
    places = [c.name for c in table.columns if not c.hidden]
    value = there.cells[places.index(own.name)]
    value = _plain(value)
    return value[:LONGEST_NAME] if isinstance(value, str) else ""


def counted(
    browser: Browser, relation: Relation, identity: tuple[Any, ...], cancelled: Callable[[], bool]
) -> tuple[Pointing, ...]:
    """The keys that point at a row, with how many rows do.

    Raises:
        McpdbError: It cannot be read.
    """
    return browser.pointing(relation, identity, cancelled=cancelled)


# --- one value --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What is known of a value when it is opened."""

    kind: str
    """As `typeof` names it."""
    size: int
    encoding: str = "utf-8"
    beginning: bytes = b""
    """Its first piece."""
    tree: Tree | None = None
    """As JSON."""
    remark: str = ""
    """Why it is not shown as JSON."""


def value(browser: Browser, which: Which) -> Value:
    """Look at a value.

    Raises:
        McpdbError: It cannot be read.
    """
    from tui.operations.reads.values import read

    first = read(browser, which, 0, PIECE + BEYOND)
    found = Value(
        kind=first.kind, size=first.size, encoding=first.encoding, beginning=first.content
    )
    column = which.relation.column(which.column)
    declared = column is not None and is_json_column(column.declared)
    if first.kind != "text" or first.size > MOST:
        too_long = first.kind == "text" and declared
        return replace(found, remark="JSON over 1M is shown as text." if too_long else "")
    content = first.content
    if first.size > len(content):
        content = read(browser, which, 0, first.size).content
    return _judged(found, content, declared)


def given(content: str | bytes, declared: str) -> Value:
    """A value that is at hand."""
    kind = "text" if isinstance(content, str) else "blob"
    raw = content.encode(errors="surrogateescape") if isinstance(content, str) else content
    found = Value(kind=kind, size=len(raw), beginning=raw[: PIECE + BEYOND])
    is_json = is_json_column(declared)
    return _judged(found, raw, is_json) if kind == "text" and len(raw) <= MOST else found


def _judged(found: Value, content: bytes, declared: bool) -> Value:
    try:
        text = content.decode(found.encoding)
    except UnicodeDecodeError:
        return found
    if not declared and not looks_like_json(text):
        return found
    try:
        return replace(found, tree=Tree(parse(text)))
    except NotJsonError as error:
        return replace(found, remark=str(error) if declared else "")


def piece(browser: Browser, which: Which, number: int) -> bytes:
    """A piece of a value, and a few bytes more.

    Raises:
        McpdbError: It cannot be read.
    """
    from tui.operations.reads.values import read

    return read(browser, which, number * PIECE, PIECE + BEYOND).content


def found(
    browser: Browser, which: Which, search: Search, cancelled: Callable[[], bool]
) -> int | None:
    """The byte where a match begins.

    Raises:
        McpdbError: It cannot be read.
    """
    from tui.operations.reads.values import find

    return find(browser, which, search, cancelled)
