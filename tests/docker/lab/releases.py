"""The gateway's releases that the laboratory knows, and a database and interpreter of each.

A release is the package `mcp-contextforge-gateway` from PyPI, with the dependencies of its own day:
a later one of them can break an old release.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .base import LabError, cache_dir, environment, locked, log, remove_tree, run, scratch

PACKAGE = "mcp-contextforge-gateway"
ADMIN = "admin@example.com"
ADMIN_PASSWORD = "Laboratory-2025!"
"""The first administrator of every laboratory database, so that prepared ones can be shared."""


@dataclass(frozen=True)
class Release:
    """A release of the gateway.

    Attributes:
        version: Its number.
        user: `uid:gid` that its image runs as.
        as_of: The day whose newest dependencies it gets.
        head: The schema revision of its fresh database.
    """

    version: str
    user: str
    as_of: str
    head: str

    @property
    def owner(self) -> tuple[int, int]:
        """The user as two numbers."""
        uid, gid = self.user.split(":")
        return int(uid), int(gid)


RELEASES = {
    release.version: release
    for release in (
        Release("0.3.1", "1001:0", "2025-07-20", "e75490e949b1"),
        Release("1.0.7", "10001:10001", "2026-08-15", "7ab59991e017"),
    )
}
"""The releases, by number, the oldest first."""


def release(version: str) -> Release:
    """Return a release by its number; also one of `variants`, which never was.

    Raises:
        LabError: The laboratory does not know it.
    """
    from .variants import VARIANTS, variant_release

    if version in VARIANTS:
        return variant_release(version)
    try:
        return RELEASES[version]
    except KeyError:
        known = ", ".join(RELEASES)
        raise LabError(f"The laboratory has no release {version}; it has {known}.") from None


def gateway_python(version: str) -> Path:
    """Return the interpreter of a virtual environment on this host with that release's package.

    Made once, in the cache. `python -m mcpgateway.bootstrap_db` and the package's Alembic
    migrations run in it without Docker.

    Args:
        version: The release's number.

    Raises:
        LabError: The environment cannot be made, as when PyPI does not answer.
    """
    wanted = release(version)
    folder = cache_dir() / "venvs" / version
    python = folder / "bin" / "python"
    complete = folder / "complete"  # written last: an interrupted environment is made anew
    with locked(f"venv-{version}"):
        if not (complete.exists() and python.exists()):
            log.info("making the environment of %s %s", PACKAGE, version)
            remove_tree(folder)
            uv(["venv", "--quiet", "--python", sys.executable, folder])
            install(wanted, ["--python", python])
            complete.touch()
    return python


def fresh_database(version: str, path: Path) -> Path:
    """Make a real, fresh database of a release, as the release's own bootstrap makes it.

    The bootstrap runs once; later calls copy its result. The file is complete in itself (no
    `-wal` beside it) and keeps the release's journal mode.

    Args:
        version: The release's number.
        path: The file to make; it must not exist.

    Returns:
        The path.

    Raises:
        LabError: The file exists, or the bootstrap failed.
    """
    if path.exists():
        raise LabError(f"{path} exists already.")
    partial = path.with_name(f"{path.name}.partial")
    shutil.copyfile(_seed(version), partial)
    return partial.rename(path)


def install(wanted: Release, where: list[str | Path]) -> None:
    """Install a release's package with the dependencies of its day.

    Args:
        wanted: The release.
        where: The installer's options that name the target.
    """
    pinned = ["--exclude-newer", wanted.as_of, f"{PACKAGE}=={wanted.version}"]
    uv(["pip", "install", "--quiet", *where, *pinned])


def uv(words: list[str | Path]) -> str:
    """Run uv (from PyPI, kept in the cache) and return what it printed.

    Args:
        words: Its arguments.
    """
    folder = cache_dir() / "tools"
    with locked("tools"):
        if not (folder / "bin" / "uv").exists():
            remove_tree(folder)
            run([sys.executable, "-m", "venv", folder])
            run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"])
    env = environment(UV_CACHE_DIR=str(cache_dir() / "uv"), UV_LINK_MODE="copy")
    return run([folder / "bin" / "uv", "--no-config", *words], env=env)


def _seed(version: str) -> Path:
    seed = cache_dir() / "seeds" / f"{version}.db"
    python = gateway_python(version)
    with locked(f"seed-{version}"):
        if seed.exists():
            return seed
        log.info("bootstrapping a fresh database of %s", version)
        with scratch(f"seed-{version}") as folder:
            made = folder / "mcp.db"
            # Nothing of this process's settings, and no .env of the working directory.
            env = {
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(folder),
                "DATABASE_URL": f"sqlite:///{made}",
                "PLATFORM_ADMIN_EMAIL": ADMIN,
                "PLATFORM_ADMIN_PASSWORD": ADMIN_PASSWORD,
                "JWT_SECRET_KEY": secrets.token_urlsafe(36),
                "AUTH_ENCRYPTION_SECRET": secrets.token_urlsafe(36),
            }
            run([python, "-m", "mcpgateway.bootstrap_db"], cwd=folder, env=env)
            with closing(sqlite3.connect(made)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if row != (release(version).head,):
                raise LabError(f"The bootstrap of {version} ended at revision {row}.")
            seed.parent.mkdir(exist_ok=True)
            made.rename(seed)
    return seed
