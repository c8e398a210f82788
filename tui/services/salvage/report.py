"""What became of every table, told as far as it is known and no further."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.services.salvage.trees import Gap

MAX_GAPS = 200
"""Gaps of a table that are told one by one."""


@dataclass(slots=True)
class TableReport:
    """What became of one table."""

    name: str
    read: int = 0
    """Rows that are in the new file."""
    doubtful: int = 0
    """Rows among them that may not be what they were, or may have been deleted."""
    lost: int | None = None
    """Rows that are missing, where that is known; None where it is not."""
    proof: str = ""
    """`walk`: its tree was read without a gap; the name of an index; or empty."""
    complete: bool = False
    """Whether it is proved that every row was read."""
    gaps: list[str] = field(default_factory=list)
    """Where rows may be missing, in words; the first `MAX_GAPS`."""
    gap_count: int = 0
    loose: int = 0
    """Rows that were found on pages no tree led to."""
    definition: str = "file"
    """Where its definition is from: `file`, `stray page` or `backup`."""
    problem: str = ""
    """Why it is not in the new file, or not as it was."""


@dataclass(slots=True)
class Report:
    """What became of everything."""

    tables: list[TableReport]
    image: dict[str, object]
    damaged: dict[int, str]
    """Damaged pages, the first thousand, and what is wrong with each."""
    damaged_count: int
    strays: int
    """Rows that belong to no table for certain."""
    left_out: list[str]
    """Indexes, views and triggers that could not be made, and why."""
    schema_whole: bool

    @property
    def complete(self) -> bool:
        """Whether every row of every table was read, which is proved."""
        return (
            self.schema_whole
            and not self.strays
            and all(each.complete and not each.doubtful for each in self.tables)
        )


def gap_words(gap: Gap, *, table: bool) -> str:
    """Where rows may be missing."""
    where = f"page {gap.page}: {gap.why}" if gap.page > 0 else gap.why
    if not table or (gap.low is None and gap.high is None):
        return where
    low = f" after {gap.low}" if isinstance(gap.low, int) else ""
    high = f" up to {gap.high}" if isinstance(gap.high, int) else ""
    return f"{where}; rowids{low}{high}"
