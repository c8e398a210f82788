"""From the gateway's `DATABASE_URL` to the file on this host, and what stands in the way."""

from __future__ import annotations

import os
import posixpath
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tui.core.models import Problem

DEFAULT_URL = "sqlite:///./mcp.db"
"""What the gateway takes when `DATABASE_URL` is not set (`mcpgateway.config`)."""
NO_FILE = Path("/nonexistent/mcp.db")
"""Stands for a database that is no file of this host; never exists."""

_UNREACHABLE = ("database", "replace", "migrations")
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|virtiofs|ceph|glusterfs|lustre|afs|vboxsf|prl_fs|drvfs|ncpfs|"
    r"fuse\.(sshfs|glusterfs|s3fs|rclone|osxfs|grpcfuse|davfs.*|smb.*|ceph.*)|fakeowner"
)
_SERVERS = {
    "postgresql": ("PostgreSQL", "pg_dump"),
    "postgres": ("PostgreSQL", "pg_dump"),
    "mysql": ("MySQL", "mysqldump"),
    "mariadb": ("MariaDB", "mariadb-dump"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a container's database is."""

    path: Path | None
    """Its file on this host, symlinks resolved; None when there is none."""
    inside: str = ""
    """Its path in the container; empty when it is no file."""
    where: str = ""
    """For a list: the path, `PostgreSQL: use pg_dump`, `volume vol_data, root only` …"""
    how: str = ""
    """E.g. `DATABASE_URL=sqlite:///./data/mcp.db and the mount of /srv/forge/data`."""
    problems: tuple[Problem, ...] = ()


def inside_path(url: str, working_dir: str) -> str:
    """The path that an SQLite URL means in the container; empty when it is no file.

    Args:
        url: As SQLAlchemy reads it: three slashes are relative, four absolute.
        working_dir: The container's working directory.
    """
    scheme, _, rest = url.partition(":")
    if scheme.split("+")[0].lower() != "sqlite":
        return ""
    name = rest.removeprefix("//").removeprefix("/").partition("?")[0]
    if name.startswith("file:"):  # SQLite's own URI form, for which names are quoted
        name = urllib.parse.unquote(name.removeprefix("file:").partition("?")[0])
        name = re.sub(r"^//(localhost)?(?=/)", "", name)
    if name in ("", ":memory:"):
        return ""
    return posixpath.normpath(posixpath.join(working_dir or "/", name))


def locate(
    url: str,
    working_dir: str,
    mounts: Sequence[Mapping[str, Any]],
    *,
    remote: str = "",
    mountinfo: Path = Path("/proc/self/mountinfo"),
) -> Located:
    """Find the file on this host.

    Args:
        url: The container's `DATABASE_URL`; empty means the gateway's default. A password in
            it is never repeated in the result.
        working_dir: The container's working directory.
        mounts: As `inspect` gives them: Type, Source, Destination, RW, Name, Driver.
        remote: The engine's address when it is another machine's.
        mountinfo: The kernel's table of mounts.
    """
    url = url or DEFAULT_URL
    scheme = url.partition(":")[0].split("+")[0].lower()
    if scheme != "sqlite":
        return _server(scheme)
    inside = inside_path(url, working_dir)
    if not inside:
        return _without_file(
            "memory",
            "in memory",
            "The database is in the gateway's memory and is gone when it stops: set "
            "DATABASE_URL to a file.",
        )
    if remote:
        return _without_file(
            "remote",
            f"on {remote}",
            "Remote Docker host: the file is not on this machine. Logs, start and stop work; "
            "for the rest run mcpdb-tui on that host.",
            inside,
        )
    mount = _mount_of(inside, mounts)
    if mount is None:
        return _without_file(
            "no-mount",
            "in the container's own layer",
            f"{inside} is on no mount: it lives in the container and is lost when that is made "
            f"anew. Mount a folder at {posixpath.dirname(inside)} and copy the file there with "
            "`docker cp`.",
            inside,
        )
    if mount.get("Type") == "tmpfs":
        return _without_file(
            "memory",
            "in memory",
            f"{mount['Destination']} is a tmpfs: the database is gone when the gateway stops. "
            "Mount a folder there.",
            inside,
        )
    return _on_host(url, inside, mount, mountinfo)


def _server(scheme: str) -> Located:
    product, tool = _SERVERS.get(scheme, (scheme or "an unknown database", "its own tools"))
    return _without_file(
        {"postgres": "postgresql", "mariadb": "mysql"}.get(scheme, scheme),
        f"{product}: use {tool}",
        f"The gateway uses {product}, which this program does not look after: back up with "
        f"{tool}. Logs, start and stop work.",
    )


def _without_file(topic: str, where: str, text: str, inside: str = "") -> Located:
    return Located(
        path=None,
        inside=inside,
        where=where,
        problems=(Problem(topic, text, _UNREACHABLE),),
    )


def on_host(inside: str, working_dir: str, mounts: Sequence[Mapping[str, Any]]) -> Path | None:
    """Where a path of the container is on this host; None when no folder of it is mounted."""
    path = posixpath.normpath(posixpath.join(working_dir, inside))
    mount = _mount_of(path, mounts)
    if mount is None or mount.get("Type") == "tmpfs":
        return None
    return Path(str(mount["Source"])) / PurePosixPath(path).relative_to(mount["Destination"])


def mount_of(
    inside: str, working_dir: str, mounts: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The mount that holds a path of the container; None when it lies in the container itself."""
    return _mount_of(posixpath.normpath(posixpath.join(working_dir, inside)), mounts)


def is_anonymous(mount: Mapping[str, Any]) -> bool:
    """Whether a volume has no name but the one that the engine made up."""
    return re.fullmatch(r"[0-9a-f]{64}", str(mount.get("Name") or "")) is not None


def _mount_of(inside: str, mounts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The innermost mount that holds the path."""
    path = PurePosixPath(inside)
    holding = [m for m in mounts if path.is_relative_to(PurePosixPath(m["Destination"]))]
    return max(holding, key=lambda m: len(PurePosixPath(m["Destination"]).parts), default=None)


def _on_host(url: str, inside: str, mount: Mapping[str, Any], mountinfo: Path) -> Located:
    destination, source = PurePosixPath(mount["Destination"]), Path(str(mount["Source"]))
    relative = PurePosixPath(inside).relative_to(destination)
    path = source / relative
    problems = []
    if relative == PurePosixPath("."):
        problems.append(_single_file(path, inside))
    if mount.get("RW") is False:
        problems.append(
            Problem(
                "read-only",
                f"{destination} is mounted read-only: the gateway cannot write its database. "
                "Take `:ro` from that volume in the Compose file.",
                ("replace",),
            )
        )
    where = str(path)
    if mount.get("Type") == "volume":
        where = f"volume {mount.get('Name')}"
        if not _reachable(path.parent):
            where += ", root only"
            problems.append(
                Problem(
                    "volume",
                    f"The database is in the named volume {mount.get('Name')}, at {path}, where "
                    "only root may look: run it with sudo.",
                    _UNREACHABLE,
                )
            )
    problems += host_problems(path, mountinfo)
    resolved = _resolved(path)
    return Located(
        path=resolved,
        inside=inside,
        where=where,
        how=f"DATABASE_URL={url.partition('?')[0]} and the mount of {source}",
        problems=tuple(problems),
    )


def _single_file(path: Path, inside: str) -> Problem:
    folder = posixpath.dirname(inside)
    return Problem(
        "single-file",
        f"Only the file {path} is mounted; a swap on the host is not seen inside, and the "
        f"container keeps the WAL to itself. Mount {path.parent} instead: "
        f"- {path.parent}:{folder}",
        ("replace", "live"),
    )


def host_problems(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> list[Problem]:
    """What about the file's place on this host stands in the way.

    Args:
        path: The database; it need not exist.
        mountinfo: The kernel's table of mounts.
    """
    found = []
    folder = _resolved(path).parent
    kind = filesystem(folder, mountinfo)
    if _NETWORK.fullmatch(kind):
        found.append(
            Problem(
                "network-fs",
                f"{folder} is on a network or shared filesystem ({kind}), where SQLite's locks "
                "and WAL cannot be trusted: stop the gateway before a backup, and move the "
                "folder to a local disk.",
                ("replace", "live"),
            )
        )
    try:
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        read_only = False
    if read_only:
        found.append(
            Problem(
                "read-only",
                f"The filesystem of {folder} is mounted read-only: nothing there can be "
                "changed until it is mounted again for writing.",
                ("replace",),
            )
        )
    return found


def filesystem(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> str:
    """Type of the filesystem that holds `path`, e.g. `ext4`; empty when it is not known."""
    return _innermost(path, mountinfo)[1]


def mount_point(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> Path:
    """Where the filesystem that holds `path` is mounted; `/` when that is not known.

    Two folders of one device but of different mounts cannot share a file by a hard link.
    """
    return Path(_innermost(path, mountinfo)[0] or "/")


def _innermost(path: Path, mountinfo: Path) -> tuple[str, str]:
    """Mount point and type of the innermost mount that holds a path; empty when not known.

    Source: proc(5), `/proc/pid/mountinfo`: the mount point is field 5, the type follows ` - `.
    """
    best, kind = "", ""
    try:
        lines = mountinfo.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return "", ""
    for line in lines:
        left, separator, right = line.partition(" - ")
        fields = left.split()
        if not separator or len(fields) < 5 or not right:
            continue
        # Blanks and backslashes in a path stand there as octal escapes.
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        # A later mount over the same place hides the earlier one.
        if len(point) >= len(best) and path.is_relative_to(point):
            best, kind = point, right.split()[0]
    return best, kind


def _reachable(folder: Path) -> bool:
    """Whether this user may look into the folder."""
    return os.access(folder, os.R_OK | os.X_OK)


def _resolved(path: Path) -> Path:
    """The real path: the folder of a database that is a symlink is where its sidecars are."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
