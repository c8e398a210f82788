"""Owners: who may write the database, its folder, and what SQLite keeps beside it."""

from __future__ import annotations

import shlex
from pathlib import Path

from tui.core.errors import ExitCode
from tui.core.models import Diagnosis, FileIdentity, Remedy
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.services import files
from tui.services.mounts import filesystem
from tui.wording.clean import one_line

_WHY = (
    "The user changed between releases (1001:0 in 0.3, 10001:10001 since 1.0). A gateway that may "
    "not write its database fails at every start: `attempt to write a readonly database`."
)


def owner(patient: Patient) -> Diagnosis | None:
    """Whether the gateway's user may write the database file."""
    return _judged(patient, "owner", patient.deployment.database)


def folder(patient: Patient) -> Diagnosis | None:
    """Whether it may make files beside it: SQLite needs its sidecars there."""
    place = patient.deployment.database.parent
    if files.identity(place) is None:
        return fail(
            "folder",
            f"there is no {one_line(str(place))}",
            "Docker makes a missing folder of a bind mount as root's: the gateway cannot write it.",
            remedy=making(patient),
            code=ExitCode.NOT_FOUND,
        )
    return _judged(patient, "folder", place)


def making(patient: Patient) -> Remedy | None:
    """Make the folders that are missing, for whom they must belong to."""
    return remedy(
        "make the folder",
        "The missing folder is made, with the owner that the gateway or its backups need.",
        "make-folder",
        [command_line(patient.deployment, "doctor", "--fix", "folder")],
    )


def _judged(patient: Patient, name: str, path: Path) -> Diagnosis | None:
    found, user = files.identity(path), patient.user
    if found is None:
        return None
    is_folder = files.is_directory(found)
    where = f", {_kind(patient)}" if is_folder else ""
    has = f"{found.uid}:{found.gid} {found.mode & 0o7777:04o}"
    if user is None:
        who = one_line(patient.state.user) or "the gateway's user"
        return unknown(name, f"{has}; whether {who} may write it is not known{where}")
    me = f"{user[0]}:{user[1]}"
    if files.lets_write(found.mode, (found.uid, found.gid), user):
        text = f"{path.name} is writable by {me}" if is_folder else f"{has}; it runs as {me}"
        return well(name, one_line(text) + where)
    told = f"{one_line(path.name)} belongs to {has}, the gateway runs as {me}: it cannot write"
    put_right = giving(patient, name, path, found, user)
    if patient.state.running == "running":
        # One that runs opened it before, or has rights that are not seen here.
        return warn(name, told, _WHY, remedy=put_right)
    return fail(name, told, _WHY, remedy=put_right, code=ExitCode.PRECHECK)


def giving(
    patient: Patient, name: str, path: Path, found: FileIdentity, user: tuple[int, int]
) -> Remedy | None:
    """Give it to whom it must belong, or its owner the right to write it.

    Args:
        patient: Whose.
        name: Of the check.
        path: What may not be written.
        found: How it stands.
        user: Who must write it, by number.
    """
    fix = command_line(patient.deployment, "doctor", "--fix", name)
    me = f"{user[0]}:{user[1]}"
    quoted = shlex.quote(str(path))
    if found.uid == user[0]:
        word = "u+rwx" if files.is_directory(found) else "u+rw"
        return remedy(
            "let its owner write it",
            f"The mode of {path.name} gets {word}; nothing else changes, nothing is stopped.",
            "modes",
            [fix, f"sudo chmod {word} -- {quoted}"],
        )
    if patient.container is None:
        return remedy(
            f"give it to {me}",
            "Only the owner changes.",
            by_hand=[f"sudo chown {me} -- {quoted}"],
        )
    return remedy(
        f"give database, folder and sidecars to {me}",
        "The gateway is stopped, the files get their owner, and it is started again where it ran. "
        "Where the start will migrate, a verified backup is made before.",
        "own",
        [fix],
    )


def _kind(patient: Patient) -> str:
    """`a bind mount, ext4`."""
    kind = filesystem(patient.deployment.database.parent)
    mounted = "a bind mount, " if patient.container is not None else ""
    return f"{mounted}{kind or 'filesystem unknown'}"


def mount(patient: Patient) -> Diagnosis | None:
    """What about the place of the database stands in the way."""
    deployment = patient.deployment
    found = [
        problem
        for problem in deployment.problems
        if {"replace", "live", "database"} & set(problem.blocks)
        and problem.topic != "docker"  # told by the check of Docker
    ]
    if not found:
        return None
    return warn(
        "mount",
        one_line(found[0].text),
        *(one_line(problem.text) for problem in found[1:]),
        "What cannot be done here is greyed, with this reason.",
    )
