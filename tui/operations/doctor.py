"""The doctor: every check of a deployment, worst first. It looks and changes nothing.

Only that a deep look found damage, or a disk that fails, is remembered: see
`cataloguing.suspicion`.

A check that cannot look says so (`unknown`); none of them stops the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tui.core.errors import McpdbError
from tui.core.models import Deployment, Diagnosis, GatewayState, Health
from tui.core.verdict import Verdict
from tui.operations.diagnosing import (
    backup_checks,
    content_checks,
    cron_check,
    docker_checks,
    file_checks,
    gateway_checks,
    lock_check,
    migration_checks,
    owner_checks,
    sidecar_checks,
    space_checks,
)
from tui.operations.diagnosing.findings import unknown
from tui.operations.diagnosing.patient import Patient, admit, never
from tui.wording.clean import one_line

Examination = Callable[[Patient], Diagnosis | None]
"""None where there is nothing that could be looked at: no container, no log folder."""

CHECKS: tuple[tuple[str, Examination], ...] = (
    ("docker", docker_checks.docker),
    ("mount", owner_checks.mount),
    ("folder", owner_checks.folder),
    ("file", file_checks.file),
    ("owner", owner_checks.owner),
    ("mode", file_checks.mode),
    ("sidecars", sidecar_checks.sidecars),
    ("lock", lock_check.lock),
    ("disk", space_checks.disk),
    ("integrity", content_checks.integrity),
    ("migrations", migration_checks.migrations),
    ("revision", migration_checks.revision),
    ("unfinished", backup_checks.unfinished),
    ("restarts", gateway_checks.restarts),
    ("gateway", gateway_checks.gateway),
    ("cron", cron_check.cron),
    ("backup", backup_checks.backup),
    ("drill", backup_checks.drill),
    ("partials", backup_checks.partials),
    ("vacuum", content_checks.vacuum),
    ("logs", space_checks.logs),
    ("docker-log", docker_checks.docker_log),
)
"""By name, causes before what follows from them."""

OF_THE_FILE = ("folder", "owner", "mode", "sidecars", "lock", "partials")
"""Checks of what lies on this host's disk: without a file here there is nothing to look at."""

_ORDER = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)


def examine(
    deployment: Deployment,
    *,
    state: GatewayState | None = None,
    health: Health | None = None,
    deep: bool = False,
    stop: Callable[[], bool] = never,
) -> Sequence[Diagnosis]:
    """Look at everything; never raises for a deployment that is broken, changes nothing.

    Blocks, so a screen calls it in a worker.

    Args:
        deployment: Whose.
        state: What the gateway is doing, where that is known already.
        health: What it says of itself, where that is known already.
        deep: Also read every page of the database and ask what takes long.
        stop: Asked while that is done; once it says yes the file is let go of, and what was
            being looked at is unknown.

    Returns:
        One diagnosis a check, worst first.
    """
    patient = admit(deployment, state=state, health=health, deep=deep, stop=stop)
    return worst_first(
        found for name, check in CHECKS if (found := _looked(name, check, patient)) is not None
    )


def worst_first(found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """In the order of `FAIL`, `warn`, `unknown`, `ok`."""
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.verdict)))


def _looked(name: str, check: Examination, patient: Patient) -> Diagnosis | None:
    if name in OF_THE_FILE and patient.deployment.blocked("database") is not None:
        return None
    try:
        return check(patient)
    except (McpdbError, OSError) as error:
        return unknown(name, f"could not be looked at: {one_line(str(error))}")
