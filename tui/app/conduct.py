"""Planning, starting and finishing an operation; each blocks and imports late, for threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.app.seen import Seen
from tui.core.models import ActivityEntry, Deployment

if TYPE_CHECKING:
    from tui.core.operation import Operation, Plan, Recovery


_FEW = 4
"""Files that a question names on lines of their own."""


def with_deployment(seen: Seen, deployment: Deployment | None) -> Seen:
    """Begin to know a deployment: which host, and who asks."""
    if deployment is None:
        return seen
    from tui.services import operator

    return replace(
        seen,
        deployment=deployment,
        host=seen.host or operator.host(),
        who=seen.who or operator.who(),
    )


def planned(
    make: Callable[[Deployment], Operation], deployment: Deployment
) -> tuple[Operation, Plan]:
    """Make an operation and its plan.

    Raises:
        McpdbError: It cannot even be planned.
    """
    operation = make(deployment)
    return operation, operation.plan()


def launched(operation: Operation, plan: Plan) -> str:
    """Start an operation in a process of its own; returns its journal's id.

    Raises:
        BusyError: Somebody is busy, or something moved since the plan.
        McpdbError: It was refused; nothing was changed.
    """
    from tui.operations.execution.launch import launch
    from tui.services import operator

    return launch(operation, plan.fingerprint, operator.origin(plan.command))


def left_of(deployment: Deployment, entry: ActivityEntry) -> Recovery | None:
    """What is left to do about an operation that was cut; None when that cannot be told."""
    from tui.operations.execution.recovery import outlook

    return outlook(deployment, entry.id)


def resumed(deployment: Deployment) -> None:
    """Finish or undo what was cut; returns when that is done.

    Raises:
        McpdbError: It cannot be done now.
    """
    from tui.operations.execution.launch import launch_resume

    launch_resume(deployment)


def effects(plan: Plan) -> list[str]:
    """What a disruptive step does, in sentences."""
    from tui.core.operation import Verdict
    from tui.wording import quantities

    lines = [check.text for check in plan.checks if check.verdict is not Verdict.OK]
    if plan.downtime is None:
        # Where it is started again by the same operation, only how long is not known.
        again = any(step.gateway_up for step in plan.steps[1:] if plan.steps)
        tail = "; how long that takes is not known yet" if again else ""
        lines.insert(0, f"Calls to the gateway fail until it is started again{tail}.")
    elif plan.downtime:
        about = quantities.duration(round(plan.downtime))
        lines.insert(0, f"Calls to the gateway fail for about {about}.")
    lines += [str(line) for line in plan.facts.get("effects", ())]
    lines += written([str(file["path"]) for file in plan.facts.get("files", ())])
    return lines


def written(paths: Sequence[str]) -> list[str]:
    """The files that are written, each on a line; many of one folder on one."""
    if len(paths) <= _FEW:
        return [f"writes {path}" for path in paths]
    lines = []
    for folder in dict.fromkeys(str(Path(path).parent) for path in paths):
        names = [Path(path).name for path in paths if str(Path(path).parent) == folder]
        lines.append(f"writes {len(names)} files in {folder}: {', '.join(names)}")
    return lines
