"""What a schedule runs, and by which words each command finds its deployment again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import McpdbError, UsageError
from tui.core.models import ContainerRef, Deployment
from tui.operations.rotating.choosing import folders
from tui.services import files
from tui.services.timers import At, Job

AT = "02:00"
WEEKLY = "Sun 03:30"
MAINTAIN = "Sun 04:30"
LOGS = "02:45"

ALL = ("backup", "drill", "maintain", "logs")
"""What can be chosen; what finishes a cut operation after a boot always belongs to it."""

SCHEDULED = "--scheduled"
"""Says that nobody sits there: a failure is told to what `on_failure` names."""

BACKUP = ("backup", "create", "--trigger", "schedule")
"""Every night, then prune; a backup of unchanged data is made and recorded as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Which jobs there are, and when each of them runs."""

    which: tuple[str, ...] = ALL
    at: str = AT
    """Backup and prune, each day."""
    weekly: str = WEEKLY
    """The drill."""
    maintain: str = MAINTAIN
    """The weekly routine."""
    logs: str = LOGS
    """Rotation of the logs, each day."""


def chosen(which: Sequence[str]) -> tuple[str, ...]:
    """The jobs that are meant, in their order.

    Raises:
        UsageError: One is none, or there are none.
    """
    unknown = next((word for word in which if word not in ALL), None)
    if unknown is not None:
        raise UsageError(f"{unknown!r} is no job; there are {', '.join(ALL)}.")
    if not which:
        raise UsageError(f"No job is named; there are {', '.join(ALL)}.")
    return tuple(word for word in ALL if word in which)


def usual(deployment: Deployment) -> tuple[str, ...]:
    """The jobs of one that names none: logs only where it is known which."""
    try:
        folders(deployment)
    except McpdbError:
        return tuple(word for word in ALL if word != "logs")
    return ALL


def program() -> tuple[str, ...]:
    """The words that start this very installation, whatever PATH says at night."""
    script = Path(sys.executable).parent / "mcpdb-tui"
    return (str(script),) if files.is_file(script) else (sys.executable, "-P", "-m", "tui")


def jobs(
    deployment: Deployment, times: Times, options: Sequence[str], *, kind: str = "systemd"
) -> tuple[Job, ...]:
    """What runs when: the chosen jobs, and `resume` after a boot.

    Each job is one of its own, so that none waits for another that failed; only a prune follows
    its backup, and only one that went well. A night that was missed while the host was down is
    made up for once, after the boot: systemd does that by itself, for cron the line of the boot
    does it, for the backup alone, if the newest one is too old.

    Raises:
        UsageError: A time or a job is none.
    """
    start = (*program(), *_where(deployment), SCHEDULED, *options)
    name = deployment.name
    which = chosen(times.which)
    prune = ("backup", "prune", "--confirm", name)
    makes_up = kind == "cron" and "backup" in which
    catch_up = ((*BACKUP, "--unless-newer", "24"), prune) if makes_up else ()
    made = {
        "backup": (
            "nightly",
            f"back up the database of {name}, then prune its backups",
            At.parse(times.at),
            (BACKUP, prune),
        ),
        "drill": (
            "weekly",
            f"restore the newest backup of {name} into a scratch place and check it",
            At.parse(times.weekly, weekly=True),
            (("backup", "drill", "--trigger", "schedule"),),
        ),
        "maintain": (
            "maintain",
            f"the weekly routine on the database of {name}",
            At.parse(times.maintain, weekly=True),
            (("maintain", "--yes", "--trigger", "schedule"),),
        ),
        "logs": (
            "logs",
            f"rotate the logs of {name}",
            At.parse(times.logs),
            (("rotate-logs", "--yes"),),
        ),
    }
    return (
        *(
            Job(word, what, at, tuple((*start, *words) for words in commands))
            for key, (word, what, at, commands) in made.items()
            if key in which
        ),
        Job(
            "resume",
            f"finish or undo what was cut short on the database of {name}",
            None,
            tuple((*start, *words) for words in (("resume",), *catch_up)),
        ),
    )


def _where(deployment: Deployment) -> list[str]:
    """The options by which the commands find the same deployment from anywhere."""
    gateway = deployment.gateway
    container = gateway if isinstance(gateway, ContainerRef) else None
    if deployment.project_dir is not None:
        service = ["--service", container.service] if container and container.service else []
        return ["--project-dir", str(deployment.project_dir), *service]
    if container is not None:
        return ["--container", container.container]
    return ["--db", str(deployment.database)]
