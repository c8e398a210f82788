"""Find the deployments there are to look after, and the one that is meant.

Docker is asked only when it can know something: a gateway that is a process is found by its
`mcpdb.toml` alone, and then the Docker SDK is not even imported.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tui.core.errors import DockerError, NotFoundError, UsageError
from tui.core.models import GatewayState, Problem, ProcessRef
from tui.core.settings import Settings
from tui.operations.finding.candidates import Candidate, Discovery, build, container_name, filled
from tui.operations.finding.discover_docker import from_compose, look
from tui.services import mounts
from tui.services.containers import compose
from tui.services.files import is_file, is_folder
from tui.services.gateways.process import ProcessGateway

NO_DOCKER_BLOCKS = ("replace", "gateway", "logs")
"""What an engine that does not answer greys: nobody can be stopped."""


def discover(
    settings: Settings, environ: Mapping[str, str] = os.environ, cwd: Path | None = None
) -> Discovery:
    """Look, change nothing.

    Args:
        settings: What the operator wrote down.
        environ: Where `DOCKER_HOST` comes from.
        cwd: Being inside a Compose project's folder chooses it.

    Raises:
        NotFoundError: What the operator named is not there.
        UsageError: What the operator named fits several.
    """
    process = settings.process()
    if process is not None and not _means_another(settings):
        return _chosen(_process_candidate(settings, process), str(settings.project_file))
    here = (cwd or Path.cwd()).resolve()
    search = _Search(settings, environ, here)
    return search.run()


def _means_another(settings: Settings) -> bool:
    """Whether flags name something else than the process gateway of `mcpdb.toml`."""
    if settings.from_flag("container") or settings.from_flag("service"):
        return True
    if not settings.from_flag("database") or settings.project_file is None:
        return False
    # The project's own file says which database its gateway has; --db may name another one.
    said = settings.in_file.get("database", settings.project_file.parent / "data" / "mcp.db")
    return _real(said) != _real(settings["database"])


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _chosen(candidate: Candidate, looked_at: str, docker: str = "") -> Discovery:
    return Discovery(
        candidates=(candidate,),
        chosen=candidate.deployment,
        settings=candidate.settings,
        looked_at=looked_at,
        docker=docker,
    )


def _process_candidate(settings: Settings, ref: ProcessRef) -> Candidate:
    folder = Path(ref.folder)
    database = _real(settings["database"] or folder / "data" / "mcp.db")
    ref = replace(
        ref,
        health_url=settings["health_url"] or ref.health_url,
        log_files=tuple(str(path) for path in settings["log_files"]),
    )
    deployment = build(
        settings,
        database=database,
        name=folder.name,
        project_dir=folder,
        problems=tuple(mounts.host_problems(database)),
    )
    deployment = replace(deployment, gateway=ref, health_url=ref.health_url)
    state = ProcessGateway(ref).state()
    return Candidate(
        deployment=deployment,
        state=state,
        where=str(database),
        text=state.text,
        settings=filled(settings, deployment, f"gateway of {settings.project_file}"),
    )


class _Search:
    """One look at this host."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], here: Path) -> None:
        self.settings = settings
        self.environ = environ
        self.here = here
        self.docker = ""
        self.containers = 0
        given = settings["project_dir"]
        self.project: Path | None = None if given is None else _real(given)
        self.database: Path | None = (
            _real(settings["database"]) if settings.given("database") else None
        )

    def run(self) -> Discovery:
        """Docker first, then what stands in files."""
        found = self._ask_docker()
        named = self._named(found)
        if named is not None:
            return self._one(self._with_database(named))
        if self._is_missed():
            raise self._not_there(found)
        if self.database is not None or self.project is not None:
            return self._one(self._without_container())
        inside = [candidate for candidate in found if self._holds_here(candidate)]
        if len(inside) == 1:
            return self._one(inside[0])
        # What lies in this very folder is meant rather than a gateway somewhere else.
        local = None if inside else self._without_container()
        if local is not None or len(found) == 1:
            return self._one(local or found[0])
        return self._none_or_several(inside or found)

    def _one(self, candidate: Candidate | None) -> Discovery:
        if candidate is None:
            return self._none_or_several([])
        return _chosen(candidate, self._looked_at(), self.docker)

    def _ask_docker(self) -> list[Candidate]:
        try:
            found, self.containers = look(self.settings, self.environ)
        except DockerError as error:
            self.docker = str(error)
            return []
        return found

    def _named(self, found: list[Candidate]) -> Candidate | None:
        """The one that container, service, database or project folder select."""
        name, service = self.settings["container"], self.settings["service"]
        fitting = found
        if name and self.settings.given("container"):
            fitting = [c for c in fitting if container_name(c.deployment) == name]
        if service and self.settings.given("service"):
            fitting = [
                c for c in fitting if getattr(c.deployment.gateway, "service", "") == service
            ]
        if self.database is not None and not name:
            fitting = [c for c in fitting if c.deployment.database == self.database]
        elif self.project is not None:
            fitting = [c for c in fitting if _project(c) == self.project] or (
                fitting if name else []
            )
        nothing_named = not name and not service and self.database is None and self.project is None
        if nothing_named or not fitting:
            return None
        if len(fitting) > 1:
            names = ", ".join(container_name(c.deployment) for c in fitting)
            raise UsageError(f"Several gateways fit: {names}. Choose with --container NAME.")
        return fitting[0]

    def _with_database(self, candidate: Candidate) -> Candidate:
        """`--db` together with `--container`: the operator knows where the file is."""
        deployment = candidate.deployment
        if self.database is None or deployment.database == self.database:
            return candidate
        problems = tuple(p for p in deployment.problems if p.topic not in ("volume", "no-mount"))
        deployment = replace(
            deployment,
            database=self.database,
            backup_dir=candidate.settings["backup_dir"]
            if candidate.settings.given("backup_dir")
            else self.database.parent / "backups",
            problems=problems,
        )
        return replace(candidate, deployment=deployment, where=str(self.database))

    def _is_missed(self) -> bool:
        """Whether a container or service was named that Docker, which answers, does not have.

        A service of a named project may merely have no container yet.
        """
        if self.docker:
            return False
        elsewhere = self.project is None and self.database is None
        return self.settings.given("container") or (self.settings.given("service") and elsewhere)

    def _not_there(self, found: list[Candidate]) -> NotFoundError:
        word = self.settings["container"] or self.settings["service"]
        kind = "container" if self.settings["container"] else "service"
        names = ", ".join(container_name(c.deployment) for c in found) or "none"
        return NotFoundError(f"There is no gateway in a {kind} {word}. Gateways here: {names}.")

    def _holds_here(self, candidate: Candidate) -> bool:
        folder = _project(candidate)
        return folder is not None and self.here.is_relative_to(folder)

    def _none_or_several(self, found: list[Candidate]) -> Discovery:
        return Discovery(
            candidates=tuple(found),
            settings=self.settings,
            looked_at=self._looked_at(),
            docker=self.docker,
        )

    def _looked_at(self) -> str:
        folder = self.project or self.here
        files = 1 if compose.file_in(folder) else 0
        containers = "no containers" if self.docker else _plural(self.containers, "container")
        return f"{containers}, {_plural(files, 'Compose file')} here"

    def _without_container(self) -> Candidate | None:
        """A Compose file, `--db`, or the guide's `data/mcp.db`."""
        folder = self.project or self.here
        problems = self._docker_problem()
        if self.database is None and compose.file_in(folder) is not None:
            try:
                candidate = from_compose(self.settings, folder, problems)
            except DockerError as error:
                problems = (*problems, Problem("compose", str(error)))
            else:
                if candidate is not None:
                    return candidate
        database = self.database
        if database is None:
            usual = _real(folder / "data" / "mcp.db")
            if not is_file(usual):
                return None
            database = usual
        return self._bare(database, problems)

    def _docker_problem(self) -> tuple[Problem, ...]:
        return (Problem("docker", self.docker, NO_DOCKER_BLOCKS),) if self.docker else ()

    def _bare(self, database: Path, problems: tuple[Problem, ...]) -> Candidate:
        """A file and nothing else: who writes it is not known."""
        if is_folder(database):
            raise UsageError(f"{database} is a folder; give the database file in it.")
        if not is_folder(database.parent):
            raise NotFoundError(f"There is no folder {database.parent} for --db {database}.")
        if not problems:
            how = "was given with --db" if self.settings.given("database") else "was found here"
            said = f"No gateway is known here; the file {how}."
            problems = (Problem("no-gateway", said, ("gateway", "logs")),)
        folder = self.project or _folder_of(database)
        deployment = build(
            self.settings,
            database=database,
            name=folder.name or socket.gethostname(),
            project_dir=self.project,
            problems=(*problems, *mounts.host_problems(database)),
        )
        return Candidate(
            deployment=deployment,
            state=GatewayState(running="unknown", text=problems[0].text),
            where=str(database),
            text=problems[0].text,
            settings=filled(self.settings, deployment, str(database)),
        )


def _project(candidate: Candidate) -> Path | None:
    folder = candidate.deployment.project_dir
    return None if folder is None else _real(folder)


def _folder_of(database: Path) -> Path:
    """`/srv/forge` for `/srv/forge/data/mcp.db`."""
    folder = database.parent
    return folder.parent if folder.name == "data" else folder


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
