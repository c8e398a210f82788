"""Walking b-trees that may lead anywhere: twice to one page, in circles, out of the file.

First every tree is walked once and each page's users are counted (`count_users`); a page with two
is nobody's for certain. Then `walk` yields what a tree holds, in order, and a `Gap` for each part
that cannot be read, with the keys between which it lay.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from tui.services.salvage.cells import MAX_PAYLOAD, Cell, Damaged, Page, parse
from tui.services.salvage.image import Image
from tui.services.salvage.records import Key, MalformedError, Row, decode, key_of

MAX_DEPTH = 30
"""A tree of SQLite has at most 20 levels."""

Bound: TypeAlias = "int | Key | None"
Checkpoint: TypeAlias = Callable[[], None]

FREE = 1
"""Mark of a page on the list of free pages, see `Pages.marks`."""
USED = 2
CONTESTED = 4


@dataclass(slots=True)
class Pages:
    """Which pages are used by what."""

    image: Image
    marks: bytearray = field(init=False)
    """By number: 0, or `FREE`, `USED`, `CONTESTED` together."""
    free_is_known: bool = field(init=False, default=False)
    """Whether the list of free pages could be read to its end."""
    damaged: dict[int, str] = field(init=False, default_factory=dict)
    """Pages that are not what they should be, and why; the first `MAX_TOLD`."""
    damaged_count: int = field(init=False, default=0)
    _digests: array[int] = field(init=False)
    """By number: of what stands on a leaf that is not free; 0 for every other page."""
    _twice: frozenset[int] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        """Nothing is used yet."""
        self.marks = bytearray(self.image.count + 1)
        self._digests = array("Q", bytes(8 * (self.image.count + 1)))

    def note_content(self, page: Page) -> None:
        """Remember what stands on a leaf: a write that went to a wrong place makes two of one."""
        if page.cells:
            digest = hashlib.blake2b(self.image.read(page.number), digest_size=8).digest()
            self._digests[page.number] = int.from_bytes(digest, "big") or 1

    def compare_contents(self) -> None:
        """Find the leaves that stand twice in the file, be it where nothing leads to."""
        for number in range(2, self.image.count + 1):
            if not self.marks[number]:
                page = self.page(number)
                if isinstance(page, Page) and page.is_leaf:
                    self.note_content(page)
        found = sorted(each for each in self._digests if each)
        self._twice = frozenset(one for one, two in pairwise(found) if one == two)

    def stands_twice(self, number: int) -> bool:
        """Whether a leaf has the same content as another one."""
        return self._digests[number] in self._twice

    def page(self, number: int) -> Page | Damaged:
        """Read a page of a b-tree."""
        if not 1 <= number <= self.image.count:
            return Damaged(number, "it lies behind the end of the file")
        if self.image.is_unreadable(number):
            return Damaged(number, "the disk does not give it")
        return parse(self.image.read(number), number, self.image.usable)

    def use(self, number: int) -> bool:
        """Note a user of a page; False when it had one already, or is free."""
        if not 1 <= number <= self.image.count:
            return False
        if self.marks[number]:
            self.marks[number] |= CONTESTED | USED
            return False
        self.marks[number] = USED
        return True

    def is_contested(self, number: int) -> bool:
        """Whether more than one thing leads to a page."""
        return 1 <= number <= self.image.count and bool(self.marks[number] & CONTESTED)

    def report(self, number: int, why: str) -> None:
        """Note a damaged page."""
        if number not in self.damaged:
            self.damaged_count += 1
            if len(self.damaged) < MAX_TOLD:
                self.damaged[number] = why

    def read_free_list(self) -> None:
        """Mark the free pages, and find out whether the list of them is whole."""
        image = self.image
        trunk, seen = image.header.freelist, 0
        most = image.usable // 4 - 2
        while trunk:
            if not self._free(trunk):
                return
            raw = image.read(trunk)
            number = int.from_bytes(raw[4:8], "big")
            if number > most:
                return
            leaves = array("I", raw[8 : 8 + 4 * number])
            leaves.byteswap()
            if not all(self._free(leaf) for leaf in leaves):
                return
            seen += 1 + number
            trunk = int.from_bytes(raw[:4], "big")
        self.free_is_known = image.header.is_sound and seen == image.header.free_pages

    def _free(self, number: int) -> bool:
        if not 1 < number <= self.image.count or self.marks[number]:
            return False
        self.marks[number] = FREE
        return True


MAX_TOLD = 1_000
"""Damaged pages that are named one by one."""


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


def count_users(pages: Pages, roots: Iterable[int], checkpoint: Checkpoint) -> None:
    """Note for every page of these trees what leads to it, overflow pages included."""
    for root in roots:
        stack = [(root, 0)]
        while stack:
            number, depth = stack.pop()
            checkpoint()
            if not pages.use(number) or depth > MAX_DEPTH:
                continue
            page = pages.page(number)
            if isinstance(page, Damaged):
                continue
            if page.is_leaf:
                pages.note_content(page)
            # Where a page cannot be trusted, neither can be where it leads to.
            if page.strict:
                stack += [(child, depth + 1) for child in reversed(page.children)]
            for cell in page.cells:
                if cell.overflow and (page.strict or page.is_leaf):
                    _use_chain(pages, cell)
    pages.compare_contents()


def _use_chain(pages: Pages, cell: Cell) -> None:
    left, number = cell.size - len(cell.local), cell.overflow
    while left > 0 and number and pages.use(number):
        left -= pages.image.usable - 4
        number = int.from_bytes(pages.image.read(number)[:4], "big")


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
            values = self._record(cell)[0]
        except MalformedError:
            return None
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
