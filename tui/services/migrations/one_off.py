"""One-off containers: the gateway's image and settings, and nothing of its data.

The container has the image, user and environment of the service, a scratch folder where the
data folder is, every other mount read-only, no network, no restart, no health check, our own
label and none of Compose's. It is removed when it has answered; one that was left behind by a
killed run is found by its label, which also says who made it (see `left_behind`).
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tui.core.errors import DockerError
from tui.services.containers.engine import ONE_OFF_LABEL, Engine
from tui.services.containers.engine_errors import translated
from tui.services.migrations.output import Output
from tui.services.processes import me

MAKER_LABEL = "io.mcpdb-tui.maker"
"""Says which process made it, so that one that is at work is never taken for a left-over."""

_COMPOSE = "com.docker.compose."


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a one-off container is made."""

    image: str
    """Its id."""
    name: str
    config: Mapping[str, Any]
    """Options of the container, by the SDK's names (`APIClient.create_container`)."""
    host: Mapping[str, Any]
    """Options of its host, by the SDK's names (`APIClient.create_host_config`)."""


def recipe(
    service: Mapping[str, Any],
    service_image: Mapping[str, Any],
    image: Mapping[str, Any],
    *,
    database_inside: str,
    purpose: str,
    scratch: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Recipe:
    """Derive a one-off container from the service's.

    Args:
        service: What the engine says of the service's container; empty when it is gone.
        service_image: What the engine says of that container's image.
        image: What the engine says of the image to run; mostly the same one.
        database_inside: The database's path in the container; empty when not known.
        purpose: Value of the label, e.g. `probe`.
        scratch: Folder of the engine's host that stands where the data folder is; None gives
            an empty one in memory.
        variables: Of its environment, instead of the service's.
    """
    config = _mapping(service, "Config")
    baked = _mapping(service_image, "Config")
    own = _mapping(image, "Config")
    host = _mapping(service, "HostConfig")
    same = image.get("Id") == service_image.get("Id")
    user = str(config.get("User") or "")
    environment = list(config.get("Env") or [])
    if not same:
        # Another image has its own user and its own PATH: what the service merely inherited
        # from its image stays behind.
        user = "" if user == str(baked.get("User") or "") else user
        environment = [item for item in environment if item not in (baked.get("Env") or [])]
    told = dict(variables or {})
    environment = [item for item in environment if item.partition("=")[0] not in told]
    environment += [f"{name}={value}" for name, value in told.items()]
    binds, tmpfs = _mounts(service, database_inside, str(config.get("WorkingDir") or ""), scratch)
    emptied = {name: "" for name in own.get("Labels") or {} if name.startswith(_COMPOSE)}
    return Recipe(
        image=str(image.get("Id") or ""),
        name=f"mcpdb-{purpose}-{secrets.token_hex(4)}",
        config={
            "user": user,
            "environment": environment,
            "working_dir": str((same and config.get("WorkingDir")) or "") or None,
            "healthcheck": {"test": ["NONE"]},
            "labels": {**emptied, **labels(purpose)},
        },
        host={
            "binds": binds,
            "tmpfs": tmpfs,
            "network_mode": "none",
            "restart_policy": {"Name": "no"},
            "group_add": list(host.get("GroupAdd") or []),
            "security_opt": _security(host, scratch),
            # The one log driver that every engine reads back.
            "log_config": {"type": "json-file", "config": {}},
        },
    )


def _security(host: Mapping[str, Any], scratch: Path | None) -> list[str]:
    """Return the service's options, and leave a folder of ours its SELinux label."""
    kept = list(host.get("SecurityOpt") or [])
    if scratch is not None and not any(str(option).startswith("label") for option in kept):
        kept.append("label=disable")
    return kept


def labels(purpose: str) -> dict[str, str]:
    """Return the labels by which a container of ours is found when its maker was killed."""
    return {ONE_OFF_LABEL: purpose, MAKER_LABEL: json.dumps([socket.gethostname(), *me()])}


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}


def _mounts(
    service: Mapping[str, Any], database_inside: str, working_dir: str, scratch: Path | None
) -> tuple[list[str], dict[str, str]]:
    """Return the binds, all read-only but the scratch folder, and what lies in memory."""
    data = PurePosixPath(database_inside).parent if database_inside else None
    binds: list[str] = []
    tmpfs = dict.fromkeys(_mapping(_mapping(service, "HostConfig"), "Tmpfs"), "")
    places = [] if data is None else [data]
    for mount in service.get("Mounts") or []:
        place = PurePosixPath(mount["Destination"])
        if data is not None and place.is_relative_to(data):
            continue  # the data folder itself, or something in it
        if data is not None and data.is_relative_to(place) and not _has_code(place, working_dir):
            places.append(place)  # the data folder lies in this mount: it is data as well
        elif mount.get("Type") in ("bind", "volume"):
            source = mount.get("Name") if mount["Type"] == "volume" else mount.get("Source")
            binds.append(f"{source}:{place}:ro")
        elif mount.get("Type") == "tmpfs":
            tmpfs[str(place)] = ""
    if scratch is not None and data is not None:
        binds.append(f"{scratch}:{data}:rw")
        places.remove(data)
    return binds, tmpfs | {str(place): "mode=1777" for place in places}


def _has_code(place: PurePosixPath, working_dir: str) -> bool:
    """Whether a mount holds the working directory, and with it perhaps the gateway's code."""
    return bool(working_dir) and PurePosixPath(working_dir).is_relative_to(place)


@contextlib.contextmanager
def one_off(engine: Engine, made: Recipe, command: Sequence[str]) -> Iterator[str]:
    """Give the name of a container that was made and not started; it is gone afterwards.

    Raises:
        NotFoundError: The image is not there.
        DockerError: The engine does not make it.
    """
    api = engine.api()
    with translated(engine.host, engine.timeout, "a one-off container"):
        api.create_container(
            made.image,
            list(command[1:]),
            entrypoint=[command[0]],
            name=made.name,
            host_config=api.create_host_config(**made.host),
            **made.config,
        )
    try:
        yield made.name
    finally:
        # What cannot be removed now is found by its label later; the answer is the answer.
        with contextlib.suppress(DockerError):
            engine.remove(made.name)


def run(engine: Engine, made: Recipe, command: Sequence[str], timeout: float) -> Output:
    """Run a command in a one-off container and return what it said.

    Args:
        engine: Where.
        made: The container.
        command: Program and arguments; the image's entrypoint is not used.
        timeout: Seconds from its start; then it is killed.

    Raises:
        NotFoundError: The image is not there.
        DockerError: The engine does not make or run it, or it does not end in time.
    """
    with one_off(engine, made, command) as name:
        try:
            engine.start(name)
        except DockerError as error:
            if is_no_program(error):
                return Output(127, b"", str(error).encode())
            raise
        code = engine.wait(name, timeout)
        api = engine.api()
        with translated(engine.host, engine.timeout, name):
            stdout = api.logs(name, stdout=True, stderr=False)
            stderr = api.logs(name, stdout=False, stderr=True, tail=50)
        return Output(code, stdout, stderr)


def is_no_program(error: BaseException) -> bool:
    """Whether an engine refuses because the image has no such program."""
    return "executable file not found" in str(error) or "no such file or directory" in str(error)
