"""Running migrations on a copy, by whichever interpreter has the gateway's code.

A container's gateway is migrated in a one-off container of its image (or of another local one)
with the copy's folder where its data folder is; any other by the local interpreter. The live
file is never within reach of what runs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from tui.core.errors import DockerError, NotFoundError, PrecheckError, UsageError
from tui.core.models import ContainerRef, Deployment
from tui.services.migrations import copies, local, settings, stragglers
from tui.services.migrations.account import Account
from tui.services.migrations.job import Event, Job, MigrationFailedError, Ran
from tui.services.migrations.probe import NoPackageError
from tui.services.migrations.program import migrate_program
from tui.services.migrations.request import SLACK, new_marker, request
from tui.wording.clean import one_line

__all__ = ["Event", "Job", "MigrationFailedError", "Ran", "remove_left_behind", "run"]


def _require_plain(deployment: Deployment, database: Path) -> None:
    """Refuse a path that an address of a database says otherwise than the file system.

    Raises:
        PrecheckError: SQLAlchemy would cut it, decode it, or Alembic's settings refuse it.
    """
    # A container has the folder under a name of ours.
    inside = isinstance(deployment.gateway, ContainerRef)
    text = database.name if inside else str(database)
    odd = next((sign for sign in "%?" if sign in text), "")
    if odd:
        raise PrecheckError(
            f"The path of {one_line(deployment.database.name)} has a {odd}, which the gateway's "
            "code reads as part of an address: it cannot be migrated there. Rename the folder or "
            "file. Nothing was changed."
        )


def run(
    deployment: Deployment,
    job: Job,
    database: Path,
    *,
    image: str = "",
    on_event: Callable[[Event], None] = lambda _event: None,
    checkpoint: Callable[[], None] = lambda: None,
    deadline: float = 1_800.0,
) -> Ran:
    """Run migrations on a copy.

    The copy comes back ours, in rollback-journal mode and with nothing beside it.

    Args:
        deployment: Whose code and settings.
        job: What is run.
        database: The copy; its folder holds nothing else and is given to what runs. A bootstrap
            makes it.
        image: Another local image, by name or id; empty means the gateway's own.
        on_event: Told what begins and ends, as it does.
        checkpoint: Called at least every 0.5 s; what it raises ends the run.
        deadline: Seconds after which it is ended.

    Raises:
        MigrationFailedError: A revision raised; the copy is to be thrown away.
        PrecheckError: There is no copy, or where one is to be made there is.
        DockerError: There is no engine or image, or the container did not end in time.
        NotFoundError: Nothing here has the gateway's code.
    """
    database = database.absolute()
    _require_plain(deployment, database)
    python = deployment.migrations.python
    if isinstance(deployment.gateway, ContainerRef):
        # The Docker SDK costs half a second: imported only when a container is made.
        from tui.services.migrations import running_container
        from tui.services.migrations.containers import ContainerSide

        with contextlib.ExitStack() as stack:
            try:
                side = stack.enter_context(
                    ContainerSide.connect(deployment.gateway, deployment.image_id, image)
                )
            except DockerError:
                if image or not python:
                    raise
            else:
                return running_container.run(
                    side,
                    deployment,
                    job,
                    database,
                    on_event=on_event,
                    checkpoint=checkpoint,
                    deadline=deadline,
                )
    elif image:
        raise UsageError("This gateway runs in no container: another image cannot be tried.")
    if not python:
        raise NotFoundError(
            "Nothing here has the gateway's code: name an interpreter that has it (--python)."
        )
    return _run_local(deployment, job, database, on_event, checkpoint, deadline)


def remove_left_behind(deployment: Deployment) -> list[str]:
    """Remove the one-off containers that killed runs left on the gateway's engine; their names.

    Those of processes that live are left alone.

    Raises:
        DockerError: The engine does not answer.
    """
    if not isinstance(deployment.gateway, ContainerRef):
        return []
    from tui.services.migrations import running_container

    return running_container.remove_left_behind(deployment.gateway)


def _run_local(
    deployment: Deployment,
    job: Job,
    database: Path,
    on_event: Callable[[Event], None],
    checkpoint: Callable[[], None],
    deadline: float,
) -> Ran:
    began = time.monotonic()
    python = local.interpreter(deployment.migrations.python)
    copies.prepare(job, database)
    marker = new_marker()
    account = Account(job, marker, python, on_event)
    asked = request(deployment, job, str(database), marker, deadline, watch=True)
    try:
        code = local.stream(
            [python, "-B", "-c", migrate_program(), asked],
            database.parent,
            {
                **settings.of_host(deployment),
                **local.environment(python),
                **settings.ALONE,
                "DATABASE_URL": stragglers.address(database),
            },
            hear=account.hear,
            checkpoint=checkpoint,
            deadline=deadline + SLACK,
        )
    finally:
        stragglers.end_stragglers(database)
        copies.take_back(database)
    if account.missing:
        raise NoPackageError(f"{python} {account.missing}.")
    ran = account.conclude(code, time.monotonic() - began, image=python)
    copies.close(database)
    return ran
