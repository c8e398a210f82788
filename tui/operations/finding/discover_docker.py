"""The deployments that Docker and Compose know."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tui.core.errors import NotFoundError, UsageError
from tui.core.models import ContainerRef, Deployment, GatewayState, Problem
from tui.core.settings import Settings
from tui.operations.finding.candidates import Candidate, build, container_name, filled
from tui.services import mounts
from tui.services.containers import compose, container_facts
from tui.services.containers.engine import Engine, Facts
from tui.services.files import is_folder
from tui.services.gateways.container import ContainerGateway

_LOG_FOLDER = "logs"
"""Where the gateway writes its log files unless `LOG_FOLDER` says otherwise."""


def look(settings: Settings, environ: Mapping[str, str]) -> tuple[list[Candidate], int]:
    """All gateways of the engine, stopped ones included, and how many containers there are.

    Raises:
        DockerError: The engine does not answer.
    """
    engine = Engine(environ=environ)
    try:
        listed = engine.containers()
        found = []
        for summary in listed:
            if not container_facts.may_be_gateway(summary):
                continue
            try:
                facts = engine.inspect(summary["Id"])
            except NotFoundError:
                continue  # removed since the list was made
            if container_facts.is_gateway(facts) or _is_named(settings, engine, facts):
                found.append(_candidate(settings, engine, facts, environ))
        return sorted(_shared(found), key=lambda c: container_name(c.deployment)), len(listed)
    finally:
        engine.close()


def _is_named(settings: Settings, engine: Engine, facts: Facts) -> bool:
    """Whether the operator means this container, by its name or by the database it has."""
    if settings.given("container"):
        return bool(container_facts.name_of(facts) == settings["container"])
    if not settings.given("database") or engine.is_remote:
        return False
    if "DATABASE_URL" not in container_facts.environment(facts):
        return False
    return bool(_located(facts, "").path == settings["database"].resolve())


def _candidate(
    settings: Settings, engine: Engine, facts: Facts, environ: Mapping[str, str]
) -> Candidate:
    working_dir = container_facts.compose(facts, "project.working_dir")
    folder = Path(working_dir) if working_dir and not engine.is_remote else None
    own, complaints = _own_settings(settings, folder)
    located = _located(facts, engine.hostname if engine.is_remote else "")
    name = container_facts.name_of(facts)
    files = container_facts.compose(facts, "project.config_files").split(",")
    ref = ContainerRef(
        container=name,
        project=container_facts.compose(facts, "project"),
        service=container_facts.compose(facts, "service"),
        docker_host=environ.get("DOCKER_HOST", ""),
        health_url=own["health_url"],
        # Compose 1.x names them relative to the project's folder.
        config_files=tuple(posixpath.join(working_dir, file) for file in files if file),
        working_dir=working_dir,
        database_inside=located.inside,
    )
    state = ContainerGateway(ref, engine).state_from(facts)
    deployment = replace(
        _deployment(own, facts, located, folder),
        gateway=ref,
        image=state.image,
        image_id=state.image_id,
    )
    deployment = replace(deployment, problems=(*deployment.problems, *complaints))
    said = [state.text, *(problem.text for problem in deployment.problems)]
    how = f"container {name}" + (f", {located.how}" if located.how else "")
    return Candidate(
        deployment=deployment,
        state=state,
        where=located.where,
        text=" ".join(text for text in said if text),
        settings=filled(own, deployment, how),
    )


def _own_settings(settings: Settings, folder: Path | None) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings of the container's own project; a mistake in its file is told, not raised."""
    if folder is None or not is_folder(folder):
        return settings, ()
    try:
        return settings.for_project(folder), ()
    except UsageError as error:
        return settings, (Problem("settings", str(error)),)


def _located(facts: Facts, remote: str) -> mounts.Located:
    return mounts.locate(
        container_facts.environment(facts).get("DATABASE_URL", ""),
        facts["Config"].get("WorkingDir") or "/",
        container_facts.mounts(facts),
        remote=remote,
    )


def _deployment(
    settings: Settings, facts: Facts, located: mounts.Located, folder: Path | None
) -> Deployment:
    name = container_facts.compose(facts, "project") or container_facts.name_of(facts)
    found = build(
        settings,
        database=located.path or mounts.NO_FILE,
        name=name,
        project_dir=folder,
        problems=located.problems,
    )
    return found if found.log_files else replace(found, log_files=_log_files(facts))


def _log_files(facts: Facts) -> tuple[Path, ...]:
    """The gateway's log folder, where it is mounted from this host."""
    inside = container_facts.environment(facts).get("LOG_FOLDER") or _LOG_FOLDER
    place = mounts.on_host(
        inside, facts["Config"].get("WorkingDir") or "/", container_facts.mounts(facts)
    )
    return (place,) if place is not None and is_folder(place) else ()


def _shared(found: list[Candidate]) -> list[Candidate]:
    """Say of gateways that run on one file that stopping one of them is not enough."""
    told = []
    for candidate in found:
        others = [
            other
            for other in found
            if other is not candidate
            and other.state.is_up
            and other.deployment.database == candidate.deployment.database != mounts.NO_FILE
        ]
        if others:
            names = ", ".join(container_name(other.deployment) for other in others)
            problem = Problem(
                "shared",
                f"{names} runs on the same database: stop it first, or scale the service to 1.",
                ("replace",),
            )
            deployment = candidate.deployment
            deployment = replace(deployment, problems=(*deployment.problems, problem))
            text = f"{candidate.text} {problem.text}".strip()
            candidate = replace(candidate, deployment=deployment, text=text)
        told.append(candidate)
    return told


def from_compose(
    settings: Settings, folder: Path, problems: tuple[Problem, ...]
) -> Candidate | None:
    """The gateway of a Compose project that has no container, or that Docker cannot tell of.

    Args:
        settings: The operator's.
        folder: The project's folder.
        problems: What is already known to stand in the way.

    Raises:
        DockerError: Compose does not answer, or does not understand the project.
        UsageError: Several services fit and none is named.
    """
    service = settings["service"]
    fitting = [
        found
        for found in compose.services(folder)
        if (found.name == service if service else container_facts.is_gateway(found.facts))
    ]
    if len(fitting) > 1:
        names = ", ".join(found.name for found in fitting)
        raise UsageError(f"Several services of {folder} fit: {names}. Choose with --service NAME.")
    if not fitting:
        return None
    found = fitting[0]
    located = _located(found.facts, "")
    deployment = _deployment(settings, found.facts, located, folder)
    ref = ContainerRef(
        container=found.container,
        project=found.project,
        service=found.name,
        working_dir=str(folder),
        health_url=settings["health_url"],
        database_inside=located.inside,
    )
    text = problems[0].text if problems else "its container was never made"
    deployment = replace(
        deployment, gateway=ref, problems=(*problems, *deployment.problems), image=_image(found)
    )
    return Candidate(
        deployment=deployment,
        state=GatewayState(running="unknown" if problems else "missing", text=text),
        where=located.where,
        text=text,
        settings=filled(settings, deployment, f"Compose file in {folder}"),
    )


def _image(service: compose.Service) -> str:
    return str(service.facts["Config"].get("Image") or "")
