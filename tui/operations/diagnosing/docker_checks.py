"""Docker: whether it answers, which one it is, and what it does with the gateway's log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tui.core.errors import DockerError, ExitCode, NotFoundError
from tui.core.models import Diagnosis
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.services.containers.container_facts import labels
from tui.services.containers.engine import Engine, Facts
from tui.services.containers.log_file import log_file
from tui.wording.clean import one_line
from tui.wording.quantities import size

LARGE = 1024 * 1024 * 1024
"""Bytes of a container's log from which on somebody is told."""
_MADE_BY = "com.docker.compose.version"


@contextmanager
def _engine(host: str) -> Iterator[Engine]:
    engine = Engine(host)
    try:
        yield engine
    finally:
        engine.close()


def docker(patient: Patient) -> Diagnosis | None:
    """Whether the engine answers, and the versions of it and of Compose."""
    ref, blocked = patient.container, patient.deployment.blocked("gateway")
    if ref is None:
        if blocked is None or blocked.topic != "docker":
            return None
        return _silent(patient, blocked.text)
    with _engine(ref.docker_host) as engine:
        try:
            version = one_line(engine.version())
            made = one_line(labels(_inspect(engine, ref.container)).get(_MADE_BY, ""))
        except DockerError as error:
            return _silent(patient, str(error))
    has = shutil.which("docker-compose") or shutil.which("docker")
    compose = f", compose {made}" if made else ""
    return well(
        "docker",
        f"engine {version}{compose}",
        f"The container was made by Compose {made}." if made else "Not made by Compose.",
        "" if has else "No Compose command is here: `docker compose` lines cannot be run.",
    )


def _silent(patient: Patient, why: str) -> Diagnosis:
    """The engine does not answer; where rights are what is missing, with whom it would."""
    denied = "permission denied" in why.lower()
    return fail(
        "docker",
        one_line(why),
        "What needs no container goes on: looking at the file, backups of a stopped gateway's "
        "file, the catalogue.",
        remedy=remedy(
            "run it with the rights to ask Docker",
            "Root may, and who is in the group docker.",
            by_hand=[f"sudo {command_line(patient.deployment)}"],
        )
        if denied
        else None,
        code=ExitCode.DOCKER,
    )


def _inspect(engine: Engine, container: str) -> Facts:
    try:
        return engine.inspect(container)
    except NotFoundError:
        return {"Config": {}}


def docker_log(patient: Patient) -> Diagnosis | None:
    """How large the container's log is, and whether it ever gets smaller."""
    ref = patient.container
    if ref is None or patient.state.running in ("missing", "unknown"):
        return None
    with _engine(ref.docker_host) as engine:
        found = log_file(engine, engine.inspect(ref.container))
    if found.rotated:
        told = f", max-size {one_line(found.limit)}" if found.limit else ""
        many = f" {size(found.size)}" if found.size is not None else ""
        return well("docker-log", f"{one_line(found.driver)}{many}{told}")
    limit = remedy(
        "set max-size",
        "Docker rotates a log only where it is told to, and only of a container that is made "
        "anew. Its json file is Docker's own: it is never cut by anybody else.",
        by_hand=[
            "in the Compose file, under the service: "
            'logging: {driver: json-file, options: {max-size: "50m", max-file: "5"}}',
            "docker compose up -d",
        ],
    )
    if found.size is None:
        text = "Docker does not rotate it, and its size is not seen from here"
        return unknown("docker-log", text, f"{one_line(found.path)} is root's alone.")
    text = f"{size(found.size)} and Docker does not rotate it"
    explained = f"{one_line(found.path)}. max-size belongs in the Compose file."
    if found.size < LARGE:
        return well("docker-log", text, explained)
    return warn("docker-log", text, explained, remedy=limit)
