"""Changing what cron runs: a table line by line with a copy kept, a script by its mode.

The copy is called `.NAME.before-mcpdb`: in `/etc/cron.d` cronie runs every name that does not
begin with a dot (crontab(5), cron(8)), and a copy that is run would undo it all.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.services import files
from tui.services.timers import run
from tui.wording.clean import one_line
from tui.wording.quantities import plural

MARK = "# mcpdb-tui: "
"""In front of a line that was commented out."""
_COPY = "before-mcpdb"
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """What is changed in one table or script."""

    path: str
    kind: str
    """`system`, `user` or `script`, see `cron_places`."""
    user: str
    lines: dict[str, str] = field(default_factory=dict)
    """By number: lines as they stand there; empty for a script.

    A user's crontab is known by its text alone: its file has lines that `crontab -l` may not tell.
    """


def refusal(target: Target) -> McpdbError | None:
    """Why it may not be changed by us; None when it may."""
    path = Path(target.path)
    if target.kind == "user":
        if os.geteuid() == 0 or target.user == files.user_name(os.geteuid()):
            return None
        return files.denied("change", path, PermissionError())
    found = files.identity(path)
    if found is not None and files.is_link(found):
        return PrecheckError(
            f"{one_line(str(path))} is a link: comment the line out in the file it points to."
        )
    may = os.access(path.parent, os.W_OK | os.X_OK) and os.access(path, os.W_OK)
    return None if may else files.denied("change", path, PermissionError())


def silence(target: Target, state_dir: str) -> list[str]:
    """Comment the lines out, or take a script's right to be run; done already, it does nothing.

    Args:
        target: What is changed.
        state_dir: Where the copy of a user's crontab is kept: the spool is cron's own.

    Returns:
        The copy that was made; empty when nothing was left to do.

    Raises:
        BusyError: The table has changed since it was looked at; nothing was done to it.
        McpdbError: It may not be changed.
    """
    if target.kind == "script":
        _unexecutable(Path(target.path))
        return []
    text = _read(target)
    changed = _commented(target, text)
    if changed == text:
        return []
    copy = _keep(target, text, Path(state_dir))
    _write(target, changed)
    return [str(copy)]


def _commented(target: Target, text: str) -> str:
    lines = text.split("\n")
    for at, wanted in _places(target, lines):
        lines[at] = MARK + wanted
    return "\n".join(lines)


def _places(target: Target, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Where the lines stand that are not commented out yet.

    Raises:
        BusyError: One of them is not where it was, or was written a different number of times.
    """
    if target.kind == "user":
        yield from _by_text(target, lines)
        return
    for number, wanted in target.lines.items():
        at = int(number) - 1
        now = lines[at] if at < len(lines) else ""
        if now == MARK + wanted:
            continue
        if now != wanted:
            raise _changed(target, f"line {number} is another one")
        yield at, wanted


def _by_text(target: Target, lines: list[str]) -> Iterator[tuple[int, str]]:
    # The numbers are those of the file in the spool, which begins with three lines that Debian's
    # `crontab -l` leaves out: the text alone says which line it is.
    for wanted, times in Counter(target.lines.values()).items():
        found = [at for at, line in enumerate(lines) if line == wanted]
        if not found and MARK + wanted in lines:
            continue
        if len(found) != times:
            raise _changed(target, f"one of its lines stands there {plural(len(found), 'time')}")
        yield from ((at, wanted) for at in found)


def _changed(target: Target, how: str) -> BusyError:
    return BusyError(
        f"{one_line(target.path)} has changed since it was looked at: {how}. It is left as it is."
    )


def _unexecutable(path: Path) -> None:
    found = files.identity(path)
    if found is None:
        return
    try:
        path.chmod(stat.S_IMODE(found.mode) & ~0o111, follow_symlinks=True)
    except OSError as error:
        raise files.denied("change", path, error) from error


def _read(target: Target) -> str:
    if target.kind == "user":
        done = run(["crontab", *_whose(target), "-l"])
        if done.returncode:
            raise PrecheckError(f"crontab -l says: {one_line(done.stderr.strip())}")
        return done.stdout
    with files.open_regular(Path(target.path)) as descriptor:
        return os.pread(descriptor, _LARGEST, 0).decode(errors="surrogateescape")


def _write(target: Target, text: str) -> None:
    if target.kind == "user":
        done = run(["crontab", *_whose(target), "-"], stdin=text)
        if done.returncode:
            raise PrecheckError(f"crontab says: {one_line(done.stderr.strip())}")
        return
    files.write_atomically(Path(target.path), text.encode(errors="surrogateescape"))


def _whose(target: Target) -> list[str]:
    return [] if target.user == files.user_name(os.geteuid()) else ["-u", target.user]


def _keep(target: Target, text: str, state_dir: Path) -> Path:
    """Keep the table as it was; an earlier copy is never written over."""
    path = Path(target.path)
    if target.kind == "user":
        wanted = state_dir / f"crontab-{path.name}.{_COPY}"
    else:
        wanted = path.with_name(f".{path.name}.{_COPY}")
    content = text.encode(errors="surrogateescape")
    for number in range(1, 100):
        copy = wanted if number == 1 else wanted.with_name(f"{wanted.name}.{number}")
        if files.identity(copy) is None:
            files.write_new(copy, [content])
            return copy
        with files.open_regular(copy) as descriptor:
            if os.pread(descriptor, _LARGEST, 0) == content:
                return copy  # made before a cut
    raise PrecheckError(f"There are too many copies of {one_line(str(path))}.")
