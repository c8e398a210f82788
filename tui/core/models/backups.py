"""Backups, their manifests, and the catalogue of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tui.core.models.deployment import FORMAT
from tui.core.verdict import Verdict

BackupKind: TypeAlias = Literal["hot", "cold", "safety", "file", "latest", "salvage"]


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
    """Of the encryption secret that was in force; empty: unknown.

    See `tui.operations.cataloguing.secret`.
    """
    adopted: bool = False
    source: str = ""
    """File name of the database it is of: several databases of a folder share its backups."""
    source_folder: str = ""
    """Real folder of that database on `host`: databases of two folders may have one name."""
    compression: str = ""
    """`zstd`, or empty. `size`, `pages` and `sha256` are always those of the database in it."""
    stored_size: int = 0
    """Bytes of the compressed file; 0 when it is not compressed."""
    stored_sha256: str = ""
    """SHA-256 of the compressed file; empty when it is not compressed."""
    second: str = ""
    """Path of the copy in the second location; empty when there is none."""
    second_verified: str = ""
    """When that copy was last verified there: ISO 8601 in UTC."""
    drilled: str = ""
    """When it was last restored in a drill: ISO 8601 in UTC."""
    drill_result: str = ""
    """`ok`, or what the drill found."""
    drill_seconds: float = 0.0
    salvaged: Mapping[str, Any] = field(default_factory=dict)
    """Of a salvage: from what, and what came back of each table; such a file is suspect.

    See `tui.operations.salvaging.reading.facts_of`.
    """

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
    compression: str = ""
    """`zstd`, or empty."""
    neighbour: bool = False
    """It is of another database of the same folder: listed, never `latest`, never pruned here."""
    secret: Literal["same", "other", "unknown"] = "unknown"
    """Whether it was written with the encryption secret that is in force now."""
    drilled: datetime | None = None
    """When it was last proven restorable, in a drill that went well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The backups, newest first."""

    backups: Sequence[Backup]
    strangers: Sequence[str] = ()
    """Names in the backup folder that are not backups: listed, never touched."""
    unread: Sequence[str] = ()
    """Why a folder of backups could not be looked into, a sentence each: there may be more."""

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
                if b.verdict is Verdict.OK
                and b.kind in ("hot", "cold")
                and not b.future_dated
                and not b.neighbour
            ),
            None,
        )
