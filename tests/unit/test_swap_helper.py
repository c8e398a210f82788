"""The helper that exchanges the live file: old or new, whatever becomes of its parent."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults import ROOT, needs_root, wait_for
from tests.injection.arena import Disk
from tests.programs import running, two_tables
from tui.core.errors import BusyError, DamagedError, PrecheckError
from tui.services.live.swapping import Exchange, SwapHelper
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin
from tui.services.processes import is_alive, start_time
from tui.services.sqlite.connections import look, sidecar

ME = Origin(who="rita", host="ctx-01", origin="pts/1")
PARENT = """
import sys
from pathlib import Path
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin
from tui.services.sqlite.connections import look, sidecar
from tui.services.live.swapping import Exchange, SwapHelper
live, incoming, keep, deadline, stage = sys.argv[1:6]
lock = DatabaseLock(Path(live).parent / "state")
lock.acquire(Origin(who="dana", host="ctx-02", origin=""), "restore")
helper = SwapHelper(lock.descriptor)
print(helper.pid, flush=True)
exchange = Exchange(live=Path(live), incoming=Path(incoming), keep=Path(keep),
                    deadline=float(deadline))
def waiting(left):
    print("waiting", flush=True)
if stage == "waiting":
    helper.prove(exchange, waiting)
print(helper.prove(exchange, waiting), flush=True)
if stage == "go":
    sys.stdin.readline()
    helper.send("go")
    print("gone", flush=True)
