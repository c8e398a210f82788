"""Which way a backup gets into the place of the live file: by a rename, or by being written in.

A rename is the rule. It needs a file of the same owner beside the old one, and a hard link that
keeps the old one. Where either is refused, the backup is written into the live file, which keeps
its inode and owner; then a copy of the old content is made while the gateway is down.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tui.core.errors import McpdbError, PrecheckError
from tui.core.models import Backup, DatabaseFacts, Deployment, FileIdentity
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import safety_dir
from tui.services import files
from tui.services.mounts import filesystem, mount_point
from tui.services.sqlite.inspection import check_header
from tui.wording.clean import one_line

_CAP_CHOWN = 0
_NO_LINKS = frozenset({"vfat", "msdos", "exfat", "fat"})
"""Filesystems without hard links."""


@dataclass(frozen=True, slots=True)
class Way:
    """How it is done, and why."""

    kind: Literal["swap", "overwrite"]
    keep_dir: Path
    """Where the old content is kept."""
    why: str = ""
    """Why no other file can take the place, e.g. `only root can give the new file to forge`."""
    problem: str = ""
    """Why neither way can be gone; empty when this one can."""

    def require(self) -> None:
        """Refuse what cannot be done.

        Raises:
            PrecheckError: Neither way can be gone.
        """
        if self.problem:
            raise PrecheckError(self.problem)


def choose(
    deployment: Deployment,
    backup: Backup | None,
    live: DatabaseFacts,
    *,
    write_through: bool = False,
) -> Way:
    """Decide from what can be seen without writing anything.

    Args:
        deployment: Whose database.
        backup: What is put there; None where that is made from the live file itself.
        live: What stands there.
        write_through: Write it in although a rename could do it.
    """
    folder = safety_dir(deployment)
    found = files.identity(deployment.database)
    if found is None:
        return Way("swap", folder)
    if mount_point(deployment.database) == deployment.database:
        return Way("swap", folder, problem=_mounted_alone(deployment.database))
    why = "asked for" if write_through else why_not_swap(deployment, found)
    if not why:
        return Way("swap", folder)
    place = _place_for_copy(deployment, live.size + live.wal_size)
    problem = _why_not_overwrite(deployment, backup, live, why)
    if not problem and place is None:
        problem = (
            f"The old database would be copied first ({why}), and neither "
            f"{one_line(str(folder))} nor {one_line(str(deployment.backup_dir))} has the space "
            "for it and can be written."
        )
    return Way("overwrite", place or folder, why, problem)


def why_not_swap(deployment: Deployment, live: FileIdentity) -> str:
    """Why another file cannot take the place of the live one; empty when it can."""
    folder, safety = deployment.database.parent, _existing(safety_dir(deployment))
    if not may_give(live):
        owner = files.user_name(live.uid)
        return f"only root can give a new file to {owner}, you are {files.user_name(os.geteuid())}"
    if safety.stat().st_dev != live.device or mount_point(safety) != mount_point(folder):
        return f"{one_line(str(safety_dir(deployment)))} is on another filesystem"
    kind = filesystem(folder.resolve())
    if kind in _NO_LINKS:
        return f"its filesystem ({kind}) has no hard links"
    return ""


def may_give(live: FileIdentity) -> bool:
    """Whether a file of ours can get the live file's owner and group."""
    ours = live.uid == os.geteuid() and live.gid in {os.getegid(), *os.getgroups()}
    return ours or _has_capability(_CAP_CHOWN)


def _has_capability(number: int) -> bool:
    """Whether this process has a capability: root in a container may have lost it.

    Source: proc(5), `CapEff` in `/proc/pid/status`; capabilities(7) for the numbers.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        mask = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    except (OSError, StopIteration, ValueError):
        return os.geteuid() == 0
    return bool(mask >> number & 1)


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that we can see; links followed."""
    path = path.resolve()
    while not _is_seen(path) and path != path.parent:
        path = path.parent
    return path


def _is_seen(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _place_for_copy(deployment: Deployment, needed: int) -> Path | None:
    """Where the copy of the old content goes: the safety folder, else the backup folder."""
    for folder in (safety_dir(deployment), deployment.backup_dir):
        there = _existing(folder)
        if not os.access(there, os.W_OK | os.X_OK, effective_ids=True):
            continue
        try:
            files.require_space(there, needed, "The safety copy")
        except McpdbError:
            continue
        return folder
    return None


def _why_not_overwrite(
    deployment: Deployment, backup: Backup | None, live: DatabaseFacts, why: str
) -> str:
    """What forbids writing into the live file; empty when nothing does."""
    name, sudo = one_line(str(live.path)), " Run it with sudo." if os.geteuid() else ""
    if not os.access(live.path, os.R_OK | os.W_OK, effective_ids=True):
        return f"{name} can neither be replaced ({why}) nor be written by you.{sudo}"
    if live.problem:
        return f"{name} cannot be read, so it can only be set aside, and {why}.{sudo}"
    if doubt := suspicion.why_suspect(deployment):
        return (
            f"The disk failed under {name}: {doubt} It is not overwritten; it can only be set "
            f"aside, and {why}.{sudo}"
        )
    if backup is None:
        return ""
    try:
        pages = page_size_of(backup)
    except McpdbError:
        return ""  # the checks say what is wrong with it
    if pages and live.page_size and pages != live.page_size:
        return (
            f"The backup has pages of {pages:,} bytes and {name} of {live.page_size:,}: it cannot "
            f"be written into that file, and {why}.{sudo}"
        )
    return ""


def page_size_of(backup: Backup) -> int:
    """The page size of a backup's database; 0 where it is not known without unpacking it."""
    if backup.manifest is not None:
        return backup.manifest.page_size
    return 0 if backup.compression else check_header(backup.path)[0]


def _mounted_alone(live: Path) -> str:
    return (
        f"Only the file {one_line(str(live))} is mounted here: what lies beside it where it comes "
        "from is not seen, and nothing can take its place. Mount its folder instead."
    )
