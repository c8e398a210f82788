"""The private Docker engine: a dockerd of the laboratory's own, in the laboratory's cache.

It has no bridge and no iptables rules: containers use the host's network or none. It outlives the
process that started it; `stop` ends it together with its containerd and unmounts what is left.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient
from docker.errors import DockerException

from .base import LabError, cache_dir, environment, locked, log, run, unmount_below
from .packages import SEARCH_PATH, need, why_not

START_SECONDS = 60.0
STOP_SECONDS = 60.0
LONGEST_SOCKET = 80  # the kernel's limit is 107, and containerd's socket lies deeper


@dataclass(frozen=True)
class Status:
    """What is known of the private engine.

    Attributes:
        docker_host: Its address, whether it runs or not.
        pid: The process, or None when it does not run.
        storage: Its storage driver, or None when it does not answer.
    """

    docker_host: str
    pid: int | None
    storage: str | None


def home() -> Path:
    """Return the engine's folder in the cache."""
    return cache_dir() / "engine"


def address() -> str:
    """Return the engine's DOCKER_HOST."""
    return f"unix://{home() / 'docker.sock'}"


def answers(docker_host: str, timeout: int = 5) -> bool:
    """Tell whether an engine answers at an address.

    Args:
        docker_host: The address, as in DOCKER_HOST.
        timeout: Seconds that the answer may take.
    """
    try:
        client = DockerClient(base_url=docker_host, timeout=timeout)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, OSError):
        return False


def cannot_start() -> str | None:
    """Tell in one sentence why a private engine cannot be started here; None when it can."""
    if os.geteuid() != 0:
        return "No Docker engine answers, and only root can start a private one."
    if len(str(home())) > LONGEST_SOCKET:
        return f"The cache's path is too long for an engine's socket: {home()}"
    return why_not("dockerd")


def start() -> str:
    """Start the engine unless it runs, and return its DOCKER_HOST.

    Raises:
        LabError: It cannot be started here, or it did not come up.
    """
    with locked("engine"):
        if answers(address()):
            return address()
        reason = cannot_start()
        if reason is not None:
            raise LabError(reason)
        dockerd = need("dockerd")
        _end(_pid())
        folder = home()
        folder.mkdir(exist_ok=True)
        # Its own settings file, so that the host's /etc/docker/daemon.json has no say.
        (folder / "daemon.json").write_text("{}\n")
        log.info("starting the private engine in %s", folder)
        options = [
            "--bridge=none",
            "--iptables=false",
            f"--config-file={folder / 'daemon.json'}",
            f"--data-root={folder / 'data'}",
            f"--exec-root={folder / 'exec'}",
            f"--pidfile={folder / 'dockerd.pid'}",
            f"--host={address()}",
        ]
        record = folder / "dockerd.log"
        record.write_text("")
        # The shell detaches it: its own session, no terminal, nobody's child.
        detach = 'record=$1; shift; setsid --fork "$@" >>"$record" 2>&1 </dev/null'
        env = environment(PATH=SEARCH_PATH)
        env.pop("DOCKER_HOST", None)
        run(["sh", "-c", detach, "sh", record, dockerd, *options], env=env, timeout=30)
        _wait_until_up(record)
        if status().storage == "vfs":
            log.warning("the engine has no overlay2 here and copies whole images (vfs): slower")
        return address()


def stop() -> bool:
    """Stop the engine, its containers and its containerd; tell whether it ran."""
    with locked("engine"):
        pid = _pid()
        if pid is not None:
            log.info("stopping the private engine (process %d)", pid)
        _end(pid)
        return pid is not None


def status() -> Status:
    """Look at the engine without changing anything."""
    storage = None
    if answers(address()):
        client = DockerClient(base_url=address(), timeout=10)
        storage = str(client.info()["Driver"])
        client.close()
    return Status(address(), _pid(), storage)


def _wait_until_up(record: Path) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < START_SECONDS:
        if answers(address()):
            return
        if time.monotonic() - begun > 3 and _pid() is None:
            break
        time.sleep(0.2)
    tail = "\n".join(record.read_text(errors="replace").splitlines()[-8:])
    raise LabError(f"The private engine did not come up; {record} ends with:\n{tail}")


def _pid() -> int | None:
    """Return the running dockerd of this cache; a stale pid file counts for nothing."""
    try:
        pid = int((home() / "dockerd.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if f"--data-root={home() / 'data'}".encode() in words else None


def _containerd() -> int | None:
    try:
        pid = int((home() / "exec" / "containerd" / "containerd.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if str(home()).encode() in words else None


def _end(pid: int | None) -> None:
    """End dockerd, what is left of its containerd, and the mounts of both."""
    containerd = _containerd()
    for process in (pid, containerd):
        if process is not None and not _gone_after(process, signal.SIGTERM, STOP_SECONDS):
            _gone_after(process, signal.SIGKILL, 10)
    unmount_below(home())
    for name in ("dockerd.pid", "docker.sock"):
        (home() / name).unlink(missing_ok=True)


def _gone_after(pid: int, what: signal.Signals, seconds: float) -> bool:
    begun = time.monotonic()
    try:
        os.kill(pid, what)
        while time.monotonic() - begun < seconds:
            os.kill(pid, 0)
            time.sleep(0.1)
    except ProcessLookupError:
        return True
    return False