sys.stdin.read()
"""


class Place:
    """A live file, a file that is to take its name, and a name for the old one."""

    def __init__(self, folder: Path, mode: str = "wal") -> None:
        folder.mkdir()
        (folder / "safety").mkdir()
        self.state = folder / "state"
        self.live = two_tables(folder / "mcp.db", mode=mode)
        self.incoming = two_tables(folder / ".x.partial", mode="delete")
        with closing(sqlite3.connect(self.incoming)) as connection, connection:
            connection.execute("UPDATE one SET n = 777")
        self.keep = folder / "safety" / "old.db"

    def exchange(self, **more: Any) -> Exchange:
        return Exchange(
            live=self.live,
            incoming=self.incoming,
            keep=self.keep,
            **{"deadline": 1.0, **more},
        )

    def value(self, path: Path | None = None) -> int:
        with closing(sqlite3.connect(f"file:{path or self.live}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT n FROM one").fetchone()[0])

    def mode(self) -> str:
        return "wal" if self.live.read_bytes()[18:20] == b"\x02\x02" else "delete"

    def sidecars(self) -> list[str]:
        return sorted(p.name for p in self.live.parent.glob("mcp.db-*"))

    def is_free(self) -> bool:
        lock = DatabaseLock(self.state)
        try:
            lock.acquire(ME, "look")
        except BusyError:
            return False
        lock.release()
        return True


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "p")


@contextmanager
def parent(place: Place, stage: str, deadline: float = 30) -> Iterator[tuple[Any, int]]:
    """A process that holds the lock and talks to a helper; the helper's pid."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT,
            *map(str, (place.live, place.incoming, place.keep, deadline, stage)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    helper = int(process.stdout.readline())
    try:
        yield process, helper
    finally:
        process.kill()
        process.communicate()


def test_it_swaps_and_keeps_the_old_inode(place: Place) -> None:
    old, new = place.live.stat(), place.incoming.stat()
    with SwapHelper(-1) as helper:
        assert helper.prove(place.exchange(), lambda _left: None) == "wal"
        assert place.sidecars() == []
        helper.swap()
    assert place.live.stat().st_ino == new.st_ino
    kept = place.keep.stat()
    assert (kept.st_ino, kept.st_mode, kept.st_uid) == (old.st_ino, old.st_mode, old.st_uid)
    assert (place.value(), place.value(place.keep)) == (777, 0)
    assert not place.incoming.exists()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_left_without_a_word_everything_is_as_before(tmp_path: Path, mode: str) -> None:
    place = Place(tmp_path / "p", mode)
    inode = place.live.stat().st_ino
    with SwapHelper(-1) as helper:
        assert helper.prove(place.exchange(), lambda _left: None) == mode
        assert place.mode() == "delete"
    assert (place.mode(), place.sidecars(), place.value()) == (mode, [], 0)
    assert place.live.stat().st_ino == inode
    assert not place.keep.exists()
    assert place.incoming.exists()


def test_nobody_can_open_the_file_while_it_is_held(place: Place) -> None:
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(), lambda _left: None)
        with (
            closing(sqlite3.connect(place.live, timeout=0)) as connection,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            connection.execute("SELECT * FROM one")


def test_a_parent_killed_after_the_proof_leaves_everything_as_before(place: Place) -> None:
    with parent(place, "prove") as (process, helper):
        assert process.stdout.readline() == "wal\n"
        assert not place.is_free()
        began, boot = start_time(helper), ""
        process.kill()
        wait_for(lambda: not is_alive(helper, began, boot), "the helper ends")
    assert place.is_free()
    assert (place.mode(), place.sidecars(), place.value()) == ("wal", [], 0)
    assert not place.keep.exists()
    assert place.incoming.exists()


def test_a_parent_killed_while_the_helper_waits_frees_all_at_once(place: Place) -> None:
    with (
        running("reader", place.live) as reader,
        parent(place, "waiting", deadline=300) as (process, helper),
    ):
        assert process.stdout.readline() == "waiting\n"
        began = start_time(helper)
        process.kill()
        wait_for(lambda: not is_alive(helper, began, ""), "the helper ends", 10)
        reader.end()
    assert place.is_free()
    assert (place.mode(), place.value()) == ("wal", 0)
    assert not place.keep.exists()


def test_a_parent_killed_after_go_finds_it_done_and_the_lock_held_till_then(place: Place) -> None:
    with parent(place, "go") as (process, helper):
        assert process.stdout.readline() == "wal\n"
        os.kill(helper, signal.SIGSTOP)
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "gone\n"
        process.kill()
        process.wait()
        # The helper has its orders and not carried them out: nobody may begin to recover.
        assert not place.is_free()
        assert place.live.read_bytes() != place.incoming.read_bytes()
        began = start_time(helper)
        os.kill(helper, signal.SIGCONT)
        wait_for(lambda: not is_alive(helper, began, ""), "the helper ends")
    assert place.is_free()
    assert (place.value(), place.value(place.keep)) == (777, 0)
    assert not place.incoming.exists()


def test_an_idle_reader_makes_it_busy_and_the_mode_stays(place: Place) -> None:
    left: list[float] = []
    with running("reader", place.live), SwapHelper(-1) as helper:
        with pytest.raises(BusyError, match="another process has the database open") as raised:
            helper.prove(place.exchange(deadline=1.5), left.append)
        assert raised.value.exit_code == 11
    assert left
    assert (place.mode(), place.value()) == ("wal", 0)
    assert not place.keep.exists()


def test_giving_up_while_it_waits_does_not_wait_for_the_deadline(place: Place) -> None:
    class EnoughError(Exception):
        pass

    def enough(_left: float) -> None:
        raise EnoughError

    with running("reader", place.live):
        began = start_time(os.getpid())
        with pytest.raises(EnoughError), SwapHelper(-1) as helper:
            helper.prove(place.exchange(deadline=250.0), enough)
        # The test's own timeout is the proof: closing waits for the helper to end.
        assert began == start_time(os.getpid())
    assert place.mode() == "wal"


@pytest.mark.parametrize("habit", ["truncate", "persist"])
def test_a_cold_journal_of_another_habit_is_removed_by_sqlite_itself(
    tmp_path: Path, habit: str
) -> None:
    place = Place(tmp_path / "p", "delete")
    with closing(sqlite3.connect(place.live)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode={habit}").fetchone()
        connection.execute("UPDATE one SET n = 5")
    assert place.sidecars() == ["mcp.db-journal"]
    with SwapHelper(-1) as helper:
        assert helper.prove(place.exchange(), lambda _left: None) == "delete"
        helper.swap()
    assert (place.value(), place.value(place.keep), place.sidecars()) == (777, 5, [])


def test_every_commit_in_a_wal_of_a_crash_is_in_the_kept_file(place: Place) -> None:
    with running("crashed", place.live) as program:
        program.process.wait()
    assert place.sidecars() == ["mcp.db-shm", "mcp.db-wal"]
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(), lambda _left: None)
        helper.swap()
    assert (place.value(), place.value(place.keep), place.sidecars()) == (777, 50, [])


def test_a_hot_journal_is_rolled_back_before_the_old_file_is_kept(tmp_path: Path) -> None:
    place = Place(tmp_path / "p", "delete")
    with running("interrupted", place.live) as program:
        program.process.wait()
    assert place.sidecars() == ["mcp.db-journal"]
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(), lambda _left: None)
        helper.swap()
    assert (place.value(), place.value(place.keep), place.sidecars()) == (777, 0, [])


