"""Files and folders: identity, durable writes, private folders, space, hashes.

Nothing here follows a symlink at the last component, and every name appears complete or not at
all: written under a `.partial` name, synced, then renamed (I3).
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tui.core.errors import McpdbError, NotFoundError, PrecheckError, VerificationError
from tui.core.models import FileIdentity
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size

CHUNK = 4 * 1024 * 1024
"""Bytes read at a time: large enough to be fast, small enough to cancel quickly."""

Tick = Callable[[int, int], None]


def identity(path: Path) -> FileIdentity | None:
    """Return which file stands at `path`, or None; a symlink is not followed."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise denied("read", path, error) from error
    return identity_of(found)


def identity_of(found: os.stat_result) -> FileIdentity:
    """What one look at a file tells of which one it is."""
    return FileIdentity(
        device=found.st_dev,
        inode=found.st_ino,
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        mode=found.st_mode,
        uid=found.st_uid,
        gid=found.st_gid,
        links=found.st_nlink,
    )


def is_regular(found: FileIdentity) -> bool:
    """Whether it is a plain file: no link, device, folder or pipe."""
    return stat.S_ISREG(found.mode)


def is_link(found: FileIdentity) -> bool:
    """Whether it is a symbolic link."""
    return stat.S_ISLNK(found.mode)


def is_directory(found: FileIdentity) -> bool:
    """Whether it is a folder."""
    return stat.S_ISDIR(found.mode)


def lets_write(
    mode: int, owner: tuple[int, int], user: tuple[int, int], *, everybody: bool = True
) -> bool:
    """Whether a mode lets a user write; into a folder, also make files in it.

    Args:
        mode: The file's or folder's, with its type.
        owner: Its user and group, as numbers.
        user: Who would write, as numbers; 0 may always.
        everybody: Whether the right that every user has counts.
    """
    if user[0] == 0:
        return True
    if not everybody:
        mode &= ~stat.S_IWOTH
    shift = 6 if user[0] == owner[0] else 3 if user[1] == owner[1] else 0
    wanted = os.W_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)
    return (mode >> shift) & wanted == wanted


