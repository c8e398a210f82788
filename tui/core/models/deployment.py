"""What is looked after: a gateway, its database, and how both are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tui.core.models.retention import DEFAULT_POLICY, Policy
from tui.core.models.rotation import DEFAULT_ROTATION, Rotation

FORMAT = 1
"""Format number of journals, manifests and state; an unknown one makes everything read-only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRef:
    """A gateway that runs in a container; found again by name, for ids change."""

    container: str
    """The container's name."""
    project: str = ""
    """Compose project, empty when the container was not made by Compose."""
    service: str = ""
    docker_host: str = ""
    """`DOCKER_HOST` it was found through; empty means the environment's default."""
    health_url: str = ""
    """Overrides what discovery would ask; empty means that the gateway finds it."""
    config_files: tuple[str, ...] = ()
    """Compose files, as the container's labels name them."""
    working_dir: str = ""
    database_inside: str = ""
    """The database's path inside the container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRef:
    """A gateway that runs as a process of this host: bare-metal installs and the demo."""

    folder: str
    """Where the commands run."""
    start: tuple[str, ...]
    """Starts the gateway and returns; the gateway goes on in the background."""
    stop: tuple[str, ...]
    """Stops it and returns once it has exited."""
    running: tuple[str, ...] = ()
    """Exits 0 when it runs; empty means that `pid_file` tells."""
    pid_file: str = ""
    health_url: str = ""
    health_timeout: float = 30.0
    """How long after a start it may take to become healthy, seconds."""
    stop_timeout: float = 30.0
    release: str = ""
    """What the installation calls its version; shown where an image would be."""
    migrates_at_start: bool = True
    """Whether a start runs the pending migrations, as the real gateway's does."""
    log_files: tuple[str, ...] = ()
    """Files and folders it logs to; `logs` follows them."""


GatewayRef: TypeAlias = ContainerRef | ProcessRef


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationsRef:
    """Where the gateway's migration code is found when no container has it."""

    python: str = ""
    """An interpreter that can import `package`; empty means none is known."""
    package: str = "mcpgateway"
    """The package that holds `alembic.ini`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something about a deployment cannot be done, in plain words."""

    topic: str
    """`docker`, `postgresql`, `volume`, `single-file`, `read-only`, `network-fs`, `remote` …"""
    text: str
    blocks: tuple[str, ...] = ()
    """What it greys: `database` (there is no file to look at), `replace` (restore and the like),
    `live` (the file while the gateway runs), `gateway`, `logs`, `migrations`, `all`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One gateway and its database: everything an operation needs to find them."""

    name: str
    """What is typed to confirm; the Compose project's or the folder's name."""
    database: Path
    """The live file, resolved to its real folder."""
    project_dir: Path | None = None
    gateway: GatewayRef | None = None
    migrations: MigrationsRef = MigrationsRef()
    backup_dir: Path
    """Where backups are written; `backups` beside the database unless configured."""
    log_files: tuple[Path, ...] = ()
    """Folders or files with the gateway's own logs."""
    production: str = ""
    """The word in brackets that marks production; empty when it is not."""
    read_only: bool = False
    group: str = ""
    """Group that may read state and backups (0750/0640); empty means owner only."""
    health_url: str = ""
    image: str = ""
    image_id: str = ""
    problems: tuple[Problem, ...] = ()
    second_dir: Path | None = None
    """Where each verified backup is copied to as well; None when nowhere."""
    compress: bool = False
    """Whether new backups are compressed with zstd."""
    retention: Policy = DEFAULT_POLICY
    rotation: Rotation = DEFAULT_ROTATION
    ignore: tuple[str, ...] = ()
    """More columns whose changes a comparison does not count, as `column` or `table.column`."""
    cron_files: tuple[Path, ...] = ()
    """More tables of cron than this host's own, in the form of `/etc/crontab`."""

    @property
    def state_dir(self) -> Path:
        """Lock, journals and safety copies; made by the first change, never by looking."""
        return self.database.parent / ".mcpdb"

    @property
    def migrates_at_start(self) -> bool:
        """Whether the gateway migrates its database itself when it starts."""
        return not isinstance(self.gateway, ProcessRef) or self.gateway.migrates_at_start

    def blocked(self, what: str) -> Problem | None:
        """The problem that forbids `what`, if there is one."""
        return next((p for p in self.problems if what in p.blocks or "all" in p.blocks), None)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` reads them back."""
        values = asdict(self)
        for key in ("database", "project_dir", "backup_dir", "second_dir"):
            values[key] = None if values[key] is None else str(values[key])
        values["log_files"] = [str(path) for path in self.log_files]
        values["cron_files"] = [str(path) for path in self.cron_files]
        kind = {ContainerRef: "container", ProcessRef: "process"}.get(type(self.gateway))
        values["gateway"] = kind and {"kind": kind, **values["gateway"]}
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Deployment:
        """Rebuild what `as_json` wrote.

        Raises:
            KeyError: A key is missing: it was not written by `as_json`.
        """
        known = dict(values)
        gateway = known["gateway"]
        if gateway is not None:
            gateway = dict(gateway)
            kind = {"container": ContainerRef, "process": ProcessRef}[gateway.pop("kind")]
            known["gateway"] = kind(**_tupled(gateway))
        known["migrations"] = MigrationsRef(**known["migrations"])
        known["problems"] = tuple(Problem(**_tupled(problem)) for problem in known["problems"])
        known["log_files"] = tuple(Path(path) for path in known["log_files"])
        known["cron_files"] = tuple(Path(path) for path in known.get("cron_files", ()))
        known["database"] = Path(known["database"])
        known["backup_dir"] = Path(known["backup_dir"])
        known["project_dir"] = known["project_dir"] and Path(known["project_dir"])
        known["second_dir"] = known.get("second_dir") and Path(known["second_dir"])
        known["retention"] = Policy(**known.get("retention") or asdict(DEFAULT_POLICY))
        known["rotation"] = Rotation(**known.get("rotation") or {})
        known["ignore"] = tuple(known.get("ignore", ()))
        return cls(**known)


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
