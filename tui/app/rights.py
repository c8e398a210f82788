"""Whether this user may change anything here, and the same with the rights to do it."""

from __future__ import annotations

import os
from pathlib import Path

from tui.core.models import Deployment


def rights_problem(deployment: Deployment) -> str:
    """Why nothing may be changed by this user, to stand behind a verb; empty when it may.

    `needs root: /srv/forge/data belongs to 10001, you are dana (1000).`
    """
    for folder in (deployment.database.parent, deployment.state_dir, deployment.backup_dir):
        try:
            there = folder.is_dir()
            if not there or _may_write(folder):
                continue
            owner = folder.stat().st_uid
        except OSError:
            continue  # Hidden from us; the folder above it was asked already.
        if os.geteuid() == 0:
            return f"is off: {folder} cannot be written, its file system is read-only."
        return f"needs root: {folder} belongs to {_named(owner)}, you are {_named(os.geteuid())}."
    return ""


def sudo_line(deployment: Deployment, *words: str) -> str:
    """The same with all rights; empty when they are not what is missing."""
    if os.geteuid() == 0:
        return ""
    from tui.operations.command import command_line

    return f"sudo {command_line(deployment, *words)}"


def _may_write(folder: Path) -> bool:
    mode = os.R_OK | os.W_OK | os.X_OK
    return os.access(folder, mode, effective_ids=os.access in os.supports_effective_ids)


def _named(uid: int) -> str:
    from tui.services.files import user_name

    name = user_name(uid)
    return name if name == str(uid) else f"{name} ({uid})"