def test_a_name_that_is_taken_is_not_overwritten(place: Place) -> None:
    place.keep.write_text("mine")
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(), lambda _left: None)
        with pytest.raises(PrecheckError, match="already there"):
            helper.swap()
    assert place.keep.read_text() == "mine"
    assert (place.mode(), place.value()) == ("wal", 0)


def test_an_incoming_file_that_is_gone_changes_nothing_but_the_link(place: Place) -> None:
    place.incoming.unlink()
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(), lambda _left: None)
        with pytest.raises(PrecheckError, match="could not be exchanged"):
            helper.swap()
    assert (place.mode(), place.value()) == ("wal", 0)


def test_what_is_no_database_is_said_to_be_damaged(place: Place) -> None:
    place.live.write_bytes(os.urandom(8192))
    with SwapHelper(-1) as helper, pytest.raises(DamagedError, match="cannot read the live"):
        helper.prove(place.exchange(), lambda _left: None)
    assert not place.keep.exists()


def test_a_damaged_file_is_set_aside_with_its_sidecars(place: Place) -> None:
    noise = os.urandom(8192)
    place.live.write_bytes(noise)
    for suffix in ("-wal", "-shm", "-journal"):
        place.live.with_name(place.live.name + suffix).write_text(suffix)
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(damaged=True), lambda _left: None)
        helper.swap()
    assert place.keep.read_bytes() == noise
    assert {p.name: p.read_text() for p in place.keep.parent.glob("old.db-*")} == {
        f"old.db{suffix}": suffix for suffix in ("-wal", "-shm", "-journal")
    }
    assert place.sidecars() == []
    assert place.value() == 777


def test_a_missing_live_file_is_not_made_by_proving(place: Place) -> None:
    place.live.unlink()
    with SwapHelper(-1) as helper, pytest.raises(PrecheckError):
        helper.prove(place.exchange(), lambda _left: None)
    assert not place.live.exists()


def test_a_killed_helper_is_an_error_and_not_a_hang(place: Place) -> None:
    with SwapHelper(-1) as helper:
        helper.prove(place.exchange(), lambda _left: None)
        os.kill(helper.pid, signal.SIGKILL)
        with pytest.raises(Exception, match=r"swaps the files|process has ended") as raised:
            helper.swap()
        assert json.dumps(str(raised.value))
    assert place.value() == 0
    assert not place.keep.exists()


@needs_root
def test_a_full_disk_does_not_kill_the_helper_that_owns_the_live_file(tmp_path: Path) -> None:
    """SQLite would be killed by SIGBUS when the shared memory of the WAL finds no room."""
    disk = Disk(tmp_path, "16M")
    try:
        place = Place(tmp_path / "place")
        with running("writer", place.live) as writer:
            wal = sidecar(place.live, "-wal")
            wait_for(lambda: wal.stat().st_size > 300_000, "a WAL that makes room when it goes")
            writer.process.kill()  # its commits are left in the WAL
        assert place.sidecars() == ["mcp.db-shm", "mcp.db-wal"]
        with running("reader", place.live):
            disk.fill()
            with SwapHelper(-1) as helper, pytest.raises(BusyError, match="alone"):
                helper.prove(place.exchange(), lambda _left: None)
        with SwapHelper(-1) as helper:
            assert helper.prove(place.exchange(), lambda _left: None) == "wal"
            assert place.sidecars() == []
        (tmp_path / "filler").unlink()
        assert place.value() > 0
    finally:
        disk.close()


@needs_root
def test_a_database_on_a_full_disk_is_looked_at_without_making_anything_beside_it(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path, "16M")
    try:
        place = Place(tmp_path / "place")
        beside = sorted(path.name for path in place.live.parent.iterdir())
        disk.fill()
        with look(place.live, gateway_up=lambda: False) as opened:
            assert opened.how == "immutable"
            assert opened.connection.execute("SELECT n FROM one").fetchone()
        assert sorted(path.name for path in place.live.parent.iterdir()) == beside
    finally:
        disk.close()
