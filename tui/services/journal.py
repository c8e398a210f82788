"""The write-ahead record of an operation: what it was about to do, and what it did (I2).

One file per operation, JSON lines, each synced before the step it announces. The file is
allocated in full before the first line, so a disk that fills up later cannot stop the journal;
what is allocated but not written reads as NUL bytes, which end the text. A spare file of the
same kind (`reserve`) is kept ready and becomes the next journal by a rename, so that an
operation can begin with 0 bytes free.

Kinds of records: `begun`, `step_started`, `step_finished`, `failed`, `recovery_started`,
`recovery_finished`, `recovery_failed`, `resumed`, `suspended`, `ended`.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.core.errors import McpdbError, PrecheckError
from tui.core.models import FORMAT
from tui.core.operation import Record
from tui.services.files import denied, fsync_folder, make_private, write_atomically

RESERVE = 1024 * 1024
"""Bytes allocated for a journal before it begins."""

_PROGRESS_WIDTH = 256
_TAIL = 16_384
_REFUSED = re.compile(r"-(?:refused|noted)-\d+$")
_NAME = re.compile(r"(\d{6})-\d{8}T\d{6}Z-[a-z0-9_-]+")


def folder(state_dir: Path) -> Path:
    """Where the journals of a database lie."""
    return state_dir / "journal"


def paths(state_dir: Path) -> list[Path]:
    """All journals, oldest first: by sequence, whatever the clock did."""
    place = folder(state_dir)
    return [place / f"{name}.jsonl" for name in names(state_dir)]


def names(state_dir: Path) -> list[str]:
    """The ids of all journals, oldest first; quicker than `paths` where there are thousands."""
    with suppress(OSError):
        with os.scandir(folder(state_dir)) as found:
            listed = [item.name.rpartition(".jsonl") for item in found]
        return sorted(stem for stem, dot, rest in listed if dot and not rest and is_name(stem))
    return []


def is_name(stem: str) -> bool:
    """Whether a journal can have this id."""
    return _NAME.fullmatch(stem) is not None


def path_of(state_dir: Path, journal_id: str) -> Path:
    """The file of one journal."""
    return folder(state_dir) / f"{journal_id}.jsonl"


def read(path: Path) -> list[Record]:
    """Read a journal as far as it is whole; a line that was cut ends it.

    Raises:
        PrecheckError: It may not be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise denied("read", path, error) from error
    return [record for record, _end in _records(content)]


def _records(content: bytes) -> Iterator[tuple[Record, int]]:
    """The whole records of a journal's bytes, each with the offset behind it."""
    end = 0
    for line in content.split(b"\0", 1)[0].splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        try:
            record = foreign_json.loads(line)
        except ValueError:
            return
        if not isinstance(record, dict) or "kind" not in record:
            return
        end += len(line)
        yield record, end


def has_ended(records: list[Record]) -> bool:
    """Whether its outcome is known."""
    return any(record["kind"] == "ended" for record in records)


def is_over(path: Path) -> bool:
    """Whether a journal has ended, told by its last bytes; most have, and are long.

    A line that was damaged since then does not make it unfinished again.
    """
    with suppress(OSError), path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - _TAIL))
        return b'"kind": "ended"' in stream.read()
    return False


def is_refusal(path: Path) -> bool:
    """Whether its name says that it never ran: refused before it began, or only noted."""
    return names_refusal(path.stem)


def names_refusal(stem: str) -> bool:
    """The same of a journal's id alone."""
    return _REFUSED.search(stem) is not None


def set_aside(path: Path) -> None:
    """Take a journal without a readable beginning out of the way; call it with the lock held.

    Cut before its first record it is removed: nothing had been announced, so nothing was done.
    With anything else in it, it is kept under another name.
    """
    with suppress(FileNotFoundError):
        if b"\n" in path.read_bytes():
            path.rename(path.with_suffix(".damaged"))
        else:
            path.unlink()


def next_id(state_dir: Path, operation: str, subject: str) -> tuple[int, str]:
    """A number and name for the next journal; call it with the lock held."""
    known = names(state_dir)
    number = int(known[-1][:6]) + 1 if known else 1
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    tail = re.sub(r"[^a-z0-9_-]+", "-", subject.lower()).strip("-")[:32]
    return number, f"{number:06d}-{stamp}-{operation}" + (f"-{tail}" if tail else "")


