"""A gateway that is a process of this host: bare-metal installs, and the demo."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tui.core.errors import McpdbError
from tui.core.models import GatewayState, Health, LogLine, ProcessRef, Running, Stopped
from tui.services import health, logs
from tui.services.gateways import environment, pid_file

_LOOK_TIMEOUT = 10.0
"""Seconds the `running` command may take."""
_POLL = 0.05
_KILLED = 137
"""What an engine reports for a process it had to kill: 128 + SIGKILL."""


class ProcessGateway:
    """Starts and stops with the commands of `mcpdb.toml`, and looks with `psutil`."""

    def __init__(self, ref: ProcessRef) -> None:
        self.ref = ref

    @property
    def name(self) -> str:
        """The name of the folder its commands run in."""
        return Path(self.ref.folder).name

    def state(self) -> GatewayState:
        """Look once, at the pid file and by the `running` command if there is one."""
        found = self._found()
        if self.ref.running:
            try:
                answer, _ = self._run(self.ref.running, "running", _LOOK_TIMEOUT)
            except McpdbError as error:
                return self._state("unknown", str(error), found)
            if answer != 0:
                return self._state("stopped", found.text, pid_file.Found())
            return self._state("running", "", found)
        return self._state("running" if found.process else "stopped", found.text, found)

    def _found(self) -> pid_file.Found:
        if not self.ref.pid_file:
            return pid_file.Found()
        return pid_file.look(Path(self.ref.pid_file), Path(self.ref.folder))

    def _state(self, running: Running, text: str, found: pid_file.Found) -> GatewayState:
        process = found.process
        details = {"folder": self.ref.folder, "start": shlex.join(self.ref.start)}
        if self.ref.pid_file:
            details["pid file"] = self.ref.pid_file
        if process is None:
            return GatewayState(
                running=running,
                text=text,
                release=self.ref.release,
                details=details,
            )
        details["command"] = found.command
        return GatewayState(
            running=running,
            text=text,
            since=datetime.fromtimestamp(found.created, UTC),
            identity=str(process.pid),
            release=self.ref.release,
            user=found.user,
            pids=tuple(child.pid for child in pid_file.family(process)),
            details=details,
        )

    def health(self, timeout: float = 5.0) -> Health:
        """Ask the configured address.

        An answer while our own process is not there comes from somebody else, and says so.
        """
        if not self.ref.health_url:
            return Health(
                verdict="unknown",
                text="no health_url is set in the [gateway] table of mcpdb.toml",
            )
        answer = health.ask(self.ref.health_url, timeout, learnt="mcpdb.toml")
        if answer.verdict == "healthy" and not self.ref.running and not self.state().is_up:
            return Health(
                verdict="unknown",
                text=f"another program answers at {self.ref.health_url}: the gateway is stopped",
                address=answer.address,
                learnt=answer.learnt,
                seconds=answer.seconds,
            )
        return answer

    def stop(self) -> Stopped:
        """Run the stop command and wait for every process of the gateway to be gone.

        Raises:
            McpdbError: The command fails while the gateway goes on, or nothing is known that
                could be killed after `stop_timeout`.
        """
        began = time.monotonic()
        state = self.state()
        if state.running == "stopped":
            return Stopped(exit_code=None, seconds=0.0)
        members = pid_file.processes(state.pids)
        deadline = began + self.ref.stop_timeout
        try:
            code, said = self._run(self.ref.stop, "stop", self.ref.stop_timeout)
        except _TimedOut:
            code, said = None, "it did not return"
        if code not in (0, None) and self._is_there(members):
            raise McpdbError(
                f"The stop command ended with exit {code} and the gateway goes on: "
                f"{said or shlex.join(self.ref.stop)}."
            )
        killed = self._wait_or_kill(members, deadline)
        if killed:
            code = _KILLED
        return Stopped(
            exit_code=code if code in (0, _KILLED) else None, seconds=time.monotonic() - began
        )

    def _wait_or_kill(self, members: list[psutil.Process], deadline: float) -> bool:
        """Wait until all are gone, kill what is left at `deadline`; whether that was needed."""
        while self._is_there(members):
            if time.monotonic() >= deadline:
                return self._kill(members)
            time.sleep(_POLL)
        return False

    def _is_there(self, members: list[psutil.Process]) -> bool:
        if members:
            return any(pid_file.lives(process) for process in members)
        state = self.state()
        if state.running == "unknown":
            raise McpdbError(f"Whether the gateway stopped is not known: {state.text}")
        return state.is_up

    def _kill(self, members: list[psutil.Process]) -> bool:
        left = [process for process in members if pid_file.lives(process)]
        if not left:
            raise McpdbError(
                f"The gateway still runs {self.ref.stop_timeout:g} s after its stop command and "
                "no pid_file says which process it is; stop it by hand."
            )
        for process in left:
            pid_file.kill(process)
        deadline = time.monotonic() + 10
        while any(pid_file.lives(process) for process in left):
            if time.monotonic() > deadline:
                raise McpdbError(
                    f"Process {left[0].pid} of the gateway does not end even when killed: it "
                    "waits for a disk that does not answer."
                )
            time.sleep(_POLL)
        return True

    def start(self) -> None:
        """Run the start command, which puts the gateway into the background and returns.

        Raises:
            McpdbError: The command fails, or does not return within `health_timeout`.
        """
        if self.state().running == "running":
            return
        # Nothing of ours is inherited: a session of its own, no terminal, no descriptors, an
        # ordinary umask. Its output is not kept, because it would stay open in the gateway
        # for as long as that lives; the gateway has its own log.
        child = self._spawn(self.ref.start, "start", subprocess.DEVNULL)
        try:
            code = child.wait(self.ref.health_timeout)
        except subprocess.TimeoutExpired as error:
            if self.state().running == "running":
                return  # a start command that stays in the foreground is the gateway itself
            child.kill()
            child.wait()
            raise McpdbError(
                f"The start command did not return within {self.ref.health_timeout:g} s; run it "
                f"by hand to see why: {self._by_hand(self.ref.start)}"
            ) from error
        if code != 0 and self.state().running != "running":
            raise McpdbError(
                f"The start command ended with exit {code}; run it by hand to see why: "
                f"{self._by_hand(self.ref.start)}"
            )

    def kill(self) -> Stopped:
        """Kill every process of the gateway at once, without its stop command."""
        began = time.monotonic()
        members = pid_file.processes(self.state().pids)
        if not members:
            return Stopped(exit_code=None, seconds=0.0)
        self._kill(members)
        return Stopped(exit_code=_KILLED, seconds=time.monotonic() - began)

    def health_deadline(self) -> float:
        """`health_timeout` of the configuration, seconds."""
        return self.ref.health_timeout

    def environment(self) -> Mapping[str, str]:
        """Of the running process, else of the `.env` in its folder, which it reads as well."""
        return environment.of_process(self.state().pids, Path(self.ref.folder))

    def logs(
        self,
        *,
        tail: int = 1_000,
        since: datetime | None = None,
        follow: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[LogLine]:
        """Follow `log_files`; stops and starts of the gateway stand between the lines."""
        return logs.tail_files(
            [Path(path) for path in self.ref.log_files],
            tail=tail,
            since=since,
            follow=follow,
            stop=stop,
            source="gw",
            between=self.comings(),
        )

    def comings(self) -> Callable[[], Iterable[LogLine]]:
        """Asked again and again, it says what stopped and started meanwhile."""
        return _Comings(self._found).lines

    def _by_hand(self, command: tuple[str, ...]) -> str:
        return f"cd {shlex.quote(self.ref.folder)} && {shlex.join(command)}"

    def _spawn(self, command: tuple[str, ...], which: str, output: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                cwd=self.ref.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output != subprocess.DEVNULL else output,
                start_new_session=True,
                close_fds=True,
                umask=0o022,
            )
        except OSError as error:
            # The folder may be what is missing: Python names whichever it was.
            culprit = error.filename or command[0]
            raise McpdbError(
                f"The {which} command of the gateway cannot be run: {culprit}: "
                f"{error.strerror}; see [gateway] in mcpdb.toml."
            ) from error

    def _run(self, command: tuple[str, ...], which: str, timeout: float) -> tuple[int, str]:
        """Run a command to its end; exit code and the last line it printed.

        Raises:
            McpdbError: It cannot be run or does not end; in the latter case `_TimedOut`.
        """
        # A file, not a pipe: a grandchild that keeps a pipe open would keep us waiting.
        with tempfile.TemporaryFile() as output:
            child = self._spawn(command, which, output.fileno())
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired as error:
                child.kill()
                child.wait()
                raise _TimedOut(
                    f"The {which} command of the gateway did not end within {timeout:g} s: "
                    f"{self._by_hand(command)}"
                ) from error
            size = output.seek(0, 2)
            output.seek(max(0, size - 4_096))
            said = output.read().decode(errors="backslashreplace").strip()
        return code, said.splitlines()[-1] if said else ""


class _TimedOut(McpdbError):
    """A command did not end in time."""


class _Comings:
    """Notices between two looks at the log that the gateway stopped or started."""

    def __init__(self, look: Callable[[], pid_file.Found]) -> None:
        self._look = look
        self._last = self._pid()

    def lines(self) -> Iterator[LogLine]:
        """Yield a line for what happened since the last call."""
        pid, last = self._pid(), self._last
        self._last = pid
        if pid == last:
            return
        now = datetime.now(UTC)
        said = "started" if not last else "restarted" if pid else "stopped"
        yield logs.event("gw", f"gateway {said} {now.astimezone():%H:%M:%S}", now)

    def _pid(self) -> int:
        process = self._look().process
        return process.pid if process else 0
