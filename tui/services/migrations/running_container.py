"""Running migrations on a copy in a one-off container of the gateway's image.

Imported only when an engine must be asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tui.core.models import ContainerRef, Deployment
from tui.services.containers.engine import Engine
from tui.services.migrations import copies, left_behind
from tui.services.migrations.account import Account
from tui.services.migrations.containers import ContainerSide
from tui.services.migrations.job import Event, Job, Ran
from tui.services.migrations.probe import NoPackageError
from tui.services.migrations.program import migrate_program
from tui.services.migrations.request import SLACK, new_marker, request

_NOT_EXECUTED = (126, 127)


def run(
    side: ContainerSide,
    deployment: Deployment,
    job: Job,
    database: Path,
    *,
    on_event: Callable[[Event], None],
    checkpoint: Callable[[], None],
    deadline: float,
) -> Ran:
    """Run migrations on a copy; see `tui.services.migrations.running.run`.

    Args:
        side: The gateway's container and the image that runs.
        deployment: Whose package.
        job: What is run.
        database: The copy, absolute.
        on_event: Told what begins and ends, as it does.
        checkpoint: Called at least every 0.5 s; what it raises ends the run.
        deadline: Seconds after which it is ended.

    Raises:
        NoPackageError: No interpreter of the image has the package.
        MigrationFailedError: A revision raised.
        DockerError: The engine does not do it.
    """
    began = time.monotonic()
    copies.prepare(job, database)
    missing = ""
    for python in side.interpreters(side.is_up and not side.is_other):
        marker = new_marker()
        account = Account(job, marker, side.image_name, on_event)
        asked = request(deployment, job, side.inside(database.name), marker, deadline)
        copies.open_to(database, side.owner)
        try:
            code = side.follow(
                [python, "-B", "-c", migrate_program(), asked],
                database,
                hear=account.hear,
                checkpoint=checkpoint,
                deadline=deadline + SLACK,
            )
        finally:
            copies.take_back(database)
        if account.missing or code in _NOT_EXECUTED:
            missing = missing or account.missing
            continue
        ran = account.conclude(
            code,
            time.monotonic() - began,
            image=side.image_name,
            image_id=side.image_id,
            user=None if side.maps_users else account.user,
        )
        copies.close(database)
        return ran
    raise NoPackageError(
        f"The image {side.image_name} {missing or 'has no interpreter with the gateway'}."
    )


def remove_left_behind(ref: ContainerRef) -> list[str]:
    """Remove the one-off containers whose maker is dead; their names.

    Raises:
        DockerError: The engine does not answer.
    """
    engine = Engine(ref.docker_host)
    try:
        return left_behind.remove_left_behind(engine)
    finally:
        engine.close()
