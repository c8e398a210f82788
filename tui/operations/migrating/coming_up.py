"""Which image bringing a project up lets at the database: another one migrates it at its start.

An upgrade rehearses that and has a way back. An `up` has neither: where the image is not known to
be the one that ran here, it is asked for, and a verified backup is made first (I8).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ContainerRef, Deployment
from tui.core.operation import Check, Facts, Record, Recovery, Verdict
from tui.operations.backing_up.backup_recovery import file_work
from tui.operations.backup import BackupCreate
from tui.operations.execution.journaled import failure, merged
from tui.operations.finding.compose_projects import image_before
from tui.operations.reads.looking import LiveDatabase
from tui.services import files
from tui.services.containers import compose_project
from tui.services.containers.compose_project import Named
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line

MIGRATES = "the image that comes up may migrate the database, which is backed up first"
_LABEL = "before the start with an image that may be another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The image that the gateway's container is made from."""

    check: Check
    image: str = ""
    """Its id; empty where no container is made, or the image is not here yet."""
    backs_up: bool = False
    """Whether its start may migrate what is in the database."""


def coming(deployment: Deployment, ref: ContainerRef, containers: Collection[str]) -> Coming:
    """Look which image comes up.

    Args:
        deployment: Whose.
        ref: The gateway's container.
        containers: Names of those that the project has now.

    Raises:
        DockerError: The engine does not answer.
    """
    if ref.container in containers:
        text = "its container is there and is started, not made anew"
        return Coming(check=Check("container", Verdict.OK, text))
    named = compose_project.named_image(ref)
    if not named.name:
        return Coming(check=Check("image", Verdict.FAIL, named.problem))
    other = _other(named, deployment.image_id or image_before(deployment))
    if other and _holds_rows(deployment):
        text = f"{other}: its start may migrate the database. A verified backup is made first."
        return Coming(check=Check("image", Verdict.WARN, text), image=named.id, backs_up=True)
    if named.problem:
        text = f"{one_line(named.name)} is fetched first"
        return Coming(check=Check("image", Verdict.WARN, text))
    return Coming(check=Check("image", Verdict.OK, one_line(named.name)), image=named.id)


def _other(named: Named, before: str) -> str:
    """Why it may be another image than the one that ran here; empty when it is the same."""
    name = one_line(named.name)
    if named.problem:
        return f"{name} is fetched first; whether it is the image that ran here is not known"
    if named.pulls:
        return f"A registry is asked for {name}; what it gives may be another image"
    if not before:
        return f"Compose names {name}; which image ran here before is not known"
    if before != named.id:
        return f"Compose names {name}, another image than the one that ran here"
    return ""


def _holds_rows(deployment: Deployment) -> bool:
    """Whether there is a table to lose; what cannot be read may hold some."""
    try:
        path = deployment.database
        beside = [files.identity(sidecar(path, suffix)) for suffix in ("-wal", "-journal")]
        live = files.identity(path)
        if live is None or not any(one is not None and one.size for one in (live, *beside)):
            return False
        return any(one.kind in ("table", "virtual") for one in LiveDatabase(deployment).tables())
    except (McpdbError, OSError):
        return True


# --- the backup before it -----------------------------------------------------------------------


def backup_of(deployment: Deployment) -> BackupCreate:
    """The backup that is made before the start."""
    return BackupCreate(deployment, label=_LABEL)


def told(made: Facts) -> str:
    """What a result says of that backup; empty where none was made."""
    if not made.get("name"):
        return ""
    text = f" The database as it was is backed up as {one_line(str(made['name']))}."
    # A second copy that was not made is told by the backup itself.
    return f"{text} {made['sentence']}" if made.get("ends_with") else text


def undone(deployment: Deployment, records: Sequence[Record]) -> Recovery | None:
    """What an `up` still owes that ended within its backup: nothing of the project was touched.

    None where it had begun no backup.
    """
    if "partial" not in merged(records):
        return None
    work, cause = file_work(deployment, records), failure(records)
    words = work.sentence
    if cause is None:
        words = f"A compose up was cut short before it began. {words}"
    elif work.kept:
        words = f"{cause.sentence} {words}"
    return Recovery(
        "undo",
        words,
        work.actions,
        cause.exit_code if cause else ExitCode.FAILED,
        cause.outcome if cause else "cut short",
        work.facts,
    )
