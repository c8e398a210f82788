"""Remaking the container of a service with the image that Compose names, or with a pinned one.

Compose files are never edited. A container is made and not started: whether it has the image
that is meant is looked at before any of the gateway's code runs, and the start is the engine's.
The way back pins the old image through one more file, written for the call and removed after it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.errors import DockerError, NotFoundError, UnhealthyError
from tui.core.models import ContainerRef
from tui.services import files
from tui.services.containers import compose, compose_cli
from tui.services.containers.compose_cli import Waited
from tui.services.containers.compose_project import (
    PINNED,
    Named,
    cli_of,
    command,
    environ_of,
    named_image,
    project_words,
    service_of,
    words_of,
)
from tui.services.containers.engine import Engine, Facts
from tui.services.containers.engine_errors import translated
from tui.wording.clean import one_line

__all__ = ["Named", "command", "give_name_back", "named_image", "settle", "up", "up_pinned"]

UP_SECONDS = 120.0
"""Seconds that making a container may take; the image is here already."""
_PREFIX = "com.docker.compose."


def up(ref: ContainerRef, image_id: str, state_dir: Path, waited: Waited) -> None:
    """Make the service's container anew with the image that Compose names; it is not started.

    Args:
        ref: The gateway's container.
        image_id: The image that is meant.
        state_dir: Of the database.
        waited: Told the seconds that have passed and those allowed.

    Raises:
        UnhealthyError: Compose failed, or made it with another image; the container has its old
            name in any case.
        DockerError: The engine does not answer.
    """
    named = named_image(ref)
    if named.id != image_id:
        why = named.problem or f"it names {one_line(named.name)} now"
        raise UnhealthyError(f"Compose does not give the image that is meant: {why}.")
    # What was rehearsed is here; a registry may have another image by now.
    _remake(ref, image_id, state_dir, waited, (), ("--pull", "never") if named.pulls else ())


def settle(state_dir: Path, waited: Waited) -> None:
    """Wait until no Compose works any more for an operation that was killed.

    Until then the container is whatever that run makes of it: one that has the right image may
    be stopped and made anew a moment later.

    Args:
        state_dir: Of the database.
        waited: Told the seconds that have passed and those allowed.

    Raises:
        BusyError: One still works at the deadline.
        PrecheckError: The state folder cannot be written.
    """
    with compose_cli.alone(state_dir, UP_SECONDS, waited):
        pass


def up_pinned(
    ref: ContainerRef, image_id: str, image: str, state_dir: Path, waited: Waited
) -> None:
    """Make the service's container anew with another image than Compose names; not started.

    Args:
        ref: The gateway's container.
        image_id: The image that is meant.
        image: A name that it has on this host.
        state_dir: Of the database; the file that pins the image lies there for the call.
        waited: Told the seconds that have passed and those allowed.

    Raises:
        UnhealthyError: Compose failed, or made it with another image.
        DockerError: The engine does not answer.
    """
    override = pinned_file(ref, image, state_dir)
    try:
        _remake(ref, image_id, state_dir, waited, (override,))
    finally:
        files.remove(override)


def pinned_line(
    ref: ContainerRef, image_id: str, image: str, state_dir: Path, switch: Mapping[str, Any]
) -> str:
    """What a person types to make the container with a pinned image and start it.

    Args:
        ref: The gateway's container.
        image_id: The image that is meant.
        image: The name of ours that it gets, for Compose pins names.
        state_dir: Of the database; the file that pins the image is written there.
        switch: Of the journal; `compose` and `version` say which Compose is here.
    """
    version = str(switch.get("version") or "")
    content = {"services": {ref.service: {"image": image}}}
    text = json.dumps({**content, "version": version} if version else content)
    path = pinned_path(state_dir)
    words = [*(switch.get("compose") or ("docker", "compose")), *project_words(ref, path)]
    return (
        f"{shlex.join(['docker', 'tag', image_id, image])} && "
        f"{shlex.join(['printf', '%s', text])} > {shlex.quote(str(path))} && "
        f"{shlex.join([*words, 'up', '-d', '--no-deps', ref.service])}"
    )


def pinned_path(state_dir: Path) -> Path:
    """Where the file that pins an image lies while it is needed."""
    return state_dir / PINNED


def pinned_file(ref: ContainerRef, image: str, state_dir: Path) -> Path:
    """Write the file that pins an image, readable by us alone; JSON is YAML too.

    Raises:
        UnhealthyError: There is no Compose that would read it.
        PrecheckError: It cannot be written.
    """
    service: dict[str, str] = {"image": image}
    content: dict[str, Any] = {"services": {ref.service: service}}
    try:
        cli = cli_of(ref)
        if cli.major == 1:
            # Files of one project must name one version; a newer Compose asks for none.
            version = str(service_of(ref, cli, compose.TIMEOUT)[""])
            content |= {"version": version} if version else {}
        else:
            service["pull_policy"] = "never"
    except NotFoundError:
        pass  # a person will use it, with a Compose of today
    except DockerError as error:
        raise UnhealthyError(str(error)) from error
    path = pinned_path(state_dir)
    files.make_private(state_dir)
    files.write_atomically(path, json.dumps(content, indent=2).encode() + b"\n")
    return path


def _remake(
    ref: ContainerRef,
    image_id: str,
    state_dir: Path,
    waited: Waited,
    more: tuple[Path, ...],
    options: tuple[str, ...] = (),
) -> None:
    engine = Engine(ref.docker_host)
    try:
        with compose_cli.alone(state_dir, UP_SECONDS, waited) as lock:
            give_name_back(engine, ref)
            said = _run_up(ref, waited, more, options, lock)
            # Also after a failure: 1.x renames the old container before it makes the new one.
            give_name_back(engine, ref)
        found = image_of(engine, ref)
    finally:
        engine.close()
    if said:
        raise UnhealthyError(f"Compose did not make {one_line(ref.container)} anew: {said}.")
    if found != image_id:
        raise UnhealthyError(
            f"Compose made {one_line(ref.container)} with another image ({found[:19] or 'none'}) "
            f"than the one that is meant ({image_id[:19]}); it was not started."
        )


def _run_up(
    ref: ContainerRef,
    waited: Waited,
    more: tuple[Path, ...],
    options: tuple[str, ...],
    lock: int,
) -> str:
    """Run it; what went wrong, empty when nothing did."""
    try:
        cli = cli_of(ref)
        done = compose_cli.run(
            [
                *words_of(ref, cli),
                *project_words(ref, *more),
                *("up", "--no-start", "--no-deps", "--no-build", "--force-recreate"),
                # 1.x pulls only what is missing.
                *(options if cli.major != 1 else ()),
                ref.service,
            ],
            cwd=Path(ref.working_dir),
            deadline=UP_SECONDS,
            environ=environ_of(ref),
            waited=waited,
            lock=lock,
        )
    except (DockerError, NotFoundError) as error:
        return str(error).rstrip(".")
    return (done.said or f"exit {done.code}") if done.code else ""


# --- the container --------------------------------------------------------------------------


def image_of(engine: Engine, ref: ContainerRef) -> str:
    """The id of the image that the gateway's container has; empty when there is none.

    Raises:
        DockerError: The engine does not answer.
    """
    try:
        return str(engine.inspect(ref.container)["Image"])
    except NotFoundError:
        return ""


def up_containers(engine: Engine, ref: ContainerRef) -> list[Facts]:
    """Containers of the service that are up, one-off ones left out.

    Raises:
        DockerError: The engine does not answer.
    """
    found = []
    for summary in _of_service(engine, ref):
        with suppress(NotFoundError):
            facts = engine.inspect(summary["Id"])
            if facts["State"].get("Running"):
                found.append(facts)
    return found


def _of_service(engine: Engine, ref: ContainerRef) -> list[Facts]:
    wanted = {"project": ref.project, "service": ref.service, "oneoff": "False"}
    return [
        summary
        for summary in engine.containers()
        if all(
            (summary.get("Labels") or {}).get(_PREFIX + key) == value
            for key, value in wanted.items()
        )
    ]


def give_name_back(engine: Engine, ref: ContainerRef) -> None:
    """Have the service's container under the name that it is known by.

    Compose calls the old one `ID_NAME` while it makes the new one, so after a cut it waits under
    that; where the new one is there too, the old one is what Compose would have removed next.
    Another Compose than the one that made it also gives another name.

    Raises:
        DockerError: The engine does not answer.
    """
    found = _of_service(engine, ref) if ref.project and ref.service else []
    if any(f"/{ref.container}" in (summary.get("Names") or []) for summary in found):
        for summary in found:
            if _is_aside(summary, ref):
                _remove(engine, summary["Id"])
        return
    aside = [summary for summary in found if _is_aside(summary, ref)] or found
    if len(aside) == 1:
        api = engine.api()
        with translated(engine.host, engine.timeout, ref.container), suppress(NotFoundError):
            api.rename(aside[0]["Id"], ref.container)


def _is_aside(summary: Facts, ref: ContainerRef) -> bool:
    return any(name.endswith(f"_{ref.container}") for name in summary.get("Names") or [])


def _remove(engine: Engine, container: str) -> None:
    """Remove what was set aside; its anonymous volumes are the new one's now."""
    api = engine.api()
    with suppress(NotFoundError):
        engine.stop(container, 10.0)
        with translated(engine.host, 30.0, container):
            api.remove_container(container, v=False, force=False)
