"""The one checker: whatever an operation did or met, this must be true afterwards."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.faults import wait_for
from tui.core.models import Backup, Deployment
from tui.core.verdict import Verdict
from tui.operations.activity import unfinished
from tui.operations.cataloguing.catalogue import read_catalogue, safety_dir
from tui.operations.finding.gateways import gateway_of, state_of
from tui.services.locks import DatabaseLock, read_owner
from tui.services.operator import origin

_AT = "revision "

LOUD = {5, 13, 14}
"""Exit codes that say that the gateway could not be brought back: allowed only with a reason."""


class AnySite(Protocol):
    """What the checker needs of a site: the process gateway's and the real one's have it."""

    @property
    def deployment(self) -> Deployment: ...

    def running(self) -> bool: ...

    def healthy(self) -> bool: ...

    def left_overs(self) -> list[Path]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How a site was before something happened to it."""

    running: bool
    healthy: bool
    identity: str
    """The gateway's process or container."""
    inode: int
    owner: tuple[int, int, int]
    names: frozenset[str]
    """The tools in the live database: old and new differ in them."""
    revision: str
    """Where it stands: after a migration old and new may differ in nothing else."""
    wal: bool
    backups: Mapping[str, str]
    """Names in the backup folder and what they hold."""
    safety: frozenset[str]
    extra: dict[str, object] = field(default_factory=dict)


def look_at(site: AnySite) -> Before:
    """Take down how it is now."""
    deployment = site.deployment
    found = deployment.database.stat()
    running = site.running()
    return Before(
        running=running,
        healthy=running and site.healthy(),
        identity=state_of(gateway_of(deployment)).identity,
        inode=found.st_ino,
        owner=(found.st_uid, found.st_gid, found.st_mode & 0o7777),
        names=names(deployment.database, deployment),
        revision=revision(deployment.database, deployment),
        wal=is_wal(deployment.database),
        backups=prints(deployment.backup_dir),
        safety=frozenset(path.name for path in _files(safety_dir(deployment))),
    )


def is_wal(path: Path) -> bool:
    """Whether the file's header says WAL; read without opening it through SQLite."""
    with path.open("rb") as stream:
        return stream.read(20)[18:20] == b"\x02\x02"


def names(path: Path, deployment: Deployment | None = None) -> frozenset[str]:
    """The tools in a database: with its WAL where it has one, else as a finished file."""
    return _first_column(path, deployment, "SELECT name FROM tools")


def revision(path: Path, deployment: Deployment | None = None) -> str:
    """Where a database stands; read as `names` does."""
    found = _first_column(path, deployment, "SELECT version_num FROM alembic_version")
    return " ".join(sorted(found))


def at(revision: str) -> str:
    """What stands among the tools of a new database that is told by its revision as well."""
    return f"{_AT}{revision}"


def tools_of(new: frozenset[str]) -> frozenset[str]:
    """The tools of a new database, without what says where it stands."""
    return frozenset(name for name in new if not name.startswith(_AT))


def _first_column(path: Path, deployment: Deployment | None, sql: str) -> frozenset[str]:
    has_wal = path.with_name(path.name + "-wal").exists()
    mode = "mode=ro" if deployment is not None and has_wal else "immutable=1"
    with closing(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=10)) as connection:
        return frozenset(str(value) for (value,) in connection.execute(sql))


