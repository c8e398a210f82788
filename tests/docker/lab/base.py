"""What every part of the laboratory stands on: its cache, its error, its locks, its commands."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger("mcpdb.lab")


class LabError(RuntimeError):
    """The laboratory cannot do what was asked; the message is one plain sentence."""


def cache_dir() -> Path:
    """Return the folder of everything downloaded or built (`$MCPDB_LAB_CACHE`), made if missing.

    Raises:
        LabError: It cannot be made.
    """
    told = os.environ.get("MCPDB_LAB_CACHE")
    folder = Path(told).expanduser() if told else Path.home() / ".cache" / "mcpdb-lab"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"The cache {folder} cannot be made: {error.strerror}.") from error
    return folder.resolve()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the cache's lock of that name, so that parallel runs build a thing once.

    Args:
        name: What is being changed, such as `engine` or `image-1.0.7`.
    """
    path = cache_dir() / "locks" / f"{name}.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Give an empty folder in the cache and remove it afterwards.

    What interrupted runs left under the same name is removed first, so hold the lock of the
    thing that is being built.

    Args:
        name: What is being built.
    """
    folder = cache_dir() / "scratch" / f"{name}-{os.getpid()}"
    for stale in folder.parent.glob(f"{name}-*"):
        # A command of the interrupted run may still be writing; it gets no folder of ours.
        with suppress(OSError):
            remove_tree(stale)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder; whatever is still mounted below it is unmounted, never emptied."""
    if folder.exists():
        unmount_below(folder)
        shutil.rmtree(folder)


def unmount_below(folder: Path) -> None:
    """Unmount everything that is mounted at or below a folder, the deepest first."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [Path(line.split()[1].replace("\\040", " ")) for line in lines]
    for point in reversed([point for point in points if point.is_relative_to(folder)]):
        subprocess.run(["umount", "--lazy", str(point)], check=False, capture_output=True)


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what would lead another Python astray.

    Args:
        more: What is set in it besides.
    """
    astray = ("PYTHON", "VIRTUAL_ENV")
    return {k: v for k, v in os.environ.items() if not k.startswith(astray)} | more


def run(
    command: Sequence[str | Path],
    *,
    timeout: float = 600,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command and return what it printed on standard output.

    Args:
        command: The program and its arguments.
        timeout: Seconds after which it is ended.
        cwd: Its working directory.
        env: Its whole environment; by default `environment()`.

    Raises:
        LabError: It failed, was not there or ran out of time; the end of its output is told.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            cwd=cwd,
            env=environment() if env is None else env,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is not installed.") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(words[:3])} did not end within {timeout:.0f} s.") from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise LabError(f"{' '.join(words[:3])} failed (exit {done.returncode}):\n{tail}")
    return done.stdout
