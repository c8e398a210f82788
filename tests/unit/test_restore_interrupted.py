"""Cancels, signals and other people in the middle of a restore."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import ROOT, Held, wait_for, without_code
from tests.programs import running
from tui.core.errors import BusyError
from tui.demo import control
from tui.demo import deployment as demo
from tui.operations.activity import read_activity, read_entry, running_entry, unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.control import GatewayStop
from tui.operations.execution.launch import cancel, follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.restore import Restore
from tui.services import processes

LATER = "written-after-the-backup"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all: each test leaves it whole, whatever it did."""
    folder = demo.create_small(tmp_path_factory.mktemp("shared") / "site")
    site = Site(folder)
    site.deployment = without_code(site.deployment)
    yield site
    demo.stop(folder)


@pytest.fixture
def ready(shared: Site, give_backup: Callable[[Site], Path]) -> Site:
    """A running site with a backup, and something written since."""
    give_backup(shared)
    shared.start()
    if LATER not in shared.tools():
        shared.add_tool(LATER)
    safety = shared.deployment.state_dir / "safety"
    for left in safety.iterdir() if safety.is_dir() else ():
        left.unlink()
    return shared


def mode(path: Path) -> str:
    return "wal" if path.read_bytes()[18:20] == b"\x02\x02" else "delete"


def as_before(site: Site, *, pid: str = "") -> None:
    """Old rows, healthy, nothing left; the same process where it never had to stop."""
    site.wait_healthy()
    assert LATER in site.tools()
    assert site.integrity() == "ok"
    assert site.left_overs() == []
    assert list((site.deployment.state_dir / "safety").iterdir()) == []
    assert unfinished(site.deployment) == ()
    if pid:
        assert state_of(gateway_of(site.deployment)).identity == pid


@pytest.mark.parametrize(
    ("place", "stops"),
    [
        ("after:step_started:stage", False),
        ("tick:stage", False),
        ("after:step_started:compare", False),
        ("after:step_finished:release", False),
        ("after:step_started:stop", True),
        ("after:step_finished:stop", True),
        ("after:step_finished:prove", True),
    ],
)
def test_a_cancel_before_the_swap_leaves_everything_as_it_was(
    place: str, stops: bool, ready: Site, hold: Callable[..., Held]
) -> None:
    pid = state_of(gateway_of(ready.deployment)).identity
    held = hold(ready.deployment, place)
    held.begin(Restore(ready.deployment, "latest"))
    entry = held.entry()
    assert entry.cancellable
    if place in ("tick:stage", "after:step_finished:stop"):
        os.kill(entry.pid, signal.SIGTERM)
    else:
        cancel(ready.deployment, held.id)
    os.kill(entry.pid, signal.SIGINT)  # a second ctrl-c changes nothing
    last = held.end()
    assert (last.exit_code, last.outcome) == (1, "cancelled")
    assert "nothing was changed" in last.sentence.lower()
    as_before(ready, pid="" if stops else pid)
    assert mode(ready.database) == "wal"


