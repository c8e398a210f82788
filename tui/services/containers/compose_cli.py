"""Running the Compose command: which one is here, with an end to every call.

A run may outlive us (a killed operation); it then holds a lock file of the database's state
folder, and whoever comes next waits for it, so that two of them never remake one container at
once.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from tui.core.errors import BusyError, DockerError
from tui.services.files import denied, make_private
from tui.wording.clean import one_line

VERSION_SECONDS = 15.0
"""Seconds that Compose may take to say which one it is: a cold disk."""
_POLL = 0.05
_LOCK = "compose.lock"
_VERSION = re.compile(r"v?(\d+)\.\d+")
_ABOUT_VALUES = re.compile(
    r"interpolat|environment|variable|\.env\b|env_file|unmarshal|invalid type", re.IGNORECASE
)
"""Complaints that repeat what stands in `environment`, or in a file of variables."""
_WHERE = re.compile(r'"\w+" option in service "[^"]*"')
_VALUE = re.compile(r"[\"'`{\[]|(?<=contains) ")

Waited = Callable[[int, int], None]
"""Told the seconds that have passed and those allowed; what it raises ends the run."""


@dataclass(frozen=True, slots=True)
class Compose:
    """A Compose command of this host."""

    words: tuple[str, ...]
    """`docker compose` or `docker-compose`."""
    major: int
    """1 prints YAML and names containers with `_`; from 2 on JSON and `-`."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to."""

    code: int
    output: str
    said: str
    """The last line of its complaints, cleaned and short."""


def find(prefer: int = 0) -> Compose | None:
    """The Compose command to use; None where there is none.

    Args:
        prefer: Major version that made the container: the other one would give it another name.

    Raises:
        DockerError: It is here and does not even say its version.
    """
    environ = os.environ
    found = _found(environ.get("PATH", ""), environ.get("DOCKER_CONFIG", ""))
    return next((one for one in found if one.major == prefer), found[0] if found else None)


@lru_cache(maxsize=16)
def _found(_path: str, _config: str) -> tuple[Compose, ...]:
    """All there are; looked for once per search path."""
    here = []
    for words in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(words[0]) is None:
            continue
        done = run([*words, "version", "--short"], cwd=None, deadline=VERSION_SECONDS)
        version = _VERSION.match(done.output.strip())
        # A Docker without the plugin answers with a complaint.
        if done.code == 0 and version:
            here.append(Compose(words, int(version[1])))
    return tuple(here)


def run(
    command: Sequence[str],
    *,
    cwd: Path | None,
    deadline: float,
    environ: Mapping[str, str] | None = None,
    waited: Waited = lambda _done, _total: None,
    lock: int = -1,
) -> Done:
    """Run a command to its end, or to its deadline.

    Args:
        command: Program and arguments.
        cwd: Its folder.
        deadline: Seconds; then it is ended with all that it started.
        environ: Added to this process's environment.
        waited: Called about ten times a second.
        lock: A descriptor that it inherits.

    Raises:
        DockerError: It cannot be started, or did not end in time.
    """
    told = " ".join(command[:2] if command[0] == "docker" else command[:1])
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = _start(command, cwd, environ or {}, (out, err), lock, told)
        try:
            while process.poll() is None:
                passed = time.monotonic() - began
                if passed >= deadline:
                    raise DockerError(f"`{told}` did not end within {deadline:g} s.")
                waited(int(passed), int(deadline))
                time.sleep(_POLL)
        finally:
            if process.poll() is None:
                _end(process)
        said = _last(_text(err))
        if not said and "config" not in command:
            # What `config` prints is the project, with every secret filled in.
            said = _last(_text(out))
        return Done(process.returncode, _text(out), said)


def _start(
    command: Sequence[str],
    cwd: Path | None,
    environ: Mapping[str, str],
    streams: tuple[IO[bytes], IO[bytes]],
    lock: int,
    told: str,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=streams[0],
            stderr=streams[1],
            env={**os.environ, "COMPOSE_ANSI": "never", "COMPOSE_REMOVE_ORPHANS": "0", **environ},
            # Signals of our session are not for it: half a container is worse than a late end.
            start_new_session=True,
            pass_fds=(lock,) if lock >= 0 else (),
        )
    except OSError as error:
        reason = one_line(error.strerror or str(error))
        raise DockerError(f"`{told}` cannot be run: {reason}.") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command with everything it started: first asked, then killed."""
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")


def _last(text: str) -> str:
    """The last line that says something."""
    lines = [line for line in (one_line(raw).strip() for raw in text.splitlines()) if line]
    return without_values(lines[-1])[:200].rstrip(".") if lines else ""


def without_values(line: str) -> str:
    """A complaint of Compose without the value that it complains of, which may be a secret.

    Args:
        line: As Compose says it: where, then the value in quotes.
    """
    if _ABOUT_VALUES.search(line) is None:
        return line
    where = _WHERE.search(line)
    value = _VALUE.search(line, where.end() if where else 0)
    return line if value is None else f"{line[: value.start()].rstrip()} …"


@contextmanager
def alone(state_dir: Path, deadline: float, waited: Waited) -> Iterator[int]:
    """Wait until no run of a killed operation goes on; give the lock for our own.

    Args:
        state_dir: Of the database.
        deadline: Seconds to wait.
        waited: Called about ten times a second.

    Raises:
        BusyError: One still runs at the deadline.
        PrecheckError: The state folder cannot be written.
    """
    make_private(state_dir)
    path, began = state_dir / _LOCK, time.monotonic()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise denied("lock", path, error) from error
    try:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            passed = time.monotonic() - began
            if passed >= deadline:
                raise BusyError("Compose still runs for an operation that was cut short.")
            waited(int(passed), int(deadline))
            time.sleep(_POLL)
        yield descriptor
    finally:
        os.close(descriptor)
