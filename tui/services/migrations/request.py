"""What the program that migrates is asked."""

from __future__ import annotations

import json
import secrets

from tui.core.models import Deployment
from tui.services.migrations.job import Job

SLACK = 10.0
"""Seconds beyond the deadline in which the program ends itself and says where it was."""


def request(
    deployment: Deployment,
    job: Job,
    database: str,
    marker: str,
    deadline: float,
    *,
    watch: bool = False,
) -> str:
    """Return the request as the program takes it.

    Args:
        deployment: Whose package.
        job: What is run.
        database: The copy's path where the program runs.
        marker: What stands before the program's lines.
        deadline: Seconds after which it ends itself.
        watch: Whether the end of its stdin ends it.
    """
    return json.dumps(
        {
            "command": "migrate",
            "package": deployment.migrations.package,
            "marker": marker,
            "deadline": deadline,
            "watch": watch,
            "action": job.action,
            "target": job.target,
            "bootstrap": job.bootstrap or job.action == "bootstrap",
            "database": database,
        }
    )


def new_marker() -> str:
    """Return what no foreign output begins with."""
    return f"mcpdb:{secrets.token_hex(8)}:"
