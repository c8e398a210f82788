"""The Docker side of the probe: which interpreter, exec, one-off container.

Imported only when an engine must be asked.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from tui.core.errors import DockerError, NotFoundError
from tui.core.models import ContainerRef
from tui.services.containers.engine import Engine, Facts
from tui.services.containers.engine_errors import translated
from tui.services.containers.engine_exec import execute
from tui.services.migrations import following, one_off, settings
from tui.services.migrations.output import Output

_SYSTEM = ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/sbin")
"""Where a plain `python3` is found anyway."""

_PATIENCE = 30.0
"""Seconds an engine may take to make a container: disks are slow, and nobody's key waits."""

_PYTHON = re.compile(r"python[\d.]*")


class ContainerSide:
    """A gateway's container and image, as its engine knows them.

    Args:
        engine: The engine.
        ref: The gateway's container; it may be gone.
        container: What the engine says of the container; empty when it is gone.
        service_image: What it says of that container's image.
        image: What it says of the image to ask; mostly the same one.
    """

    def __init__(
        self,
        engine: Engine,
        ref: ContainerRef,
        container: Facts,
        service_image: Facts,
        image: Facts,
    ) -> None:
        self._engine = engine
        self._ref = ref
        self._container = container
        self._service_image = service_image
        self._image = image
        self._database_inside = ref.database_inside

    @classmethod
    @contextlib.contextmanager
    def connect(cls, ref: ContainerRef, image_id: str, other: str = "") -> Iterator[ContainerSide]:
        """Look at container and image; the connection is closed afterwards.

        Args:
            ref: The gateway's container; it may be gone.
            image_id: Its image, in case it is gone.
            other: Another image of the engine to ask, by name or id.

        Raises:
            DockerError: No engine, or neither container nor image.
        """
        engine = Engine(ref.docker_host, timeout=_PATIENCE)
        try:
            container: Facts = {}
            with contextlib.suppress(NotFoundError):
                container = engine.inspect(ref.container)
            own = str(container.get("Image") or image_id)
            if not own and not other:
                raise DockerError(f"There is no container {ref.container}: its image is not known.")
            service_image = _image(engine, own) if own else {}
            image = _image(engine, other) if other else service_image
            yield cls(engine, ref, container, service_image, image)
        finally:
            engine.close()

    @property
    def is_other(self) -> bool:
        """Whether the image to ask is not the container's own."""
        return bool(self._image.get("Id") != self._service_image.get("Id"))

    @property
    def image_id(self) -> str:
        """The image's id, under which the answer is remembered."""
        return str(self._image.get("Id") or "")

    @property
    def image_name(self) -> str:
        """What a person calls the image."""
        config = {} if self.is_other else self._container.get("Config") or {}
        names = [config.get("Image"), *(self._image.get("RepoTags") or []), self.image_id[:19]]
        return next(str(name) for name in names if name)

    def is_mounted(self, path: str) -> bool:
        """Whether a path in the container comes from a mount and not from the image."""
        places = [mount["Destination"] for mount in self._container.get("Mounts") or []]
        return any(PurePosixPath(path).is_relative_to(place) for place in places)

    def interpreters(self, up: bool) -> list[str]:
        """Return the interpreters to try: what the process itself runs, then the usual ones."""
        commands = self._processes() if up else []
        config = {} if self.is_other else self._container.get("Config") or {}
        config = config or self._image.get("Config") or {}
        commands.append([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])])
        return candidates(commands, config.get("Env") or [])

    def _processes(self) -> list[list[str]]:
        """Return the command lines of the container's processes; none if they cannot be had."""
        api = self._engine.api()
        try:
            with translated(self._engine.host, self._engine.timeout):
                told = api.top(self._container["Id"])
        except (DockerError, NotFoundError):
            return []  # no `ps` on the engine's host, or it has just stopped
        return [str(line[-1]).split() for line in told.get("Processes") or []]

    def exec(self, command: Sequence[str], timeout: float) -> Output:
        """Run a command in the running container, as its user.

        Raises:
            DockerError: The container does not run, or the command does not end in time.
            NotFoundError: The container is gone.
        """
        try:
            ended = execute(
                self._engine,
                self._container["Id"],
                command,
                timeout=timeout,
                # Code that opens its database when it is imported finds an empty one.
                environment={"DATABASE_URL": "sqlite:///:memory:"},
            )
        except DockerError as error:
            if one_off.is_no_program(error):
                return Output(127, b"", str(error).encode())
            raise
        if ended.exit_code in (126, 127):  # the engine says why on either stream
            return Output(ended.exit_code, b"", ended.stderr or ended.stdout)
        return Output(ended.exit_code, ended.stdout, ended.stderr)

    @property
    def is_up(self) -> bool:
        """Whether the container's processes can be looked at."""
        state = self._container.get("State") or {}
        return bool(state.get("Running")) and not state.get("Restarting")

    def _service(self) -> Facts:
        """Return the settings that migrations need: the container's, else what Compose says.

        Raises:
            DockerError: The container is gone and Compose cannot be asked.
        """
        if not self._container:
            self._container = settings.of_service(self._ref)
        return self._container

    @functools.cached_property
    def maps_users(self) -> bool:
        """Whether the engine gives a container's users other numbers on this host.

        Raises:
            DockerError: The engine does not say.
        """
        options = " ".join(map(str, self._engine.info().get("SecurityOptions") or []))
        return "name=userns" in options or "name=rootless" in options

    @property
    def owner(self) -> tuple[int, int] | None:
        """Uid and gid on this host of the user that the image runs as; None where not sure.

        Raises:
            DockerError: The engine does not say.
        """
        if self.maps_users:
            return None
        made = one_off.recipe(
            self._service(),
            self._service_image,
            self._image,
            database_inside=self._database_inside,
            purpose="",
        )
        told = str(made.config["user"] or "")
        user = told or str((self._image.get("Config") or {}).get("User") or "0")
        uid, _, gid = user.partition(":")
        if uid.isdecimal() and (gid or "0").isdecimal():
            return int(uid), int(gid or "0")
        from tui.services.giving import user_of

        return user_of(self._engine, self._image, told)

    def inside(self, name: str) -> str:
        """Return where a file of the data folder is in the container."""
        known = self._database_inside or "/mcpdb/database"
        return str(PurePosixPath(known).with_name(name))

    def follow(
        self,
        command: Sequence[str],
        copy: Path,
        *,
        hear: Callable[[bytes, bytes], None],
        checkpoint: Callable[[], None],
        deadline: float,
    ) -> int:
        """Run a command in a one-off container that has a copy where the database is.

        Args:
            command: Program and arguments.
            copy: Its folder stands where the data folder is.
            hear: Given each piece of stdout and of stderr.
            checkpoint: Called at least every half second; what it raises ends the container.
            deadline: Seconds from its start; then it is killed.

        Raises:
            DockerError: The engine does not make or run it, or it does not end in time.
        """
        inside = self.inside(copy.name)
        made = one_off.recipe(
            self._service(),
            self._service_image,
            self._image,
            database_inside=inside,
            purpose="migrate",
            scratch=copy.parent,
            variables={**settings.ALONE, "DATABASE_URL": f"sqlite:///{inside}"},
        )
        return following.follow(
            self._engine,
            made,
            command,
            hear=hear,
            checkpoint=checkpoint,
            deadline=deadline,
        )

    def one_off(self, command: Sequence[str], timeout: float) -> Output:
        """Run a command in a one-off container of the image.

        Raises:
            DockerError: The engine does not make or run it, or it does not end in time.
        """
        made = one_off.recipe(
            self._container,
            self._service_image,
            self._image,
            database_inside=self._database_inside,
            purpose="probe",
        )
        return one_off.run(self._engine, made, command, timeout)


def _image(engine: Engine, image: str) -> Facts:
    try:
        return engine.image(image)
    except NotFoundError as error:
        raise DockerError(f"The image {image[:71]} is not on this host.") from error


def candidates(commands: Sequence[Sequence[str]], environment: Sequence[str]) -> list[str]:
    """Return the interpreters that may hold the gateway's code, the most likely one first.

    Args:
        commands: Command lines of the container's processes and of its configuration.
        environment: Its environment, `NAME=value`.
    """
    found: list[str] = []
    for words in commands:
        for word in words:
            path = PurePosixPath(word)
            if _PYTHON.fullmatch(path.name):
                found.append(word)
            elif path.is_absolute() and path.parent.name == "bin":
                found.append(str(path.parent / "python"))
    known = dict(item.partition("=")[::2] for item in environment)
    if known.get("VIRTUAL_ENV"):
        found.append(f"{known['VIRTUAL_ENV']}/bin/python")
    found.append("/app/.venv/bin/python")
    found.extend(f"{folder}/python" for folder in known.get("PATH", "").split(":") if folder)
    plain = ["python3", "python"]
    kept = [path for path in found if str(PurePosixPath(path).parent) not in _SYSTEM]
    return list(dict.fromkeys([*kept, *plain]))
