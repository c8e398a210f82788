"""The reports of `migrations`: the timeline, one revision, what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tui.cli.report.migration_story import Story, story_rows
from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import local
from tui.core.models import Deployment, MigrationFinding, Revision, Timeline
from tui.operations.command import command_line
from tui.services.migrations.releases import released_on
from tui.wording.clean import one_line
from tui.wording.quantities import plural

SIGNS = {"applied": "●", "current": "◉", "pending": "○", "ahead": "○", "unknown": "?"}
FOUND = {"warn": "!", "FAIL": "✗", "unknown": "?"}


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
            more = _more(revision) if verbose else [("applied", _applied(revision))]
            yield from labelled([(label, text) for label, text in more if text], "    ")
    yield (
        f"{timeline.applied} applied, {timeline.pending} pending; "
        f"read from {one_line(timeline.read_from)}"
    )
    if timeline.problem:
        yield f"! {one_line(timeline.problem)}"


def revision_lines(revision: Revision, known: Story, *, source: bool) -> Iterator[str]:
    """Everything about one revision; with `source` the text of its file behind it."""
    yield f"{SIGNS[revision.state]} {revision.revision}  {one_line(revision.message)}"
    day = released_on(revision.release.removesuffix("+"))
    release = revision.release + (f" ({day})" if revision.release and day else "")
    more = _more(revision)
    at = next((n for n, (label, _) in enumerate(more) if label == "doc"), len(more))
    rows = [("state", revision.state), ("release", release), *more[:at], *story_rows(known)]
    rows += more[at:]
    yield from labelled([(label, text) for label, text in rows if text], "  ")
    if source:
        yield ""
        text = revision.source or "Only the compiled form of its file is there: no source to show."
        yield from text.splitlines()


def head_lines(timeline: Timeline, heads: Sequence[Revision]) -> Iterator[str]:
    """A line a head, and what is wrong with several."""
    yield from aligned([(SIGNS[r.state], r.revision, r.release, r.state, r.message) for r in heads])
    if timeline.problem:
        yield f"! {one_line(timeline.problem)}"


def _merge(revision: Revision) -> str:
    return " (merge)" if revision.is_merge else ""


def _more(revision: Revision) -> list[tuple[str, str]]:
    rows = [
        ("after", " and ".join(revision.down) or "nothing: the first one"),
        ("file", f"dated {revision.created}" if revision.created else ""),
        ("applied", _applied(revision)),
        ("downgrade", revision.downgrade),
        ("branch", ", ".join(revision.branch_labels)),
    ]
    told = [line for line in revision.doc.splitlines() if line.strip()]
    rows += [("doc" if not number else "", line) for number, line in enumerate(told)]
    return [(label, text) for label, text in rows if text]


def _applied(revision: Revision) -> str:
    """`2026-08-11 03:16:29 CEST by upgrade op 24 (dana)`; empty where our log does not know."""
    if revision.applied is None:
        return ""
    by = revision.applied_by
    if by is None:
        return local(revision.applied)
    number = f" op {by.number}" if by.number else ""
    who = f" ({by.who})" if by.who else ""
    return f"{local(revision.applied)} by {by.operation}{number}{who}"


def current_lines(current: Sequence[str], timeline: Timeline | None) -> Iterator[str]:
    """The revision, and what is known about it."""
    if not current:
        yield "none: the database was never migrated"
    for name in current:
        yield "  ".join(filter(None, (one_line(name), _place(name, timeline))))
        found = [r for r in timeline.revisions if r.revision == name] if timeline else []
        applied = [("applied", _applied(revision)) for revision in found if revision.applied]
        yield from labelled(applied, "    ")


def _place(name: str, timeline: Timeline | None) -> str:
    if timeline is None:
        return "head not read yet: mcpdb-tui migrations list reads it"
    if name in timeline.unknown:
        return "? unknown to the gateway's code"
    if name in timeline.heads:
        return "✓ head"
    return f"! {plural(timeline.pending, 'revision')} pending"


def finding_lines(
    deployment: Deployment, findings: Sequence[MigrationFinding], timeline: Timeline
) -> Iterator[str]:
    """What is wrong, each with its remedy, its command and the lines that show it."""
    for finding in findings:
        sign = FOUND[finding.verdict]
        yield f"{sign} {finding.verdict}  {finding.name}  {one_line(finding.text)}"
        rows = [("remedy", finding.remedy), ("by hand", _by_hand(deployment, finding))]
        rows += [("" if number else "seen", line) for number, line in enumerate(finding.details)]
        yield from labelled([(label, text) for label, text in rows if text], "    ")
    if not findings:
        yield (
            f"✓ ok  the database and its migrations fit: {timeline.applied} applied, "
            f"{timeline.pending} pending"
        )


_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "upgrade": ("migrations", "upgrade"),
    "downgrade": ("migrations", "downgrade"),
    "stamp": ("migrations", "stamp"),
    "rehearse": ("migrations", "rehearse"),
    "restore": ("restore",),
    "bootstrap": ("bootstrap",),
    "reset": ("reset",),
    "own": ("gateway", "own"),
}


def _by_hand(deployment: Deployment, finding: MigrationFinding) -> str:
    """The remedy as a command line; empty where no operation is one."""
    words = _COMMANDS.get(finding.operation)
    if words is None:
        return ""
    told = [str(finding.params[key]) for key in ("backup", "target") if finding.params.get(key)]
    if finding.operation in ("upgrade", "rehearse"):
        told = [word for value in told for word in ("--to", value)]
    repair = ["--repair"] if finding.params.get("leftovers") else []
    return command_line(deployment, *words, *told, *repair)
