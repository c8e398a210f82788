"""What the thread that reads rows does: each function is one or a few short reads, no widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from tui.app.grid.asking import Wish
from tui.app.grid.cells import copied
from tui.core.errors import Cancelled
from tui.core.models.rows import (
    After,
    Around,
    At,
    Before,
    Bottom,
    Cell,
    Condition,
    Order,
    Page,
    PageRow,
    Pointing,
    Relation,
    RowIdentity,
    Top,
)

if TYPE_CHECKING:
    from tui.operations.reads.browsing import Browser
    from tui.operations.reads.surveying import Schema
    from tui.services.rows_out.formats import Format
    from tui.services.sqlite.keyset import View

STEP = 0.1
"""Seconds that one step of numbering takes."""
PAUSE = 0.02
"""Seconds between two steps."""
LONGEST = 4_000_000
"""Characters or bytes of a long value that are read for the clipboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Rows of a table under a filter and an order, and where the cursor stands in them."""

    table: str
    text: str = ""
    """The filter as it is typed."""
    condition: Condition | None = None
    """What the filter is, where it was not typed."""
    order: tuple[Order, ...] = ()
    columns: tuple[str, ...] = ()
    """Shown; all that are not hidden without any."""
    identity: RowIdentity = ()
    """Of the row under the cursor; the first one without it."""
    column: str = ""
    viewed: bool = False
    """That row was shown as a whole, and is to be again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A place whose table was looked at."""

    place: Place
    view: View
    sorts: bool = False
    """No index has the order: each page sorts all rows that match."""


def opened(browser: Browser, place: Place) -> Opened:
    """Look at a table, and understand the filter.

    Raises:
        McpdbError: There is no such table, or the filter cannot be understood.
    """
    from tui.services.sqlite.keyset import View

    relation = browser.relation(place.table)
    names = tuple(c.name for c in relation.columns if not c.hidden)
    view = View(relation=relation, columns=names, order=place.order)
    if place.condition is not None:
        view = replace(view, condition=place.condition)
    elif place.text.strip():
        view = replace(view, condition=browser.condition(place.text, relation))
    sorts = bool(view.order) and browser.sorts(view)
    return Opened(place=place, view=browser.settle(view), sorts=sorts)


def page(browser: Browser, view: View, wish: Wish) -> Page:
    """The page of a wish."""
    wanted: Top | Bottom | After | Before | Around | At
    match wish.kind:
        case "top":
            wanted = Top()
        case "bottom":
            wanted = Bottom()
        case "after":
            wanted = After(wish.anchor)
        case "before":
            wanted = Before(wish.anchor)
        case "around":
            wanted = Around(wish.identity, wish.anchor)
        case "row":
            wanted = At(wish.number)
    return browser.page(view, wanted, wish.limit)


def number(browser: Browser, view: View, cancelled: Callable[[], bool]) -> int | None:
    """Number the rows of a view step by step; nothing is open between two of them.

    Returns:
        How many there are, where they could be numbered to their end.

    Raises:
        Cancelled: It is to be gone on with later.
    """
    while not browser.step(view, STEP):
        if cancelled():
            raise Cancelled("Cancelled.")
        time.sleep(PAUSE)
    return browser.numbered(view)[1]


def rows_of(browser: Browser, view: View, identities: Sequence[RowIdentity]) -> tuple[PageRow, ...]:
    """Some rows with all their columns; those that are gone are left out."""
    found = (browser.row(view, identity) for identity in identities)
    return tuple(row for row in found if row is not None)


def secrets_of(browser: Browser, tables: Sequence[str]) -> tuple[str, ...]:
    """Names of the secret columns of some tables; with the table's where there are several."""
    found = [(shape.name, c.name) for shape in map(browser.relation, tables)
             for c in shape.columns if c.secret]  # fmt: skip
    return tuple(column if len(tables) == 1 else f"{table}.{column}" for table, column in found)


MARKED = 10_000
"""Rows that are looked through for the other end of a range."""


