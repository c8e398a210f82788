"""Which Docker engine the laboratory works with, and how it is spoken to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient

from . import private_engine
from .base import LabError, environment
from .packages import SEARCH_PATH, find, need, why_not

SYSTEM_ENGINE = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answers.

    Attributes:
        docker_host: Its address, as in DOCKER_HOST.
    """

    docker_host: str

    @property
    def private(self) -> bool:
        """Whether it is the laboratory's own engine."""
        return self.docker_host == private_engine.address()

    def docker_py(self, timeout: int = 60) -> DockerClient:
        """Make a client of the Engine API; the caller closes it.

        Args:
            timeout: Seconds that one answer may take.
        """
        return DockerClient(base_url=self.docker_host, timeout=timeout)

    def environment(self) -> dict[str, str]:
        """Return this process's environment, set to speak to this engine and to no other."""
        env = environment(PATH=SEARCH_PATH)
        env = {k: v for k, v in env.items() if not k.startswith(("COMPOSE_", "DOCKER_"))}
        return {**env, "DOCKER_HOST": self.docker_host}


def engine(*, start: bool = True) -> Engine:
    """Return the engine to use: one that answers already, else the private one.

    `DOCKER_HOST` comes first, then the system's socket, then the private engine.

    Args:
        start: Whether the private engine may be started (and installed) for it.

    Raises:
        LabError: There is none and none can be started; the message says what is missing.
    """
    found = _answering()
    if found is None and start:
        found = private_engine.start()
    if found is None:
        raise LabError("No Docker engine answers.")
    return Engine(found)


def engine_available() -> str | None:
    """Tell in one sentence why no engine can be had here; None when one can be.

    Nothing is started or installed by asking.
    """
    try:
        answering = _answering()
    except LabError as error:
        return str(error)
    if answering is None:
        reason = private_engine.cannot_start()
        if reason is not None:
            return reason
    return None if _compose_plugin() else why_not("docker-compose")


def compose_command() -> list[str]:
    """Return how Compose is called: `docker compose` where the plugin is, else `docker-compose`.

    Raises:
        LabError: Compose is missing and cannot be installed.
    """
    plugin = _compose_plugin()
    return plugin if plugin else [str(need("docker-compose"))]


def _answering() -> str | None:
    told = os.environ.get("DOCKER_HOST")
    if told:
        if private_engine.answers(told):
            return told
        if told != private_engine.address():
            raise LabError(f"DOCKER_HOST is {told}, but no engine answers there.")
    if private_engine.answers(SYSTEM_ENGINE):
        return SYSTEM_ENGINE
    return private_engine.address() if private_engine.answers(private_engine.address()) else None


def _compose_plugin() -> list[str] | None:
    docker = find("docker")
    if docker is None:
        return None
    folders = [Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))]
    folders += [Path(p) for p in ("/usr/local/lib/docker", "/usr/lib/docker")]
    folders += [Path(p) for p in ("/usr/local/libexec/docker", "/usr/libexec/docker")]
    there = any((folder / "cli-plugins" / "docker-compose").exists() for folder in folders)
    return [str(docker), "compose"] if there else None