def integrity(path: Path) -> str:
    """`ok`, or what SQLite finds; as the gateway would see it."""
    has_wal = path.with_name(path.name + "-wal").exists()
    mode = "mode=ro" if has_wal else "immutable=1"
    with closing(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=10)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def prints(folder: Path) -> dict[str, str]:
    """The plain files of a folder and their hashes."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(folder)}


def state_print(deployment: Deployment) -> dict[str, tuple[int, str]]:
    """Inode and content of all that an operation may have left; the live set changes by itself."""
    live = deployment.database
    return {
        str(path): (path.lstat().st_ino, hashlib.sha256(path.read_bytes()).hexdigest())
        for folder in (live.parent, deployment.backup_dir)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.name != "filler"
        # A container whose maker was killed goes on in its scratch folder until it is resumed.
        and "scratch" not in path.relative_to(folder).parts
        and not (path.parent == live.parent and path.name.startswith(live.name))
        # Its second name while a copy is migrated: the helper puts the journal mode back in it.
        and not (path.name == "held" and live.exists() and path.samefile(live))
    }


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if p.is_file() and not p.is_symlink()]


def good(backups: tuple[Backup, ...]) -> set[str]:
    """The ids of those that stand as verified."""
    return {backup.id for backup in backups if backup.verdict is Verdict.OK}


def assert_whole(
    site: AnySite,
    before: Before,
    *,
    new: frozenset[str] | None = None,
    loud: str = "",
    running: bool | None = None,
    settled: bool = True,
) -> str:
    """State the invariants that hold for every operation, fault and moment.

    Args:
        site: Where it happened.
        before: How it was.
        new: The tools of the database that may stand there instead of the old one; None when
            the operation must not change the live database at all.
        loud: What the operation said, when it exited with one of `LOUD`: then the gateway may
            be down or ill, provided that the sentence says so.
        running: Whether it is meant to run, where that is not as before.
        settled: Whether everything has been resumed: the journals then have an end.

    Returns:
        `old` or `new`: which database is live.
    """
    deployment = site.deployment
    live = deployment.database
    # I4: there, a plain file, one name beside the safety link, whole.
    assert live.is_file(), "the live path is absent"
    assert not live.is_symlink()
    assert integrity(live) == "ok"
    found, old = names(live, deployment), before.names
    if new is not None and any(name.startswith(_AT) for name in new):
        found |= {at(revision(live, deployment))}
        old |= {at(before.revision)}
    which = "old" if found == old else "new" if found == new else "neither"
    assert which != "neither", f"the live database is neither old nor new: {sorted(found)}"
    status = live.stat()
    if old == new and status.st_ino != before.inode:
        which = "new"  # the same rows in another file
    owner = (status.st_uid, status.st_gid, status.st_mode & 0o7777)
    assert owner == before.owner, f"owner or mode changed: {before.owner} -> {owner}"
    if which == "old":
        assert status.st_ino == before.inode, "the old database stands there as a copy"
    # I6: the gateway is as it was, or it was said that it is not.
    expected = before.running if running is None else running
    well = site.running() == expected and (site.healthy() or not (expected and before.healthy))
    if not well:
        assert loud, f"the gateway is not as it was: {'ill' if site.running() else 'down'}"
        assert "gateway" in loud.lower(), f"not said that the gateway is not back: {loud}"
    elif expected and before.running:
        assert is_wal(live) == before.wal or which == "new", "the journal mode changed"
    if settled:
        # I2, I3: every journal has its end, nothing half-made is left, nobody holds the lock.
        assert unfinished(deployment) == ()
        left = site.left_overs()
        assert left == [], f"half-made files are left: {[str(path) for path in left]}"
        # The journal has its end a moment before its process has.
        wait_for(lambda: read_owner(deployment.state_dir) is None, "the lock is given back", 5.0)
        lock = DatabaseLock(deployment.state_dir)
        lock.acquire(origin(), "a test", wait=5.0)
        lock.release()
        _assert_safety(deployment)
        _assert_catalogue(deployment, before)
    return which


def _assert_safety(deployment: Deployment) -> None:
    """I8: what is kept is whole and listed; what is live has no second name."""
    kept = {(p.stat().st_dev, p.stat().st_ino) for p in _files(safety_dir(deployment))}
    found = deployment.database.stat()
    assert (found.st_dev, found.st_ino) not in kept, "the live file is linked as safety copy"
    for path in _files(safety_dir(deployment)):
        if path.name.endswith(".db"):
            assert integrity(path) == "ok", f"{path.name} is not whole"


def _assert_catalogue(deployment: Deployment, before: Before) -> None:
    """I3: what has a final name is whole and private; what is beside it belongs to something."""
    for path in _files(deployment.backup_dir):
        if path.name not in before.backups:
            assert path.stat().st_mode & 0o077 == 0, f"{path.name} is not private"
        if path.name.endswith(".db"):
            assert integrity(path) == "ok", f"{path.name} is not whole"
        if path.name.endswith(".json"):
            assert path.with_name(path.name.removesuffix(".json")).exists(), f"{path.name} alone"
    for backup in read_catalogue(deployment).backups:
        if backup.manifest is not None:
            assert backup.verdict is not Verdict.FAIL, f"{backup.id}: {backup.problem}"
