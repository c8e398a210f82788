"""Taking a whole Compose project down, and up again: what `docker compose down` and `up -d` do.

Neither touches a volume, and an `up` makes nothing anew that is there: another image comes in by
an upgrade, which rehearses it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import DockerError, NotFoundError, UnhealthyError
from tui.core.models import ContainerRef
from tui.services import mounts
from tui.services.containers import compose_cli, container_facts
from tui.services.containers.compose_cli import Waited
from tui.services.containers.compose_project import cli_of, environ_of, project_words, words_of
from tui.services.containers.engine import Engine
from tui.services.containers.engine_errors import translated
from tui.wording.clean import one_line

SECONDS = 300.0
"""Seconds that either may take: every container of the project may need its grace to stop."""
NEEDED_BY = "compose down and up need"
_LABEL = "com.docker.compose.project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What there is of a project in the engine now."""

    containers: tuple[str, ...] = ()
    """Names; those that an operator ran once are among them."""
    running: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    loses: str = ""
    """Why the gateway's database would go with its container; empty when it stays."""


def parts(ref: ContainerRef) -> Parts:
    """Look at what there is of the project.

    Raises:
        DockerError: The engine does not answer.
    """
    engine = Engine(ref.docker_host)
    try:
        mine = [
            c for c in engine.containers() if (c.get("Labels") or {}).get(_LABEL) == ref.project
        ]
        api, only = engine.api(), {"label": f"{_LABEL}={ref.project}"}
        with translated(engine.host, engine.timeout, ref.project):
            networks = api.networks(filters=only)
            volumes = api.volumes(filters=only)
        names = {c["Id"]: str(c["Names"][0]).lstrip("/") for c in mine if c.get("Names")}
        return Parts(
            containers=tuple(sorted(names.values())),
            running=tuple(sorted(names[c["Id"]] for c in mine if c.get("State") == "running")),
            networks=tuple(sorted(str(one["Name"]) for one in networks)),
            volumes=tuple(sorted(str(one["Name"]) for one in volumes.get("Volumes") or [])),
            loses=_loses(engine, ref),
        )
    finally:
        engine.close()


def _loses(engine: Engine, ref: ContainerRef) -> str:
    """Why the database would be lost with the container."""
    if not ref.database_inside:
        return ""
    try:
        facts = engine.inspect(ref.container)
    except NotFoundError:
        return ""
    working_dir = facts["Config"].get("WorkingDir") or "/"
    mount = mounts.mount_of(ref.database_inside, working_dir, container_facts.mounts(facts))
    if mount is None:
        return f"{one_line(ref.database_inside)} is on no mount"
    if mount.get("Type") == "tmpfs":
        return f"{one_line(str(mount['Destination']))} is in memory"
    if mount.get("Type") == "volume" and mounts.is_anonymous(mount):
        # It would stay, but the next container gets another one.
        return f"{one_line(str(mount['Destination']))} is an anonymous volume"
    return ""


def down(ref: ContainerRef, state_dir: Path, waited: Waited) -> None:
    """Stop and remove the project's containers and networks; volumes stay.

    Args:
        ref: The gateway's container.
        state_dir: Of the database.
        waited: Told the seconds that have passed and those allowed.

    Raises:
        DockerError: Compose failed, or the engine does not answer.
        NotFoundError: There is no Compose here.
    """
    said = _run(ref, state_dir, waited, "down")
    if said:
        raise DockerError(f"Compose did not take {one_line(ref.project)} down: {said}.")


def up(ref: ContainerRef, state_dir: Path, waited: Waited) -> None:
    """Make what is missing of the project and start all of it; what is there is kept as it is.

    Args:
        ref: The gateway's container.
        state_dir: Of the database.
        waited: Told the seconds that have passed and those allowed.

    Raises:
        UnhealthyError: Compose failed.
        DockerError: The engine does not answer.
        NotFoundError: There is no Compose here.
    """
    # Compose 1.x complains of no engine in its own words: ours come first.
    engine = Engine(ref.docker_host)
    try:
        engine.containers()
    finally:
        engine.close()
    said = _run(ref, state_dir, waited, "up", "-d", "--no-recreate")
    if said:
        raise UnhealthyError(f"Compose did not bring {one_line(ref.project)} up: {said}.")


def words(ref: ContainerRef, *verb: str) -> Sequence[str]:
    """The command as it is run.

    Raises:
        NotFoundError: There is no Compose here, or the project's files are elsewhere.
    """
    return [*words_of(ref, cli_of(ref, NEEDED_BY)), *project_words(ref), *verb]


def _run(ref: ContainerRef, state_dir: Path, waited: Waited, *verb: str) -> str:
    with compose_cli.alone(state_dir, SECONDS, waited) as lock:
        done = compose_cli.run(
            words(ref, *verb),
            cwd=Path(ref.working_dir),
            deadline=SECONDS,
            environ=environ_of(ref),
            waited=waited,
            lock=lock,
        )
    return (done.said or f"exit {done.code}") if done.code else ""
