"""Comparing on a real deployment: what is gone, how it is stopped, what it leaves behind."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.shell_story import screen_text
from tests.app.test_compare_terminal import delete_tool
from tests.app.test_shell_live import QUICK, known, message, until
from tui.app.app import McpdbApp
from tui.app.background import Far, NotDone
from tui.app.comparison_reader import Compared, ComparisonReader, RowsCame
from tui.app.screens.bring_back import BringBackScreen
from tui.app.screens.compare import CompareScreen
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.reads.looking import RELEASE_WAIT, LiveDatabase

ROWS = 300_000


class Posts:
    """Takes messages, and says which came."""

    def __init__(self):
        self.found, self._came = [], threading.Condition()

    def post_message(self, message):
        with self._came:
            self.found.append(message)
            self._came.notify_all()
        return True

    def wait(self, *kinds, seconds=30.0):
        with self._came:
            assert self._came.wait_for(
                lambda: any(isinstance(m, kinds) for m in self.found), seconds
            ), self.found
        return next(m for m in self.found if isinstance(m, kinds))


@pytest.fixture
def quiet(make_site):
    """A site whose gateway is stopped, with a backup, and since then one tool fewer."""
    site = make_site(running=False)
    site.do(BackupCreate(site.deployment))
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute("DELETE FROM tools WHERE id = (SELECT min(id) FROM tools)")
        connection.commit()
    return site


def only(deployment):
    return read_catalogue(deployment).backups[0].id


def open_files(path):
    """Whether this process has a file open."""
    targets = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            targets.append(str(entry.readlink()))
        except OSError:
            continue
    return str(path) in targets


def enlarge(path, rows=ROWS):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, t TEXT, u TEXT)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO big SELECT i, 'text ' || i, 'more ' || i FROM n",
            (rows,),
        )
        connection.commit()


async def test_what_is_gone_is_found_from_the_dashboard_by_name(site):
    site.add_tool("crm-search")
    site.do(BackupCreate(site.deployment))
    delete_tool(site, "crm-search")
    app = McpdbApp(site.deployment, settings={"glyphs": "unicode"}, periods=QUICK)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app) and "c compare" in screen_text(app))
        await pilot.press("c")
        await until(pilot, lambda: "1 tool removed" in screen_text(app))
        await until(pilot, lambda: "crm-search" in screen_text(app))
        assert not open_files(site.database)
        await pilot.press("T")
        await until(pilot, lambda: "1 row added, 0 replaced" in screen_text(app))
        assert isinstance(app.screen, BringBackScreen)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.screen_stack[0])
    assert site.healthy()


async def test_a_comparison_is_stopped_within_a_third_of_a_second(quiet):
    enlarge(quiet.database)
    quiet.do(BackupCreate(quiet.deployment, label="large"))
    with closing(sqlite3.connect(quiet.database)) as connection:
        connection.execute("UPDATE big SET t = t || 'x'")
        connection.commit()
    label = next(b.id for b in read_catalogue(quiet.deployment).backups if b.label == "large")
    reader, posts = ComparisonReader(quiet.deployment, label, "live"), Posts()
    reader.start()
    reader.compare(posts)
    deadline = time.monotonic() + 20
    while not open_files(quiet.database) and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
    assert open_files(quiet.database), "it is being read"
    began = time.monotonic()
    assert reader.stop()
    while open_files(quiet.database):
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.005)
    took = time.monotonic() - began
    reader.end(5.0)
    assert took < 0.3
    assert not [m for m in posts.found if isinstance(m, Compared | NotDone)]


def test_release_ends_what_is_read_and_says_so(quiet):
    enlarge(quiet.database)
    quiet.do(BackupCreate(quiet.deployment, label="large"))
    with closing(sqlite3.connect(quiet.database)) as connection:
        connection.execute("UPDATE big SET t = t || 'x'")
        connection.commit()
    label = next(b.id for b in read_catalogue(quiet.deployment).backups if b.label == "large")
    live, posts = LiveDatabase(quiet.deployment), Posts()
    reader = ComparisonReader(quiet.deployment, label, "live", live)
    reader.start()
    reader.compare(posts)
    posts.wait(Far)
    began = time.monotonic()
    live.release()
    assert "is being replaced" in posts.wait(NotDone, Compared).text
    assert not open_files(quiet.database)
    assert time.monotonic() - began < RELEASE_WAIT
    reader.end(5.0)


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "zst"])
def test_rows_of_a_compressed_backup_are_read_and_nothing_is_left(make_site, compress):
    site = make_site(running=False)
    site.do(BackupCreate(site.deployment, compress=compress))
    with closing(sqlite3.connect(site.database)) as connection:
        ((gone, name),) = connection.execute("SELECT id, name FROM tools LIMIT 1").fetchall()
        connection.execute("DELETE FROM tools WHERE id = ?", (gone,))
        connection.commit()
    ident = only(site.deployment)
    reader, posts = ComparisonReader(site.deployment, ident, "live"), Posts()
    reader.start()
    reader.compare(posts)
    found = posts.wait(Compared, NotDone).comparison
    tools = next(t for t in found.tables if t.table == "tools")
    for _ in range(2):
        posts.found.clear()
        reader.rows(posts, tools)
        page = posts.wait(RowsCame)
        assert page.problem == ""
        assert [row.before["name"] for row in page.rows] == [name]
    assert bool(list(site.deployment.backup_dir.glob(".unpacked-*"))) is compress
    reader.end(10.0)
    assert not list(site.deployment.backup_dir.glob(".unpacked-*"))
    assert find_backup(site.deployment, ident).compression == ("zstd" if compress else "")


async def test_a_damaged_side_and_a_missing_one_are_one_sentence(quiet):
    backup = read_catalogue(quiet.deployment).backups[0]
    app = McpdbApp(quiet.deployment, settings={"glyphs": "unicode"}, periods=QUICK)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        content = bytearray(backup.path.read_bytes())
        content[8_192:-8_192] = b"\xff" * (len(content) - 16_384)
        backup.path.write_bytes(content)
        await pilot.press("2")
        for change, told in (
            (lambda: None, "R compares again."),
            (lambda: backup.path.unlink(), "R compares again."),
        ):
            change()
            app.compare(backup.id)
            await until(pilot, lambda told=told: told in screen_text(app))
            assert isinstance(app.screen, CompareScreen)
            assert "Traceback" not in screen_text(app)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.screen_stack[0])


async def test_a_missing_live_database_is_one_sentence(quiet):
    ident = only(quiet.deployment)
    app = McpdbApp(quiet.deployment, settings={"glyphs": "unicode"}, periods=QUICK)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app))
        quiet.database.rename(quiet.database.with_suffix(".away"))
        app.compare(ident)
        await until(pilot, lambda: "R compares again." in screen_text(app))
        assert "There is no database at" in " ".join(screen_text(app).split())
        assert not quiet.database.exists(), "looking never makes one"
        await pilot.press("q")
        await until(pilot, lambda: app.screen is app.screen_stack[0])


async def test_asked_from_the_backups_tables_or_rows_open_and_cancelling_changes_nothing(quiet):
    app = McpdbApp(quiet.deployment, settings={"glyphs": "unicode"}, periods=QUICK)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        before = quiet.database.read_bytes()
        await pilot.press("2", "T")
        await until(pilot, lambda: isinstance(app.screen, BringBackScreen))
        await pilot.press("space")
        await until(pilot, lambda: "1 row added, 0 replaced" in screen_text(app))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Type " in screen_text(app) and "BRING-BACK" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("q")
        await until(pilot, lambda: message(app) == "Cancelled. Nothing was changed.")
        assert quiet.database.read_bytes() == before


def test_the_operators_own_mask_reaches_the_screen(quiet):
    app = McpdbApp(quiet.deployment, settings={"mask": ["tools.url"]})
    assert app.mask == ("tools.url",)
