"""Real surroundings that are not as they should be: a full disk, another user, a held process."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import pickle
import pkgutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

import tui
from tests.injection.fault import fill as fill
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry, Deployment, MigrationsRef
from tui.core.operation import Operation
from tui.operations.execution.launch import follow, launch

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65_534
T = TypeVar("T")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and other users need root")


def without_code(deployment: Deployment) -> Deployment:
    """The same, with no migration code beside it: saves asking it, where it is not the subject."""
    return replace(deployment, migrations=MigrationsRef())


def with_code(deployment: Deployment) -> Deployment:
    """The same with the demo's migration code beside it, where it is the subject."""
    return replace(deployment, migrations=MigrationsRef(python=sys.executable, package="tui.demo"))


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until something is so; say what it was if it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for: {what}"
        time.sleep(0.01)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A filesystem of its own, so small that it can be full.

    Where root may not mount (an ordinary container) the test is skipped; the gate demands it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=0755"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "CI" not in os.environ:
        pytest.skip("this place does not let root mount a filesystem")
    assert done.returncode == 0, done.stderr
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@functools.cache
def all_imported() -> None:
    """Everything of the product: another user may not be able to read the code where it lies."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.endswith("__main__") and ".demo." not in module.name:
            importlib.import_module(module.name)


def as_nobody(function: Callable[[], T]) -> T:
    """Do something as another user, in a process of its own; what it returns or raises."""
    all_imported()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            os.close(reading)
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            answer: Any
            try:
                answer = (True, function())
            except (McpdbError, AssertionError, OSError) as error:
                answer = (False, error)
            except Exception:  # noqa: BLE001 - whatever it was, it is told
                answer = (False, AssertionError(traceback.format_exc()))
            with os.fdopen(writing, "wb") as stream:
                pickle.dump(answer, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(pid, 0)
    worked, value = pickle.loads(said)
    if not worked:
        raise value
    return value  # type: ignore[no-any-return]


def let_everybody_in(folder: Path) -> None:
    """Let other users read a folder, and come to it through those above; nothing is taken away."""
    for place in (folder, *folder.parents):
        if place != Path("/") and place.stat().st_uid == os.geteuid():
            place.chmod(place.stat().st_mode | 0o055)


def print_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in a folder: name, inode, owner, content; two are equal if nothing changed."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_ino,
            path.lstat().st_uid,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


class Held:
    """An operation that stands still at a place."""

    def __init__(self, deployment: Deployment, gate: Path) -> None:
        self._deployment = deployment
        self._gate = gate
        self.id = ""

    def begin(self, operation: Operation, fingerprint: str | None = None) -> None:
        """Launch it and wait until it stands there."""
        plan = operation.plan().fingerprint if fingerprint is None else fingerprint
        self.id = launch(operation, plan)
        wait_for(self._gate.with_suffix(".reached").exists, "the place is reached")

    def entry(self) -> ActivityEntry:
        return next(iter(follow(self._deployment, self.id)))

    def go(self) -> None:
        self._gate.with_suffix(".go").touch()

    def end(self) -> ActivityEntry:
        """Let it go on; how it ended."""
        self.go()
        *_, last = follow(self._deployment, self.id)
        return last


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Held]]:
    """Hold the next operation's process at a place; see `tests.paused_runner`."""
    gates: list[Path] = []

    def arm(deployment: Deployment, place: str, *settings: str) -> Held:
        gate = tmp_path / f"gate{len(gates)}"
        gates.append(gate)
        words = ["-m", "tests.paused_runner", place, str(gate), *settings]
        monkeypatch.setattr(
            "tui.operations.execution.launch.runner_command", lambda: [sys.executable, *words]
        )
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        return Held(deployment, gate)

    yield arm
    for gate in gates:
        gate.with_suffix(".go").touch()
