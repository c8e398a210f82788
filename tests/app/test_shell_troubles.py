"""What stands in a pane that cannot show its own, and why keys are greyed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HOSTILE,
    NOW,
    SEEN,
    ago,
    backup,
    changed,
    entry,
    screen_text,
    shell,
)
from tui.app import looks
from tui.app.listing.backup_detail import detail
from tui.app.paint import text_of
from tui.app.rights import rights_problem, sudo_line
from tui.app.screens.plan import PlanScreen
from tui.app.screens.trouble import TroubleBox
from tui.app.widgets.message import MessageLine
from tui.core.models import (
    Catalogue,
    DatabaseFacts,
    Deployment,
    Fit,
    GatewayState,
    Health,
    Problem,
    ProcessRef,
)
from tui.core.operation import Recovery, Verdict
from tui.services.first_bytes import first_bytes

PATH = DEPLOYMENT.database
MISSING = changed(
    database=DatabaseFacts(
        path=PATH, exists=False, disk_free=9, problem=f"There is no database at {PATH}."
    ),
    last_there="412M at 01:58:02",
)


def bad(problem, **other):
    return changed(database=replace(SEEN.database, problem=problem), **other)


NOT_ONE = bad(
    f"{PATH} cannot be read as a database: file is not a database.",
    first_bytes="gzip: 1f 8b 08 00 00 00 00 00",
)
EMPTY = changed(database=replace(SEEN.database, size=0, problem=f"{PATH} has 0 bytes: a start …"))
LOCKED = bad(
    f"{PATH} is locked by python report.py (pid 51877, root): database is locked.",
    problem_since=ago(seconds=42),
)
DENIED = bad(f"{PATH} cannot be opened by dana: unable to open database file.")
NO_DOCKER_TEXT = (
    "Docker does not answer: permission denied on /var/run/docker.sock. "
    "You are dana, not root and not in group docker."
)
NO_DOCKER = changed(
    deployment=replace(
        DEPLOYMENT,
        gateway=None,
        problems=(Problem("docker", NO_DOCKER_TEXT, ("replace", "gateway", "logs")),),
    ),
    gateway=GatewayState(running="unknown", text=NO_DOCKER_TEXT),
    health=Health(verdict="unknown", text=""),
)
STATE = changed(
    activity=(),
    state_problem="/srv/forge/data/.mcpdb belongs to root, you are dana: lock, activity and "
    "safety copies are unknown. Run it with sudo.",
)
RIGHTS = changed(rights="needs root: /srv/forge/data belongs to 10001, you are dana (1000).")
SUDO = "sudo mcpdb-tui --project-dir /srv/forge"


@pytest.fixture
def dana(monkeypatch):
    """Not root."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