def test_a_cancel_after_the_swap_comes_too_late_and_it_is_finished(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_started:swap")
    held.begin(Restore(ready.deployment, "latest"))
    entry = held.entry()
    assert not entry.cancellable
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(entry.pid, number)
    assert held.end().exit_code == 0
    assert LATER not in ready.tools()
    assert ready.left_overs() == []


def test_an_idle_reader_after_the_stop_is_waited_for_named_and_survived(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(
        ready.deployment,
        "after:step_finished:release",
        "tui.operations.restore.OWNERSHIP_DEADLINE=1.5",
    )
    held.begin(Restore(ready.deployment, "latest"))
    with running("reader", ready.database) as program:
        last = held.end()
        assert last.exit_code == 11
        assert re.search(rf"\(pid {program.pid}[,)]", last.sentence)
        assert "nothing was changed" in last.sentence.lower()
        as_before(ready)
        program.end()


def test_a_cancel_while_somebody_is_waited_for_does_not_wait_for_the_deadline(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(
        ready.deployment,
        "after:step_finished:release",
        "tui.operations.restore.OWNERSHIP_DEADLINE=500",
    )
    held.begin(Restore(ready.deployment, "latest"))
    with running("reader", ready.database) as program:
        held.go()
        wait_for(lambda: _state(ready, held.id, "prove") == "running", "it waits for the reader")
        cancel(ready.deployment, held.id)
        *_, last = follow(ready.deployment, held.id)
        assert (last.exit_code, last.outcome) == (1, "cancelled")
        program.end()
    as_before(ready)


def _state(site: Site, journal_id: str, step: str) -> str:
    entry = read_entry(site.deployment, journal_id)
    return next(line.state for line in entry.steps if line.step == step)


def test_an_idle_reader_of_a_rollback_file_is_found_though_it_holds_no_lock(
    make_site: Callable[..., Site],
    hold: Callable[..., Held],
    give_backup: Callable[[Site], Path],
) -> None:
    site = make_site(running=False)
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    give_backup(site)
    held = hold(site.deployment, "after:step_finished:release")
    held.begin(Restore(site.deployment, "latest"))
    inode = site.database.stat().st_ino
    with running("reader", site.database) as program:
        last = held.end()
        program.end()
    assert last.exit_code == 11
    assert re.search(rf"\(pid {program.pid}[,)]", last.sentence)
    assert site.database.stat().st_ino == inode
    assert list((site.deployment.state_dir / "safety").iterdir()) == []


def test_somebody_who_was_just_looking_is_waited_for(
    make_site: Callable[..., Site],
    hold: Callable[..., Held],
    give_backup: Callable[[Site], Path],
) -> None:
    """As a screen that began to read in the moment when it was asked to let go."""
    site = make_site(running=False)
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    give_backup(site)
    held = hold(site.deployment, "after:step_finished:release")
    held.begin(Restore(site.deployment, "latest"))
    inode = site.database.stat().st_ino

    def is_waiting() -> bool:
        proving = (line for line in held.entry().steps if line.step == "prove")
        return any(line.unit == "seconds" and line.total > 0 for line in proving)

    with running("reader", site.database) as program:
        held.go()
        wait_for(is_waiting, "the restore waits for the reader")
        program.end()
        last = held.end()
    assert last.exit_code == 0, last.sentence
    assert site.database.stat().st_ino != inode


@pytest.mark.parametrize("place", ["after:step_finished:stop", "after:step_finished:prove"])
def test_somebody_who_starts_the_gateway_before_the_swap_makes_it_undo_itself(
    place: str, ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, place)
    held.begin(Restore(ready.deployment, "latest"))
    assert control.start(ready.folder) == 0
    last = held.end()
    assert last.exit_code == 11
    assert "started by somebody else" in last.sentence
    as_before(ready)


def test_a_gateway_that_somebody_started_on_the_old_file_is_moved_to_the_new_one(
    ready: Site, hold: Callable[..., Held]
) -> None:
    """It was stopped, so nobody looks after it; and its connection is on the old inode."""
    assert ready.do(GatewayStop(ready.deployment)).exit_code == 0
    held = hold(ready.deployment, "before:step_finished:swap")
    held.begin(Restore(ready.deployment, "latest"))
    keep = next((ready.deployment.state_dir / "safety").iterdir())
    new = ready.database.with_name("new")
    ready.database.rename(new)
    os.link(keep, ready.database)
    ready.start()
    ready.database.unlink()
    new.rename(ready.database)
    assert LATER in ready.tools(), "it is not on the old file"
    last = held.end()
    assert last.exit_code == 0
    ready.wait_healthy()
    assert LATER not in ready.tools()


def test_the_mode_is_put_back_although_parent_and_helper_are_both_killed(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_finished:prove")
    held.begin(Restore(ready.deployment, "latest"))
    entry = held.entry()
    (helper,) = (pid for pid in processes.tree(entry.pid) if pid != entry.pid)
    assert mode(ready.database) == "delete"
    os.kill(helper, signal.SIGKILL)
    os.kill(entry.pid, signal.SIGKILL)
    wait_for(lambda: unfinished(ready.deployment), "the operation is seen to be cut")
    # Looked at when the gateway is not up yet: it would set its own mode again.
    (ready.folder / control.BREAK_START).write_text("exit 1\n")
    with closing(sqlite3.connect(ready.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 14
    records = read_activity(ready.deployment)[0]
    assert "recovery:mode" in {line.step for line in records.steps if line.state == "done"}
    assert mode(ready.database) == "wal"


def test_a_terminal_that_dies_takes_nothing_with_it(ready: Site, tmp_path: Path) -> None:
    """The starter has its own pseudo-terminal and session, and both are ended from outside."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tui.demo import deployment\n"
        "from tui.operations.execution.launch import launch\n"
        "from tui.operations.restore import Restore\n"
        "operation = Restore(deployment.describe(Path(sys.argv[1])), 'latest')\n"
        "print(launch(operation, operation.plan().fingerprint), flush=True)\n"
        "time.sleep(600)\n"
    )
    terminal, inside = pty.openpty()
    (ready.folder / control.BREAK_STOP).touch()  # so that there is time to die in
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(ready.folder)],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=ROOT,
        preexec_fn=os.setsid,
    )
    os.close(inside)
    said = b""
    while b"\n" not in said:
        assert select.select([terminal], [], [], 30)[0], "the restore did not begin"
        said += os.read(terminal, 1000)
    journal_id = said.decode().strip()
    wait_for(lambda: _state(ready, journal_id, "stop") == "running", "the gateway is being stopped")
    os.killpg(starter.pid, signal.SIGHUP)
    os.killpg(starter.pid, signal.SIGKILL)
    os.close(terminal)
    starter.wait()
    (ready.folder / control.BREAK_STOP).unlink()
    os.kill(int(state_of(gateway_of(ready.deployment)).identity), signal.SIGTERM)
    *_, last = follow(ready.deployment, journal_id)
    assert (last.exit_code, last.state) == (0, "done")
    assert ready.healthy()
    assert LATER not in ready.tools()


def test_of_two_at_once_the_second_names_the_first(ready: Site, hold: Callable[..., Held]) -> None:
    held = hold(
        ready.deployment,
        "after:step_started:compare",
        "tui.operations.execution.runner.LOCK_GRACE=0.1",
    )
    first = Restore(ready.deployment, "latest")
    held.begin(first)
    entry = held.entry()
    for _ in range(7):
        with pytest.raises(BusyError) as raised:
            launch(BackupCreate(ready.deployment))
        assert raised.value.exit_code == 11
        assert "is busy with restore latest" in str(raised.value)
        assert f"(pid {entry.pid})" in str(raised.value)
    running_now = running_entry(ready.deployment)
    assert running_now is not None
    assert running_now.id == held.id, "refusals hide what runs"
    assert read_activity(ready.deployment)[0].id == held.id
    assert held.end().exit_code == 0
    refused = [e for e in read_activity(ready.deployment) if e.outcome == "refused"]
    assert [e.exit_code for e in refused] == [11] * 7
    assert len(read_catalogue(ready.deployment).backups) == 2
