"""What a salvage reads: the live file, a backup, or any file; and where it works."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tui.core.errors import McpdbError, NotFoundError, VerificationError
from tui.core.models import Backup, Deployment
from tui.operations.cataloguing.catalogue import find_backup
from tui.services import compression, files
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line

SIDECARS = ("-wal", "-journal")


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be salvaged."""

    path: Path
    live: bool
    """Whether it is the deployment's own database."""
    backup: Backup | None
    """Of the catalogue, or as it would be listed there."""
    size: int
    """Bytes of the file."""
    beside: int
    """Bytes of its WAL or journal."""

    @property
    def compressed(self) -> bool:
        """Whether the database in it must be unpacked first."""
        return compression.is_compressed(self.path)

    @property
    def words(self) -> str:
        """What it is, for a sentence."""
        return "the live database" if self.live else one_line(self.path.name)

    @property
    def taken(self) -> datetime:
        """When its content was true, as far as is known."""
        now = datetime.now().astimezone()
        return now if self.live or self.backup is None else self.backup.taken

    def needed(self) -> tuple[int, int]:
        """Bytes that are written: in the state folder, and in the folder of backups."""
        plain = self.size
        if self.compressed:
            with suppress(McpdbError):
                plain = compression.unpacked_size(self.path) or self.size
        # The raw copy, and what the indexes say; then the new file.
        return plain + self.beside + plain // 2, plain + self.beside


def resolve(deployment: Deployment, word: str) -> Source:
    """Find the file that is meant.

    Args:
        deployment: Whose.
        word: Id, name or path of a backup, a path of any file, or empty for the live database.

    Raises:
        NotFoundError: There is none.
        VerificationError: It is no plain file, or has 0 bytes.
    """
    live = files.identity(deployment.database)
    path = Path(word) if "/" in word else None
    found = files.identity(path) if path is not None else None
    if not word or (live is not None and found is not None and found.key == live.key):
        return _source(deployment.database, None, live=True)
    backup = find_backup(deployment, word)
    return _source(backup.path, backup, live=False)


def _source(path: Path, backup: Backup | None, *, live: bool) -> Source:
    found, name = files.identity(path), one_line(str(path))
    if found is None:
        what = "database" if live else "file"
        raise NotFoundError(f"There is no {what} at {name}.")
    if not files.is_regular(found):
        raise VerificationError(f"{name} is not a plain file.")
    if not found.size:
        raise VerificationError(f"{name} has 0 bytes: there is nothing in it to salvage.")
    beside = 0
    for suffix in SIDECARS:
        other = files.identity(sidecar(path, suffix))
        beside += other.size if other is not None else 0
    return Source(path, live, backup, found.size, beside)


def scratch_of(deployment: Deployment, operation_id: str) -> Path:
    """The private folder that a salvage works in; nothing in it is needed afterwards."""
    return deployment.state_dir / f".{operation_id}-salvage.partial"


def make_scratch(folder: Path) -> None:
    """Make it, empty.

    Raises:
        PrecheckError: It cannot be made.
    """
    files.make_private(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise files.denied("create", folder, error) from error


def discard(folder: Path) -> None:
    """Remove it and what is in it.

    Raises:
        PrecheckError: It cannot be removed.
    """
    try:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise files.denied("remove", folder, error) from error