@pytest.mark.parametrize(
    ("key", "seen", "words"),
    [
        ("1", MISSING, ["✗ FAIL  There is no database at", "It was there: 412M at 01:58:02.",
                        "B   put the newest verified copy in place: backup of Aug 11 02:00, 412M",
                        "restore k7m2qd --confirm forge", "B restore…"]),
        ("1", NOT_ONE, ["is not a SQLite database", "gzip: 1f 8b 08 00", "412.6M", "▸ B"]),
        ("1", EMPTY, ["has 0 bytes", "its next start fills it", "▸ B"]),
        ("1", LOCKED, ["! warn  The database is locked by one writer since 03:13:40", "for 42s",
                       "python report.py (pid 51877, root)", "Leave the -wal", "▸ R"]),
        ("1", DENIED, ["? unknown", "cannot be opened by dana", SUDO]),
        ("5", NO_DOCKER, ["? unknown  Docker does not answer: permission denied", SUDO]),
        ("9", NO_DOCKER, ["? unknown  Docker does not answer: permission denied", SUDO,
                          "gateway ? unknown, no Docker"]),
        ("4", STATE, ["? unknown  What was done here is unknown.", SUDO, "lock unknown"]),
    ],
    ids=["missing", "not one", "empty", "locked", "denied", "logs", "gateway", "state"],
)  # fmt: skip
@pytest.mark.usefixtures("dana")
async def test_the_pane_says_what_is_and_what_to_do(key, seen, words):
    app = shell(seen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        text = screen_text(app)
        assert not [word for word in words if word not in text], text


async def test_the_page_goes_away_with_the_trouble_and_keys_work_again():
    app = shell(MISSING)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        assert app.pane.trouble_page is not None
        app.seen = SEEN
        await pilot.pause()
        await pilot.pause()
        assert "There is no database" not in screen_text(app)
        await pilot.press("j")
        assert app.pane._list.cursor_key == "servers"


async def test_trouble_that_comes_while_one_looks_takes_the_keys_along():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        app.seen = MISSING
        await pilot.pause()
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard == "mcpdb-tui --project-dir /srv/forge restore k7m2qd --confirm forge"
        await pilot.press("escape")
        assert app.pane.NUMBER == 0


async def test_a_database_that_is_being_replaced_is_no_trouble():
    app = shell(replace(MISSING, released=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        assert app.pane.trouble_page is None


@pytest.mark.parametrize("key", ["B", "enter"])
async def test_the_first_choice_of_the_page_is_made_by_its_key_and_by_enter(key, monkeypatch):
    done = []
    monkeypatch.setattr("tui.app.app.McpdbApp._do", lambda _, make, back=None: done.append(make))
    app = shell(MISSING)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        await pilot.pause()
        assert len(done) == 1


async def test_a_whole_database_has_no_restore_key_among_the_tables():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "B")
        await pilot.pause()
        assert not isinstance(app.screen, PlanScreen)
        assert "restore" not in screen_text(app).splitlines()[-1]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (MISSING, "✗ No database at"),
        (LOCKED, "! /srv/forge/data/mcp.db is locked by"),
        (STATE, "? /srv/forge/data/.mcpdb belongs to root"),
    ],
    ids=["missing", "locked", "state"],
)
async def test_needs_you_leads_to_the_page(seen, words):
    app = shell(seen)
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.pause()
        first = next(row for row in screen_text(app).splitlines() if "NEEDS YOU" in row)
        assert words in first
        assert first.rstrip().endswith(("1 what to do", "4 Activity"))


async def test_needs_you_says_which_way_a_cut_operation_goes():
    cut = entry(40, operation="restore", state="cut", exit_code=None)
    seen = changed(activity=(cut,), outlooks={cut.id: Recovery("undo", "…")})
    app = shell(seen)
    assert app.seen.needs[0].text == "A restore was cut short: it will be undone."


# --- rights ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pane", "key", "command"),
    [
        ("2", "B", f"{SUDO} restore k7m2qd --confirm forge"),
        ("2", "b", f"{SUDO} backup create"),
        ("2", "t", f"{SUDO} backup verify k7m2qd"),
        ("4", "Z", f"{SUDO} undo --confirm forge"),
        ("9", "X", f"{SUDO} gateway restart"),
        ("0", "b", f"{SUDO} backup create"),
    ],
)
@pytest.mark.usefixtures("dana")
async def test_a_key_without_the_rights_shows_the_same_with_sudo(pane, key, command):
    app = shell(RIGHTS)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(pane)
        await pilot.pause()
        assert "(b back up)" in screen_text(app) or pane != "2"
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, TroubleBox)
        text = " ".join(screen_text(app).replace("┃", " ").split())
        assert "needs root: /srv/forge/data belongs to 10001, you are dana (1000)." in text
        assert command in text
        await pilot.press("y")
        assert app.clipboard == command


@pytest.mark.usefixtures("dana")
async def test_read_only_by_flag_is_said_on_the_message_line():
    app = shell(replace(RIGHTS, deployment=replace(DEPLOYMENT, read_only=True)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "B")
        await pilot.pause()
        assert message(app) == "B restore… is off: started with --read-only."


def test_who_may_write_has_all_rights(tmp_path):
    assert rights_problem(deployed(tmp_path)) == ""
    if os.geteuid() == 0:
        assert sudo_line(deployed(tmp_path)) == ""


@pytest.mark.usefixtures("dana")
def test_whose_the_folder_is_and_who_asks_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    problem = rights_problem(deployed(tmp_path))
    assert problem.startswith(f"needs root: {tmp_path} belongs to ")
    assert problem.endswith("(1000)." if "(" in problem.split("you are")[1] else "1000.")


def deployed(folder: Path) -> Deployment:
    return Deployment(name="forge", database=folder / "mcp.db", backup_dir=folder / "backups")


# --- what is known --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x1f\x8b\x08\0\0\0\0\0rest", "gzip: 1f 8b 08 00 00 00 00 00"),
        (b"PK\x03\x04", "zip: 50 4b 03 04"),
        (b"SQLite format 3\0", "SQLite: 53 51 4c 69 74 65 20 66"),
        (b"\xde\xad\xbe\xef", "no known header: encrypted or damaged: de ad be ef"),
        (b"", ""),
    ],
)
def test_the_first_bytes_tell_what_it_is(tmp_path, content, found):
    path = tmp_path / "-mcp.db"
    path.write_bytes(content)
    assert first_bytes(path) == found


