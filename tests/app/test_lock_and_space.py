"""Database locked, and Disk space: what the two pages tell, and where they lead."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.doctor_story import DOCTOR
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HOSTILE,
    NOW,
    SEEN,
    ago,
    changed,
    screen_text,
    shell,
)
from tests.app.test_doctor_pane import done, message  # noqa: F401
from tests.app.waiting import until
from tui.app.commands import commands
from tui.app.screens.locked import LockedScreen
from tui.app.screens.palette import find
from tui.app.screens.space import SpaceScreen
from tui.core.errors import DockerError
from tui.core.models import Diagnosis, Holder
from tui.core.verdict import Verdict
from tui.operations.backup import BackupCreate
from tui.operations.diagnosing.lock_look import LockEye, LockLook
from tui.operations.diagnosing.room import Gain, Room, look_at_room

SMALL = (80, 24)
LONG = ago(seconds=42)
MIB = 2**20
REPORT = Holder(pid=51877, command="python report.py", user="0", container="0f3c9d2a11b7")
LOCKED = LockLook(
    writer=REPORT, container="stage-report-1", on="mcp.db-shm", gateway="forge-gateway-1",
    patience=5.0,
)  # fmt: skip
FULL = Room(
    folder=Path("/srv/forge/data"),
    free=390 * MIB,
    backup=454 * MIB,
    restore=463 * MIB,
    gains=(
        Gain(name="prune", number=3, size=1_229 * MIB),
        Gain(name="guide", number=13, size=5_427 * MIB),
        Gain(name="logs", number=9, size=214 * MIB),
        Gain(name="vacuum", number=0, size=38 * MIB, needs=825 * MIB),
    ),
)


class Shown:
    """A page over the shell, with what it was given instead of a look."""

    def __init__(self, screen, seen=SEEN, **settings):
        self.app = shell(seen, **settings)
        self.screen = screen
        self.answers = []

    async def __call__(self, pilot):
        self.app.push_screen(self.screen, self.answers.append)
        await until(pilot, lambda: self.app.screen is self.screen)
        await pilot.pause()


def locked(look=LOCKED, *, log=lambda _: ("one", "two"), since=LONG):
    return LockedScreen(lambda: look, log, lambda: NOW, since)


async def shown(screen, *keys, wait="", **settings):
    shows = Shown(screen, **settings)
    async with shows.app.run_test(size=SMALL) as pilot:
        await shows(pilot)
        await until(pilot, lambda: "looking …" not in screen_text(shows.app))
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        if wait:
            await until(pilot, lambda: wait in screen_text(shows.app))
        return screen_text(shows.app), shows


# --- locked -----------------------------------------------------------------------------------


async def test_the_holder_the_lock_who_waits_and_what_helps_are_told():
    text, _ = await shown(locked())
    for words in (
        "! warn  The database is locked by one writer, seen since 03:13:40, for 42s.",
        "holder   stage-report-1 (container), pid 51877, user 0: python report.py",
        "lock     the write lock, on mcp.db-shm; nobody else can write",
        'waits    forge-gateway-1: each write fails after 5 s, "database is locked"',
        "follow it here; it goes away by itself when the writer commits",
        "l  log of the holder",
        "y  copy: docker stop stage-report-1",
        "Leave the -wal and -shm files where they are: committed rows are in them.",
    ):
        assert words in text, words


async def test_y_copies_the_command_and_nothing_runs_it():
    _, shows = await shown(locked(), "y")
    assert shows.app.clipboard == "docker stop stage-report-1"
    assert shows.answers == []


async def test_l_shows_the_last_lines_of_the_holder_and_hides_them_again():
    text, _ = await shown(locked(log=lambda name: (f"of {name}", HOSTILE)), "l", wait="last lines")
    assert "of stage-report-1" in text
    assert not [c for c in FORBIDDEN if c in text]


async def test_a_log_that_the_engine_does_not_give_is_said():
    def refused(_name):
        raise DockerError("Docker does not answer: it is gone.")

    text, _ = await shown(locked(log=refused), "l", wait="Docker does not answer")
    assert "last lines" not in text


async def test_who_has_just_begun_to_write_is_no_lock_yet():
    text, _ = await shown(locked(since=None))
    assert "» running  Somebody writes at this moment." in text


async def test_the_gateways_own_long_transaction_leads_to_the_gateway():
    look = replace(LOCKED, is_gateway=True)
    text, shows = await shown(locked(look), "9")
    assert shows.answers == ["9"]
    text, _ = await shown(locked(look))
    assert "9 Gateway: X restarts it" in text
    assert "waits" not in text
    assert "copy:" not in text


async def test_a_process_is_ended_by_its_pid_and_has_no_log_here():
    holder = replace(REPORT, container="", user="dana")
    text, _ = await shown(locked(replace(LOCKED, writer=holder, container="")))
    assert "holder   pid 51877, user dana: python report.py" in text
    assert "y  copy: sudo kill 51877" in text
    assert "log of the holder" not in text


async def test_nobody_is_only_said_where_everybody_can_be_seen():
    text, _ = await shown(locked(LockLook()))
    assert "✓ ok  Nobody holds a lock on the database now." in text
    text, _ = await shown(locked(LockLook(unseen="other users' processes … : sudo mcpdb-tui")))
    assert "? unknown  Who holds it cannot be seen: other users' processes" in text
    assert "Nobody" not in text


async def test_who_merely_has_it_open_is_named_too():
    others = tuple(replace(REPORT, pid=pid) for pid in range(1, 7))
    text, _ = await shown(locked(LockLook(others=others)))
    assert "open     0f3c9d2a11b7 (container), pid 1, user 0: python report.py" in text
    assert "2 more" in text


async def test_hostile_holders_are_shown_as_text():
    holder = replace(REPORT, command=HOSTILE, user=HOSTILE)
    text, shows = await shown(locked(replace(LOCKED, writer=holder, container=HOSTILE)), "y")
    assert not [c for c in FORBIDDEN if c in text + shows.app.clipboard]


async def test_since_when_begins_anew_with_another_holder():
    looks = [LOCKED, replace(LOCKED, writer=replace(REPORT, pid=7))]
    screen = LockedScreen(lambda: looks.pop(0) if len(looks) > 1 else looks[0],
                          lambda _: (), lambda: NOW, ago(seconds=42))  # fmt: skip
    text, _ = await shown(screen, wait="pid 7,")
    assert "Somebody writes at this moment." in text


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def site_held(make_site):
    """A stopped deployment whose file another process holds, and that process."""
    site = make_site(running=False)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(site.database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == b"held\n"
    yield site, process
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


def test_a_real_writer_is_found_with_its_command_and_how_to_end_it(site_held):
    site, process = site_held
    found = LockEye(site.deployment).look(None)
    assert found.writer is not None
    assert found.writer.pid == process.pid
    assert (found.is_gateway, found.end) == (False, f"sudo kill {process.pid}")
    assert found.on == f"{site.database.name}-shm"


def test_a_reader_is_no_writer(make_site):
    site = make_site(running=False)
    connection = sqlite3.connect(site.database)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM tools").fetchone()
        found = LockEye(site.deployment).look(None)
        assert found.writer is None
        assert os.getpid() not in [one.pid for one in found.others]
    finally:
        connection.close()


async def test_the_palette_leads_to_the_real_holder_and_its_end_is_noticed(site_held):
    site, process = site_held
    app = shell(changed(deployment=site.deployment))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("colon", *"locked", "enter")
        await until(pilot, lambda: f"pid {process.pid}" in screen_text(app))
        await asyncio.to_thread(process.stdin.close)
        await until(pilot, lambda: f"pid {process.pid}" not in screen_text(app))
        await pilot.press("6")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until(pilot, lambda: app.pane.NUMBER == 6)


# --- space --------------------------------------------------------------------------------------


async def test_what_is_free_what_waits_and_what_gives_space_back_are_told():
    text, _ = await shown(SpaceScreen(FULL))
    flat = " ".join(text.split())
    assert (
        "! warn 390M free in /srv/forge/data. A backup needs 454M, a restore 463M: both wait."
        in flat
    )
    assert "▸ P prune by your policy 3 backups, 1.2G shows which, then asks" in flat
    assert "G files of the guide's script 13 files, 5.3G unverified: t first" in flat
    assert "L rotate logs 9 files, 214.0M" in flat
    assert "V VACUUM 38.0M needs 825M while it runs" in flat
    assert "(V VACUUM…)" in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [("P", "prune"), ("enter", "prune"), ("G", "guide"), ("L", "logs"), ("escape", "")],
)
async def test_a_key_chooses_and_what_has_no_room_itself_does_nothing(keys, chosen):
    _, shows = await shown(SpaceScreen(FULL), "V", keys)
    assert shows.answers == [chosen]


async def test_where_nothing_may_be_changed_it_only_tells():
    text, shows = await shown(SpaceScreen(FULL, "Making room is off: started with --read-only."),
                              "P", "enter")  # fmt: skip
    assert shows.answers == []
    assert "Making room is off: started with --read-only." in text
    assert "prune by your policy" in text


async def test_where_nothing_gives_space_that_is_said():
    text, _ = await shown(SpaceScreen(replace(FULL, gains=(), free=2**40)))
    assert "✓ ok" in text
    assert "there is room for both" in " ".join(text.split())
    assert "no rule of retention gives a backup up" in " ".join(text.split())


def test_the_room_of_a_real_deployment(make_site):
    site = make_site(running=False)
    site.do(BackupCreate(site.deployment))
    room = look_at_room(site.deployment)
    assert room.free > 0
    assert room.restore > site.database.stat().st_size
    assert room.is_enough
    assert all(gain.size > 0 for gain in room.gains)


async def test_the_palette_leads_to_the_plan_of_what_is_chosen(make_site, done):  # noqa: F811
    site = make_site(running=False)
    app = shell(changed(deployment=site.deployment))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("colon", *"space", "enter")
        await until(pilot, lambda: isinstance(app.screen, SpaceScreen))
        app.screen.dismiss("guide")
        await until(pilot, lambda: len(done) == 1)
        operation = done[0][0](DEPLOYMENT)
        assert (operation.name, operation.guide) == ("prune", True)


# --- where they are found -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("locked", "Database locked"),
        ("who holds", "Database locked"),
        ("space", "Disk space…"),
        ("full", "Disk space…"),
        ("doctor", "Doctor"),
        ("diagnose", "Doctor"),
    ],
)
async def test_the_words_that_people_use_find_them(word, title):
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        offered, _ = commands(app.pane)
        assert find(offered, word)[0].command.title == title


async def test_enter_on_an_open_lock_check_goes_on_to_the_holder(make_site):
    site = make_site(running=False)
    app = shell(replace(DOCTOR, deployment=site.deployment))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6")
        await pilot.pause()
        app.pane.point_at("lock")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, LockedScreen))
        await pilot.press("escape")
        app.pane.back()
        app.pane.point_at("disk")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, SpaceScreen))


async def test_row_two_says_that_somebody_else_holds_it_and_a_click_shows_who():
    held = Diagnosis(name="lock", verdict=Verdict.FAIL, text="locked by python report.py")
    app = shell(changed(doctor=(held,), doctor_at=ago(seconds=1)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        row = screen_text(app).splitlines()[1]
        assert row.rstrip().endswith("lock HELD")
        await pilot.click(offset=(row.index("HELD"), 1))
        await until(pilot, lambda: isinstance(app.screen, LockedScreen))


@pytest.mark.parametrize("name", ["locked", "full"])
def test_the_pages_look_right(snap_compare, name):
    screen = {"locked": locked, "full": lambda: SpaceScreen(FULL)}[name]()
    shows = Shown(screen)
    assert snap_compare(shows.app, run_before=shows, terminal_size=SMALL)
