"""Starting an operation in a process of its own, following it, asking it to stop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.errors import ERRORS_BY_CODE, ExitCode, McpdbError, NotFoundError
from tui.core.models import ActivityEntry, Deployment
from tui.core.operation import Operation, Tier
from tui.operations.activity import is_anything_open, read_entry
from tui.operations.execution.registry import parameters
from tui.services import processes
from tui.services.operator import Origin
from tui.services.operator import origin as present_origin

POLL = 0.1
"""Seconds between two looks at a journal."""

_working: list[subprocess.Popen[str]] = []
"""Runners that still worked when we last looked: collected when they have ended."""


def launch(
    operation: Operation,
    fingerprint: str = "",
    origin: Origin | None = None,
    *,
    agreed: Tier | None = None,
    recovering: Callable[[str], None] = lambda _journal_id: None,
) -> str:
    """Start an operation and return its journal's id as soon as that exists.

    Args:
        operation: What to do.
        fingerprint: Of the plan that was confirmed; empty where nothing was.
        origin: Who asks; the present session by default.
        agreed: The most that somebody agreed to, where no fingerprint says what was shown.
        recovering: Told the id of an older operation that is finished or undone first.

    Raises:
        BusyError: Somebody holds the lock, or something moved since the plan.
        McpdbError: It was refused; nothing was changed.
    """
    params = parameters(operation)
    request = {
        "operation": operation.name,
        "params": params,
        "about": [str(params["backup"])] if params.get("backup") else [],
        "fingerprint": fingerprint,
        "agreed": agreed or "",
    }
    for answer in _start(operation.deployment, request, origin):
        if "recovering" in answer:
            recovering(str(answer["recovering"]))
        elif "journal" in answer:
            return str(answer["journal"])
        elif "error" in answer:
            raise _refused(answer)
    raise McpdbError("The operation's process ended before it began; nothing was changed.")


def launch_resume(
    deployment: Deployment,
    origin: Origin | None = None,
    *,
    recovering: Callable[[str], None] = lambda _journal_id: None,
) -> list[tuple[str, ExitCode]]:
    """Finish or undo everything that was cut short, and remove half-made files; wait until it is.

    Returns:
        Each operation's journal id and exit code; empty when nothing was cut.

    Raises:
        BusyError: Somebody else is busy with the database.
        McpdbError: It cannot be done now; what is owed stays in the journal.
    """
    # Imported late: recovering is the other process's work, and a start would pay for it.
    from tui.operations.execution.recovery import half_made

    if not is_anything_open(deployment) and not half_made(deployment):
        return []
    for answer in _start(deployment, {"operation": "resume", "params": {}}, origin):
        if "recovering" in answer:
            recovering(str(answer["recovering"]))
        elif "resumed" in answer:
            return [(str(name), ExitCode(code)) for name, code in answer["resumed"]]
        elif "error" in answer:
            raise _refused(answer)
    raise McpdbError("The resuming process ended before it was done; try again.")


def _refused(answer: dict[str, Any]) -> McpdbError:
    code = ExitCode(int(answer.get("exit", 1)))
    return ERRORS_BY_CODE.get(code, McpdbError)(str(answer["error"]))


def _start(
    deployment: Deployment, request: dict[str, Any], origin: Origin | None
) -> Iterator[dict[str, Any]]:
    """Start the runner and yield its answers until it hangs up."""
    _working[:] = [runner for runner in _working if runner.poll() is None]
    who = origin or present_origin()
    request = {**request, "deployment": deployment.as_json(), "origin": who.as_json()}
    process = subprocess.Popen(
        [*_scope(), *runner_command()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        text=True,
    )
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise McpdbError("The operation's process could not be started.")
    with suppress(BrokenPipeError), stdin:
        stdin.write(json.dumps(request) + "\n")
    try:
        with stdout:
            for line in stdout:
                with suppress(ValueError):
                    yield json.loads(line)
    finally:
        _reap(process)


def _reap(process: subprocess.Popen[str]) -> None:
    """Collect a runner that has ended; one that still works is not waited for."""
    if process.poll() is None:
        _working.append(process)


def runner_command() -> Sequence[str]:
    """The command that serves one request; `-P` keeps the caller's folder out of imports."""
    return [sys.executable, "-P", "-m", "tui.operations.execution.runner"]


def _scope() -> list[str]:
    """Where logind ends a session's processes, a scope of its own keeps ours."""
    if not Path("/run/systemd/system").is_dir() or "XDG_SESSION_ID" not in os.environ:
        return []
    if shutil.which("systemd-run") is None:
        return []
    user = [] if os.geteuid() == 0 else ["--user"]
    return ["systemd-run", *user, "--scope", "--quiet", "--collect", "--"]


def follow(deployment: Deployment, journal_id: str) -> Iterator[ActivityEntry]:
    """Yield an operation's state whenever it changed, until it has ended or was cut."""
    last: ActivityEntry | None = None
    while True:
        entry = read_entry(deployment, journal_id)
        if entry != last:
            last = entry
            yield entry
        if entry.state != "running":
            return
        time.sleep(POLL)


def cancel(deployment: Deployment, journal_id: str) -> None:
    """Ask a running operation to stop; it decides whether that is still safe.

    Raises:
        NotFoundError: It does not run.
    """
    entry = read_entry(deployment, journal_id)
    if entry.state != "running" or not processes.start_time(entry.pid):
        raise NotFoundError("It does not run any more.")
    try:
        os.kill(entry.pid, signal.SIGINT)
    except PermissionError as error:
        raise McpdbError(
            f"It belongs to another user: sudo kill -INT {entry.pid} cancels it."
        ) from error
