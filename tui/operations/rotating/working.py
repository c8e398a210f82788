"""Doing it to one file: each step's effect, which a cut run repeats from its journal.

A compressed copy lies beside the log under a name of ours until it is whole; the log goes, or is
emptied, only once the copy is on disk and was read back. So at every moment the lines stand in
the log, in a whole copy, or in both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, VerificationError
from tui.operations.rotating import copying
from tui.operations.rotating.choosing import final_names
from tui.operations.rotating.copying import Copied, Tick
from tui.services import gzips
from tui.services.files import identity_of
from tui.services.folder import Folder, opened
from tui.services.open_files import alone, is_wanted, open_files
from tui.wording.clean import one_line

Mark = Mapping[str, Any]
"""What tells a file again; see `Found.mark`."""


def partial_name(operation_id: str, number: int) -> str:
    """The name that a copy has until it is whole."""
    return f".{operation_id}-{number}.partial"


def copy(mark: Mark, partial: str, tick: Tick) -> Copied:
    """Make the compressed copy; it is removed again if that does not work.

    Raises:
        McpdbError: It was not made; the log is as it was.
    """
    with opened(Path(mark["folder"])) as folder, _log(folder, mark) as (source, name):
        target = folder.create(partial)
        try:
            try:
                found = copying.copy(source, target, name, tick)
                _as_the_log(source, target)
                return found
            finally:
                os.close(target)
        except BaseException:
            _discard(folder, partial)
            raise


def discard(folder: str, partial: str) -> None:
    """Remove a half-made copy, if it is there."""
    with suppress(McpdbError), opened(Path(folder)) as held:
        _discard(held, partial)


def _discard(folder: Folder, partial: str) -> None:
    if (found := folder.identity(partial)) is not None:
        folder.remove(partial, found.key)


def finish(mark: Mark, partial: str, copied: Copied, *, again: bool = False) -> dict[str, Any]:
    """Remove a log that nobody has open, or empty it; then give the copy its name.

    Args:
        mark: Which log.
        partial: The copy.
        copied: What is in it.
        again: After a cut: what was done already is found out and not done twice.

    Returns:
        Facts: `file` (what the copy is called now), `how` (`compressed`, `emptied`, or `kept`
        where the log is as it was), and of a log that was emptied `size`, `lost`, `counted`,
        `window`, `lines`.

    Raises:
        McpdbError: It was not done: the log is as it was, and the copy is gone. Where its facts
            name it as `kept` the copy is left, whole, under that name: it may be all there is.
    """
    with opened(Path(mark["folder"])) as folder:
        if (known := _named_already(folder, mark, partial)) is not None:
            return {"file": known, "how": "compressed"}
        there = folder.identity(str(mark["name"]))
        gone = there is None or there.key != _key(mark)
        if folder.identity(partial) is None:
            return {"file": "", "how": "compressed" if gone else "kept"}
        if gone or _was_emptied(folder, mark, copied, again=again):
            _mend(folder, partial, copied)
            how = "compressed" if gone else "emptied"
            return {"file": _publish(folder, mark, partial), "how": how}
        try:
            if _removed(folder, mark, copied):
                done: dict[str, Any] = {"how": "compressed"}
            else:
                done = {"how": "emptied", **_emptied(folder, mark, partial, copied)}
        except McpdbError as error:
            if error.facts.get("emptied"):
                done = {"how": "emptied"}
            elif _is_gone(folder, mark, partial, error):
                done = {"how": "compressed"}
            else:
                _discard(folder, partial)
                raise
            # The log is empty or gone already: what is in the copy is all there is.
            _mend(folder, partial, copied)
        return {"file": _publish(folder, mark, partial), **done}


def _is_gone(folder: Folder, mark: Mark, partial: str, error: McpdbError) -> bool:
    """Whether the log went before an error: its removal fails as well where it is not durable.

    Raises:
        McpdbError: That cannot be told; the copy is left.
    """
    try:
        there = folder.identity(str(mark["name"]))
    except McpdbError as blind:
        raise type(error)(f"{error} {_whole(mark, partial)}").telling(kept=partial) from blind
    return there is None or there.key != _key(mark)


def _was_emptied(folder: Folder, mark: Mark, copied: Copied, *, again: bool) -> bool:
    """Whether a log does not begin any more with what was copied: then the copy is all there is.

    That what was copied stands there still is read again only after a cut.
    """
    with _log(folder, mark) as (source, name):
        if again:
            return not copying.has(source, copied, name)
        return os.fstat(source).st_size < copied.size


def _removed(folder: Folder, mark: Mark, copied: Copied) -> bool:
    """Remove a log that nobody has open and that is as it was copied; whether that was done."""
    with _log(folder, mark, writing=True) as (source, _name), alone(source) as sole:
        if sole is None:
            holders, complete = open_files([_key(mark)], besides=os.getpid())
            free = complete and not holders
        else:
            free = sole and not is_wanted(source)
        if not free or os.fstat(source).st_size != copied.size:
            return False
        return folder.remove(str(mark["name"]), _key(mark))


def _emptied(folder: Folder, mark: Mark, partial: str, copied: Copied) -> dict[str, Any]:
    holders, complete = open_files([_key(mark)], besides=os.getpid())
    everybody = holders.get(_key(mark), ())
    writers = [one for one in everybody if one.writes]
    with _log(folder, mark, writing=True) as (source, name):
        if stuck := next((one for one in writers if not one.appends), None):
            raise BusyError(
                f"{one_line(stuck.describe())} does not append to {one_line(name.name)}: "
                "emptied, it would begin with a hole. It is left alone."
            )
        target = folder.open(partial, writing=True)
        try:
            os.ftruncate(target, copied.packed)
            os.lseek(target, 0, os.SEEK_END)
            seen = complete and bool(everybody)
            return asdict(copying.empty(source, target, copied, writers, name, seen=seen))
        finally:
            os.close(target)


def _mend(folder: Folder, partial: str, copied: Copied) -> None:
    """Make a copy readable to its end: only the member that a cut tore at its end goes.

    What was copied first was read back. Whole members behind that hold what came later: they may
    be all there is of it, and stay.
    """
    target = folder.open(partial, writing=True)
    try:
        try:
            gzips.read_back(target, folder.path / partial)
        except VerificationError:
            whole = gzips.whole_until(target, folder.path / partial)
            os.ftruncate(target, max(copied.packed, whole))
            gzips.read_back(target, folder.path / partial)
        gzips.sync(target, folder.path / partial)
    finally:
        os.close(target)


# --- names ------------------------------------------------------------------------------------


def _publish(folder: Folder, mark: Mark, partial: str) -> str:
    """Give the copy the first name that is free; until then it is all there is of the log."""
    for name in final_names(str(mark["name"]), time.time()):
        try:
            if folder.publish(partial, name):
                return name
        except McpdbError as error:
            kept = _name_left(folder, partial, name)
            raise type(error)(f"{error} {_whole(mark, kept)}").telling(kept=kept) from error
    words = f"Every name for its copy is taken. {_whole(mark, partial)}"
    raise BusyError(words).telling(kept=partial)


def _name_left(folder: Folder, partial: str, name: str) -> str:
    """Which of its two names a copy has after a naming that failed: it may have been done."""
    with suppress(McpdbError):
        if folder.identity(partial) is None:
            return name
    return partial


def _whole(mark: Mark, kept: str) -> str:
    return f"What was in {one_line(str(mark['name']))} is whole in {one_line(kept)}."


def _named_already(folder: Folder, mark: Mark, partial: str) -> str | None:
    """The name that a copy got just before a cut, while it still had the other one too."""
    found = folder.identity(partial)
    if found is None or found.links == 1:
        return None
    for name in folder.names():
        other = folder.identity(name)
        if name.endswith(".log.gz") and other is not None and other.key == found.key:
            folder.remove(partial, found.key)
            return name
    return None


def _key(mark: Mark) -> tuple[int, int]:
    return int(mark["device"]), int(mark["inode"])


@contextmanager
def _log(folder: Folder, mark: Mark, *, writing: bool = False) -> Iterator[tuple[int, Path]]:
    """The log itself, open.

    Raises:
        BusyError: Another file has its name now.
        McpdbError: It may not be opened.
    """
    name = str(mark["name"])
    descriptor = folder.open(name, writing=writing)
    try:
        if identity_of(os.fstat(descriptor)).key != _key(mark):
            raise BusyError(f"{one_line(name)} is another file now; it is left alone.")
        yield descriptor, folder.path / name
    finally:
        os.close(descriptor)


def _as_the_log(source: int, target: int) -> None:
    """Give a copy the owner, mode and time of its log, as gzip does, where we may."""
    found = os.fstat(source)
    with suppress(OSError):
        os.fchown(target, found.st_uid, found.st_gid)
    with suppress(OSError):
        os.fchmod(target, found.st_mode & 0o666)
    with suppress(OSError):
        os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))


def delete(mark: Mark) -> bool:
    """Remove an old compressed log; whether it was there.

    Raises:
        McpdbError: It may not be removed, or another file has its name.
    """
    with opened(Path(mark["folder"])) as folder:
        return folder.remove(str(mark["name"]), _key(mark), int(mark["mtime_ns"]))