class Journal:
    """The writer of one journal; only the holder of the database's lock has one."""

    def __init__(self, path: Path, descriptor: int, offset: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._offset = offset
        self._progress = -1

    @property
    def id(self) -> str:
        """Its name without the ending."""
        return self.path.stem

    @classmethod
    def create(cls, state_dir: Path, journal_id: str) -> Journal:
        """Begin a journal, from the reserve where there is one.

        Raises:
            PrecheckError: There is no space and no reserve, or no permission.
        """
        make_private(state_dir)
        make_private(folder(state_dir))
        path = path_of(state_dir, journal_id)
        try:
            (state_dir / "reserve").rename(path)
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            # Nothing to do, unless we were cut while the reserve was being made.
            _fill(path, descriptor)
        except FileNotFoundError:
            descriptor = _allocate(path)
        except OSError as error:
            raise denied("write", path, error) from error
        fsync_folder(path.parent)
        return cls(path, descriptor, 0)

    @classmethod
    def reopen(cls, path: Path) -> Journal:
        """Go on with a journal that was cut; a half-written line is dropped.

        Raises:
            PrecheckError: It may not be written.
        """
        content = path.read_bytes()
        offset = max((end for _record, end in _records(content)), default=0)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            # All that is behind the last whole record, also behind a hole of NULs: blocks of
            # a torn write need not reach the disk in order.
            torn = len(content.rstrip(b"\0")) - offset
            # Overwritten with NUL rather than truncated: the blocks stay allocated.
            if torn > 0:
                os.pwrite(descriptor, bytes(torn), offset)
        except OSError as error:
            raise denied("write", path, error) from error
        return cls(path, descriptor, offset)

    def append(self, kind: str, **fields: Any) -> Record:  # noqa: ANN401
        """Add a record and wait until it is on disk; stamps it with the time in UTC.

        Raises:
            PrecheckError: It could not be written: the step it announces must not begin.
        """
        record: Record = {"kind": kind, "at": datetime.now(UTC).isoformat(), **fields}
        line = json.dumps(record, default=str).encode() + b"\n"
        try:
            view = memoryview(line)
            while view:
                written = os.pwrite(self._descriptor, view, self._offset)
                view, self._offset = view[written:], self._offset + written
            os.fsync(self._descriptor)
        except OSError as error:
            raise denied("write", self.path, error) from error
        return record

    def tick(self, step: str, done: int, total: int, unit: str) -> None:
        """Say how far the running step has come; lost at a crash, which harms nobody."""
        text = json.dumps([step, done, total, unit, datetime.now(UTC).timestamp()])
        with suppress(OSError):
            if self._progress < 0:
                flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW
                self._progress = os.open(self.path.with_suffix(".progress"), flags, 0o600)
            os.pwrite(self._progress, text.encode().ljust(_PROGRESS_WIDTH), 0)

    def close(self, *, ended: bool) -> None:
        """Close it; an ended one gives back what it did not need and renews the reserve."""
        if self._progress >= 0:
            os.close(self._progress)
        if ended:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._offset)
                os.fsync(self._descriptor)
            with suppress(OSError):
                self.path.with_suffix(".progress").unlink()
            with suppress(PrecheckError, FileExistsError, OSError):
                reserve = self.path.parent.parent / "reserve"
                if not reserve.exists():
                    os.close(_allocate(reserve))
        os.close(self._descriptor)


def _allocate(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise denied("write", path, error) from error
    _fill(path, descriptor)
    return descriptor


def _fill(path: Path, descriptor: int) -> None:
    """Allocate every block of a new journal, or remove it.

    Raises:
        PrecheckError: There is no space.
    """
    try:
        os.posix_fallocate(descriptor, 0, RESERVE)
    except OSError as error:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        if error.errno == errno.ENOSPC:
            raise PrecheckError(f"No space for the journal in {path.parent}.") from error
        raise denied("write", path, error) from error


def read_progress(path: Path) -> tuple[str, int, int, str] | None:
    """The last tick of a running operation: step, done, total, unit; None when there is none."""
    try:
        content = path.with_suffix(".progress").read_text(encoding="utf-8")
        step, done, total, unit, _at = foreign_json.loads(content)
    except (OSError, ValueError):
        return None
    return str(step), int(done), int(total), str(unit)


def record_refusal(state_dir: Path, begun: Record, ended: Record) -> None:
    """Write the whole journal of an operation that was refused, in one piece.

    It needs no lock, for it is seen whole or not at all: nothing ever has to be recovered from
    it. What cannot be written is not worth another error on top of the refusal.
    """
    with suppress(OSError, McpdbError):
        if not state_dir.is_dir():
            return
        make_private(folder(state_dir))
        _number, journal_id = next_id(state_dir, begun["operation"], "refused")
        at = datetime.now(UTC).isoformat()
        lines = [
            {"kind": "begun", "at": at, "format": FORMAT, **begun},
            {"kind": "ended", "at": at, **ended},
        ]
        text = "".join(json.dumps(line, default=str) + "\n" for line in lines)
        write_atomically(path_of(state_dir, f"{journal_id}-{os.getpid()}"), text.encode())
