"""Commands in a running container, with an end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tui.core.errors import DockerError
from tui.services.containers.engine import Engine, Facts
from tui.services.containers.engine_errors import translated
from tui.services.containers.engine_frames import started

LARGEST_OUTPUT = 64 * 1024 * 1024
"""Bytes of output that are kept; a command that prints more is given up."""
SLACK = 5.0
"""Seconds that a silent stream is waited for beyond the command's own time."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a command in a container left behind."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def execute(
    engine: Engine,
    container: str,
    command: Sequence[str],
    *,
    timeout: float = 30.0,
    user: str = "",
    environment: Mapping[str, str] | None = None,
    on_output: Callable[[bytes], object] = lambda piece: None,
) -> Executed:
    """Run a command in a running container to its end.

    Args:
        engine: The container's engine.
        container: Name or id.
        command: Program and arguments; no shell.
        timeout: Seconds; then the command is killed.
        user: As in `docker exec --user`; empty means the container's.
        environment: Variables beside the container's own.
        on_output: Called with each piece of stdout as it comes.

    Raises:
        NotFoundError: There is no such container.
        DockerError: It does not run, the command cannot be run or does not end in time.
    """
    api = engine.api()
    with translated(engine.host, engine.timeout, container):
        made = api.exec_create(
            container, list(command), user=user, environment=dict(environment or {})
        )["Id"]
        stream = started(engine, made, silence=timeout + SLACK)
    late = threading.Event()

    def give_up() -> None:
        late.set()
        with contextlib.suppress(OSError):
            stream.close()

    timer = threading.Timer(timeout, give_up)
    timer.daemon = True
    timer.start()
    out, err = bytearray(), bytearray()
    try:
        for stdout, stderr in stream:
            out += stdout
            err += stderr
            if stdout:
                on_output(stdout)
            if len(out) + len(err) > LARGEST_OUTPUT:
                give_up()
    except (OSError, ValueError):
        pass  # the stream was closed under the reader: `late` says by whom
    finally:
        timer.cancel()
    with translated(engine.host, engine.timeout, container):
        ended: Facts = api.exec_inspect(made)
    if late.is_set() or ended.get("ExitCode") is None:
        _kill(engine, ended)
        raise DockerError(
            f"A command in {container} did not end within {timeout:g} s and was given up: "
            f"{' '.join(command)[:80]}"
        )
    return Executed(int(ended["ExitCode"]), bytes(out), bytes(err))


def _kill(engine: Engine, ended: Facts) -> None:
    """End a command that nobody waits for; the engine has no call for it, the kernel has."""
    pid = ended.get("Pid") or 0
    if ended.get("Running") and pid > 1 and not engine.is_remote:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
