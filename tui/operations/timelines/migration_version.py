"""What a database says of its own revision: known to the code, once, and at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from tui.core.errors import McpdbError
from tui.core.models import Backup, Deployment, MigrationFinding, Timeline
from tui.core.verdict import Verdict
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.recommended import told_copy
from tui.operations.timelines.migration_stamp import looks_like
from tui.operations.timelines.timeline import fits
from tui.services.migrations.expected import Thing
from tui.services.migrations.graph import upto
from tui.services.migrations.releases import first_release_with, span_of
from tui.services.sqlite.leftovers import is_leftover
from tui.wording.clean import one_line
from tui.wording.quantities import plural


def finding_of(
    name: str, verdict: str, text: str, remedy: str = "", operation: str = "", **params: object
) -> MigrationFinding:
    """A finding with the parameters of its operation."""
    return MigrationFinding(
        name=name,
        verdict=verdict,  # type: ignore[arg-type]
        text=text,
        remedy=remedy,
        operation=operation,
        params=params,
    )


def told_backup(backup: Backup) -> str:
    """A backup in a sentence: `k7m2qd of Aug 11 02:00`."""
    return told_copy(backup, datetime.now(UTC))


def revision_findings(deployment: Deployment, timeline: Timeline) -> list[MigrationFinding]:
    """Say whether the code knows where the database stands.

    Args:
        deployment: Whose.
        timeline: Of the code, with where the database stands.
    """
    if not timeline.current:
        return []
    names = ", ".join(map(one_line, timeline.current))
    if not timeline.revisions:
        why = one_line(timeline.problem) or "the migrations were not read"
        text = f"Whether this image knows {names} could not be looked at: {why}"
        return [finding_of("unknown-revision", "unknown", text)]
    known = {revision.revision for revision in timeline.revisions}
    unknown = [name for name in timeline.current if name not in known]
    if not unknown:
        return []
    made_by = span_of(unknown[0])
    said = f" (release {made_by})" if made_by else ""
    text = f"This image does not know {', '.join(map(one_line, unknown))}{said}."
    needed = first_release_with(unknown[0])
    start = f"Start {needed}" if needed else "Start the release that made it"
    backup = _fitting(deployment, timeline)
    own = timeline.release or (span_of(timeline.heads[0]) if timeline.heads else "")
    if backup is None:
        older = f"a backup of {own}" if own else "an older backup"
        remedy = f"{start}, or restore {older}; none is known that this image can start on."
        return [finding_of("unknown-revision", "FAIL", text, remedy)]
    whose = f"a backup of {own}" if own else "an older backup"
    remedy = f"{start}, or restore {whose}: {told_backup(backup)}."
    return [finding_of("unknown-revision", "FAIL", text, remedy, "restore", backup=backup.id)]


def _fitting(deployment: Deployment, timeline: Timeline) -> Backup | None:
    """The newest verified backup that this code can start on."""
    try:
        backups = read_catalogue(deployment).backups
    except McpdbError:
        return None
    return next(
        (
            backup
            for backup in backups
            if backup.verdict is Verdict.OK
            and not backup.neighbour
            and not backup.link_to
            and fits(timeline, backup.revision).steps is not None
        ),
        None,
    )


def known_findings(
    stamps: Sequence[str], tables: Collection[str] | None, timeline: Timeline | None
) -> list[MigrationFinding]:
    """What is known to be wrong without a look at rows, sources or the gateway.

    Args:
        stamps: Rows of `alembic_version`.
        tables: Names of the tables; None while they are not known.
        timeline: Of the code; None when it was never asked.
    """
    names = tables or ()
    found = [
        finding_of("leftover", "FAIL", f"{one_line(name)} is left from a migration that was cut.")
        for name in names
        if is_leftover(name)
    ]
    own = [name for name in names if name != "alembic_version" and not name.startswith("sqlite_")]
    if tables is not None and not own:
        found.append(finding_of("empty", "FAIL", "The database has no tables."))
    elif own and not stamps:
        text = unstamped_text(has_version="alembic_version" in names, tables=len(own))
        found.append(finding_of("no-version", "FAIL", text))
    if len(stamps) > 1:
        code = timeline or Timeline(revisions=(), heads=(), current=tuple(stamps), unknown=())
        found += version_findings(stamps, True, frozenset(), code)
    if timeline is not None and timeline.unknown:
        text = f"This image does not know revision {one_line(timeline.unknown[0])}."
        found.append(finding_of("unknown-revision", "FAIL", text))
    if timeline is not None and (heads := heads_finding(timeline)) is not None:
        found.append(heads)
    return found


def heads_finding(timeline: Timeline) -> MigrationFinding | None:
    """Say that the code has several heads; None where it has one, or none is known."""
    if len(timeline.heads) < 2:
        return None
    several = " and ".join([", ".join(timeline.heads[:-1]), timeline.heads[-1]])
    count = {2: "Two", 3: "Three", 4: "Four"}.get(len(timeline.heads), str(len(timeline.heads)))
    text = f"{count} heads: {one_line(several)}. The image cannot upgrade."
    remedy = "This is the package's fault, use another release."
    return finding_of("heads", "FAIL", text, remedy)


def unstamped_text(*, has_version: bool, tables: int) -> str:
    """`alembic_version is empty, but 12 tables: nobody knows which migrations it has.`."""
    what = "alembic_version is empty" if has_version else "There is no alembic_version"
    return f"{what}, but {plural(tables, 'table')}: nobody knows which migrations it has."


def version_findings(
    stamps: Sequence[str], has_version: bool, have: Collection[Thing], timeline: Timeline
) -> list[MigrationFinding]:
    """Say what is wrong with `alembic_version`: no row, or more than one.

    Args:
        stamps: Its rows.
        has_version: Whether the table is there.
        have: Tables and columns of the database, in lower case.
        timeline: Of the code.
    """
    tables = sum(not column and table != "alembic_version" for table, column in have)
    if not stamps:
        text = unstamped_text(has_version=has_version, tables=tables)
        target = looks_like(timeline, have)
        if target:
            remedy = (
                f"Its tables look like {target}: stamp that, then upgrade, on a copy first. Or "
                "restore a backup."
            )
            return [finding_of("no-version", "FAIL", text, remedy, "stamp", target=target)]
        remedy = "Restore a backup, or stamp it with the revision whose tables it has."
        return [finding_of("no-version", "FAIL", text, remedy)]
    if len(stamps) < 2:
        return []
    names = ", ".join(map(one_line, stamps))
    for one in stamps:
        others = set(stamps) - {one}
        if others <= upto(timeline.revisions, [one]):
            text = f"alembic_version has {names}: {one} comes after the others, Alembic refuses it."
            remedy = f"Stamp {one}: the row that is too much goes, on a copy first."
            return [finding_of("two-versions", "FAIL", text, remedy, "stamp", target=one)]
    text = f"alembic_version has {len(stamps)} rows: {names}."
    if set(stamps) <= {revision.revision for revision in timeline.revisions}:
        text += " They stand on branches that a later migration joins."
        remedy = "The upgrade joins them; rehearse it first."
        return [finding_of("two-versions", "warn", text, remedy, "rehearse")]
    return [finding_of("two-versions", "FAIL", text, "Restore a backup from before it.")]
