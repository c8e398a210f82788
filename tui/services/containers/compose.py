"""What a Compose project says of its gateway while no container exists.

`docker compose config` needs no engine. Compose 1.x prints YAML alone, and volumes as Compose files
write them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.core.errors import DockerError
from tui.services.containers.compose_cli import without_values
from tui.services.files import is_file
from tui.wording.clean import one_line

FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Names Compose looks for, in its order."""
_TOO_OLD = (
    "unknown command",
    "unknown flag",
    "unknown shorthand",
    "is not a docker command",
    "Usage:",
)
"""How a Docker without Compose, or Compose 1.x, which knows no `--format`, says so."""
TIMEOUT = 15.0
"""Seconds that Compose may take to read a project."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a project, in the shape of an inspect where that is possible."""

    project: str
    name: str
    container: str
    """The name its container would have."""
    facts: Mapping[str, Any]


def file_in(folder: Path) -> Path | None:
    """The Compose file of a folder, if it has one."""
    return next((folder / name for name in FILES if is_file(folder / name)), None)


def services(folder: Path, timeout: float = TIMEOUT) -> list[Service]:
    """Ask Compose for the services of the project in `folder`.

    Raises:
        DockerError: There is no Compose that can answer, or it does not understand the project.
    """
    refused = ""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) is None:
            continue
        try:
            done = subprocess.run(
                [*command, "config", "--format", "json"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
                env={**os.environ, "COMPOSE_ANSI": "never"},
            )
        except subprocess.TimeoutExpired as error:
            raise DockerError(
                f"`{' '.join(command)} config` did not answer within {timeout:g} s in {folder}."
            ) from error
        except OSError as error:
            refused = f"{command[0]}: {error.strerror}"
            continue
        # Compose 1.x shows its help instead, and calls that a success.
        if done.returncode == 0 and b"Usage:" not in done.stderr:
            return _parse(done.stdout, folder)
        said = done.stderr.decode(errors="backslashreplace").strip().splitlines()
        if any(word in line for line in said for word in _TOO_OLD):
            # No Compose plugin here, or Compose 1.x, which knows no --format.
            if (found := _of_compose_1(command, folder, timeout)) is not None:
                return found
            continue
        last = without_values(one_line(said[-1]))[:200] if said else ""
        refused = last or f"it ended with exit {done.returncode}"
    if refused:
        raise DockerError(f"Compose does not understand the project in {folder}: {refused}")
    raise DockerError(
        f"The Compose file in {folder} cannot be read: that needs Compose 2 "
        "(`docker compose config --format json`). Give --db PATH."
    )


def _of_compose_1(command: tuple[str, ...], folder: Path, timeout: float) -> list[Service] | None:
    """Ask a Compose 1.x; None where this is none, or does not understand the project."""
    try:
        done = subprocess.run(
            [*command, "config"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    if done.returncode:
        return None
    import yaml

    try:
        values = yaml.safe_load(done.stdout)
    except yaml.YAMLError:
        return None
    return _services(values, _project_of(folder), "_", folder)


def _project_of(folder: Path) -> str:
    """What Compose 1.x, which does not say it, calls the project of a folder."""
    named = os.environ.get("COMPOSE_PROJECT_NAME", "")
    if not named:
        with suppress(OSError):
            text = (folder / ".env").read_text(encoding="utf-8", errors="replace")
            found = re.findall(r"^COMPOSE_PROJECT_NAME=(\S+)\s*$", text, re.MULTILINE)
            named = found[-1].strip("\"'") if found else ""
    # Without what a name may not have.
    return re.sub(r"[^-_a-z0-9]", "", (named or folder.name).lower())


def _parse(answer: bytes, folder: Path) -> list[Service]:
    try:
        values = foreign_json.loads(answer)
    except ValueError as error:
        raise DockerError(f"Compose's answer for {folder} is not what it should be.") from error
    return _services(values, "", "-", folder)


def _services(values: Any, named: str, line: str, folder: Path) -> list[Service]:  # noqa: ANN401
    try:
        project = named or str(values.get("name") or folder.name)
        return [
            _service(project, name, told, folder, line)
            for name, told in (values.get("services") or {}).items()
        ]
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise DockerError(f"Compose's answer for {folder} is not what it should be.") from error


def _service(project: str, name: str, told: Mapping[str, Any], folder: Path, line: str) -> Service:
    variables = told.get("environment") or {}
    container = told.get("container_name") or line.join((project, name, "1"))
    prefix = "com.docker.compose."
    return Service(
        project=project,
        name=name,
        container=container,
        facts={
            "Name": f"/{container}",
            "Config": {
                "Image": told.get("image") or "",
                "Env": [f"{key}={'' if v is None else v}" for key, v in variables.items()],
                "Entrypoint": _words(told.get("entrypoint")),
                "Cmd": _words(told.get("command")),
                # The image knows better, but there is no engine to ask; the gateway's has /app.
                "WorkingDir": told.get("working_dir") or "/app",
                "Labels": {
                    f"{prefix}project": project,
                    f"{prefix}service": name,
                    f"{prefix}project.working_dir": str(folder),
                },
            },
            "Mounts": [_mount(volume, project) for volume in told.get("volumes") or []],
        },
    )


def _short(text: str) -> dict[str, Any]:
    """`/srv/forge/data:/app/data:rw`, the way Compose files write it, and 1.x prints it."""
    parts = text.split(":")
    source, target = ("", parts[0]) if len(parts) == 1 else parts[:2]
    kind = "bind" if source.startswith("/") else "volume"
    read_only = len(parts) > 2 and "ro" in parts[2].split(",")
    return {"type": kind, "source": source, "target": target, "read_only": read_only}


def _words(told: Any) -> list[str]:  # noqa: ANN401 - Compose gives null, a text or a list
    if not told:
        return []
    return [told] if isinstance(told, str) else [str(word) for word in told]


def _mount(volume: Mapping[str, Any] | str, project: str) -> dict[str, Any]:
    if isinstance(volume, str):
        volume = _short(volume)
    kind, source = volume.get("type", "bind"), volume.get("source") or ""
    name = f"{project}_{source}" if kind == "volume" else ""
    return {
        "Type": kind,
        "Name": name,
        "Source": f"/var/lib/docker/volumes/{name}/_data" if name else source,
        "Destination": volume["target"],
        "RW": not volume.get("read_only", False),
    }
