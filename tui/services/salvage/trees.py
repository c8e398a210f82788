"""Walking b-trees that may lead anywhere: twice to one page, in circles, out of the file.

`Walk` yields what a tree holds, in order, and a `Gap` for each part that cannot be read, with the
keys between which it lay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tui.services.salvage.cells import MAX_PAYLOAD, Cell, Damaged, Page
from tui.services.salvage.records import Key, MalformedError, Row, decode, key_of
from tui.services.salvage.usage import MAX_DEPTH, Checkpoint, Pages

Bound: TypeAlias = "int | Key | None"


@dataclass(frozen=True, slots=True)
class Item:
    """A row, or an entry of an index."""

    page: int
    rowid: int
    """Of a table's row; 0 for what lies in an index."""
    values: Row
    doubt: str = ""
    """Why it may not be what it was; empty where nothing speaks against it."""
    place: str = ""
    """Why its page may not belong to this tree; what is on that page is whole."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a tree that cannot be read."""

    page: int
    low: Bound
    high: Bound
    why: str
    cells: int = 0
    """How many rows are known to have been in it; 0 where that is not known."""


Found: TypeAlias = Item | Gap
_Next: TypeAlias = "tuple[int, Bound, Bound, int] | Item | Gap"
_GOES_ON = "rows go on in pages that cannot be read"


@dataclass(slots=True)
class Walk:
    """One walk through one tree, in the order of its keys."""

    pages: Pages
    is_table: bool
    """Whether it is a tree of rows by rowid; else its cells are records."""
    checkpoint: Checkpoint
    ordered: bool = True
    """Whether keys can be compared: in an index only where its order is plain."""
    key_fields: int = 0
    """How many fields of a record are its key; 0 for all."""
    rejected: list[int] = field(default_factory=list)
    """Pages that do not belong where they were found; they may belong elsewhere."""
    _seen: set[int] = field(default_factory=set)
    _read: dict[int, tuple[Row, str]] = field(default_factory=dict)
    """Records of the page at hand, by their cells."""

    def of(
        self, root: int, low: Bound = None, high: Bound = None, place: str = ""
    ) -> Iterator[Found]:
        """Yield what lies below a page.

        Args:
            root: The page.
            low: Every key is greater; None where that is not known.
            high: No key is greater.
            place: Said of every row.
        """
        # A page to go to, or an entry between two of them, which has its place in the order.
        stack: list[_Next] = [(root, low, high, 0)]
        while stack:
            top = stack.pop()
            self.checkpoint()
            if not isinstance(top, tuple):
                yield top
                continue
            number, low, high, depth = top
            page = self._page(number, low, high, depth)
            if isinstance(page, Gap):
                self.pages.report(number, page.why)
                yield page
                continue
            why = place
            if self.pages.is_contested(number):
                self.pages.report(number, "two things lead to it")
                why = why or f"page {number} is used twice"
            elif page.is_leaf and self.pages.stands_twice(number):
                why = why or f"page {number} is the same as another one"
            if page.is_leaf:
                yield from self._leaf(page, low, high, why)
            else:
                stack += reversed(list(self._inner(page, low, high, depth, why)))

    def _page(self, number: int, low: Bound, high: Bound, depth: int) -> Page | Gap:
        page = self.pages.page(number)
        if isinstance(page, Damaged):
            return Gap(number, low, high, page.why)
        if page.is_table != self.is_table:
            self.rejected.append(number)
            return Gap(number, low, high, "a page of another kind of tree stands there")
        if number in self._seen or depth > MAX_DEPTH:
            return Gap(number, low, high, "the tree leads in a circle")
        self._seen.add(number)
        self._read.clear()
        if not page.is_leaf and not page.strict:
            self.rejected.append(number)
            return Gap(number, low, high, "an inner page of the tree is damaged")
        if self.ordered and not self._in_order(page, low, high) and page.strict:
            self.rejected.append(number)
            return Gap(number, low, high, "a page of another place stands there")
        return page

    def _in_order(self, page: Page, low: Bound, high: Bound) -> bool:
        """Whether its keys rise, and lie where its parent says."""
        last = low
        for cell in page.cells:
            key = self._key(page, cell)
            if key is None:
                continue
            if last is not None and not last < key:  # type: ignore[operator]
                return False
            last = key
        if high is None or last is None or last is low:
            return True
        # Of a table the greatest key of a child may be its parent's; an index has it only there.
        return last <= high if self.is_table else last < high  # type: ignore[operator]

    def _key(self, page: Page, cell: Cell) -> Bound:
        if page.is_table:
            return cell.rowid
        try:
            record = self._record(cell)
        except MalformedError:
            return None
        # It is asked for once more, when the page is given out.
        self._read[id(cell)] = record
        values = record[0]
        return key_of(values[: self.key_fields] if self.key_fields else values)

    def _leaf(self, page: Page, low: Bound, high: Bound, place: str) -> Iterator[Found]:
        lost, doubt = 0, "" if page.strict else f"page {page.number} is damaged"
        for cell in page.cells:
            try:
                values, why = self._record(cell)
            except MalformedError as error:
                lost += 1
                self.pages.report(page.number, f"a row in it cannot be read: {error}")
                continue
            yield Item(page.number, cell.rowid, values, doubt or why, place)
        if not page.strict:
            self.pages.report(page.number, "it is damaged in part")
            yield Gap(page.number, low, high, "a page is damaged in part")
        elif lost:
            yield Gap(page.number, low, high, _GOES_ON, lost)

    def _inner(
        self, page: Page, low: Bound, high: Bound, depth: int, place: str
    ) -> Iterator[_Next]:
        before: Bound = low
        for cell in page.cells:
            key = self._key(page, cell)
            yield cell.child, before, key, depth + 1
            if not self.is_table:
                try:
                    values, why = self._record(cell)
                    yield Item(page.number, 0, values, why, place)
                except MalformedError as error:
                    self.pages.report(page.number, f"a row in it cannot be read: {error}")
                    yield Gap(page.number, before, None, _GOES_ON, 1)
            before = key
        yield page.right, before, high, depth + 1

    def _record(self, cell: Cell) -> tuple[Row, str]:
        known = self._read.pop(id(cell), None)
        if known is not None:
            return known
        payload, doubt = payload_of(self.pages, cell)
        return decode(payload), doubt


def payload_of(pages: Pages, cell: Cell) -> tuple[bytes, str]:
    """A cell's whole payload, and what speaks against its being what was written.

    Raises:
        MalformedError: Its overflow pages do not hold it.
    """
    if len(cell.local) == cell.size:
        return cell.local, ""
    image, room = pages.image, pages.image.usable - 4
    left, number = cell.size - len(cell.local), cell.overflow
    if cell.size > min(MAX_PAYLOAD, image.count * room + len(cell.local)):
        raise MalformedError("it says it is larger than can be")
    parts, doubt, seen = [cell.local], "", set[int]()
    while left > 0:
        if not 1 < number <= image.count or number in seen or image.is_unreadable(number):
            raise MalformedError("the pages that it goes on in are not there")
        seen.add(number)
        pages.spend()
        raw = image.read(number)
        if pages.is_contested(number):
            doubt = doubt or f"page {number}, in which it goes on, is used twice"
        if not any(raw):
            doubt = doubt or f"page {number}, in which it goes on, is nothing but zeros"
        parts.append(raw[4 : 4 + min(left, room)])
        left -= room
        number = int.from_bytes(raw[:4], "big")
    if number:
        doubt = doubt or "it does not end where its last page says"
    return b"".join(parts), doubt
