"""Running the probe, or migrations on a copy, with an interpreter of this host."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tui.core.errors import McpdbError, NotFoundError
from tui.services.migrations.output import Output

MAX_OUTPUT = 16 * 1024 * 1024
"""Bytes an answer may have; the real gateway's is 0.7 MB."""

_KEPT_ERRORS = 64 * 1024
_BEAT = 0.25
"""Seconds between two looks at whether to go on."""
_GRACE = 1.0
"""Seconds for the rest once the answer has ended."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


def interpreter(python: str) -> str:
    """Return an interpreter's path, not resolved: a link is what makes a virtual environment.

    Raises:
        NotFoundError: There is no such program.
    """
    found = shutil.which(str(Path(python).expanduser()))
    if found is None:
        raise NotFoundError(f"No interpreter at {python}; name one with --python.")
    return str(Path(found).absolute())


def environment(python: str) -> dict[str, str]:
    """Return what the interpreter may know: no settings, no secrets, no database."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # Code that opens its database when it is imported finds an empty one.
    kept["DATABASE_URL"] = "sqlite:///:memory:"
    if python == sys.executable:
        # Our own interpreter sees what we see, wherever we were started from.
        kept["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if Path(path).is_absolute())
    return kept


def run(command: Sequence[str], timeout: float) -> Output:
    """Run a command in an empty folder, with a limit on its time and on what it says.

    Args:
        command: Program and arguments.
        timeout: Seconds; then it is killed with everything it started.

    Raises:
        McpdbError: It cannot be run, takes too long or says too much.
    """
    with tempfile.TemporaryDirectory(prefix="mcpdb-probe-") as folder:
        try:
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=environment(command[0]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise McpdbError(f"{command[0]} does not run: {error.strerror}.") from error
        try:
            return _collect(process, command[0], time.monotonic() + timeout, timeout)
        finally:
            _end(process)


def stream(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    hear: Callable[[bytes, bytes], None],
    checkpoint: Callable[[], None],
    deadline: float,
) -> int:
    """Run a command and pass on what it says while it runs.

    Its stdin is a pipe that nobody writes to: when this process is killed it ends, which is how
    the command learns of it.

    Args:
        command: Program and arguments.
        folder: Where it runs.
        variables: Its whole environment.
        hear: Given each piece of stdout and of stderr.
        checkpoint: Called at least every half second; what it raises ends the command.
        deadline: Seconds; then it is killed with everything it started.

    Returns:
        Its exit code; -9 when it was killed for want of time.

    Raises:
        McpdbError: It cannot be run.
    """
    try:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise McpdbError(f"{command[0]} does not run: {error.strerror}.") from error
    try:
        return _follow(process, hear, checkpoint, time.monotonic() + deadline)
    finally:
        _end(process)


def _follow(
    process: subprocess.Popen[bytes],
    hear: Callable[[bytes, bytes], None],
    checkpoint: Callable[[], None],
    until: float,
) -> int:
    """Pass on both streams until the process has ended, and return its exit code."""
    assert process.stdout is not None and process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, True)
        selector.register(process.stderr, selectors.EVENT_READ, False)
        ended, close = None, until
        while selector.get_map() and time.monotonic() < close:
            ready = selector.select(_BEAT)
            for key, _ in ready:
                part = os.read(key.fd, 65_536)
                hear(part if key.data else b"", b"" if key.data else part)
                if not part:
                    selector.unregister(key.fileobj)
            checkpoint()
            if not ready and ended is not None:
                break  # what it left behind holds a stream open and says nothing
            if ended is None and (ended := process.poll()) is not None:
                # … or says something for ever.
                close = min(until, time.monotonic() + _GRACE)
        while process.poll() is None and time.monotonic() < until:
            checkpoint()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_BEAT)
    code = process.poll()
    return -signal.SIGKILL if code is None else code


def _collect(
    process: subprocess.Popen[bytes], name: str, deadline: float, timeout: float
) -> Output:
    """Read both streams to their end, and take the exit code."""
    assert process.stdout is not None and process.stderr is not None
    said, errors = bytearray(), bytearray()
    late = McpdbError(f"{name} did not answer within {timeout:.0f} s; it was ended.")
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, said)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        until = deadline
        while selector.get_map() and time.monotonic() < until:
            for key, _ in selector.select(max(0.0, until - time.monotonic())):
                part = os.read(key.fd, 65_536)
                key.data.extend(part)
                if not part:
                    selector.unregister(key.fileobj)
                    if key.fileobj is process.stdout:
                        # A process that the package left may hold stderr open for ever.
                        until = min(until, time.monotonic() + _GRACE)
            del errors[:-_KEPT_ERRORS]
            if len(said) > MAX_OUTPUT:
                raise McpdbError(f"{name} said more than {MAX_OUTPUT >> 20} MiB; it was ended.")
        if process.stdout in [key.fileobj for key in selector.get_map().values()]:
            raise late
    try:
        return Output(
            process.wait(max(_GRACE, until - time.monotonic())), bytes(said), bytes(errors)
        )
    except subprocess.TimeoutExpired:
        raise late from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of it and of what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
