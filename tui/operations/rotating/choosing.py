"""What happens to each file of a log folder, and why; looking changes nothing.

The guide's rule: `*.log` that was last written to a day ago is compressed, `*.log.gz` of thirty
days goes. A log that somebody has open is written to all the time: there its oldest line counts.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tui.core.ages import as_text
from tui.core.errors import McpdbError, NotFoundError, PrecheckError
from tui.core.models import Deployment, FileIdentity, Rotation
from tui.services import files, logs
from tui.services.folder import Folder, opened
from tui.services.open_files import OpenFile, open_files
from tui.wording.clean import one_line

DAY = 86_400.0
_HEAD = 64 * 1024
"""Bytes in which the oldest line of a log is looked for."""
_DOCKERS = re.compile(r"[0-9a-f]{64}-json\.log.*")
_DOCKERS_FOLDER = re.compile(r"/containers/[0-9a-f]{64}(/|$)")
_OF_THE_MACHINE = ("/", "/var/log", "/var", "/tmp", "/etc", "/root", "/home", "/srv", "/opt")

CHANGES = ("delete", "compress", "empty")
"""What is done to a file, in this order: what goes makes room for what is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One name in the folder."""

    folder: Path
    name: str
    identity: FileIdentity
    action: str
    """`delete`, `compress` (nobody has it open), `empty` (copied, then emptied), `leave`, `skip`
    (it is none of ours)."""
    why: str
    """In words; may hold foreign text."""
    age: float | None = None
    """Days; None where it does not matter."""
    holders: tuple[OpenFile, ...] = ()

    @property
    def mark(self) -> dict[str, object]:
        """What tells the file again, as JSON values."""
        one = self.identity
        return {
            "folder": str(self.folder),
            "name": self.name,
            "device": one.device,
            "inode": one.inode,
            "mtime_ns": one.mtime_ns,
            "size": one.size,
        }


def folders(deployment: Deployment) -> tuple[Path, ...]:
    """Where the logs are: as set, else where the gateway logs to, else `logs` of the project.

    Raises:
        NotFoundError: No folder is known.
        PrecheckError: It is one of the whole machine, or Docker's own.
    """
    if deployment.rotation.folder:
        found = [Path(deployment.rotation.folder)]
        if not files.is_folder(found[0]):
            raise NotFoundError(f"log_dir, {one_line(str(found[0]))}, is not a folder.")
    else:
        found = [path for path in deployment.log_files if files.is_folder(path)]
        if not found and deployment.project_dir is not None:
            found = [p for p in (deployment.project_dir / "logs",) if files.is_folder(p)]
    if not found:
        raise NotFoundError("No folder with the gateway's logs is known here; log_dir names one.")
    for path in found:
        real = str(path.resolve())
        if _DOCKERS_FOLDER.search(f"{real}/"):
            raise PrecheckError(
                f"{one_line(real)} holds Docker's own log, which only Docker may rotate: set "
                "max-size in the Compose file."
            )
        if real in _OF_THE_MACHINE:
            raise PrecheckError(
                f"{one_line(real)} is a folder of the whole machine; log_dir must name one that "
                "holds the gateway's logs alone."
            )
    return tuple(dict.fromkeys(found))


def choose(
    places: Sequence[Path], rules: Rotation, now: float | None = None
) -> tuple[tuple[Found, ...], bool]:
    """Look at every name of some folders.

    Args:
        places: The folders.
        rules: Ages in days.
        now: Seconds since 1970; the present by default.

    Returns:
        What happens to each, and whether every process could be looked into.

    Raises:
        McpdbError: A folder may not be looked into.
    """
    moment = time.time() if now is None else now
    found: list[Found] = []
    whole = True
    for path in places:
        with opened(path) as folder:
            told = {name: one for name in folder.names() if (one := folder.identity(name))}
            asked = {one.key for name, one in told.items() if _is_log(name) and _is_plain(one)}
            holders, complete = open_files(asked)
            whole = whole and complete
            for name, one in told.items():
                chosen = _choose(folder, name, one, rules, moment, holders.get(one.key, ()))
                if chosen is not None:
                    found.append(_doubted(chosen, complete))
    return tuple(found), whole


def _doubted(one: Found, complete: bool) -> Found:
    """Where not everybody can be looked into, a file is treated as if somebody had it open."""
    if complete or one.action != "compress":
        return one
    return Found(
        folder=one.folder,
        name=one.name,
        identity=one.identity,
        action="empty",
        why=f"{one.why}; not every process can be looked into, so it is copied and emptied",
        age=one.age,
    )


def _is_log(name: str) -> bool:
    return name.endswith(".log") and not name.startswith(".")


def _is_plain(one: FileIdentity) -> bool:
    return files.is_regular(one) and one.links == 1


def _choose(
    folder: Folder,
    name: str,
    one: FileIdentity,
    rules: Rotation,
    now: float,
    holders: tuple[OpenFile, ...],
) -> Found | None:
    """Rule on one name; None for what is not even worth a line."""

    def so(action: str, why: str, age: float | None = None, /) -> Found:
        return Found(
            folder=folder.path, name=name, identity=one, action=action, why=why, age=age,
            holders=holders,
        )  # fmt: skip

    if name.startswith("."):
        return None
    if not (packed := name.endswith(".log.gz")) and not name.endswith(".log"):
        return so("skip", "neither *.log nor *.log.gz")
    if files.is_link(one):
        return so("skip", "a symbolic link; links are not followed")
    if not files.is_regular(one):
        return so("skip", "no plain file")
    if one.links != 1:
        return so("skip", f"a hard link: the file has {one.links} names")
    if _DOCKERS.fullmatch(name):
        return so("skip", "Docker's own; max-size in the Compose file rotates it")
    age = (now - one.mtime_ns / 1e9) / DAY
    if packed:
        if age >= rules.delete_after:
            return so("delete", f"compressed, older than {as_text(rules.delete_after)}", age)
        return so("leave", f"compressed, not yet {as_text(rules.delete_after)} old", age)
    if one.size == 0:
        return so("leave", "empty", age)
    limit = as_text(rules.compress_after)
    if not holders:
        if age >= rules.compress_after:
            return so("compress", f"nobody has it open, last written {limit} ago or more", age)
        return so("leave", f"written to within {limit}", age)
    return _held(so, folder, name, rules, now, holders)


def _held(
    so: Callable[[str, str, float | None], Found],
    folder: Folder,
    name: str,
    rules: Rotation,
    now: float,
    holders: tuple[OpenFile, ...],
) -> Found:
    who = one_line(holders[0].describe())
    limit = as_text(rules.compress_after)
    if any(one.writes and not one.appends for one in holders):
        why = f"{who} does not append to it: emptied, it would begin with a hole"
        return so("leave", why, None)
    begun = oldest(folder, name)
    if begun is None:
        begun = _last_rotated(folder, name)
    age = None if begun is None else (now - begun) / DAY
    if age is not None and age < rules.compress_after:
        return so("leave", f"{who} has it open, and its oldest line is not yet {limit} old", age)
    told = "no line says how old it is" if age is None else f"its oldest line is {limit} old"
    return so("empty", f"{who} has it open; {told}: copied, then emptied", age)


def oldest(folder: Folder, name: str) -> float | None:
    """When the first line with a time was written, seconds since 1970; None without one."""
    with suppress(McpdbError):
        head = folder.read(name, _HEAD).decode(errors="replace")
        for line in head.splitlines():
            if (at := logs.parse(line).time) is not None:
                return at.timestamp()
    return None


def _last_rotated(folder: Folder, name: str) -> float | None:
    """When a log was last rotated by us, told by the newest file that came of it."""
    pattern = re.compile(re.escape(name.removesuffix(".log")) + r"-\d{8}(_\d+)?\.log\.gz")
    times = [
        one.mtime_ns / 1e9
        for other in folder.names()
        if pattern.fullmatch(other) and (one := folder.identity(other)) is not None
    ]
    return max(times, default=None)


def final_names(name: str, now: float) -> Iterator[str]:
    """The names a compressed log may get, the first that is free is taken."""
    stem = name.removesuffix(".log")
    day = time.strftime("%Y%m%d", time.localtime(now))
    yield f"{stem}-{day}.log.gz"
    for number in range(2, 10_000):
        yield f"{stem}-{day}_{number}.log.gz"


def rules_of(deployment: Deployment, compress: float | None, delete: float | None) -> Rotation:
    """The deployment's rules, with what was given instead."""
    own = deployment.rotation
    return Rotation(
        folder=own.folder,
        compress_after=own.compress_after if compress is None else compress,
        delete_after=own.delete_after if delete is None else delete,
    )


def is_writable(place: Path) -> bool:
    """Whether we may make and remove files in a folder."""
    return os.access(place, os.W_OK | os.X_OK)


def totals(found: Sequence[Found]) -> Mapping[str, int]:
    """How many files meet which end."""
    return {action: sum(one.action == action for one in found) for action in CHANGES}
