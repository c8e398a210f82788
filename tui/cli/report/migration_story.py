"""What one revision would do, when it was rehearsed, and what is there from before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.cli.report.words import local
from tui.core.models import Backup, Deployment, Rehearsal, Revision, RevisionRun
from tui.operations.cataloguing.backups_before import newest_before
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.timelines import rehearsals
from tui.services.migrations.effect_words import told
from tui.wording.clean import one_line
from tui.wording.quantities import duration


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a revision beyond its place in the chain."""

    up: list[str]
    down: list[str]
    rehearsal: tuple[Rehearsal, RevisionRun] | None
    """The newest rehearsal that ran it."""
    backup: Backup | None
    """The newest one from before it."""
    has_source: bool

    def data(self) -> dict[str, object]:
        """As the JSON document has it."""
        rehearsed = None
        if self.rehearsal is not None:
            report, run = self.rehearsal
            rehearsed = {
                "id": report.id,
                "at": report.taken,
                "who": report.who,
                "action": report.action,
                "ok": run.ok,
                "seconds": run.seconds,
                "error": run.error,
            }
        kept = self.backup
        backup = None
        if kept is not None:
            backup = {
                "id": kept.id,
                "taken": kept.taken,
                "revision": kept.revision,
                "verdict": kept.verdict,
                "path": kept.path,
            }
        return {"up": self.up, "down": self.down, "rehearsed": rehearsed, "backup_before": backup}


def story_of(deployment: Deployment, revision: Revision, known: Iterable[Revision]) -> Story:
    """Read what is kept about a revision.

    Args:
        deployment: Whose database.
        revision: Which one.
        known: Every revision of the code.

    Raises:
        McpdbError: Rehearsals or backups cannot be read.
    """
    ran = (
        (report, run)
        for report in rehearsals.listed(deployment)
        for run in report.runs
        if run.revision == revision.revision
    )
    return Story(
        up=told(revision.source, "upgrade"),
        down=told(revision.source, "downgrade"),
        rehearsal=next(ran, None),
        backup=newest_before(revision, known, read_catalogue(deployment).backups),
        has_source=bool(revision.source),
    )


def story_rows(story: Story) -> list[tuple[str, str]]:
    """Labels and texts of the report."""
    return [
        *_direction("UP", story, story.up),
        *_direction("DOWN", story, story.down),
        ("rehearsed", _rehearsed(story)),
        ("backup", _backup(story)),
    ]


def _direction(label: str, story: Story, lines: list[str]) -> list[tuple[str, str]]:
    if not story.has_source:
        return [(label, "unknown: only the compiled form of its file is there")]
    found = lines or ["changes nothing"]
    return [(label if not number else "", text) for number, text in enumerate(found)]


def _rehearsed(story: Story) -> str:
    if story.rehearsal is None:
        return "not yet: mcpdb-tui migrations rehearse runs it on a copy"
    report, run = story.rehearsal
    by = f" by {one_line(report.who)}" if report.who else ""
    how = f"ok, {duration(run.seconds)}" if run.ok else f"FAIL: {one_line(run.error)}"
    return f"{local(report.taken)}{by}, {report.action}: {how}"


def _backup(story: Story) -> str:
    kept = story.backup
    if kept is None:
        return "none from before it"
    return f"newest before it: {one_line(kept.id)} of {local(kept.taken)}, {kept.verdict}"
