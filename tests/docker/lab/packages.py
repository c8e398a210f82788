"""The programs that the laboratory needs from the system, installed from Debian when missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .base import LabError, environment, locked, log, run

PACKAGES = {
    "dockerd": "docker.io",
    "docker-compose": "docker-compose",
    "debootstrap": "debootstrap",
}
"""Program to the Debian package that has it."""

SEARCH_PATH = os.pathsep.join(
    [os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
)
"""Where programs are looked for: daemons lie in folders that a user's PATH may lack."""


def find(program: str) -> Path | None:
    """Return where a program is, or None."""
    found = shutil.which(program, path=SEARCH_PATH)
    return Path(found) if found else None


def why_not(program: str) -> str | None:
    """Tell in one sentence why a program can be neither found nor installed; None when it can."""
    if find(program) is not None:
        return None
    package = PACKAGES[program]
    if os.geteuid() != 0:
        return f"{program} is missing (Debian's package {package}), and only root can install it."
    if find("apt-get") is None:
        return f"{program} is missing, and there is no apt-get to install {package} with."
    return None


def need(program: str) -> Path:
    """Return where a program is, after installing its package if need be.

    Args:
        program: A key of `PACKAGES`.

    Raises:
        LabError: It is missing and cannot be installed.
    """
    with locked("packages"):
        found = find(program)
        if found is not None:
            return found
        reason = why_not(program)
        if reason is not None:
            raise LabError(reason)
        log.info("installing %s (apt-get)", PACKAGES[program])
        quiet = environment(PATH=SEARCH_PATH, DEBIAN_FRONTEND="noninteractive")
        run(["apt-get", "update", "-qq"], env=quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        run([*install, PACKAGES[program]], env=quiet)
        found = find(program)
        if found is None:
            raise LabError(f"Debian's package {PACKAGES[program]} did not bring {program}.")
        return found
