"""The catalogue of backups: from manifests first, and from bare files as they are."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.core.errors import McpdbError, NotFoundError, VerificationError
from tui.core.models import (
    Backup,
    BackupKind,
    Catalogue,
    Deployment,
    FileIdentity,
    Fit,
    Manifest,
    Timeline,
)
from tui.core.operation import Verdict
from tui.operations.looking import BackupFile
from tui.services import files
from tui.services.manifests import read_manifest
from tui.services.migrations.releases import release_of
from tui.services.sqlite.inspection import check_header
from tui.wording.clean import one_line

LATEST = "mcp_backup_latest.db"
_NAMES: tuple[tuple[re.Pattern[str], BackupKind], ...] = (
    (re.compile(r"mcp_backup_latest\.db"), "latest"),
    (re.compile(r"mcp_hotbackup_.*\.db"), "hot"),
    (re.compile(r"mcp_backup_.*\.db"), "cold"),
    (re.compile(r"mcp_safety_.*\.db"), "safety"),
)
_OTHER = re.compile(r".*\.(db|sqlite3?|bak)(-\d+)?|mcp\.db\..+")
_IGNORED = re.compile(r"\..*|.*\.json|.*-(wal|shm|journal)|.*\.progress")
_FUTURE = timedelta(minutes=5)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def safety_dir(deployment: Deployment) -> Path:
    """Where the old files of swaps are kept: on the database's own filesystem."""
    return deployment.state_dir / "safety"


def read_catalogue(deployment: Deployment) -> Catalogue:
    """List the backups, newest first.

    Folders that do not exist or may not be read give nothing; a file that cannot be understood
    is listed with its problem.
    """
    found: list[Backup] = []
    strangers: list[str] = []
    seen: set[tuple[int, int]] = set()
    live = files.identity(deployment.database)
    folders = (
        (deployment.backup_dir, True),
        (deployment.database.parent, False),
        (safety_dir(deployment), True),
    )
    for folder, whole in folders:
        for path, kind in _candidates(folder, whole=whole, strangers=strangers):
            if path == deployment.database:
                continue
            try:
                identity = files.identity(path)
            except McpdbError:
                identity = None
            if identity is None or (live and identity.key == live.key) or identity.key in seen:
                continue
            seen.add(identity.key)
            backup = _backup(path, kind, identity, folder)
            if backup is None:
                strangers.append(path.name)
            else:
                found.append(backup)
    return Catalogue(backups=tuple(_newest_first(found)), strangers=tuple(strangers))


def _newest_first(found: Iterable[Backup]) -> list[Backup]:
    """Order by our own number, whatever the clock did; a bare file has only its time."""
    backups = list(found)
    moments: dict[Path, datetime] = {}
    latest = datetime.min.replace(tzinfo=UTC)
    for backup in sorted(backups, key=lambda b: (b.sequence, b.taken)):
        if backup.manifest is None or backup.link_to or backup.future_dated:
            continue
        # The clock was set back if its time is before that of a lower number.
        latest = moments[backup.path] = max(latest, backup.taken)
    return sorted(
        backups, key=lambda b: (moments.get(b.path, b.taken), b.sequence, b.taken), reverse=True
    )


