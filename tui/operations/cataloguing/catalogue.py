"""The catalogue of backups: what lies in their folders, in order, and the one that is meant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import (
    McpdbError,
    NotFoundError,
    PrecheckError,
    UsageError,
    VerificationError,
)
from tui.core.models import Backup, Catalogue, Deployment, FileIdentity, Fit, Timeline
from tui.core.operation import Verdict
from tui.operations.cataloguing import entries
from tui.operations.cataloguing.checked import checked
from tui.services import files, journal, operator
from tui.services.folder import Folder, opened
from tui.wording.clean import one_line

LATEST = entries.LATEST


def safety_dir(deployment: Deployment) -> Path:
    """Where the old files of swaps are kept: on the database's own filesystem."""
    return deployment.state_dir / "safety"


def folders(deployment: Deployment) -> tuple[tuple[Path, bool], ...]:
    """Where backups lie, and whether a folder is for backups alone.

    Then every database in it counts as one, and the rest is strange. The folder of the live
    database is never that: other live databases may lie beside it.
    """
    beside = deployment.database.parent
    return (
        (deployment.backup_dir, not _same(deployment.backup_dir, beside)),
        (beside, False),
        (safety_dir(deployment), True),
    )


def _same(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False


def read_catalogue(deployment: Deployment) -> Catalogue:
    """List the backups, newest first.

    Folders that do not exist give nothing, one that may not be read is told as `unread`; a file
    that cannot be understood is listed with its problem. Changes nothing, whatever lies there.
    """
    scan = _Scan(deployment)
    unread: list[str] = []
    for path, whole in folders(deployment):
        try:
            with opened(path) as folder:
                scan.read(folder, whole=whole)
        except NotFoundError:
            continue
        except VerificationError:
            # Not what a folder of ours can be; it is named and not looked into.
            scan.strangers.append(path.name)
        except McpdbError as error:
            # Of the state folder it is told once for all, see `locks.state_problem`.
            unread += [] if path == safety_dir(deployment) else [str(error)]
    backups = checked(deployment, scan.found)
    return Catalogue(
        backups=tuple(_newest_first(backups)),
        strangers=tuple(scan.strangers),
        unread=tuple(unread),
    )


class _Scan:
    """One look at all folders; a file with several names is listed once."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._database = deployment.database.name
        self._live: set[tuple[int, int]] = set()
        with suppress(McpdbError):
            # The live file is no backup, under whatever name.
            live = files.identity(deployment.database)
            self._live |= {live.key} if live else set()
        self._seen = set(self._live)
        self._others: dict[Path, bool] = {}
        self.found: list[Backup] = []
        self.strangers: list[str] = []

    def read(self, folder: Folder, *, whole: bool) -> None:
        """List one folder."""
        for name in folder.names():
            try:
                self._look(folder, name, whole=whole)
            except McpdbError:
                # It went away, or may not even be looked at.
                continue

    def _look(self, folder: Folder, name: str, *, whole: bool) -> None:
        if entries.is_ignored(name) or folder.path / name == self._deployment.database:
            return
        kind = entries.kind_of(name)
        if kind is None and (
            name.startswith(f"{self._database}.") or (whole and entries.looks_like_database(name))
        ):
            kind = "file"
        found = folder.identity(name)
        if found is None or found.key in self._seen:
            return
        if kind is None:
            if whole and not files.is_directory(found):
                self.strangers.append(name)
            return
        self._seen.add(found.key)
        if files.is_link(found):
            backup = entries.link(
                folder, name, self._live, database=self._database, exempt=self._is_kept
            )
        else:
            backup = entries.entry(
                folder, name, kind, database=self._database, exempt=self._is_kept
            )
        if backup is None:
            self.strangers.append(name)
        else:
            self.found.append(self._told_apart(backup))

    def _told_apart(self, backup: Backup) -> Backup:
        """Know the backup of a database with our name in another folder of this host.

        Two gateways may be told to keep their backups in one folder, and both call the file
        `mcp.db`. Only where that other database still stands: ours may have been moved here.
        """
        manifest = backup.manifest
        if manifest is None or backup.neighbour or not manifest.source_folder:
            return backup
        other = Path(manifest.source_folder) / (manifest.source or self._database)
        if manifest.host != operator.host() or other == self._deployment.database:
            return backup
        if other not in self._others:
            found = None
            with suppress(McpdbError, ValueError):
                found = files.identity(other)
            self._others[other] = (
                found is not None and files.is_regular(found) and found.key not in self._live
            )
        return replace(backup, neighbour=True) if self._others[other] else backup

    def _is_kept(self, found: FileIdentity) -> bool:
        return is_kept(self._deployment, found)


def is_kept(deployment: Deployment, found: FileIdentity) -> bool:
    """Whether a journal says that this file was the live one and is kept by a second name."""
    return any(
        (facts.get("live_device"), facts.get("live_inode")) == found.key
        for path in reversed(journal.paths(deployment.state_dir))
        if not journal.is_refusal(path)
        for facts in _facts(path)
    )


def _facts(path: Path) -> Iterable[dict[str, object]]:
    with suppress(McpdbError):
        for record in journal.read(path):
            facts = record.get("facts")
            if isinstance(facts, dict):
                yield facts


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


# --- the one that is meant --------------------------------------------------------------


def find_backup(deployment: Deployment, word: str) -> Backup:
    """Find the backup a person means.

    Args:
        deployment: Whose catalogue.
        word: Id, file name, path, or `latest` for the newest verified one.

    Raises:
        NotFoundError: None is called that.
        UsageError: Several are.
        PrecheckError: None is seen, and a folder may not be looked into.
        VerificationError: It is the live database itself, or no plain file.
    """
    catalogue = read_catalogue(deployment)
    if word == "latest":
        if catalogue.newest_verified is None:
            require_read(catalogue)
            raise NotFoundError("There is no verified backup yet.")
        return catalogue.newest_verified
    found = named(catalogue, word)
    if found is None:
        if "/" not in word:
            require_read(catalogue)
        return _elsewhere(deployment, word)
    if not found.link_to:
        return found
    # What a link means is the file it points to: only that is read.
    target = found.path.with_name(found.link_to)
    return next((b for b in catalogue.backups if b.path == target), found)


def require_read(catalogue: Catalogue) -> None:
    """Refuse to say "there is none" where not everything could be looked at.

    Raises:
        PrecheckError: A folder may not be looked into.
    """
    if catalogue.unread:
        raise PrecheckError(catalogue.unread[0])


def named(catalogue: Catalogue, word: str) -> Backup | None:
    """The entry with this id, file name or path; a link only where nothing else is called so.

    Raises:
        UsageError: Several are, e.g. because one was copied with its manifest.
    """
    matching = [b for b in catalogue.backups if word in (b.id, b.path.name, str(b.path))]
    plain = [b for b in matching if not b.link_to]
    if len(plain) > 1:
        names = " and ".join(one_line(str(b.path)) for b in plain[:3])
        raise UsageError(f"{one_line(word)} names {len(plain)} backups: {names}. Give the path.")
    return next(iter(plain or matching), None)


def _elsewhere(deployment: Deployment, word: str) -> Backup:
    """A file outside the backup folders, named by its path."""
    path = Path(word)
    if "/" in word and path.name:
        path = path.absolute()
        found = files.identity(path)
        live = files.identity(deployment.database)
        if found is not None and live is not None and found.key == live.key:
            raise VerificationError(f"{one_line(word)} is the live database itself.")
        if found is not None and files.is_regular(found):
            # A person wrote the way to it down: links on it are meant.
            with opened(path.parent.resolve()) as folder:
                backup = entries.entry(folder, path.name, "file", database=deployment.database.name)
            if backup is not None:
                return replace(backup, path=path)
        if found is not None:
            raise VerificationError(f"{one_line(word)} is not a plain file.")
    raise NotFoundError(f"No backup is called {one_line(word)}. `backup list` shows them.")


# --- what is known beyond the files -----------------------------------------------------


def with_fits(catalogue: Catalogue, timeline: Timeline) -> Catalogue:
    """Say for each backup whether the running image can start on it."""
    from tui.operations.timelines.timeline import fits

    def fitted(backup: Backup) -> Backup:
        if backup.verdict is Verdict.FAIL:
            return replace(backup, fit=Fit(verdict=Verdict.FAIL, text="no"))
        return replace(backup, fit=fits(timeline, backup.revision))

    return _each(catalogue, fitted)


def with_secrets(catalogue: Catalogue, fingerprint: str) -> Catalogue:
    """Say for each backup whether it was written with the encryption secret in force.

    Args:
        catalogue: The backups.
        fingerprint: Of that secret (see `secret` beside this module); empty when not known.
    """
    from tui.operations.cataloguing.secret import match

    def matched(backup: Backup) -> Backup:
        of_backup = backup.manifest.secret_fingerprint if backup.manifest else ""
        return replace(backup, secret=match(of_backup, fingerprint))

    return _each(catalogue, matched)


def _each(catalogue: Catalogue, change: Callable[[Backup], Backup]) -> Catalogue:
    return replace(catalogue, backups=tuple(map(change, catalogue.backups)))
