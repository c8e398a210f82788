"""The first step: a rehearsal on a hot copy that is thrown away."""

from __future__ import annotations

import time

from tui.core.errors import McpdbError
from tui.core.models import Rehearsal
from tui.core.operation import Facts, Progress
from tui.operations.migrating.copying import Prepared
from tui.operations.migrating.failed import of_failed
from tui.operations.migrating.rehearsing import copy_live, discard, refusal, rehearse
from tui.operations.timelines import rehearsals
from tui.services.migrations.running import Job


def rehearse_now(job: Prepared, progress: Progress) -> Facts:
    """Rehearse, keep the report, and go on only if it went well.

    Raises:
        McpdbError: A revision failed, or what it left forbids doing it for real.
    """
    deployment, operation_id = job.wanted.deployment, progress.operation_id
    began = time.monotonic()
    copy = copy_live(deployment, operation_id, progress)
    report = rehearse(
        deployment,
        rehearsed_job(job),
        job.code.image,
        copy,
        progress,
        copy_seconds=time.monotonic() - began,
        live_inode=job.live.inode,
    )
    discard(deployment, operation_id)
    rehearsals.save(deployment, report)
    refuse(report)
    return {"rehearsed": report.id, "rehearsed_seconds": dict(report.seconds)}


def rehearsed_job(job: Prepared) -> Job:
    """What is run for real, and a start of the gateway behind it where that belongs to it."""
    at_head = set(job.route.after) == set(job.code.timeline.heads)
    return Job(
        action=job.wanted.action,
        target=job.route.target,
        bootstrap=job.wanted.action == "upgrade" and at_head,
        leftovers=job.left,
    )


def refuse(report: Rehearsal) -> None:
    """Say what was wrong with a rehearsal.

    Raises:
        McpdbError: It must not be done for real.
    """
    error = refusal(report)
    if error is not None:
        again = type(error)(f"{error} Nothing was changed; the report is kept.")
        raise again.telling(rehearsal=report.id, **of_failed(report.failed)) from error
    if not report.ok:
        raise McpdbError("The rehearsal did not go well. Nothing was changed; the report is kept.")
