"""One entry of the catalogue: what a name in a backup folder stands for.

A manifest is believed as far as the file agrees with it; a file without one is opened for its
header and its revision, nothing that costs a full read. What cannot be understood is listed with
its problem.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tui.core.errors import McpdbError, VerificationError
from tui.core.models import Backup, BackupKind, FileIdentity, Manifest
from tui.core.operation import Verdict
from tui.operations.reads.looking import BackupFile
from tui.services import files
from tui.services.folder import Folder
from tui.services.manifests import read_in
from tui.services.migrations.releases import release_of
from tui.services.sqlite.inspection import check_header

LATEST = "mcp_backup_latest.db"
COMPRESSED = ".zst"
_NAMES: tuple[tuple[re.Pattern[str], BackupKind], ...] = (
    (re.compile(r"mcp_backup_latest\.db(\.zst)?"), "latest"),
    (re.compile(r"mcp_hotbackup_.*\.db(\.zst)?"), "hot"),
    (re.compile(r"mcp_backup_.*\.db(\.zst)?"), "cold"),
    (re.compile(r"mcp_salvage_.*\.db(\.zst)?"), "salvage"),
    (re.compile(r"mcp_safety_.*\.db(\.zst)?"), "safety"),
)
_OTHER = re.compile(r".*\.(db|sqlite3?|bak)(-\d+)?(\.zst)?")
_IGNORED = re.compile(r"\..*|.*\.json|.*-(wal|shm|journal)|.*\.progress")
_FUTURE = timedelta(minutes=5)
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_ZSTD = b"\x28\xb5\x2f\xfd"
"""How every zstd frame begins: https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.1"""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_ID = re.compile(r"(?!latest\Z)[A-Za-z0-9_-]{1,32}")
"""What an id of a manifest may look like: it is spoken, typed and part of journals' names."""


def is_ignored(name: str) -> bool:
    """Whether a name belongs to something else that is listed, or is hidden."""
    return _IGNORED.fullmatch(name) is not None


def kind_of(name: str) -> BackupKind | None:
    """The kind that our and the guide's own names say; None for any other name."""
    return next((kind for pattern, kind in _NAMES if pattern.fullmatch(name)), None)


def looks_like_database(name: str) -> bool:
    """Whether a name is one that databases and their copies have."""
    return _OTHER.fullmatch(name) is not None


def entry(
    folder: Folder,
    name: str,
    kind: BackupKind,
    *,
    database: str = "",
    exempt: Callable[[FileIdentity], bool] = lambda _found: False,
) -> Backup | None:
    """What stands under a name; None when that is no plain file.

    Args:
        folder: The open folder.
        name: In that folder.
        kind: What its name says.
        database: File name of the deployment's database; a manifest of another one's makes it
            a neighbour's.
        exempt: Whether a file may have more than one name.

    Raises:
        McpdbError: It cannot even be looked at.
    """
    found = folder.identity(name)
    if found is None or not files.is_regular(found):
        return None
    bare = Backup(
        id=_derived_id(found),
        path=folder.path / name,
        kind="file" if kind in ("hot", "cold") else kind,
        taken=moment_of(found.mtime_ns),
        size=found.size,
        sequence=0,
        compression="zstd" if name.endswith(COMPRESSED) else "",
    )
    try:
        manifest = read_in(folder, name)
    except McpdbError as error:
        # A newer mcpdb-tui may know why this file must not be used; one that may not be read
        # says nothing, good or bad.
        verdict = Verdict.FAIL if isinstance(error, VerificationError) else Verdict.UNKNOWN
        return _future(replace(bare, verdict=verdict, problem=str(error)))
    if manifest is None:
        described = _inspected(bare, folder, name, found)
    else:
        described = _described(bare, manifest, kind, found, database)
    if found.links > 1 and not exempt(found):
        # Whatever is done to its other name is done to it: no copy of its own.
        problem = f"{found.links} names point to this file"
        described = replace(described, verdict=Verdict.FAIL, problem=problem)
    return _future(described)