def next_sequence(deployment: Deployment) -> int:
    """The number of a backup that is made now: above all others, also if the clock was set back.

    Milliseconds since 1970 where the clock is right, so that backups of two hosts are in order.
    """
    known = (b.sequence for b in read_catalogue(deployment).backups)
    return max(time.time_ns() // 1_000_000, max(known, default=0) + 1)


def _candidates(
    folder: Path, *, whole: bool, strangers: list[str]
) -> Iterator[tuple[Path, BackupKind]]:
    """Names in a folder that look like backups.

    Args:
        folder: Where to look; its own name may not be a link's.
        whole: The folder is for backups: any database counts, and the rest is strange.
        strangers: Takes the names that are neither.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if _IGNORED.fullmatch(entry.name):
            continue
        kind = next((kind for pattern, kind in _NAMES if pattern.fullmatch(entry.name)), None)
        if kind is not None:
            yield Path(entry.path), kind
        elif _OTHER.fullmatch(entry.name) and (whole or entry.name.startswith("mcp.db.")):
            yield Path(entry.path), "file"
        elif whole and not entry.is_dir(follow_symlinks=False):
            strangers.append(entry.name)


def _backup(path: Path, kind: BackupKind, identity: FileIdentity, folder: Path) -> Backup | None:
    if stat.S_ISLNK(identity.mode):
        return _link(path, folder) if path.name == LATEST else None
    if not files.is_regular(identity):
        return None
    manifest, problem = None, ""
    try:
        manifest = read_manifest(path)
    except McpdbError as error:
        problem = str(error)
    bare = Backup(
        id=_derived_id(identity),
        path=path,
        kind="file" if kind in ("hot", "cold") else kind,
        taken=datetime.fromtimestamp(identity.mtime_ns / 1e9, UTC),
        size=identity.size,
        sequence=0,
        problem=problem or _links_problem(identity),
    )
    if manifest is not None:
        return _described(bare, manifest, kind, identity)
    if problem:
        # A newer mcpdb-tui may know why this file must not be used.
        return _future(replace(bare, verdict=Verdict.FAIL))
    return _future(_inspected(bare))


def _links_problem(identity: FileIdentity) -> str:
    return f"{identity.links} names point to this file" if identity.links > 1 else ""


def _link(path: Path, folder: Path) -> Backup | None:
    """`mcp_backup_latest.db` may be a link, to a sibling only."""
    target = path.parent / path.readlink()
    if target.parent != folder or target.is_symlink():
        return None
    identity = files.identity(target)
    if identity is None or not files.is_regular(identity):
        return None
    backup = _backup(target, "latest", identity, folder)
    return backup and replace(backup, path=path, kind="latest", link_to=target.name, sequence=-1)


def _derived_id(identity: FileIdentity) -> str:
    """An id for a file without manifest: the same as long as it is the same file."""
    digest = hashlib.sha256(f"{identity.device}:{identity.inode}".encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:6])


def _described(
    bare: Backup, manifest: Manifest, kind: BackupKind, identity: FileIdentity
) -> Backup:
    verdict, problem = Verdict.OK, bare.problem
    if manifest.check_result != "ok":
        verdict, problem = Verdict.FAIL, manifest.check_result
    elif manifest.size != identity.size:
        verdict = Verdict.FAIL
        problem = f"FAIL size: expected {manifest.size:,} bytes, found {identity.size:,}"
    try:
        taken = datetime.fromisoformat(manifest.taken).astimezone(UTC)
        verified = datetime.fromisoformat(manifest.verified).astimezone(UTC)
    except (ValueError, OverflowError):
        taken, verified = bare.taken, None
        verdict, problem = Verdict.UNKNOWN, "its manifest has a time that is none"
    return _future(
        replace(
            bare,
            id=manifest.id,
            kind=kind,
            taken=taken,
            sequence=manifest.sequence,
            revision=manifest.revision,
            release=manifest.release or release_of(manifest.revision),
            manifest=manifest,
            verdict=verdict,
            verified=verified,
            problem=problem,
            label=manifest.label,
            pinned=manifest.pinned,
        )
    )


def _inspected(bare: Backup) -> Backup:
    """A bare file: its header and revision, nothing that costs a full read."""
    try:
        check_header(bare.path)
        facts = BackupFile(bare.path).facts()
        if facts.problem:
            raise VerificationError(facts.problem)
    except McpdbError as error:
        return replace(bare, verdict=Verdict.FAIL, problem=str(error))
    return replace(bare, revision=facts.revision, release=release_of(facts.revision))


def _future(backup: Backup) -> Backup:
    if backup.taken <= datetime.now(UTC) + _FUTURE:
        return backup
    problem = backup.problem or f"future-dated ({backup.taken:%Y-%m-%d}): counts for no rule"
    return replace(backup, future_dated=True, problem=problem)


def find_backup(deployment: Deployment, word: str) -> Backup:
    """Find the backup a person means.

    Args:
        deployment: Whose catalogue.
        word: Id, file name, path, or `latest` for the newest verified one.

    Raises:
        NotFoundError: None is called that.
        VerificationError: It is the live database itself, or no plain file.
    """
    catalogue = read_catalogue(deployment)
    if word == "latest":
        if catalogue.newest_verified is None:
            raise NotFoundError("There is no verified backup yet.")
        return catalogue.newest_verified
    matching = [b for b in catalogue.backups if word in (b.id, b.path.name, str(b.path))]
    if matching:
        named = next((b for b in matching if not b.link_to), matching[0])
        if not named.link_to:
            return named
        # What a link means is the file it points to: only that is read.
        target = named.path.with_name(named.link_to)
        return next((b for b in catalogue.backups if b.path == target), named)
    return _elsewhere(deployment, word)


def _elsewhere(deployment: Deployment, word: str) -> Backup:
    """A file outside the backup folders, named by its path."""
    path = Path(word)
    if "/" in word:
        path = path.absolute()
        identity = files.identity(path)
        live = files.identity(deployment.database)
        if identity is not None and live is not None and identity.key == live.key:
            raise VerificationError(f"{one_line(word)} is the live database itself.")
        if identity is not None and files.is_regular(identity):
            backup = _backup(path, "file", identity, path.parent)
            if backup is not None:
                return backup
        if identity is not None:
            raise VerificationError(f"{one_line(word)} is not a plain file.")
    raise NotFoundError(f"No backup is called {one_line(word)}. `backup list` shows them.")


def with_fits(catalogue: Catalogue, timeline: Timeline) -> Catalogue:
    """Say for each backup whether the running image can start on it."""
    from tui.operations.timeline import fits

    fitting: Iterable[Backup] = (
        replace(b, fit=Fit(verdict=Verdict.FAIL, text="no"))
        if b.verdict is Verdict.FAIL
        else replace(b, fit=fits(timeline, b.revision))
        for b in catalogue.backups
    )
    return replace(catalogue, backups=tuple(fitting))
