"""One operation at a time on a database, whoever starts it and however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import ROOT, wait_for
from tui.core.errors import BusyError, PrecheckError
from tui.services.locks import DatabaseLock, read_owner
from tui.services.operator import Origin

ME = Origin(who="rita", host="ctx-01", origin="pts/1")
HOLD = """
import subprocess, sys
from pathlib import Path
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin
lock = DatabaseLock(Path(sys.argv[1]))
lock.acquire(Origin(who="dana", host="ctx-02", origin="cron"), "restore k7m2qd")
if sys.argv[2:]:
    child = subprocess.Popen(["sleep", "60"], pass_fds=(lock.descriptor,))
    print(child.pid, flush=True)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(state: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Another process that has the lock; with what it said before."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    said = list(iter(lambda: process.stdout.readline().strip(), "held"))  # type: ignore[union-attr]
    try:
        yield process, said
    finally:
        process.kill()
        process.communicate()


def test_a_second_process_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    with holder(state) as (process, _said):
        owner = read_owner(state)
        assert owner is not None
        assert (owner.who, owner.host, owner.what) == ("dana", "ctx-02", "restore k7m2qd")
        with pytest.raises(BusyError) as raised:
            DatabaseLock(state).acquire(ME, "backup")
        assert raised.value.exit_code == 11
        text = str(raised.value)
        assert text.startswith("dana on ctx-02 is busy with restore k7m2qd since ")
        assert f"(pid {process.pid})" in text
        assert "nothing was changed" in text


def test_reading_the_owner_never_takes_the_lock(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    assert read_owner(state) is None
    assert not state.exists(), "looking made something"
    with holder(state):
        descriptor = os.open(state / "lock", os.O_RDONLY)
        before = (state / "lock").stat()
        for _ in range(100):
            read_owner(state)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
        assert (state / "lock").stat().st_mtime_ns == before.st_mtime_ns


def test_a_killed_owner_frees_it_at_once(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    with holder(state) as (process, _said):
        process.kill()
        process.wait()
        assert read_owner(state) is None
        lock = DatabaseLock(state)
        lock.acquire(ME, "backup")
        owner = read_owner(state)
        assert owner is not None
        assert (owner.pid, owner.who) == (os.getpid(), "rita")
        lock.release()
        lock.release()
        assert read_owner(state) is None


def test_a_helper_that_inherited_it_keeps_it_when_its_parent_is_killed(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    with holder(state, "with a child") as (process, said):
        process.kill()
        process.wait()
        with pytest.raises(BusyError):
            DatabaseLock(state).acquire(ME, "backup")
        os.kill(int(said[0]), signal.SIGKILL)
        lock = DatabaseLock(state)
        lock.acquire(ME, "backup", wait=10)
        lock.release()


def test_a_lock_file_that_was_replaced_is_not_believed(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    with holder(state):
        # As if somebody had cleared the folder: the name now means another file.
        lock = DatabaseLock(state)
        original = os.open
        (state / "lock").rename(state / "old")
        seen: list[int] = []

        def replaced(path: object, *args: int, **more: int) -> int:
            descriptor = original(path, *args, **more)  # type: ignore[arg-type]
            if path == state / "lock" and not seen:
                seen.append(descriptor)
                (state / "lock").rename(state / "older")
            return descriptor

        os.open = replaced
        try:
            lock.acquire(ME, "backup", wait=10)
        finally:
            os.open = original
        held, there = os.fstat(lock.descriptor), (state / "lock").stat()
        assert seen, "the fault was not met"
        assert (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)
        lock.release()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe", b'{"pid": "x", "started": null, "boot": 3}'],
)
def test_an_owner_that_cannot_be_read_is_nobody(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lock").write_bytes(content)
    assert read_owner(tmp_path) is None


def test_hostile_names_are_cleaned_in_the_refusal(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    with holder(state) as (process, _said):
        owner = json.loads((state / "lock").read_bytes())
        owner |= {"who": "x\x1b[31m\ny", "what": "a\u202eb"}
        (state / "lock").write_text(json.dumps(owner))
        with pytest.raises(BusyError) as raised:
            DatabaseLock(state).acquire(ME, "backup")
        assert not set("\x1b\n\u202e") & set(str(raised.value))
        assert process.poll() is None


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    state.mkdir()
    (state / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PrecheckError) as raised:
        DatabaseLock(state).acquire(ME, "backup")
    assert raised.value.exit_code == 12
    assert not (tmp_path / "elsewhere").exists()


def test_waiting_ends_as_soon_as_it_is_free(tmp_path: Path) -> None:
    state = tmp_path / ".mcpdb"
    with holder(state) as (process, _said):
        waiting = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path\n"
                "from tui.services.locks import DatabaseLock\n"
                "from tui.services.operator import Origin\n"
                "print('begin', flush=True)\n"
                "DatabaseLock(Path(sys.argv[1])).acquire("
                "Origin(who='a', host='b', origin=''), 'x', wait=30)\n"
                "print('got it', flush=True)",
                str(state),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "begin\n"
        process.kill()
        process.wait()
        assert waiting.communicate(timeout=10)[0] == "got it\n"
    wait_for(lambda: read_owner(state) is None, "the lock is free")