def link(
    folder: Folder,
    name: str,
    live: Collection[tuple[int, int]] = (),
    *,
    database: str = "",
    exempt: Callable[[FileIdentity], bool] = lambda _found: False,
) -> Backup | None:
    """`mcp_backup_latest.db` as a link: to a sibling only, anything else is a stranger.

    Args:
        folder: The open folder.
        name: The link's, in that folder.
        live: Device and inode of what is no backup: that sibling is not even opened.
        database: As for `entry`.
        exempt: As for `entry`.

    Raises:
        McpdbError: It cannot be read.
    """
    target = folder.target(name)
    beside = target.removeprefix(f"{folder.path}/").removeprefix("./")
    if name != LATEST or "/" in beside or beside in ("", ".", ".."):
        return None
    sibling = folder.identity(beside)
    if sibling is not None and sibling.key in live:
        return None
    found = entry(folder, beside, "latest", database=database, exempt=exempt)
    return found and replace(
        found, path=folder.path / name, kind="latest", link_to=beside, sequence=-1
    )


def moment_of(mtime_ns: int) -> datetime:
    """A file's own time in UTC, as far as a calendar has it."""
    try:
        return min(max(datetime.fromtimestamp(mtime_ns / 1e9, UTC), _FIRST), _LAST)
    except (ValueError, OverflowError, OSError):
        return _LAST if mtime_ns > 0 else _FIRST


def _derived_id(found: FileIdentity) -> str:
    """An id for a file without manifest: the same as long as it is the same file."""
    digest = hashlib.sha256(f"{found.device}:{found.inode}".encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:6])


def _described(
    bare: Backup, manifest: Manifest, kind: BackupKind, found: FileIdentity, database: str
) -> Backup:
    taken, verified, drilled = map(_time, (manifest.taken, manifest.verified, manifest.drilled))
    verdict, problem = _believed(bare, manifest, found)
    if taken is None or verified is None:
        taken, verified = bare.taken, None
        if verdict is Verdict.OK:
            verdict, problem = Verdict.UNKNOWN, "its manifest has a time that is none"
    return replace(
        bare,
        id=manifest.id if _ID.fullmatch(manifest.id) else bare.id,
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
        neighbour=bool(manifest.source and database and manifest.source != database),
        drilled=drilled if manifest.drill_result == "ok" else None,
    )


def _believed(bare: Backup, manifest: Manifest, found: FileIdentity) -> tuple[Verdict, str]:
    """What the manifest and one look at the file say of it together."""
    if manifest.check_result != "ok":
        return Verdict.FAIL, manifest.check_result
    if manifest.compression != bare.compression:
        said, is_so = manifest.compression or "none", bare.compression or "none"
        return Verdict.FAIL, f"FAIL compression: expected {said}, its name says {is_so}"
    size = manifest.stored_size if manifest.compression else manifest.size
    if size != found.size:
        return Verdict.FAIL, f"FAIL size: expected {size:,} bytes, found {found.size:,}"
    if manifest.kind == "salvage" or manifest.salvaged:
        from tui.wording.salvaged import suspect

        # Sound as a file; what is in it came out of a damaged one. Never `latest`, and it counts
        # for no rule, for both ask for OK.
        return Verdict.WARN, suspect(manifest.salvaged)
    return Verdict.OK, ""


def _time(text: str) -> datetime | None:
    """A moment of a manifest; None when it is empty or none that a calendar here can show."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _FIRST <= moment <= _LAST else None


def _inspected(bare: Backup, folder: Folder, name: str, found: FileIdentity) -> Backup:
    """A bare file: its header and revision, nothing that costs a full read."""
    try:
        if bare.compression:
            if folder.read(name, len(_ZSTD)) != _ZSTD:
                raise VerificationError("It is not compressed with zstd.")
            return bare
        check_header(bare.path)
        facts = BackupFile(bare.path).facts()
        if facts.problem:
            raise VerificationError(facts.problem)
        if folder.identity(name) != found:
            raise VerificationError("It changed while it was looked at.")
    except McpdbError as error:
        return replace(bare, verdict=Verdict.FAIL, problem=str(error))
    return replace(bare, revision=facts.revision, release=release_of(facts.revision))


def _future(backup: Backup) -> Backup:
    if backup.taken <= datetime.now(UTC) + _FUTURE:
        return backup
    problem = backup.problem or f"future-dated ({backup.taken:%Y-%m-%d}): counts for no rule"
    return replace(backup, future_dated=True, problem=problem)
