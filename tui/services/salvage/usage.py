"""Which pages of a damaged database are used by what, and which stand there twice.

Every tree is walked once before anything is read of it: a page that two things lead to is
nobody's for certain, and one that nothing leads to was lost by its parent, or given up.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from tui.core.errors import VerificationError
from tui.services.salvage.cells import Cell, Damaged, Page, parse
from tui.services.salvage.image import Image
from tui.wording.clean import one_line

MAX_DEPTH = 30
"""A tree of SQLite has at most 20 levels."""
MAX_TOLD = 1_000
"""Damaged pages that are named one by one."""
MOST_READS = 24
"""How often a page is read on average at most; a damaged file has each read about ten times."""
FREE = 1
"""Mark of a page on the list of free pages, see `Pages.marks`."""
USED = 2
CONTESTED = 4

Checkpoint: TypeAlias = Callable[[], None]


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
    _spent: int = field(init=False, default=0)

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

    def spend(self) -> None:
        """Count a page that is read; a file made so that this never ends is given up.

        Raises:
            VerificationError: Every page was read as often as no real file asks for.
        """
        self._spent += 1
        if self._spent > MOST_READS * self.image.count + 2_000:
            raise VerificationError(
                f"{one_line(self.image.called)} leads to the same pages again and again: it was "
                "made to be read for ever, and is given up."
            )

    def page(self, number: int) -> Page | Damaged:
        """Read a page of a b-tree.

        Raises:
            VerificationError: See `spend`.
        """
        self.spend()
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
