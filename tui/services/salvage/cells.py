"""Pages of the b-trees: their cells, and whether a page is exactly what SQLite would write.

Source: https://www.sqlite.org/fileformat2.html#b_tree_pages. A page is `strict` when cells, free
blocks and fragments fill it without a gap or an overlap: that is what `integrity_check` asks of
it, and what hardly any damage leaves so.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.services.salvage.records import MalformedError, varint

LEAF_TABLE, INNER_TABLE, LEAF_INDEX, INNER_INDEX = 13, 5, 10, 2
KINDS = frozenset({LEAF_TABLE, INNER_TABLE, LEAF_INDEX, INNER_INDEX})
MAX_PAYLOAD = 256 * 1024 * 1024
"""Bytes of a row that are put together in memory; a larger one is told as lost."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a page; what it has not is 0 or empty."""

    child: int
    """Page on its left, of inner pages."""
    rowid: int
    """Of table pages."""
    size: int
    """Bytes of its payload in all."""
    local: bytes
    """Those of them on this page."""
    overflow: int
    """First page of the rest."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a b-tree, as far as it can be read."""

    number: int
    kind: int
    cells: tuple[Cell, ...]
    right: int
    """The last child, of inner pages."""
    strict: bool
    """Whether it is exactly what SQLite would write."""
    bad: int = 0
    """Cells that cannot be read."""

    @property
    def is_leaf(self) -> bool:
        """Whether it has no children."""
        return self.kind in (LEAF_TABLE, LEAF_INDEX)

    @property
    def is_table(self) -> bool:
        """Whether it belongs to a table with rowids."""
        return self.kind in (LEAF_TABLE, INNER_TABLE)

    @property
    def children(self) -> tuple[int, ...]:
        """Its children, from left to right."""
        return () if self.is_leaf else (*(cell.child for cell in self.cells), self.right)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A page that is no page of a b-tree."""

    number: int
    why: str


def parse(raw: bytes, number: int, usable: int) -> Page | Damaged:
    """Read a page; cells that cannot be read are left out and counted.

    Args:
        raw: The whole page.
        number: Its number: the first has the file's header before its own.
        usable: Bytes of it that are used.
    """
    begin = 100 if number == 1 else 0
    kind = raw[begin] if len(raw) > begin + 12 else 0
    if kind not in KINDS:
        return Damaged(number, "zeros" if not any(raw) else "no page of a table or index")
    head = begin + (12 if kind in (INNER_TABLE, INNER_INDEX) else 8)
    count = int.from_bytes(raw[begin + 3 : begin + 5], "big")
    first = int.from_bytes(raw[begin + 5 : begin + 7], "big") or 65536
    right = int.from_bytes(raw[begin + 8 : begin + 12], "big") if head - begin == 12 else 0
    if head + 2 * count > usable:
        return Damaged(number, "its list of cells is longer than the page")
    cells, used, bad = list[Cell](), list[tuple[int, int]](), 0
    for index in range(count):
        at = int.from_bytes(raw[head + 2 * index : head + 2 * index + 2], "big")
        try:
            cell, end = _cell(raw, at, kind, usable, head + 2 * count)
        except MalformedError:
            bad += 1
            continue
        cells.append(cell)
        used.append((at, end))
    strict = (
        not bad
        and first <= usable
        and first >= head + 2 * count
        and _fills(raw, begin, first, usable, used)
    )
    return Page(number, kind, tuple(cells), right, strict, bad)


def _cell(raw: bytes, at: int, kind: int, usable: int, least: int) -> tuple[Cell, int]:
    """One cell and where it ends.

    Raises:
        MalformedError: It does not lie within the page.
    """
    begin, child, rowid, size = at, 0, 0, 0
    if not least <= at <= usable - 4:
        raise MalformedError("A cell lies outside its page.")
    if kind in (INNER_TABLE, INNER_INDEX):
        child, at = int.from_bytes(raw[at : at + 4], "big"), at + 4
    if kind == INNER_TABLE:
        rowid, at = varint(raw, at)
        if at > usable:
            raise MalformedError("A cell lies outside its page.")
        return Cell(child, rowid, 0, b"", 0), max(at, begin + 4)
    size, at = varint(raw, at)
    if kind == LEAF_TABLE:
        rowid, at = varint(raw, at)
    if size < 0:
        raise MalformedError("A payload is smaller than nothing.")
    local = _local(size, kind, usable)
    end, overflow = at + local, 0
    if local < size:
        overflow, end = int.from_bytes(raw[end : end + 4], "big"), end + 4
    if end > usable:
        raise MalformedError("A cell lies outside its page.")
    return Cell(child, rowid, size, raw[at : at + local], overflow), max(end, begin + 4)


def _local(size: int, kind: int, usable: int) -> int:
    """Bytes of a payload that lie on the page itself."""
    most = usable - 35 if kind == LEAF_TABLE else (usable - 12) * 64 // 255 - 23
    if size <= most:
        return size
    least = (usable - 12) * 32 // 255 - 23
    wanted = least + (size - least) % (usable - 4)
    return wanted if wanted <= most else least


def _fills(raw: bytes, begin: int, first: int, usable: int, used: list[tuple[int, int]]) -> bool:
    """Whether cells and free blocks lie side by side, and the gaps are the fragments."""
    blocks, at, last = list(used), int.from_bytes(raw[begin + 1 : begin + 3], "big"), 0
    while at:
        if at <= last or at > usable - 4 or len(blocks) > usable:
            return False
        size = int.from_bytes(raw[at + 2 : at + 4], "big")
        if size < 4 or at + size > usable:
            return False
        blocks.append((at, at + size))
        at, last = int.from_bytes(raw[at : at + 2], "big"), at
    at, gaps = first, 0
    for start, end in sorted(blocks):
        if start < at:
            return False
        gaps += start - at
        at = end
    return gaps + usable - at == raw[begin + 7]
