"""Rehearse: run migrations on a copy that is thrown away, and keep the report.

The gateway goes on; the live database is read once, for the copy, and never written. Whatever
comes of it, the copy and the containers that ran are gone afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui.core.errors import ExitCode
from tui.core.models import Deployment, MigrationAction, Rehearsal
from tui.core.operation import (
    Facts,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
)
from tui.operations.backing_up import inside_container
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, merged, pending
from tui.operations.migrating import rehearsing
from tui.operations.migrating.failed import of_failed
from tui.operations.migrating.rehearsal_plan import Situation, checks, job_of, look_around
from tui.operations.reads.looking import LiveDatabase
from tui.operations.timelines import rehearsals
from tui.wording.rehearsals import UNTOUCHED, headline

COPY = "copy the database while the gateway runs"
MIGRATE = "run the migrations on the copy"
CHECK = "compare schema, rows and keys, check every page"
REPORT = "keep the report, remove the copy"


@dataclass(frozen=True, slots=True)
class Rehearse:
    """Run migrations on a copy of the live database."""

    name: ClassVar[str] = "rehearse"

    deployment: Deployment
    action: MigrationAction = "upgrade"
    target: str = "head"
    """Revision, beginning of one, `head`, or `-1` for a downgrade by one."""
    image: str = ""
    """Another local image, by name or id; empty means the gateway's own code."""
    leftovers: bool = False
    """Put right on the copy first what a cut migration left behind."""

    def plan(self) -> Plan:
        """Say what would be run, and what forbids it; changes nothing.

        Its facts: `revisions` (ids in the order they would run), `before`, `target`, `image`,
        `image_id`, `release`, `bytes`, `folder`, `nothing` (the sentence where there is nothing
        to rehearse, else empty), `seconds` (about how long it takes; None when not known).
        """
        found = self._look()
        parts = _parts(self.deployment, found)
        steps = () if found.nothing else self._steps(parts)
        return Plan(
            operation=self.name,
            title=f"rehearse {self._what(found)}",
            tier=Tier.LIGHT,
            subject=self.deployment.name,
            basis=found.basis(),
            checks=checks(found),
            steps=steps,
            command=command_line(self.deployment, *self._words()),
            facts={
                "revisions": [revision.revision for revision in found.route.runs],
                "before": list(found.route.before),
                "target": found.route.target,
                "image": found.code.name,
                "image_id": found.code.image_id,
                "release": found.code.release,
                "bytes": found.needed,
                "folder": str(self.deployment.state_dir),
                "nothing": found.nothing,
                "seconds": sum(parts.values()) if parts else None,
            },
        )

    def _look(self) -> Situation:
        return look_around(
            self.deployment, self.action, self.target, self.image, repair=self.leftovers
        )

    def _what(self, found: Situation) -> str:
        """What is rehearsed: `an upgrade to 7ab59991e017 with image 1.0.7`."""
        kind = {"upgrade": "an upgrade", "downgrade": "a downgrade"}.get(
            self.action, f"a {self.action}"
        )
        where = found.route.target or self.target
        code = found.code.release or found.code.name
        return f"{kind} to {where}" + (f" with image {code}" if found.code.image_id else "")

    def _steps(self, parts: dict[str, float]) -> tuple[PlannedStep, ...]:
        run = parts["migrate"] + parts.get("bootstrap", 0.0) if parts else None
        return (
            PlannedStep("copy", COPY, seconds=parts.get("copy")),
            PlannedStep("migrate", MIGRATE, seconds=run),
            PlannedStep("check", CHECK, seconds=parts.get("check")),
            PlannedStep("report", REPORT, cancellable=False),
        )

    def _words(self) -> tuple[str, ...]:
        found = ["migrations", "rehearse"]
        usual = "-1" if self.action == "downgrade" else "head"
        found += ["--down"] if self.action == "downgrade" else []
        found += ["--to", self.target] if self.target != usual else []
        found += ["--image", self.image] if self.image else []
        found += ["--repair"] if self.leftovers else []
        return tuple(found)

    # --- doing it -------------------------------------------------------------------------

    def steps(self, progress: Progress) -> Steps:
        """Copy, migrate, check, report."""
        deployment, operation_id = self.deployment, progress.operation_id
        found = self._look()
        if found.nothing:
            return {"sentence": found.nothing, "revisions": [], "rehearsal": ""}
        inside = inside_container.scratch(deployment, operation_id)
        scratch = str(rehearsing.scratch_of(deployment, operation_id))
        yield StepStarted("copy", COPY, facts={"scratch": scratch, **inside})
        began, live = time.monotonic(), LiveDatabase(deployment).facts()
        copy = rehearsing.copy_live(deployment, operation_id, progress, inside.get("inside", ""))
        copied = time.monotonic() - began
        yield StepFinished("copy", {"seconds_copy": copied})

        progress.checkpoint()
        yield StepStarted("migrate", MIGRATE)
        job = job_of(found)
        migrated = rehearsing.migrate(deployment, job, found.code.image, copy, progress)
        failed = {"step_failed": str(migrated.error)} if migrated.error is not None else {}
        yield StepFinished("migrate", {"revisions_run": len(migrated.ran.runs), **failed})

        if migrated.error is None:
            progress.checkpoint()
            yield StepStarted("check", CHECK)
        report = rehearsing.describe(
            job, migrated, copy, progress, copy_seconds=copied, live_inode=live.inode
        )
        if migrated.error is None:
            error = rehearsing.refusal(report)
            yield StepFinished("check", {} if error is None else {"step_failed": str(error)})

        yield StepStarted("report", REPORT, cancellable=False)
        # First what may fill the disk: then there is room for the report.
        rehearsing.discard(deployment, operation_id)
        rehearsals.save(deployment, report)
        yield StepFinished("report")
        return _result(report, migrated.error.exit_code if migrated.error else None)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Remove the copy and what ran on it; nothing else was touched."""
        cause, facts = failure(records), merged(records)
        deployment = self.deployment
        actions: list[RecoveryAction] = []
        if "scratch" in facts:
            operation_id = str(facts["scratch"]).rpartition("/")[2]
            actions.append(
                RecoveryAction(
                    "discard",
                    "remove the copy and what ran on it",
                    lambda _progress: _discard(deployment, operation_id, facts),
                )
            )
        words = cause.sentence if cause else f"A rehearsal was cut short. {UNTOUCHED}"
        return Recovery(
            "undo",
            words,
            pending(records, actions),
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short",
        )


def _parts(deployment: Deployment, found: Situation) -> dict[str, float]:
    """About how long each part takes: as the newest rehearsal like it did; empty without one."""
    wanted = tuple(revision.revision for revision in found.route.runs)
    for report in rehearsals.listed(deployment):
        ran = tuple(run.revision for run in report.runs)
        if report.ok and ran == wanted and report.image_id == found.code.image_id:
            known = ("copy", "migrate", "bootstrap", "check")
            parts = {key: report.seconds[key] for key in known if key in report.seconds}
            return parts if {"copy", "migrate", "check"} <= parts.keys() else {}
    return {}


def _result(report: Rehearsal, code: ExitCode | None) -> Facts:
    """What is told of it: `rehearsal` names the report."""
    facts: dict[str, Any] = {
        "rehearsal": report.id,
        "before": list(report.before),
        "after": list(report.after),
        "revisions": [run.revision for run in report.runs],
        "image": report.image,
        "ok": report.ok,
        "sentence": headline(report),
    }
    error = rehearsing.refusal(report)
    if error is None:
        return facts
    return {
        **facts,
        **of_failed(report.failed),
        "sentence": f"{error} {UNTOUCHED}",
        "ends_with": int(code or error.exit_code),
        "outcome": "failed",
    }


def _discard(deployment: Deployment, operation_id: str, facts: Facts) -> Facts:
    if facts.get("inside"):
        inside_container.discard(deployment, str(facts["inside"]))
    rehearsing.discard(deployment, operation_id)
    return {}
