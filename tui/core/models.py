"""The things the product talks about, as plain values.

Times are timezone-aware and in UTC, sizes in bytes, durations in seconds. Text that came from
elsewhere (names, messages, rows) is kept as it came: `tui.wording.clean` makes it printable
where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tui.core.operation import Verdict

FORMAT = 1
"""Format number of journals, manifests and state; an unknown one makes everything read-only."""


# --- the deployment ---------------------------------------------------------------------


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
        for key in ("database", "project_dir", "backup_dir"):
            values[key] = None if values[key] is None else str(values[key])
        values["log_files"] = [str(path) for path in self.log_files]
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
        known["database"] = Path(known["database"])
        known["backup_dir"] = Path(known["backup_dir"])
        known["project_dir"] = known["project_dir"] and Path(known["project_dir"])
        return cls(**known)


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}


# --- the gateway ------------------------------------------------------------------------

Running: TypeAlias = Literal["running", "starting", "restarting", "stopped", "missing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    """What a gateway is doing, from one look."""

    running: Running
    text: str = ""
    """Why, when the state alone does not say it."""
    since: datetime | None = None
    exit_code: int | None = None
    """Of the last exit, when it is stopped or restarting."""
    restarts: int | None = None
    identity: str = ""
    """Container id or pid: another one means that it was made anew."""
    image: str = ""
    image_id: str = ""
    release: str = ""
    """The image's or installation's version, as far as it says one."""
    user: str = ""
    """User the gateway runs as, e.g. `10001:10001`; empty when not known."""
    pids: tuple[int, ...] = ()
    """Its processes as this host sees them."""
    details: Mapping[str, str] = field(default_factory=dict)
    """More for the gateway's form: mounts, restart policy, ports …"""

    @property
    def is_up(self) -> bool:
        """Whether it may have the database open."""
        return self.running in ("running", "starting", "restarting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the gateway's own health address answered."""

    verdict: Literal["healthy", "unhealthy", "unreachable", "unknown"]
    text: str
    """The JSON's own words, or why there were none."""
    address: str = ""
    learnt: str = ""
    """How the address was found: `published port`, `command`, `exec`, `MCPDB_HEALTH_URL` …"""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How a stop went."""

    exit_code: int | None
    """137 means that it was killed after its timeout."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether the gateway ended by itself."""
        return self.exit_code == 0


# --- files ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """Which file stands at a path; survives a rename, changes with a replacement."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    mode: int
    uid: int
    gid: int
    links: int

    @property
    def key(self) -> tuple[int, int]:
        """Device and inode."""
        return (self.device, self.inode)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What one read-only look at a database file found."""

    path: Path
    exists: bool
    size: int = 0
    wal_size: int = 0
    revision: str = ""
    """Alembic revision; empty when there is none."""
    revisions: tuple[str, ...] = ()
    """All rows of `alembic_version`; more than one is a fault."""
    journal_mode: str = ""
    page_size: int = 0
    pages: int = 0
    inode: int = 0
    disk_free: int = 0
    how: str = ""
    """How it was opened: `live`, `immutable`, `scratch copy` …; shown when not `live`."""
    problem: str = ""
    """Why it cannot be read, in one sentence; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """One table or view."""

    name: str
    kind: Literal["table", "view", "virtual", "internal"]
    rows: int | None = None
    """None while it has not been counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of rows, values as SQLite gives them (None, int, float, str or bytes).

    Text that is not UTF-8 arrives as `bytes`; a value longer than the cap arrives cut, and
    `cut` says so.
    """

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool = False
    masked: frozenset[str] = frozenset()
    """Columns whose values are secrets: shown as `•••• 118 ch`."""
    more: bool = False


# --- backups ----------------------------------------------------------------------------

BackupKind: TypeAlias = Literal["hot", "cold", "safety", "file", "latest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is recorded beside a backup when it was verified (JSON, `<name>.json`)."""

    format: int = FORMAT
    id: str
    """Six letters and digits."""
    name: str
    """File name of the backup."""
    kind: BackupKind
    sequence: int
    """Orders backups whatever the clock did."""
    taken: str
    """When the content was true: ISO 8601 in UTC."""
    utc_offset: str
    """The host's offset at that moment, e.g. `+02:00`."""
    seconds: float
    trigger: str
    """`hand`, `schedule`, or the operation that needed it."""
    who: str
    host: str
    method: str
    """`backup-api` or `link` (a safety copy is the old inode itself)."""
    clean_stop: bool | None
    """Whether the gateway had ended by itself; None while it ran."""
    size: int
    page_size: int
    pages: int
    sha256: str
    revision: str
    release: str
    rows: Mapping[str, int]
    check: str
    """`quick_check` or `integrity_check`."""
    check_result: str
    foreign_key_errors: int
    verified: str
    """When it was last verified: ISO 8601 in UTC."""
    image: str
    sqlite_version: str
    journal_mode: str
    """The source's; a restore puts it back."""
    label: str = ""
    note: str = ""
    pinned: bool = False
    parent: str = ""
    """The operation that made it."""
    secret_fingerprint: str = ""
    adopted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether the running image can start on a backup."""

    verdict: Verdict
    text: str
    """`ok`, `+13 steps`, `too new`, `no` or `unknown`."""
    steps: int | None = None
    """How many migrations the gateway would run at its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One entry of the catalogue."""

    id: str
    """Of the manifest, or derived from device and inode for a bare file."""
    path: Path
    kind: BackupKind
    taken: datetime
    """For a bare file its modification time."""
    size: int
    sequence: int
    revision: str = ""
    release: str = ""
    manifest: Manifest | None = None
    verdict: Verdict = Verdict.UNKNOWN
    """Whether it is whole, as far as is known without reading it all again."""
    verified: datetime | None = None
    problem: str = ""
    """What is wrong with it, or why it is only listed."""
    label: str = ""
    pinned: bool = False
    future_dated: bool = False
    fit: Fit = Fit(verdict=Verdict.UNKNOWN, text="unknown")
    link_to: str = ""
    """For `mcp_backup_latest.db`, the sibling it points to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The backups, newest first."""

    backups: Sequence[Backup]
    strangers: Sequence[str] = ()
    """Names in the backup folder that are not backups: listed, never touched."""

    @property
    def total_size(self) -> int:
        """Bytes of all backups, links counted once."""
        return sum(b.size for b in self.backups if not b.link_to)

    @property
    def newest_verified(self) -> Backup | None:
        """What `restore latest` takes: the newest verified hot or cold backup."""
        return next(
            (
                b
                for b in self.backups
                if b.verdict is Verdict.OK and b.kind in ("hot", "cold") and not b.future_dated
            ),
            None,
        )


# --- migrations -------------------------------------------------------------------------

RevisionState: TypeAlias = Literal["applied", "current", "pending", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One Alembic revision as the image ships it."""

    revision: str
    down: tuple[str, ...]
    """What it follows; two for a merge, none for a base."""
    message: str
    """The sentence a person wants: never a licence line."""
    created: str = ""
    """Date of the file as its docstring gives it; the chain decides, not dates."""
    doc: str = ""
    branch_labels: tuple[str, ...] = ()
    release: str = ""
    """The release whose head it is; a hint, never a key."""
    state: RevisionState = "unknown"
    applied: datetime | None = None
    """When it was applied while we watched; None before our log."""
    downgrade: str = ""
    """`no loss`, `drops data`, `no-op`, `may refuse` or `unknown`; empty when not judged."""
    source: str = field(default="", repr=False)
    """Text of its file; empty when only the compiled form was there."""

    @property
    def is_merge(self) -> bool:
        """Whether it joins branches."""
        return len(self.down) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The migrations of the code beside the database, newest first, and where it stands."""

    revisions: tuple[Revision, ...]
    heads: tuple[str, ...]
    current: tuple[str, ...]
    """Rows of `alembic_version`; empty when it was never migrated."""
    unknown: tuple[str, ...] = ()
    """Of `current`, what this code does not know."""
    read_from: str = ""
    """`forge-gateway-1 (exec)`, `one-off container of …`, `/usr/bin/python3` …"""
    seconds: float = 0.0
    problem: str = ""
    """Why there are no revisions, in one sentence."""

    @property
    def pending(self) -> int:
        """How many revisions a start of this code would run."""
        return sum(1 for r in self.revisions if r.state == "pending")

    @property
    def applied(self) -> int:
        """How many the database has, the current one included."""
        return sum(1 for r in self.revisions if r.state in ("applied", "current"))


# --- activity ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step of an operation, as its journal tells."""

    step: str
    title: str
    state: Literal["pending", "running", "done", "failed", "undone", "cut"]
    started: datetime | None = None
    seconds: float | None = None
    done: int = 0
    total: int = 0
    unit: str = "bytes"
    cancellable: bool = True
    text: str = ""
    gateway_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityEntry:
    """One operation: who did what, when, and how it ended."""

    id: str
    """Name of its journal without the ending."""
    number: int
    operation: str
    subject: str
    """What it was about: a backup's id, a table …"""
    title: str
    started: datetime
    who: str
    host: str
    origin: str
    """Where the operator came from: an address, a tty or `cron`."""
    pid: int
    command: str
    state: Literal["running", "done", "failed", "cut"]
    """`cut`: its process is gone and it never ended."""
    exit_code: int | None = None
    outcome: str = ""
    """`done`, `rolled back`, `cancelled`, `refused` …"""
    sentence: str = ""
    """The result in one sentence."""
    seconds: float | None = None
    cancellable: bool = False
    """Whether a running one can be cancelled now."""
    steps: tuple[StepLine, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    down_since: datetime | None = None
    down_seconds: float | None = None
    """How long the gateway was down; still counting while `down_since` is set."""

    @property
    def verdict(self) -> Verdict:
        """The sign in front of the line."""
        if self.state == "failed" and self.exit_code not in (4, 11):
            return Verdict.FAIL
        return Verdict.OK if self.state in ("done", "running") else Verdict.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOwner:
    """Who holds the lock for mutating operations."""

    pid: int
    who: str
    host: str
    what: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that has the database open."""

    pid: int
    command: str
    user: str
    container: str = ""
    ours: bool = False
    """A viewer of this product."""

    def describe(self) -> str:
        """`python report.py (pid 51877, stage-report-1)`."""
        where = f", {self.container}" if self.container else ""
        return f"{self.command} (pid {self.pid}{where})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log, as it came."""

    source: str
    """`gw`, `file` or `us`."""
    text: str
    time: datetime | None = None
    level: str = ""
    """`debug`, `info`, `warn`, `error`, or empty when the line does not say."""
    logger: str = ""
    event: bool = False
    """Said by us about the log: a restart, a rotation, an engine that does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One fact that wants a person, with the key that leads to its remedy."""

    verdict: Verdict
    text: str
    key: str
    """E.g. `b`, `6`, `Enter`."""
    action: str
    """What the key does, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer of `status`: rows 1 and 2 of the screen, and what needs a person."""

    deployment: Deployment
    gateway: GatewayState
    health: Health
    database: DatabaseFacts
    head: str
    """Head of the running image's migrations; empty while it is not known."""
    lock: LockOwner | None
    running: ActivityEntry | None
    unfinished: tuple[ActivityEntry, ...]
    """Operations that were cut short: reported, never changed by looking."""
    last_backup: Backup | None
    """Newest verified."""
    backups: int
    integrity: str
    """Result of the last full check on record, empty when there is none."""
    integrity_at: datetime | None
    needs: tuple[Need, ...] = ()
