"""A folder held open by its descriptor: whatever its path leads to later, it stays the same one.

What lies in a backup folder may have been put there by anyone who may write to it, the gateway's
own user among them. So names are looked up in the folder itself and never followed: between a
look and a removal nobody can put another folder, or a link to one, in its place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.core.errors import BusyError, McpdbError, PrecheckError, VerificationError
from tui.core.models import FileIdentity
from tui.services.files import denied, identity_of, is_regular
from tui.wording.clean import one_line

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """One open folder; names in it are plain names, without a slash."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        """How it is called; for words only, nothing is opened through it."""
        self._descriptor = descriptor

    def names(self) -> list[str]:
        """All names in it, sorted.

        Raises:
            PrecheckError: They cannot be read.
        """
        try:
            with os.scandir(self._descriptor) as entries:
                return sorted(entry.name for entry in entries)
        except OSError as error:
            raise denied("read", self.path, error) from error

    def identity(self, name: str) -> FileIdentity | None:
        """Which file stands under a name, or None; a link is not followed.

        Raises:
            PrecheckError: It cannot be looked at.
        """
        try:
            return identity_of(
                os.stat(_plain(name), dir_fd=self._descriptor, follow_symlinks=False)
            )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise denied("read", self.path / name, error) from error

    def target(self, name: str) -> str:
        """What a symbolic link says, as it says it.

        Raises:
            McpdbError: It is none, or cannot be read.
        """
        try:
            return os.readlink(_plain(name), dir_fd=self._descriptor)
        except OSError as error:
            raise denied("read", self.path / name, error) from error

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a plain file.

        Raises:
            VerificationError: It is a link, a folder, a pipe or a device.
            McpdbError: It is not there or may not be read.
        """
        path = self.path / name
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(_plain(name), flags, dir_fd=self._descriptor)
        except OSError as error:
            found = self.identity(name)
            if found is not None and not is_regular(found):
                raise VerificationError(f"{one_line(str(path))} is not a plain file.") from error
            raise denied("read", path, error) from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise VerificationError(f"{one_line(str(path))} is not a plain file.")
            return os.pread(descriptor, limit, 0)
        except OSError as error:
            raise denied("read", path, error) from error
        finally:
            os.close(descriptor)

    def open(self, name: str, *, writing: bool = False) -> int:
        """Open a plain file that has one name; the caller closes the descriptor.

        Args:
            name: Its name; a link is not followed.
            writing: Whether it is to be changed as well.

        Raises:
            VerificationError: It is a link, has another name beside this one, or is no plain
                file.
            McpdbError: It is not there or may not be opened.
        """
        path = self.path / name
        flags = (os.O_RDWR if writing else os.O_RDONLY) | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = os.open(_plain(name), flags | os.O_CLOEXEC, dir_fd=self._descriptor)
        except OSError as error:
            found = self.identity(name)
            if found is not None and not is_regular(found):
                raise VerificationError(f"{one_line(str(path))} is not a plain file.") from error
            raise denied("write" if writing else "read", path, error) from error
        found = identity_of(os.fstat(descriptor))
        if not is_regular(found) or found.links != 1:
            os.close(descriptor)
            raise VerificationError(f"{one_line(str(path))} is not a plain file of one name.")
        return descriptor

    def create(self, name: str) -> int:
        """Make a new private file; the caller closes the descriptor.

        Raises:
            PrecheckError: It cannot be made, or the name is taken.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(_plain(name), flags, 0o600, dir_fd=self._descriptor)
        except OSError as error:
            raise denied("write", self.path / name, error) from error

    def publish(self, partial: str, name: str) -> bool:
        """Give a finished file its name; durable when it returns.

        Returns:
            False where the name is taken: that file is left alone.

        Raises:
            PrecheckError: It cannot be named; or it is, and that cannot be made durable.
        """
        place = self._descriptor
        try:
            # Unlike a rename a link never takes a name from another file.
            os.link(
                _plain(partial), _plain(name), src_dir_fd=place, dst_dir_fd=place,
                follow_symlinks=False,
            )  # fmt: skip
            os.unlink(partial, dir_fd=place)
        except FileExistsError:
            return False
        except OSError as error:
            raise denied("write", self.path / name, error) from error
        self.sync()
        return True

    def remove(self, name: str, expected: tuple[int, int], mtime_ns: int | None = None) -> bool:
        """Remove the plain file with this device and inode; durable when it returns.

        Args:
            name: Its name.
            expected: Device and inode of the file that is meant.
            mtime_ns: When it was last changed, in nanoseconds: the inode of a removed file is
                soon another's. None does not compare it.

        Returns:
            Whether it was there; nothing under that name is no error.

        Raises:
            BusyError: Another file has taken the name: it is left alone.
            PrecheckError: It may not be removed; or it is, and that cannot be made durable.
        """
        found = self.identity(name)
        if found is None:
            return False
        other = found.key != expected or mtime_ns not in (None, found.mtime_ns)
        if other or not is_regular(found):
            raise BusyError(
                f"{one_line(name)} is another file than the one that was meant; it is left alone."
            )
        try:
            os.unlink(_plain(name), dir_fd=self._descriptor)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise denied("remove", self.path / name, error) from error
        self.sync()
        return True

    def sync(self) -> None:
        """Make its names durable.

        Raises:
            PrecheckError: They cannot be.
        """
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise denied("write to", self.path, error) from error


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """Hold a folder open.

    Its own name may be a link only if that link belongs to root or to us: then somebody who may
    do so anyway has put the folder elsewhere, e.g. on another disk. Anybody else's is a trap.

    Raises:
        VerificationError: It is somebody else's link, or no folder.
        McpdbError: It is not there or may not be looked into.
    """
    descriptor = _open(path)
    try:
        yield Folder(path, descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            if found.st_uid not in (0, os.geteuid()):
                raise VerificationError(
                    f"{one_line(str(path))} is somebody else's symbolic link; it is not followed."
                )
            return os.open(path.resolve(strict=True), _FLAGS)
        if not stat.S_ISDIR(found.st_mode):
            raise VerificationError(f"{one_line(str(path))} is not a folder.")
        return os.open(path, _FLAGS)
    except OSError as error:
        raise denied("look into", path, error) from error
    except RuntimeError as error:
        raise PrecheckError(f"{one_line(str(path))} is a link to itself.") from error


def _plain(name: str) -> str:
    """A name that leads nowhere else.

    Raises:
        McpdbError: It has a slash, or is a folder's own name.
    """
    if "/" in name or name in ("", ".", ".."):
        raise McpdbError(f"{one_line(name)} is no name of a file.")
    return name
