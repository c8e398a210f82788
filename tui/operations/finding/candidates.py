"""What discovery finds: a deployment, its state, and the settings that apply to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import NotFoundError, UsageError
from tui.core.models import Deployment, GatewayState, MigrationsRef, Policy, Problem
from tui.core.settings import Settings
from tui.services import mounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One deployment that was found."""

    deployment: Deployment
    state: GatewayState
    where: str
    """For a list: the database's path, `PostgreSQL: use pg_dump`, `volume v, root only` …"""
    text: str = ""
    """What a person should know before opening it; empty when all is well."""
    settings: Settings
    """With what was discovered filled in; `config show` prints them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found, and what was looked at."""

    candidates: tuple[Candidate, ...]
    chosen: Deployment | None = None
    """The one that is meant; None when a person has to choose."""
    settings: Settings
    """Those of the chosen one, else those that were given."""
    looked_at: str = ""
    """`6 containers, 0 Compose files here`."""
    docker: str = ""
    """Why Docker could not be asked; empty when it could, or was not needed."""

    def require(self) -> Deployment:
        """The one deployment, for commands that cannot ask.

        Raises:
            NotFoundError: There is none.
            UsageError: There are several and nothing says which.
        """
        if self.chosen is not None:
            return self.chosen
        if not self.candidates:
            raise NotFoundError(self.nothing())
        names = ", ".join(container_name(c.deployment) for c in self.candidates)
        raise UsageError(f"Several gateways are here: {names}. Choose with --container NAME.")

    def nothing(self) -> str:
        """The sentence for an empty list."""
        docker = f"{self.docker} " if self.docker else ""
        return (
            f"{docker}No gateway found on this host. Looked at: {self.looked_at}. "
            "Give --db PATH or --project-dir."
        )


def container_name(deployment: Deployment) -> str:
    """The gateway's container, or the deployment's name where there is none."""
    return getattr(deployment.gateway, "container", "") or deployment.name


def build(
    settings: Settings,
    *,
    database: Path,
    name: str,
    project_dir: Path | None,
    problems: tuple[Problem, ...] = (),
) -> Deployment:
    """A deployment without a gateway, from settings and what was found.

    Args:
        settings: Beat what was found.
        database: The live file, resolved.
        name: What it is called if the settings say nothing.
        project_dir: The project's folder, if there is one.
        problems: What stands in the way.
    """
    return Deployment(
        name=settings["name"] or name,
        database=database,
        project_dir=project_dir,
        migrations=MigrationsRef(python=settings["python"], package=settings["package"]),
        backup_dir=settings["backup_dir"] or database.parent / "backups",
        log_files=settings["log_files"],
        production=settings["production"],
        read_only=settings["read_only"],
        group=settings["group"],
        health_url=settings["health_url"],
        problems=problems,
        second_dir=settings["second_dir"],
        compress=settings["compress"],
        retention=Policy.from_table(settings["retention"]),
        rotation=settings.rotation(),
        ignore=settings["ignore"],
        cron_files=settings["cron_files"],
    )


def filled(settings: Settings, deployment: Deployment, how: str) -> Settings:
    """The settings with what was found where nobody wrote anything down; `how` is the origin."""
    gateway = deployment.gateway
    return settings.discovered(
        {
            "project_dir": deployment.project_dir,
            "database": None if deployment.database == mounts.NO_FILE else deployment.database,
            "name": deployment.name,
            "backup_dir": deployment.backup_dir,
            "service": getattr(gateway, "service", ""),
            "container": getattr(gateway, "container", ""),
            "health_url": deployment.health_url,
            "log_files": deployment.log_files,
        },
        how,
    )
