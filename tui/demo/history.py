"""The demo's past: one database that grows, is migrated and backed up as time goes by.

Every backup is a real copy of that database at its moment, so whatever its manifest says is
true of the file; only the one that was damaged afterwards differs, which is its purpose: a
verification found that and wrote it down, so the catalogue says FAIL before anybody reads it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.core.models import BackupKind, Manifest
from tui.demo import catalogue, schema
from tui.demo.content import Draw, Federation
from tui.demo.people import People
from tui.demo.traffic import Traffic, lose_gateways
from tui.services import manifests
from tui.services.sqlite import copying, inspection

SEED = 20260811
RELEASE = "demo 1.0.5"
NEWEST_AGE = timedelta(minutes=74)
"""How old the newest backup is."""

NEWEST, DAMAGED, PINNED = "k7m2qd", "q8v2xe", "w3n9te"
"""Ids of the backups that the story names."""

_BEGIN = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One backup of the past."""

    id: str
    """Empty for one that the guide's script made: it has no manifest."""
    days: float
    """How many days before the newest backup."""
    kind: BackupKind = "hot"
    label: str = "nightly"
    trigger: str = "schedule"
    who: str = "cron"
    release: str = "1.0.5"
    pinned: bool = False

    @property
    def prefix(self) -> str:
        """What its file name begins with."""
        return "mcp_hotbackup" if self.kind == "hot" else "mcp_backup"


_GUIDE = Past(id="", days=44.3, kind="file")
_BEFORE = Past(
    id=PINNED,
    days=32.2,
    kind="cold",
    label="before 1.0.5",
    trigger="hand",
    who="dana",
    release="1.0.4",
    pinned=True,
)
_SINCE = (
    Past(id="h5r8cz", days=16, label="weekly"),
    Past(id="b6t4ya", days=9, label="weekly"),
    Past(id=DAMAGED, days=4),
    Past(id="x2j7mp", days=2),
    Past(id="f9s3kv", days=1),
    Past(id=NEWEST, days=0),
)


class History:
    """Makes the live file and its backups.

    Args:
        database: The live file; must not exist yet.
        backups: An existing folder.
        now: The present of the story.
        host: What the manifests name as the host.
    """

    def __init__(self, database: Path, backups: Path, now: datetime, host: str) -> None:
        self.database = database
        self.backups = backups
        self.now = now
        self.host = host
        self._made = 0
        draw = Draw(SEED)
        self._draw = draw
        self._federation = Federation(draw, now)
        self._people = People(draw, now)
        self._traffic = Traffic(draw, now - _BEGIN)

    def make(self) -> None:
        """Let it all happen."""
        schema.upgrade(self.database, catalogue.REVISIONS["guide"])
        with self._open() as connection:
            # The live file keeps this mode, and every manifest can say so truthfully.
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            peers = (*catalogue.KEPT, *catalogue.LOST)
            self._people.insert(connection)
            gateways = self._federation.insert(connection, peers)
            self._people.oauth_tokens(connection, gateways[:3])
            self._traffic.sessions(connection, 33, self.now - NEWEST_AGE)
            connection.commit()
            self._back_up(connection, _GUIDE)
        schema.upgrade(self.database, catalogue.REVISIONS["older"])
        with self._open() as connection:
            self._people.api_tokens(connection)
            self._back_up(connection, _BEFORE)
        schema.upgrade(self.database, catalogue.REVISIONS["current"])
        with self._open() as connection:
            for past in _SINCE:
                self._back_up(connection, past)
            self._since_the_newest(connection)

    def _since_the_newest(self, connection: sqlite3.Connection) -> None:
        # Busier than usual, so that a comparison shows traffic beside what was removed.
        self._traffic.run(connection, self.now, rate=15.0)
        lose_gateways(connection, self._draw, self.now)
        self._traffic.sessions(connection, 9, self.now)
        connection.execute("UPDATE tools SET reachable = 0 WHERE name LIKE 'grafana-%'")
        connection.commit()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA foreign_keys=ON")
            yield connection

    def _back_up(self, connection: sqlite3.Connection, past: Past) -> None:
        taken = self.now - NEWEST_AGE - timedelta(days=past.days)
        self._traffic.run(connection, taken)
        connection.commit()
        path = self.backups / f"{past.prefix}_{taken.astimezone():%Y%m%d_%H%M%S}.db"
        copied = copying.copy(connection, path, _nothing, hold=60.0)
        if past.id:
            manifest = self._manifest(path, past, taken, copied.journal_mode)
            if past.id == DAMAGED:
                damage(path)
                manifest = found_damaged(path, manifest, taken)
            manifests.write_manifest(path, manifest)
        times = (taken.timestamp(), taken.timestamp())
        os.utime(path, times)

    def _manifest(self, path: Path, past: Past, taken: datetime, mode: str) -> Manifest:
        report = inspection.inspect(path, _nothing, lambda: None)
        self._made += 1
        seconds = 0.4 + 0.1 * self._made
        return Manifest(
            id=past.id,
            name=path.name,
            kind=past.kind,
            # Milliseconds, as `next_sequence` counts: a file adopted later finds its place.
            sequence=int(taken.timestamp() * 1000),
            taken=iso(taken),
            utc_offset=utc_offset(taken),
            seconds=round(seconds, 1),
            trigger=past.trigger,
            who=past.who,
            host=self.host,
            method="backup-api",
            clean_stop=True if past.kind == "cold" else None,
            size=report.size,
            page_size=report.page_size,
            pages=report.pages,
            sha256=report.sha256,
            revision=report.revision,
            release=past.release,
            rows=report.rows,
            check=report.check,
            check_result="ok",
            foreign_key_errors=report.foreign_key_errors,
            verified=iso(taken + timedelta(seconds=seconds)),
            image=f"demo {past.release}",
            sqlite_version=sqlite3.sqlite_version,
            journal_mode=mode,
            label=past.label,
            pinned=past.pinned,
        )


def iso(moment: datetime) -> str:
    """A moment as manifests hold it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def utc_offset(moment: datetime) -> str:
    """This host's offset at a moment: `+02:00`."""
    text = moment.astimezone().strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def damage(path: Path) -> None:
    """Change one letter of one log message, as a failing disk would.

    No index holds it: SQLite's own checks say ok, only the hash in the manifest tells.
    """
    content = path.read_bytes()
    place = content.rindex(b"Invoked tool")
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"i")


def found_damaged(path: Path, manifest: Manifest, taken: datetime) -> Manifest:
    """The manifest as a verification a minute later left it: it found the damage and said so."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(
        manifest,
        check_result=f"FAIL sha256: expected {manifest.sha256[:12]}, found {found[:12]}.",
        verified=iso(taken + timedelta(minutes=1)),
    )


def _nothing(_done: int, _total: int) -> None:
    """Nobody watches."""
