"""Room on the disk, and what the gateway's own log files take of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Deployment, Diagnosis, Remedy
from tui.operations.cataloguing.retention import host_now
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.operations.needs import restore_needs
from tui.operations.prune import Prune
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, plural, size

NOTHING_LEFT = 16 * 1024 * 1024
"""Bytes free below which the gateway's next transactions may already fail."""
LARGE_LOGS = 1024 * 1024 * 1024
_MOST_FILES = 10_000


def disk(patient: Patient) -> Diagnosis | None:
    """Whether there is room for a backup and for a restore, where each of them is written."""
    deployment, facts = patient.deployment, patient.database
    if deployment.blocked("database") is not None:
        return None
    needed = restore_needs(facts)
    places = {
        where: (files.free_space(where), what)
        for where, what in (
            (deployment.backup_dir, "a backup"),
            (deployment.database.parent, "a restore"),
        )
    }
    least, (free, what) = min(places.items(), key=lambda item: item[1][0])
    text = f"{narrow_size(free, 'down')} of {narrow_size(_total(least))} free"
    where = f"in {one_line(str(least))}"
    if free < NOTHING_LEFT:
        return fail(
            "disk",
            f"{text} {where}: full",
            "The gateway's writes fail with `database or disk is full`; nothing that was committed "
            "is lost by it. Removing backups by rule works with 0 bytes free.",
            remedy=_room(patient),
            code=ExitCode.PRECHECK,
        )
    if free < needed:
        return warn(
            "disk",
            f"{text}; {what} needs {narrow_size(needed, 'up')}",
            f"Looked at {where}. Without it every operation that writes is refused before it "
            "begins.",
            remedy=_room(patient),
        )
    return well("disk", f"{text}; {what} needs {narrow_size(needed, 'up')}")


def _total(path: Path) -> int:
    while not path.exists() and path != path.parent:
        path = path.parent
    found = os.statvfs(path)
    return found.f_blocks * found.f_frsize


def _room(patient: Patient) -> Remedy | None:
    """What can go by rule; where that is nothing, what else there is."""
    deployment = patient.deployment
    try:
        decision = Prune(deployment).decide(host_now())
    except McpdbError:
        return None
    if decision.dropped:
        return remedy(
            f"prune {plural(len(decision.dropped), 'backup')}",
            f"{narrow_size(decision.freed)} that no rule of retention keeps.",
            "prune",
            [command_line(deployment, "backup", "prune")],
        )
    return remedy(
        "make room",
        "No rule of retention gives a backup up. Large files of others, old logs and unused "
        "images are what is left.",
        by_hand=[f"sudo du -xh --max-depth=2 {deployment.database.parent} | sort -h | tail"],
    )


def logs(patient: Patient) -> Diagnosis | None:
    """What the gateway's own log files take."""
    paths = patient.deployment.log_files
    if not paths:
        return None
    looked = [_looked(path) for path in paths]
    found = [size_ for sizes, _unread in looked for size_ in sizes]
    unread = next((error for _sizes, errors in looked for error in errors), None)
    total = sum(found)
    text = f"{size(total)} in {plural(len(found), 'file')}"
    if unread is not None:
        text += f"; not all could be looked at ({one_line(_told(unread))})"
    if total < LARGE_LOGS:
        if unread is not None:
            return unknown("logs", text)
        return well("logs", text)
    return warn(
        "logs",
        text,
        "Old ones are compressed after a day and removed after 30, as the guide wants it, also "
        "where the gateway has them open.",
        remedy=remedy(
            "rotate them",
            "Files of yesterday and before are compressed, what is older than 30 days goes.",
            "rotate-logs",
            [command_line(patient.deployment, "rotate-logs")],
        ),
    )


def log_sizes(deployment: Deployment) -> list[int]:
    """Bytes of each of the gateway's own log files.

    Raises:
        OSError: Some of them cannot be looked at.
    """
    return [size_ for path in deployment.log_files for size_ in file_sizes(path)]


def file_sizes(path: Path) -> list[int]:
    """Bytes of a file, or of the files in a folder; links are not followed.

    Raises:
        OSError: Some of them cannot be looked at.
    """
    sizes, unread = _looked(path)
    if unread:
        raise unread[0]
    return sizes


def _looked(path: Path) -> tuple[list[int], list[OSError]]:
    """Bytes of each file that can be looked at, and what kept us from others."""
    sizes: list[int] = []
    unread: list[OSError] = []
    for one in _below(path, unread):
        try:
            found = os.lstat(one)
        except FileNotFoundError:
            continue  # rotated away meanwhile
        except OSError as error:
            unread.append(error)
            continue
        if stat.S_ISREG(found.st_mode):
            sizes.append(found.st_size)
        if len(sizes) == _MOST_FILES:
            break
    return sizes, unread


def _below(path: Path, unread: list[OSError]) -> Iterator[Path]:
    """A file itself, or every file below a folder; `unread` gets what cannot be listed."""
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    for folder, _folders, names in os.walk(path, onerror=unread.append):
        yield from (Path(folder) / name for name in names)


def _told(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
