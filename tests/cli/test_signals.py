"""Signals, a process that is gone, two who want the same: what is said and returned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Place, until
from tui.core.errors import BusyError
from tui.core.models import ActivityEntry
from tui.operations.activity import read_entry
from tui.operations.execution.launch import launch
from tui.operations.restore import Restore

HOLD = """
import sys
from pathlib import Path
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin
lock = DatabaseLock(Path(sys.argv[1]))
lock.acquire(Origin(who="li", host="ctx-01", origin="pts/3"), "vacuum")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(place: Place) -> Iterator[int]:
    """Somebody else holds the lock; its pid."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place.deployment.state_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    try:
        yield holder.pid
    finally:
        holder.stdin.close()
        holder.stdout.close()
        holder.wait(timeout=30)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out.decode(), err.decode()


def over(place: Place, journal_id: str) -> ActivityEntry:
    def look() -> ActivityEntry | None:
        entry = read_entry(place.deployment, journal_id)
        return entry if entry.state != "running" else None

    found: ActivityEntry = until(look, "the end of the operation")
    return found


@pytest.fixture
def slow(make_place: Callable[..., Place]) -> Place:
    """A restore or stop here takes two seconds at its stop, for the gateway must be killed."""
    place = make_place()
    place.back_up()
    place.dawdle()
    return place


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_before_the_point_of_no_return_cancels_and_waits(
    slow: Place, number: int, code: int
) -> None:
    before = slow.database.stat().st_ino
    process = slow.cli.start("restore", "latest", "--confirm", "demo", "--json")
    entry = slow.in_step("stop")
    process.send_signal(number)
    # A second one does not skip the way back.
    process.send_signal(number)
    returned, out, err = ended(process)
    assert returned == code, err
    document = json.loads(out)
    assert (document["exit"], document["error"]["code"]) == (code, "signal")
    assert document["data"]["operation"]["outcome"] == "cancelled"
    assert "asked to cancel" in err
    last = read_entry(slow.deployment, entry.id)
    assert (last.state, last.outcome) == ("failed", "cancelled")
    assert slow.database.stat().st_ino == before
    assert slow.running()


def test_a_signal_behind_the_point_of_no_return_waits_for_the_end(
    make_place: Callable[..., Place],
) -> None:
    place = make_place()
    backup = place.back_up()
    # The next start never becomes healthy: the operation stays in `start` for four seconds.
    (place.folder / "break-start").write_text("unhealthy 1\n")
    process = place.cli.start("restore", backup, "--confirm", "demo")
    entry = place.in_step("start")
    process.send_signal(signal.SIGINT)
    returned, _out, err = ended(process)
    assert returned == 130, err
    assert "too late to cancel" in err
    assert "ROLLED BACK" in err
    assert read_entry(place.deployment, entry.id).exit_code == 4
    assert place.running()


def test_a_lost_terminal_leaves_the_work_alone(slow: Place) -> None:
    process = slow.cli.start("restore", "latest", "--confirm", "demo")
    entry = slow.in_step("stop")
    process.send_signal(signal.SIGHUP)
    returned, _out, err = ended(process)
    assert returned == 129, err
    assert read_entry(slow.deployment, entry.id).state == "running"
    assert over(slow, entry.id).exit_code == 0
    assert slow.running()


def test_a_killed_follower_does_not_stop_the_work(slow: Place) -> None:
    process = slow.cli.start("restore", "latest", "--confirm", "demo")
    entry = slow.in_step("stop")
    process.kill()
    ended(process)
    assert over(slow, entry.id).exit_code == 0


def test_nohup_is_respected(slow: Place) -> None:
    words = slow.cli.words("restore", "latest", "--confirm", "demo")
    process = subprocess.Popen(
        ["nohup", *words], cwd=slow.cli.cwd, env=slow.cli.environ(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    slow.in_step("stop")
    process.send_signal(signal.SIGHUP)
    returned, out, _err = ended(process)
    assert returned == 0
    assert "✓ restored" in out


@pytest.mark.parametrize("step", ["stop", "start"])
def test_an_operation_whose_process_is_killed_is_settled_and_reported(
    make_place: Callable[..., Place], step: str
) -> None:
    place = make_place()
    backup = place.back_up()
    if step == "stop":
        place.dawdle()
    else:
        (place.folder / "break-start").write_text("unhealthy 1\n")
    before = place.database.stat().st_ino
    process = place.cli.start("restore", backup, "--confirm", "demo")
    entry = place.in_step(step)
    os.kill(entry.pid, signal.SIGKILL)
    returned, _out, err = ended(process)
    last = read_entry(place.deployment, entry.id)
    assert last.state != "cut"
    assert returned == last.exit_code, err
    assert "is gone; finishing or undoing" in err
    if step == "stop":
        assert returned == 1
        assert place.database.stat().st_ino == before
    assert place.running()


def test_what_was_cut_is_reported_and_resume_settles_it(slow: Place) -> None:
    process = slow.cli.start("restore", "latest", "--confirm", "demo")
    entry = slow.in_step("stop")
    process.kill()
    os.kill(entry.pid, signal.SIGKILL)
    ended(process)
    until(lambda: read_entry(slow.deployment, entry.id).state == "cut", "the cut")
    status = slow.cli("status")
    assert status.code == 0
    assert "was cut short; mcpdb-tui resume" in status.out
    assert slow.cli.json("status").document["data"]["unfinished"][0]["id"] == entry.id
    assert read_entry(slow.deployment, entry.id).state == "cut", "looking changes nothing"
    done = slow.cli("resume")
    assert done.code == 0, done
    assert f"op {entry.number}" in done.err
    assert slow.running()
    again = slow.cli("resume")
    assert (again.code, again.out) == (0, "Nothing was cut short.\n")


def test_the_next_change_settles_what_was_cut_and_says_so(slow: Place) -> None:
    process = slow.cli.start("restore", "latest", "--confirm", "demo")
    entry = slow.in_step("stop")
    process.kill()
    os.kill(entry.pid, signal.SIGKILL)
    ended(process)
    done = slow.cli.json("backup", "create")
    assert done.code == 0, done
    assert done.document["data"]["recovered"] == [entry.id]
    assert "finishing or undoing the restore" in done.err
    assert read_entry(slow.deployment, entry.id).state == "failed"


def test_the_second_of_two_is_told_who_is_first(place: Place) -> None:
    backup = place.back_up()
    with held(place) as pid:
        for words in (
            ("backup", "create"),
            ("restore", backup, "--confirm", "demo"),
            ("gateway", "restart", "--yes"),
        ):
            done = place.cli(*words)
            assert done.code == 11, (words, done)
            assert "li on ctx-01 is busy with vacuum since" in done.err
            assert f"(pid {pid})" in done.err
        status = place.cli("status")
        assert status.code == 0
        assert "vacuum, li on ctx-01" in status.out
        assert place.cli("tables").code == 0
    assert place.cli("backup", "create").code == 0


def test_a_second_operation_meets_a_real_first_one(slow: Place) -> None:
    first = slow.cli.start("restore", "latest", "--confirm", "demo")
    entry = slow.in_step("stop")
    # It stands still for as long as the second one asks.
    os.kill(entry.pid, signal.SIGSTOP)
    try:
        second = slow.cli.json("backup", "create")
    finally:
        os.kill(entry.pid, signal.SIGCONT)
    assert second.code == 11
    assert second.document["error"]["code"] == "busy"
    assert f"(pid {entry.pid})" in second.document["error"]["text"]
    assert ended(first)[0] == 0


def test_what_moved_since_the_plan_was_confirmed_is_refused(place: Place) -> None:
    """The plan is confirmed, then the backup becomes another file."""
    operation = Restore(place.deployment, backup=place.back_up())
    confirmed = operation.plan().fingerprint
    (path,) = place.deployment.backup_dir.glob("*.db")
    os.utime(path, ns=(0, 0))
    with pytest.raises(BusyError, match="Something moved"):
        launch(operation, confirmed)
    assert place.running()
