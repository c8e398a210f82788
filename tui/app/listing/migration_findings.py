"""What is wrong between database and migrations, as rows above the timeline."""

from __future__ import annotations

import textwrap
from datetime import datetime

from tui.app.glyphs import SIGN_ROLES, Glyphs
from tui.app.listing.migration_marks import by_revision, moment_words
from tui.app.listing.row import Row, between
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.core.models import Backup, MigrationFinding, Timeline
from tui.core.operation import Verdict
from tui.wording.clean import one_line

PREFIX = "finding:"
"""Keys of findings begin so; no revision has a colon."""
NEVER = "No alembic_version: this database was never migrated."
_NEW = ":bootstrap… makes a new one aside."
_SIGNS = {"FAIL": "fail", "warn": "warn", "unknown": "unknown"}
_ENTER = ("upgrade", "downgrade", "stamp", "bootstrap", "reset", "restore")
"""Operations that Enter leads to."""


def findings(seen: Seen, now: datetime) -> tuple[MigrationFinding, ...]:
    """What was found; where nobody has looked yet, what the timeline alone says."""
    timeline = seen.timeline
    if timeline is None:
        return ()
    if timeline.findings or not timeline.revisions:
        return timeline.findings
    if timeline.problem:
        name = "unknown-revision" if timeline.unknown else "heads"
        text, _, remedy = timeline.problem.partition(". ")
        remedy = _with_backup(remedy, seen, timeline, now)
        return (MigrationFinding(name=name, verdict="FAIL", text=f"{text}.", remedy=remedy),)
    exists = seen.database is not None and seen.database.exists and not seen.database.problem
    if exists and not timeline.current and not timeline.stale:
        return (MigrationFinding(name="no-version", verdict="warn", text=NEVER, remedy=_NEW),)
    return ()


def _with_backup(remedy: str, seen: Seen, timeline: Timeline, now: datetime) -> str:
    """Name the backup that a remedy speaks of: `restore a backup of 1.0.5: Aug 11 02:00`."""
    found = fitting_backup(seen, timeline)
    if found is None or "backup" not in remedy:
        return remedy
    return f"{remedy.removesuffix('.')}: {moment_words(found.taken, now)}."


def fitting_backup(seen: Seen, timeline: Timeline) -> Backup | None:
    """The newest good backup that this code can start on."""
    known = {item.revision for item in timeline.revisions}
    fitting = [
        backup
        for revision, backups in by_revision(seen).items()
        if revision in known
        for backup in backups
        if backup.verdict is Verdict.OK and not backup.neighbour
    ]
    return max(fitting, key=lambda backup: backup.taken, default=None)


def rows(seen: Seen, glyphs: Glyphs, now: datetime, width: int) -> list[Row]:
    """Each finding with what to do about it below it, nothing of it cut.

    Args:
        seen: What is known.
        glyphs: Signs.
        now: The host's time.
        width: Columns of the list.
    """
    result: list[Row] = []
    for number, finding in enumerate(findings(seen, now)):
        sign = _SIGNS[finding.verdict]
        role = SIGN_ROLES[sign]
        mark = Span(glyphs.sign(sign), role, bold=sign == "fail")
        first, *rest = textwrap.wrap(one_line(finding.text), max(20, width - 4)) or [""]
        key = f"{PREFIX}{number}:{finding.name}"
        words = f"finding {finding.text}"
        bold = sign == "fail"
        result.append(Row(key, (Span(first, role, bold),), mark, words=words, whole=True))
        result += [between(Span(f"   {text}", role, bold)) for text in rest]
        remedy = textwrap.wrap(one_line(remedy_words(finding)), max(20, width - 4))
        result += [between(Span(f"   {text}")) for text in remedy]
    return result


def remedy_words(finding: MigrationFinding) -> str:
    """`Enter: the plan, which drops it on a copy …`, or what to do by hand."""
    if finding.operation in _ENTER and not finding.remedy.startswith("Enter"):
        return f"Enter: {finding.remedy or f'the plan of {finding.operation}'}"
    return finding.remedy


def find(seen: Seen, key: str, now: datetime) -> MigrationFinding | None:
    """The finding with this key."""
    if not key.startswith(PREFIX):
        return None
    number, _, name = key.removeprefix(PREFIX).partition(":")
    found = findings(seen, now)
    at = int(number)
    return found[at] if at < len(found) and found[at].name == name else None


def is_offered(finding: MigrationFinding) -> bool:
    """Whether Enter leads to an operation."""
    return finding.operation in _ENTER


def detail(finding: MigrationFinding, glyphs: Glyphs) -> tuple[Line, ...]:
    """The whole of it, with what it was told from."""
    sign = _SIGNS[finding.verdict]
    word = Span(f" {glyphs.sign(sign)} {finding.verdict}", SIGN_ROLES[sign], sign == "fail")
    lines: list[Line] = [line(word, f"  {finding.text}")]
    if finding.remedy:
        lines += [(), line(Span(" what to do ", "muted"), remedy_words(finding))]
    if finding.details:
        lines += [(), *((Span(f" {text}", "muted"),) for text in finding.details)]
    return tuple(lines)
