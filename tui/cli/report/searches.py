"""The report of `tables --search`: the rows that have a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tui.cli.report.table import aligned, fit
from tui.cli.report.tables import VALUE
from tui.operations.reads.surveying import Hit
from tui.wording.clean import one_line
from tui.wording.searches import found_words


def hits_data(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """What a search found, for JSON."""
    return [
        {
            "table": hit.table,
            "column": hit.column,
            "key": list(hit.identity),
            "excerpt": hit.excerpt,
        }
        for hit in hits
    ]


def hit_lines(hits: Sequence[Hit], per_table: int) -> Iterator[str]:
    """A line for each row that has the text, by table."""
    if hits:
        rows = [("table", "column", "text")]
        rows += [
            (one_line(h.table), one_line(h.column), fit(one_line(h.excerpt), VALUE)) for h in hits
        ]
        yield from aligned(rows)
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.table] = counts.get(hit.table, 0) + 1
    yield f"{found_words(counts.values(), per_table)}; secrets were not searched"
