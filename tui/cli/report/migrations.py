"""The reports of `migrations`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import local
from tui.core.models import Revision, Timeline
from tui.wording.clean import one_line
from tui.wording.quantities import plural

SIGNS = {"applied": "●", "current": "◉", "pending": "○", "unknown": "?"}


def timeline_lines(
    timeline: Timeline, shown: Sequence[Revision], *, verbose: bool
) -> Iterator[str]:
    """A line a revision, newest first, and how far the database is."""
    for name in timeline.unknown:
        yield f"? {one_line(name)}  unknown: this code does not know it"
    if shown:
        rows = [
            (SIGNS[r.state], r.revision, r.release, r.state, r.message + _merge(r)) for r in shown
        ]
        for revision, line in zip(shown, aligned(rows), strict=True):
            yield line
            if verbose:
                yield from labelled(_more(revision), "    ")
    yield (
        f"{timeline.applied} applied, {timeline.pending} pending; "
        f"read from {one_line(timeline.read_from)}"
    )
    if timeline.problem:
        yield f"! {one_line(timeline.problem)}"


def _merge(revision: Revision) -> str:
    return " (merge)" if revision.is_merge else ""


def _more(revision: Revision) -> list[tuple[str, str]]:
    rows = [
        ("after", " and ".join(revision.down) or "nothing: the first one"),
        ("file", f"dated {revision.created}" if revision.created else ""),
        ("applied", local(revision.applied) if revision.applied else ""),
        ("downgrade", revision.downgrade),
        ("branch", ", ".join(revision.branch_labels)),
    ]
    told = [line for line in revision.doc.splitlines() if line.strip()]
    rows += [("doc" if not number else "", line) for number, line in enumerate(told)]
    return [(label, text) for label, text in rows if text]


def current_lines(current: Sequence[str], timeline: Timeline | None) -> Iterator[str]:
    """The revision, and what is known about it."""
    if not current:
        yield "none: the database was never migrated"
    for name in current:
        yield "  ".join(filter(None, (one_line(name), _place(name, timeline))))


def _place(name: str, timeline: Timeline | None) -> str:
    if timeline is None:
        return "head not read yet: mcpdb-tui migrations list reads it"
    if name in timeline.unknown:
        return "? unknown to the gateway's code"
    if name in timeline.heads:
        return "✓ head"
    return f"! {plural(timeline.pending, 'revision')} pending"