def between(
    browser: Browser, view: View, one: PageRow, other: PageRow, cancelled: Callable[[], bool]
) -> tuple[PageRow, ...] | None:
    """Two rows and those between them, whichever comes first; None where they are too many.

    Raises:
        Cancelled: `cancelled` said so.
    """
    lean = replace(view, columns=tuple(view.relation.identity))
    for first, last in ((one, other), (other, one)):
        found, at = [first], first
        while len(found) <= MARKED and found[-1].identity != last.identity:
            if cancelled():
                raise Cancelled("Cancelled.")
            rows = browser.page(lean, After(at.anchor), 500).rows
            if not rows:
                break
            at = rows[-1]
            here = next((n for n, row in enumerate(rows) if row.identity == last.identity), None)
            found += rows if here is None else rows[: here + 1]
        if found[-1].identity == last.identity and len(found) <= MARKED:
            return tuple(found)
    return None


def parent(
    browser: Browser, relation: Relation, identity: RowIdentity, column: str
) -> Place | None:
    """The place of the row that a foreign key names; None where there is none."""
    found = browser.parent_of(relation, identity, column)
    return Place(table=found[0], identity=found[1]) if found is not None else None


def pointing(browser: Browser, relation: Relation, identity: RowIdentity) -> tuple[Pointing, ...]:
    """The keys that point at a row, without those of which it is known that none does."""
    return tuple(each for each in browser.pointing(relation, identity) if each.rows != 0)


def place_of(browser: Browser, key: Pointing, relation: Relation, identity: RowIdentity) -> Place:
    """The rows of another table that point at one."""
    from tui.services.sqlite.literals import inlined

    child, condition = browser.rows_pointing(key, relation, identity)
    text = f"where {inlined(condition.sql, condition.values)}"
    return Place(table=child.name, text=text, condition=condition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Rows as text, for the clipboard."""

    text: str
    left_out: tuple[str, ...]
    """Secret columns."""
    cut: bool
    """A long value was cut."""


def written(browser: Browser, view: View, identities: Sequence[RowIdentity], kind: str) -> Written:
    """Some rows as JSON, CSV or INSERT; secret columns are left out."""
    from tui.services.rows_out.formats import writer

    shown = [c for c in view.relation.columns if not c.hidden]
    kept = [n for n, c in enumerate(shown) if not c.secret]
    writing = writer(cast("Format", kind), view.relation.name, [shown[n].name for n in kept])
    pieces, cut = list(writing.begin()), False
    for row in rows_of(browser, view, identities):
        values = []
        for number in kept:
            value = row.cells[number]
            if isinstance(value, Cell):
                name = shown[number].name
                value, is_whole = whole(browser, view.relation, row.identity, name)
                cut = cut or not is_whole
            values.append(value)
        pieces += writing.row(values)
    pieces += writing.end()
    return Written(text="".join(pieces), left_out=tuple(c.name for c in shown if c.secret), cut=cut)


def column_of(
    browser: Browser, view: View, identities: Sequence[RowIdentity], name: str
) -> Written:
    """The values of one column in some rows, a line each; NULL is an empty one."""
    shown = [c.name for c in view.relation.columns if not c.hidden]
    values, cut = [], False
    for row in rows_of(browser, view, identities):
        value = row.cells[shown.index(name)]
        cut = cut or isinstance(value, Cell)
        values.append(copied(value))
    return Written(text="\n".join(values), left_out=(), cut=cut)


def whole(
    browser: Browser,
    relation: Relation,
    identity: RowIdentity,
    column: str,
    *,
    revealed: bool = False,
) -> tuple[Any, bool]:
    """A long value as far as a clipboard takes it, and whether that is all of it."""
    pieces: list[Any] = []
    begin = size = 0
    while size < LONGEST:
        piece = browser.value(relation, identity, column, begin=begin, revealed=revealed)
        pieces.append(piece.value)
        size += len(piece.value or "")
        begin = piece.following
        if not begin:
            break
    if any(isinstance(piece, bytes) for piece in pieces):
        joined = b"".join(p if isinstance(p, bytes) else str(p).encode() for p in pieces)
        return joined, not begin
    return ("".join(map(str, pieces)) if len(pieces) > 1 else pieces[0]), not begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the tabs beside the rows show."""

    relation: Relation
    text: str
    details: Schema
    pointing: tuple[Pointing, ...]


def described(browser: Browser, table: str) -> Described:
    """Schema, indexes and keys of a table."""
    relation = browser.relation(table)
    return Described(
        relation=relation,
        text=browser.schema(relation.name),
        details=browser.details(relation.name),
        pointing=browser.pointing(relation),
    )
