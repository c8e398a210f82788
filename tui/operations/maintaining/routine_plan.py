"""The plan of the weekly routine: what is done, whether the gateway stops, what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.core.operation import Check, Plan, PlannedStep, Tier, Verdict
from tui.operations.command import command_line
from tui.operations.maintaining import online, planning
from tui.operations.maintaining.checking import FOREIGN_KEYS, INTEGRITY
from tui.operations.maintaining.planned import beside_steps, stopped_steps, work_seconds
from tui.operations.maintaining.planning import Mode, Situation
from tui.operations.maintaining.rebuilding import needed_space
from tui.operations.maintaining.rebuilt_file import Work
from tui.operations.maintaining.words import VACUUM_LEFT_OUT
from tui.operations.restoring.space import space_check
from tui.services import files

SIZE = "see how large it is now"


def make_plan(
    operation: str,
    deployment: Deployment,
    s: Situation,
    backup: Plan,
    mode: Mode,
    works: Sequence[Work],
    words: Sequence[str],
) -> Plan:
    """Turn what was looked at into the plan; see `planning` for its facts.

    Args:
        operation: Its name.
        deployment: Whose.
        s: What was looked at.
        backup: The plan of the backup that comes first.
        mode: How the live file is worked on.
        works: What would be done to it.
        words: The command.
    """
    vacuum = "vacuum" in works
    checks = [*planning.reading_checks(s), *_backup_checks(backup, s)]
    steps = [*backup.steps, *_check_steps(s)]
    needs, title = 0, ""
    downtime: float | None = 0.0
    more: dict[str, Any] = {}
    disruptive = s.near.running and (mode == "stop" or (mode == "online" and vacuum))
    if mode == "stop":
        checks += planning.stopped_checks(s)
        steps += stopped_steps(s, works)
        needs = needed_space(s.near.live, s.near.way)
        downtime = planning.downtime(s, work_seconds(s, works))
        title = ", with the gateway stopped for a part of it" if disruptive else ""
    elif mode == "online" and vacuum:
        locked = s.about("vacuum-online", planning.ONLINE_RATE)
        checks += planning.online_checks(s, vacuum=True, keeps=False, locked=locked)
        steps += [_analyze_step(s), *beside_steps(s, locked, keeps=False)]
        needs = planning.online_space(s, keeps=False)
        more = {"locked": locked, "disturbs": "its writers wait during VACUUM, and some may fail"}
        title = ", VACUUM beside the running gateway"
    else:
        steps.append(_analyze_step(s))
    beside = _backup_beside(deployment, backup)
    needs += beside
    if beside and (mode == "stop" or (mode == "online" and vacuum)):
        # In the place of the one that knows nothing of the backup.
        checks = [check for check in checks if check.name != "space"]
        checks.append(_both(s, needs))
    left = _left_out(deployment, mode, s, vacuum=vacuum)
    checks += [Check("left out", Verdict.WARN, text) for text in left]
    steps.append(PlannedStep("size", SIZE, True, 0.1, False))
    return Plan(
        operation=operation,
        title=f"the weekly routine on the database of {deployment.name}{title}",
        tier=Tier.DISRUPTIVE if disruptive else Tier.LIGHT,
        subject=deployment.name,
        basis=s.basis(mode=mode, vacuum=vacuum),
        checks=tuple(checks),
        steps=tuple(steps),
        downtime=downtime,
        command=command_line(deployment, *words),
        facts=planning.facts(
            s,
            operation,
            mode,
            needs=needs,
            needs_in=str(deployment.database.parent),
            seconds=sum(step.seconds or 0.0 for step in steps),
            left_out=left,
            way=s.near.way.kind,
            **more,
        ),
    )


def _backup_checks(backup: Plan, s: Situation) -> list[Check]:
    told = {"database", "read-only"}  # said already
    return [check for check in backup.checks if check.name not in told or s.problem]


def _backup_beside(deployment: Deployment, backup: Plan) -> int:
    """Bytes that the backup takes on the disk of the database."""
    try:
        folder, live = deployment.backup_dir, deployment.database.parent
        while files.identity(folder) is None and folder != folder.parent:
            folder = folder.parent
        one, other = files.identity(folder.resolve()), files.identity(live)
    except McpdbError:
        return 0
    same = one is not None and other is not None and one.device == other.device
    return int(backup.facts.get("bytes") or 0) if same else 0


def _both(s: Situation, needs: int) -> Check:
    """Whether backup and new file have room together."""
    return space_check(s.near.live.path.parent, needs, "The backup and the new file", s.near.live)


def _left_out(deployment: Deployment, mode: Mode, s: Situation, *, vacuum: bool) -> list[str]:
    if mode != "look":
        return []
    left = [VACUUM_LEFT_OUT] if vacuum else []
    if why := online.why_not(deployment, s.near.live.journal_mode):
        left.append(f"ANALYZE left out: {why}.")
    return left


def _check_steps(s: Situation) -> tuple[PlannedStep, ...]:
    return (
        PlannedStep("integrity", INTEGRITY, True, s.about("integrity", planning.CHECK_RATE)),
        PlannedStep("foreign-keys", FOREIGN_KEYS, True, s.past.seconds("foreign-keys")),
    )


def _analyze_step(s: Situation) -> PlannedStep:
    seconds = s.past.seconds("analyze-online")
    return PlannedStep("analyze-online", online.ANALYZE, True, seconds)
