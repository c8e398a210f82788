"""A gateway that runs in a container, found again by its name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from tui.core.errors import DockerError, NotFoundError
from tui.core.models import ContainerRef, GatewayState, Health, LogLine, Stopped
from tui.services import health
from tui.services.containers import cgroups, container_facts
from tui.services.containers.engine import Engine, Facts
from tui.services.containers.engine_exec import execute
from tui.services.gateways import container_logs

_MISSING = "there is no such container; make it with `docker compose up -d`"


class ContainerGateway:
    """Stops, starts and looks through the Engine API."""

    def __init__(self, ref: ContainerRef, engine: Engine | None = None) -> None:
        """Remember which container it is; nobody is asked yet.

        Args:
            ref: The container.
            engine: Its engine, when one is already connected.
        """
        self.ref = ref
        self.engine = engine or Engine(ref.docker_host)
        self._worked: tuple[str, str] | None = None
        """Health address that answered last, and how it was learnt."""

    @property
    def name(self) -> str:
        """The container's name."""
        return self.ref.container

    def state(self) -> GatewayState:
        """Look once.

        Raises:
            DockerError: The engine does not answer.
        """
        try:
            facts = self.engine.inspect(self.ref.container)
        except NotFoundError:
            return GatewayState(running="missing", text=_MISSING)
        return self.state_from(facts)

    def state_from(self, facts: Facts) -> GatewayState:
        """The state that an inspect tells."""
        return container_facts.state_of(facts, self.pids(facts))

    def pids(self, facts: Facts) -> tuple[int, ...]:
        """The container's processes as this host sees them; empty for a remote engine."""
        if self.engine.is_remote or not facts["State"].get("Running"):
            return ()
        found = cgroups.pids(facts["State"].get("Pid") or 0, facts["Id"])
        return found or self.engine.pids(facts["Id"])

    # --- health -----------------------------------------------------------------------------

    def health(self, timeout: float = 5.0) -> Health:
        """Ask the health address: the configured one, else each likely one in turn.

        What worked is asked first the next time. Only a running container is asked: on the
        host's network another program may answer at the port of a stopped one.

        Raises:
            DockerError: The engine does not answer.
        """
        try:
            facts = self.engine.inspect(self.ref.container)
        except NotFoundError:
            return Health(verdict="unreachable", text=f"{self.name}: {_MISSING}")
        state = facts["State"]
        if not state.get("Running") or state.get("Restarting") or state.get("Paused"):
            word = state.get("Status", "not running")
            return Health(verdict="unreachable", text=f"the container is {word}")
        if self.ref.health_url:
            return health.ask(self.ref.health_url, timeout, learnt="configured")
        return self._search(facts, timeout)

    def _search(self, facts: Facts, timeout: float) -> Health:
        deadline = time.monotonic() + timeout
        candidates = self._candidates(facts)
        if self._worked is not None:
            candidates.insert(0, self._worked)
        first: Health | None = None
        for url, learnt in dict.fromkeys(candidates):
            left = deadline - time.monotonic()
            if left < 0.2:
                break
            # One address that swallows packets must not use up the time of the others.
            answer = health.ask(url, max(0.2, min(left, timeout / 2)), learnt)
            if answer.verdict in ("healthy", "unhealthy"):
                self._worked = (url, learnt)
                return answer
            first = first or answer
        inside = self._ask_inside(facts, max(2.0, deadline - time.monotonic()))
        if inside is not None and inside.verdict in ("healthy", "unhealthy"):
            return inside
        return (
            first
            or inside
            or Health(
                verdict="unknown",
                text=f"no address of {self.name} is known: set MCPDB_HEALTH_URL",
            )
        )

    def _candidates(self, facts: Facts) -> list[tuple[str, str]]:
        return [
            (f"{scheme}://{address}{path}", learnt)
            for address, learnt in container_facts.addresses(facts, self.engine.hostname)
            for scheme in container_facts.schemes(facts)
            for path in container_facts.paths(facts)
        ]

    def _ask_inside(self, facts: Facts, timeout: float) -> Health | None:
        """Ask from inside the container, with its own Python; None when that is not possible."""
        scheme = container_facts.schemes(facts)[0]
        port = container_facts.ports(facts)[0]
        url = f"{scheme}://127.0.0.1:{port}{container_facts.paths(facts)[0]}"
        program = container_facts.health_program(url)
        began = time.monotonic()
        for python in ("python3", "python"):
            try:
                done = execute(self.engine, facts["Id"], [python, "-c", program], timeout=timeout)
            except (DockerError, NotFoundError):
                return None
            code, _, body = done.stdout.partition(b"\n")
            if done.exit_code == 0 and code.isdigit():
                verdict, text = health.judge(int(code), body)
                return Health(
                    verdict=verdict,
                    text=text,
                    address=url,
                    learnt="exec in the container",
                    seconds=time.monotonic() - began,
                )
        return None

    # --- stop and start ---------------------------------------------------------------------

    def stop(self) -> Stopped:
        """Stop it and wait; killed by the engine after the container's own timeout.

        Raises:
            DockerError: The engine refuses or does not answer in time.
        """
        began = time.monotonic()
        try:
            facts = self.engine.inspect(self.ref.container)
            state = facts["State"]
            if not state.get("Running") and not state.get("Restarting"):
                return Stopped(exit_code=state.get("ExitCode"), seconds=0.0)
            self.engine.stop(facts["Id"], container_facts.stop_timeout(facts))
            ended = self.engine.inspect(facts["Id"])["State"]
        except NotFoundError:
            return Stopped(exit_code=None, seconds=time.monotonic() - began)
        if ended.get("Running"):
            raise DockerError(
                f"{self.name} was stopped and runs again: somebody else starts it. Look with "
                f"`docker ps` and try again."
            )
        return Stopped(exit_code=ended.get("ExitCode"), seconds=time.monotonic() - began)

    def start(self) -> None:
        """Ask the engine to start it.

        Raises:
            NotFoundError: The container is gone.
            DockerError: The engine refuses or does not answer.
        """
        try:
            self.engine.start(self.ref.container)
        except NotFoundError as error:
            raise NotFoundError(f"{self.name} cannot be started: {_MISSING}.") from error

    def kill(self) -> Stopped:
        """Kill it at once; its restart policy may bring it back."""
        began = time.monotonic()
        state = self.engine.inspect(self.ref.container)["State"]
        if not state.get("Running"):
            return Stopped(exit_code=state.get("ExitCode"), seconds=0.0)
        self.engine.kill(self.ref.container)
        code = self.engine.wait(self.ref.container, 30.0)
        return Stopped(exit_code=code, seconds=time.monotonic() - began)

    def health_deadline(self) -> float:
        """By the container's health check: start_period + retries × (interval + timeout).

        Raises:
            DockerError: The engine does not answer.
        """
        try:
            return container_facts.health_deadline(self.engine.inspect(self.ref.container))
        except NotFoundError:
            return 60.0

    def environment(self) -> Mapping[str, str]:
        """The container's variables, also of a stopped one.

        Raises:
            NotFoundError: The container is gone.
            DockerError: The engine does not answer.
        """
        return container_facts.environment(self.engine.inspect(self.ref.container))

    # --- logs -------------------------------------------------------------------------------

    def logs(
        self,
        *,
        tail: int = 1_000,
        since: datetime | None = None,
        follow: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[LogLine]:
        """Yield the container's log with the engine's times; see `container_logs`.

        Raises:
            NotFoundError: The container is gone, and nothing is followed.
            DockerError: The engine does not answer, and nothing is followed.
        """
        reader = self.log_reader()
        if follow:
            return reader.follow(tail=tail, since=since, stop=stop)
        return reader.past(tail=tail, since=since)

    def log_reader(self) -> container_logs.Reader:
        """Reads the container's log as bytes, many lines at a time."""
        return container_logs.Reader(self.engine, self.ref.container)