def is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as we may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether a file is there, as far as we may look."""
    try:
        return path.is_file()
    except OSError:
        return False


def user_name(uid: int) -> str:
    """The name of a user id, or its number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def denied(verb: str, path: Path, error: OSError) -> McpdbError:
    """Turn an `OSError` into the one sentence that says who may not do what, and why."""
    text = one_line(str(path))
    if isinstance(error, FileNotFoundError):
        return NotFoundError(f"There is no {text}.")
    if isinstance(error, PermissionError):
        owner = ""
        with suppress(OSError):
            where = path if path.exists() else path.parent
            owner = f" It belongs to {user_name(where.stat().st_uid)};"
        me = user_name(os.geteuid())
        sudo = " Run it with sudo." if os.geteuid() else ""
        return PrecheckError(f"Cannot {verb} {text}: permission denied.{owner} you are {me}.{sudo}")
    reason = one_line(error.strerror or str(error))
    return PrecheckError(f"Cannot {verb} {text}: {reason}.")


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private(folder: Path, mode: int = 0o700) -> None:
    """Make a folder that only its owner can look into; an existing one is left as it is.

    Raises:
        PrecheckError: The parent cannot be written.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
            fsync_folder(folder.parent)
    except OSError as error:
        raise denied("create", folder, error) from error


def probe_writable(folder: Path) -> None:
    """Prove that files can be made in `folder`, before anything depends on it.

    Raises:
        PrecheckError: They cannot; says who owns it and who we are.
    """
    probe = folder / f".probe-{os.getpid()}.partial"
    try:
        descriptor = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        os.close(descriptor)
    except OSError as error:
        raise denied("write to", folder, error) from error
    finally:
        with suppress(OSError):
            probe.unlink()


def free_space(path: Path) -> int:
    """Bytes free to us on the filesystem of the nearest existing parent of `path`.

    Raises:
        PrecheckError: We may not look into a folder on the way.
    """
    try:
        while not path.exists() and path != path.parent:
            path = path.parent
        found = os.statvfs(path)
    except OSError as error:
        raise denied("look into", path, error) from error
    return found.f_bavail * found.f_frsize


def filesystem_of(path: Path) -> int:
    """The device of the nearest existing parent of `path`.

    Raises:
        PrecheckError: We may not look into a folder on the way.
    """
    try:
        while not path.exists() and path != path.parent:
            path = path.parent
        return path.stat().st_dev
    except OSError as error:
        raise denied("look into", path, error) from error


def require_space(folder: Path, needed: int, what: str) -> None:
    """Refuse before anything is written if `needed` bytes and a tenth more are not free.

    Raises:
        PrecheckError: There is less.
    """
    wanted, free = needed + needed // 10, free_space(folder)
    if free < wanted:
        raise PrecheckError(
            f"{what} needs {narrow_size(wanted, 'up')} in {one_line(str(folder))}, "
            f"{narrow_size(free, 'down')} free."
        )


def partial(folder: Path, operation_id: str) -> Path:
    """The name a file has while an operation writes it."""
    return folder / f".{operation_id}.partial"


def remove(path: Path) -> bool:
    """Remove a file if it is there; durable when it returns.

    Raises:
        PrecheckError: It may not be removed.
    """
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise denied("remove", path, error) from error
    fsync_folder(path.parent)
    return True


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a small file so that it is seen whole or not at all.

    Args:
        path: Its name; a file that has it keeps its group and its mode.
        content: All of it.
        mode: Of a new file.

    Raises:
        PrecheckError: It cannot be written; the old content still stands.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode)
        try:
            _as_before(descriptor, path)
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        aside.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        raise denied("write", path, error) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def _as_before(descriptor: int, path: Path) -> None:
    """Give a new file the group and mode of the one it will replace, where we may."""
    found = identity(path)
    if found is None or not is_regular(found):
        return
    with suppress(OSError):
        if found.gid != os.fstat(descriptor).st_gid:
            os.fchown(descriptor, -1, found.gid)
        os.fchmod(descriptor, found.mode & 0o777)


@contextmanager
def open_regular(path: Path) -> Iterator[int]:
    """Open a plain file for reading, by a name that is no link.

    Never use it on a database that one of our own SQLite connections has open (I5): closing
    the descriptor would drop that connection's locks.

    Raises:
        NotFoundError: There is none.
        VerificationError: It is a link, a folder or a device.
        PrecheckError: It may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        found = identity(path)
        if found is not None and stat.S_ISLNK(found.mode):
            raise VerificationError(f"{one_line(str(path))} is a symbolic link.") from error
        raise denied("read", path, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise VerificationError(f"{one_line(str(path))} is not a plain file.")
        yield descriptor
    finally:
        os.close(descriptor)


def sha256(path: Path, tick: Tick) -> str:
    """Hash a finished file, ticking bytes done and total."""
    digest = hashlib.sha256()
    with open_regular(path) as descriptor:
        total = os.fstat(descriptor).st_size
        for done, chunk in chunks(descriptor, path):
            digest.update(chunk)
            tick(done, total)
    return digest.hexdigest()


def copy_bytes(source: Path, target: Path, tick: Tick) -> str:
    """Copy a finished file to a new private one, durable when it returns.

    Returns:
        The SHA-256 of what was read.

    Raises:
        PrecheckError: No space, no permission; the caller removes what was written.
    """
    digest = hashlib.sha256()

    def pieces(descriptor: int) -> Iterator[bytes]:
        total = os.fstat(descriptor).st_size
        for done, chunk in chunks(descriptor, source):
            digest.update(chunk)
            yield chunk
            tick(done, total)

    with open_regular(source) as reading:
        write_new(target, pieces(reading))
    return digest.hexdigest()


def write_new(target: Path, pieces: Iterable[bytes]) -> None:
    """Write a new private file piece by piece, durable when it returns.

    Raises:
        PrecheckError: No space, no permission, or the name is taken; the caller removes what
            was written.
    """
    try:
        writing = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        try:
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[os.write(writing, view) :]
            os.fsync(writing)
        finally:
            os.close(writing)
        fsync_folder(target.parent)
    except OSError as error:
        raise denied("write", target, error) from error


def chunks(descriptor: int, path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield a file's content with how many bytes have been read so far.

    Args:
        descriptor: The open file, read from where it stands.
        path: Its name, for the sentence.

    Raises:
        VerificationError: It cannot be read to its end.
    """
    done = 0
    while True:
        try:
            chunk = os.read(descriptor, CHUNK)
        except OSError as error:
            raise VerificationError(
                f"I/O error reading {one_line(str(path))} at byte {done}: "
                f"{one_line(error.strerror or '')}."
            ) from error
        if not chunk:
            return
        done += len(chunk)
        yield done, chunk
