"""A deployment's container, seen through the Engine API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from docker import DockerClient
from docker.models.containers import Container

from tui.core.errors import McpdbError
from tui.services.containers import engine as engines
from tui.services.containers.engine_exec import execute

from .base import LabError
from .engine import Engine
from .folder import LABEL, SERVICE

EXEC_SECONDS = 120.0


@dataclass(frozen=True)
class GatewayContainer:
    """The container of one deployment's gateway, found anew at every call.

    Attributes:
        engine: The engine that has it.
        name: The deployment's name.
    """

    engine: Engine
    name: str

    def id(self) -> str:
        """Return its id, whether it runs or not.

        Raises:
            LabError: The deployment has no container.
        """
        with self._found() as container:
            return str(container.id)

    def state(self) -> str:
        """Return Docker's word for its state, such as `running` or `restarting`."""
        with self._found() as container:
            return container.status

    def logs(self, tail: int) -> str:
        """Return the end of what it printed.

        Args:
            tail: How many lines.
        """
        with self._found() as container:
            return bytes(container.logs(tail=tail)).decode(errors="replace")

    def kill(self) -> None:
        """Kill its first process."""
        with self._found() as container:
            container.kill()

    def execute(self, *command: str) -> str:
        """Run a command in it and return what it printed.

        Args:
            command: The program and its arguments.

        Raises:
            LabError: It failed, or the container does not run.
        """
        # Not by docker-py: it may lose what a command says (see `engine_frames`).
        engine = engines.Engine(self.engine.docker_host)
        try:
            done = execute(engine, self.id(), command, timeout=EXEC_SECONDS)
        except McpdbError as error:
            raise LabError(f"{command[0]} could not be run in {self.name}: {error}") from error
        finally:
            engine.close()
        out, err = (part.decode(errors="replace") for part in (done.stdout, done.stderr))
        if done.exit_code != 0:
            told = f"failed (exit {done.exit_code}): {(out + err)[-500:]}"
            raise LabError(f"{' '.join(command[:3])} {told}")
        return out

    @contextmanager
    def _found(self) -> Iterator[Container]:
        wanted = [f"{LABEL}={self.name}", f"com.docker.compose.service={SERVICE}"]
        # One-off containers have the service's label too, but not `False` here.
        wanted.append("com.docker.compose.oneoff=False")
        client: DockerClient = self.engine.docker_py()
        try:
            found = client.containers.list(all=True, ignore_removed=True, filters={"label": wanted})
            if not found:
                raise LabError(f"{self.name} has no container; bring it up first.")
            yield found[0]
        finally:
            client.close()
