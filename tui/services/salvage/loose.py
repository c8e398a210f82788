"""Pages that no tree leads to: children of a damaged page, or pages that were given up long ago.

They are gathered to subtrees by their own inner pages. A subtree goes to the one table that has a
gap for its keys and whose columns its rows fit; where several do, to the one whose indexes know
the rows. What fits nowhere for certain is kept as strays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tui.services.salvage.cells import Damaged, Page
from tui.services.salvage.evidence import Index, matches
from tui.services.salvage.output import Output
from tui.services.salvage.records import MalformedError, decode
from tui.services.salvage.tables import Table, bound
from tui.services.salvage.trees import Bound, Gap, Item, Walk, payload_of
from tui.services.salvage.usage import FREE, Checkpoint, Pages

_SAMPLE = 12
"""Rows that are looked at to tell whose a page is."""


@dataclass(slots=True)
class Wanting:
    """A table with parts that could not be read."""

    table: Table
    gaps: list[tuple[Bound, Bound]] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    anywhere: bool = False
    """Whether its tree could not be found at all, or more gaps are than were kept."""

    def has_room_for(self, keys: Sequence[Bound]) -> bool:
        """Whether all these keys lie in one of its gaps."""
        if self.anywhere:
            return True
        if self.table.without_rowid:
            # Their keys are compared when the rows are put in; a gap is enough.
            return bool(self.gaps)
        return any(
            all(
                (low is None or low < key) and (high is None or key <= high)  # type: ignore[operator]
                for key in keys
            )
            for low, high in self.gaps
        )


@dataclass(frozen=True, slots=True)
class Loose:
    """A subtree that nothing leads to."""

    root: int
    sample: tuple[Item, ...]
    is_table: bool


def find(pages: Pages, rejected: Sequence[int], checkpoint: Checkpoint) -> Iterator[Loose]:
    """Yield the subtrees that nothing leads to, and the pages that stand in a wrong place.

    Free pages are left out where the list of them is whole: what they hold was deleted.

    Args:
        pages: Of the damaged file, with the users of every page counted.
        rejected: Pages that walks found in a wrong place.
        checkpoint: May raise to cancel.
    """
    wrong = set(rejected)
    below = _below(pages, wrong, checkpoint)
    for number in range(2, pages.image.count + 1):
        checkpoint()
        if below[number] or not _is_candidate(pages, number, wrong):
            continue
        page = pages.page(number)
        if isinstance(page, Damaged):
            continue
        sample = tuple(_sample(pages, page))
        if sample:
            yield Loose(number, sample, page.is_table)


def _is_candidate(pages: Pages, number: int, wrong: set[int]) -> bool:
    mark = pages.marks[number]
    return number in wrong or mark == 0 or (mark == FREE and not pages.free_is_known)


def _below(pages: Pages, wrong: set[int], checkpoint: Checkpoint) -> bytearray:
    """Which of the candidates an inner page among them leads to."""
    below = bytearray(pages.image.count + 1)
    for number in range(2, pages.image.count + 1):
        checkpoint()
        if not _is_candidate(pages, number, wrong):
            continue
        page = pages.page(number)
        if isinstance(page, Damaged) or page.is_leaf or not page.strict:
            continue
        for child in page.children:
            if 1 < child <= pages.image.count and child != number:
                below[child] = 1
    return below


def _sample(pages: Pages, page: Page) -> Iterator[Item]:
    """Some rows below a page, by its leftmost leaf."""
    for _depth in range(30):
        if page.is_leaf:
            break
        child = next(
            (
                found
                for number in page.children
                if isinstance(found := pages.page(number), Page) and found.cells
            ),
            None,
        )
        if child is None:
            return
        page = child
    taken = 0
    for cell in page.cells:
        try:
            payload, doubt = payload_of(pages, cell)
            yield Item(page.number, cell.rowid, decode(payload), doubt)
        except MalformedError:
            continue
        taken += 1
        if taken >= _SAMPLE:
            return


def fits(loose: Loose, wanting: Wanting) -> bool:
    """Whether the rows of a subtree could be a table's, wherever in it."""
    table = wanting.table
    return table.without_rowid != loose.is_table and all(
        not table.misfit(item.values) for item in loose.sample
    )


def owner_of(
    loose: Loose, fitting: Sequence[Wanting], output: Output, encoding: int
) -> Wanting | None:
    """Whose a subtree is; None where nobody's, or several could have it.

    Args:
        loose: The subtree.
        fitting: The tables that it fits.
        output: With the working tables of the indexes.
        encoding: Of text.
    """
    rowids = [item.rowid for item in loose.sample] if loose.is_table else []
    roomy = [each for each in fitting if each.has_room_for(rowids)]
    # A root that was overwritten by another sound page leaves no gap.
    return _best(loose, roomy or fitting, output, encoding)


def _best(
    loose: Loose, fitting: Sequence[Wanting], output: Output, encoding: int
) -> Wanting | None:
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    scores = [_known(each, loose, output, encoding) for each in fitting]
    best = max(scores)
    if best and scores.count(best) == 1:
        return fitting[scores.index(best)]
    # A record is seldom shorter than its table has columns: only where one was added later.
    exact = [each for each in fitting if len(loose.sample[0].values) == len(each.table.columns)]
    return exact[0] if len(exact) == 1 and not best else None


def _known(wanting: Wanting, loose: Loose, output: Output, encoding: int) -> int:
    """How many rows of a subtree the indexes of a table know."""
    table = wanting.table
    places = {column.name: index for index, column in enumerate(table.columns)}
    found = 0
    for item in loose.sample:
        values, _casts, _odd = bound(item.values, encoding)
        for index in wanting.indexes:
            at = [places.get(name, len(values)) for name in index.columns]
            if all(each < len(values) for each in at):
                found += matches(
                    output,
                    index,
                    item.rowid,
                    [item.rowid if each == table.alias else values[each] for each in at],
                )
    return found


def rows_of(
    pages: Pages, loose: Loose, table: Table | None, checkpoint: Checkpoint
) -> Iterator[Item]:
    """Every row of a subtree, each with what is to be said of its page's place."""
    key_fields = len(table.key) if table else 0
    walk = Walk(pages, loose.is_table, checkpoint, ordered=loose.is_table, key_fields=key_fields)
    why = f"nothing leads to page {loose.root} any more"
    if pages.marks[loose.root] == FREE:
        why = f"page {loose.root} may have been free: the row may have been deleted"
    for found in walk.of(loose.root, place=why):
        if not isinstance(found, Gap):
            yield found
