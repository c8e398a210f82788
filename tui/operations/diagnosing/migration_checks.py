"""Revision and migrations, as the doctor of migrations finds them."""

from __future__ import annotations

from dataclasses import replace

from tui.core.errors import ExitCode
from tui.core.models import Diagnosis, MigrationFinding, Remedy
from tui.core.verdict import Verdict
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, fix_line, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.wording.clean import one_line
from tui.wording.quantities import plural

ELSEWHERE = ("missing", "empty", "owner", "crash-loop")
"""Findings that other checks of the doctor tell."""


def migrations(patient: Patient) -> Diagnosis | None:
    """What keeps migrations from running, or makes them run wrongly."""
    if not patient.is_readable:
        return None
    found = [finding for finding in patient.migrations if finding.name not in ELSEWHERE]
    if not found:
        return well("migrations", "nothing is left over, and the schema fits its stamp")
    worst = found[0]
    return Diagnosis(
        name="migrations",
        verdict=Verdict(worst.verdict),
        text=one_line(worst.text),
        explanation=tuple(
            text
            for finding in found
            for text in (*([] if finding is worst else [one_line(finding.text)]), finding.remedy)
            if text
        ),
        remedy=next((one for f in found if (one := remedy_of(patient, f, "migrations"))), None),
        details=tuple(one_line(line) for finding in found for line in finding.details),
        exit_code=ExitCode.VERIFICATION,
    )


def remedy_of(patient: Patient, finding: MigrationFinding, name: str) -> Remedy | None:
    """The operation that the doctor of migrations offers, as ours."""
    if not finding.operation:
        return None
    made = remedy(
        finding.operation,
        one_line(finding.remedy),
        finding.operation,
        [fix_line(patient.deployment, name)],
    )
    return replace(made, params=dict(finding.params)) if made is not None else None


def revision(patient: Patient) -> Diagnosis | None:
    """Where the database stands, and what the next start of the gateway would run."""
    facts, timeline = patient.database, patient.timeline
    if not patient.is_readable:
        return None
    if not facts.revisions:
        return warn("revision", "none: it was never migrated")
    stands = one_line(facts.revision)
    if len(facts.revisions) > 1:
        text = f"{len(facts.revisions)} at once: {stands}"
        return fail("revision", text, code=ExitCode.VERIFICATION)
    if not timeline.revisions:
        why = one_line(timeline.problem)
        return unknown("revision", f"{stands}; the head is not known: {why}")
    if timeline.unknown or timeline.problem:
        return fail("revision", one_line(timeline.problem), code=ExitCode.VERIFICATION)
    release = f" of {one_line(timeline.release)}" if timeline.release else ""
    if not timeline.pending:
        return well("revision", f"{stands} = head{release}")
    does = "the gateway runs them at its next start" if patient.deployment.migrates_at_start else ""
    text = f"{plural(timeline.pending, 'migration')} pending" + (f": {does}" if does else "")
    return warn(
        "revision",
        text,
        f"The database stands at {stands}, the code{release} ends in "
        f"{', '.join(map(one_line, timeline.heads))}. An upgrade rehearses them on a copy and has "
        "a way back; a start has none.",
        remedy=remedy(
            "upgrade",
            "Rehearsed on a copy, then run on a copy of the stopped file, which takes its place.",
            "upgrade",
            [
                command_line(patient.deployment, "migrations", "rehearse"),
                command_line(patient.deployment, "migrations", "upgrade"),
            ],
        ),
    )