def test_what_the_file_was_is_remembered_and_since_when_it_is_not():
    seen = looks.with_facts(changed(), SEEN.database, "", NOW)
    assert seen.last_there.startswith("413M at ")
    gone = looks.with_facts(seen, MISSING.database, "", NOW)
    assert (gone.problem_since, gone.last_there) == (NOW, seen.last_there)
    later = looks.with_facts(gone, MISSING.database, "", ago(seconds=-9))
    assert later.problem_since == NOW
    assert looks.with_facts(later, SEEN.database, "", NOW).problem_since is None


@pytest.mark.parametrize(
    ("migrates", "words"),
    [
        (True, "the image migrates it at its start"),
        (False, "would be pending, a start does not run them"),
    ],
)
def test_a_backup_behind_the_head_says_what_a_start_does(migrates, words):
    from tui.app.glyphs import UNICODE

    ref = ProcessRef(folder="/x", start=("a",), stop=("b",), migrates_at_start=migrates)
    seen = changed(deployment=replace(DEPLOYMENT, gateway=ref))
    old = backup("k7m2qd", ago(hours=1), fit=Fit(verdict=Verdict.OK, text="+2 steps", steps=2))
    assert words in "\n".join(text_of(row) for row in detail(old, seen, UNICODE, NOW))


# --- undo -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("undo", "said"),
    [
        (None, "Z undo…: not known yet whether there is anything to undo."),
        (
            "The safety copy x is gone; nothing to undo with.",
            "Z undo… is off. The safety copy x is gone; nothing to undo with.",
        ),
    ],
)
async def test_undo_is_greyed_by_what_it_would_start_from(undo, said):
    restored = entry(40, operation="restore")
    app = shell(changed(undo=undo, activity=(restored,)))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("2", "Z")
        await pilot.pause()
        assert message(app) == said


async def test_undo_is_offered_when_there_is_something_to_undo():
    app = shell(changed(undo="", activity=()))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert " Z undo…" in screen_text(app).splitlines()[-1]


# --- hostile --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("1", bad(f"{PATH} is locked by {HOSTILE}: database is locked.")),
        ("1", bad(f"{HOSTILE} cannot be read as a database: x.", first_bytes=HOSTILE)),
        ("1", replace(MISSING, last_there=HOSTILE,
                      deployment=replace(DEPLOYMENT, name=HOSTILE, database=Path("/") / HOSTILE))),
        ("4", replace(STATE, state_problem=HOSTILE)),
        ("9", replace(NO_DOCKER, deployment=replace(DEPLOYMENT, gateway=None, problems=(
              Problem("docker", HOSTILE, ("gateway",)),)))),
    ],
    ids=["locked", "not one", "missing", "state", "docker"],
)  # fmt: skip
async def test_hostile_text_in_trouble_is_shown_as_text(key, seen):
    app = shell(seen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not [c for c in FORBIDDEN if c in screen_text(app)]


async def test_a_hostile_name_in_the_menus_title_is_shown_as_text():
    named = backup("k7m2qd", ago(hours=1), path=Path("/srv") / HOSTILE)
    app = shell(changed(catalogue=Catalogue(backups=(named,))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "a")
        await pilot.pause()
        assert not [c for c in FORBIDDEN if c in screen_text(app)]


@pytest.mark.parametrize("name", ["missing", "locked", "state", "rights"])
@pytest.mark.usefixtures("dana")
def test_trouble_in_the_shell_looks_right(snap_compare, name):
    seen, press = {
        "missing": (MISSING, ["1"]),
        "locked": (LOCKED, ["1"]),
        "state": (STATE, ["4"]),
        "rights": (RIGHTS, ["2", "B"]),
    }[name]
    assert snap_compare(shell(seen), press=press, terminal_size=(80, 24))
