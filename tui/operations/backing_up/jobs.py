"""What a schedule runs, and by which words each command finds its deployment again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tui.core.models import ContainerRef, Deployment
from tui.services import files
from tui.services.timers import At, Job

AT = "02:00"
WEEKLY = "Sun 03:30"

NIGHTLY_COMMANDS = (("backup", "create", "--trigger", "schedule"),)
"""Every night, then prune; a backup of unchanged data is made and recorded as well."""
WEEKLY_COMMANDS = (("backup", "drill", "--trigger", "schedule"),)
"""Every week, one after the other: the place of the weekly routine too."""


def program() -> tuple[str, ...]:
    """The words that start this very installation, whatever PATH says at night."""
    script = Path(sys.executable).parent / "mcpdb-tui"
    return (str(script),) if files.is_file(script) else (sys.executable, "-P", "-m", "tui")


def jobs(
    deployment: Deployment, at: str, weekly: str, options: Sequence[str], *, kind: str = "systemd"
) -> tuple[Job, ...]:
    """What runs when: `resume` after a boot, backup and prune by night, the drill by week.

    A night that was missed while the host was down is made up for once, after the boot: systemd
    does that by itself, for cron the line of the boot does it, if the newest backup is too old.

    Raises:
        UsageError: A time is none.
    """
    start = (*program(), *_where(deployment), *options)
    name = deployment.name
    prune = ("backup", "prune", "--confirm", name)
    catch_up = ((*NIGHTLY_COMMANDS[0], "--unless-newer", "24"), prune) if kind == "cron" else ()
    return (
        Job(
            "nightly",
            f"back up the database of {name}, then prune its backups",
            At.parse(at),
            tuple((*start, *words) for words in (*NIGHTLY_COMMANDS, prune)),
        ),
        Job(
            "weekly",
            f"restore the newest backup of {name} into a scratch place and check it",
            At.parse(weekly, weekly=True),
            tuple((*start, *words) for words in WEEKLY_COMMANDS),
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
