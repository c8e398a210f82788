"""Exports from the screen, on a real file: what is shown is written, private, whole or not."""

from __future__ import annotations

import csv
import io
import json
import shlex
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest

from tests.app.row_grid_stage import FORBIDDEN, HOSTILE
from tests.app.shell_story import screen_text
from tests.app.tables_stage import (
    SECRET,
    browser_app,
    database,
    message,
    open_table,
    rows,
    shows,
    until,
)
from tests.faults import needs_root, small_disk
from tui.app.exporting import open_export
from tui.app.exporting_wish import ExportWish, What
from tui.app.screens.export_path import PathLine, completed
from tui.app.screens.export_question import ExportQuestion
from tui.app.screens.export_running import REPLACED, ExportRunning
from tui.app.screens.question import Question
from tui.operations.activity import read_activity

SMALL, LARGE = (80, 24), (140, 45)
PAIRS = "CREATE TABLE links (a INTEGER, b TEXT, note TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID"


@pytest.fixture
def live(tmp_path):
    """A database that a gateway holds open; its folder has nothing else."""
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(database(folder / "mcp.db")) as connection:
        connection.execute(PAIRS)
        connection.executemany("INSERT INTO links VALUES (?, ?, ?)",
                               [(n, b, f"{b}{n}") for n in range(4) for b in "xy"])  # fmt: skip
        connection.commit()
        yield folder / "mcp.db"


def opened(live, **changes):
    """The app; exports go to the folder above the data."""
    app = browser_app(live)
    deployment = replace(app.seen.deployment, project_dir=live.parent.parent, **changes)
    app.set_reactive(type(app).seen, replace(app.seen, deployment=deployment))
    return app


def is_asked(app):
    return isinstance(app.screen, ExportQuestion) and app.screen.wish.is_known


async def asked(pilot):
    """Wait for the dialog, and until it knows what stands at its place."""
    await until(pilot, lambda: is_asked(pilot.app))
    return pilot.app.screen.wish


async def exported(pilot):
    """Write what is asked about; the file."""
    wish = await asked(pilot)
    await pilot.press("x")
    await until(pilot, lambda: message(pilot.app).startswith("Exported to "))
    return wish.target.path


def by_hand(wish, target):
    """What the same command writes, to another file."""
    words = shlex.split(wish.command)
    words[words.index("--to") + 1] = str(target)
    where = words.index("--project-dir")
    words[where : where + 2] = ["--db", str(wish.deployment.database)]
    done = subprocess.run([sys.executable, "-m", "tui", *words[1:]], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target.read_bytes()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def table(path):
    return list(csv.reader(io.StringIO(path.read_text())))


# --- what is written ----------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_x_in_the_list_writes_the_table_under_the_cursor_without_secrets(live, size):
    app = opened(live)
    async with app.run_test(size=size) as pilot:
        await pilot.press("1")
        app.pane._list.point_at("gateways")
        await pilot.press("x")
        wish = await asked(pilot)
        assert "Export gateways" in screen_text(app)
        assert app.screen.focused.id == "cancel"
        path = await exported(pilot)
        assert path == live.parent.parent / "gateways.csv"
        assert "7 rows" in message(app)
        assert "secrets left out (auth_value)" in message(app)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert SECRET not in path.read_text()
        assert by_hand(wish, path.with_name("other.csv")) == path.read_bytes()


async def test_x_in_the_rows_writes_filter_order_and_columns_as_they_are_shown(live):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("slash", *"enabled=true", "enter")
        await shows(pilot, "150 of 300 match")
        await pilot.press("l", "s")
        await shows(pilot, "name ↑")
        await pilot.press("s")
        await shows(pilot, "name ↓")
        rows(app).grid.columns_shown = ("name", "id")
        await pilot.press("x")
        wish = await asked(pilot)
        await shows(pilot, "150 rows that enabled=true keeps, 2 of 6 columns, by name down")
        path = await exported(pilot)
        found = table(path)
        assert found[0] == ["name", "id"]
        assert [row[0] for row in found[1:3]] == ["tool-000299", "tool-000297"]
        assert len(found) == 151
        assert by_hand(wish, path.with_name("other.csv")) == path.read_bytes()


@pytest.mark.parametrize(
    ("name", "keys"), [("gateways", ["gw-0", "gw-2"]), ("links", ["x0", "x2"])]
)
async def test_only_the_marked_rows_are_written_whatever_their_key_is(live, name, keys):
    app = opened(live)
    async with app.run_test(size=LARGE) as pilot:
        await open_table(pilot, name)
        await pilot.press("enter") if app.focused is app.pane._list else None
        await pilot.press("space", "j", "space", "x")
        wish = await asked(pilot)
        await shows(pilot, "2 rows that are marked")
        path = await exported(pilot)
        found = [row[0] if name == "gateways" else row[1] + row[0] for row in table(path)[1:]]
        assert found == keys
        assert by_hand(wish, path.with_name("other.csv")) == path.read_bytes()


async def test_marked_tables_go_into_a_folder_of_one_moment_with_a_manifest(live):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1")
        app.pane._list.point_at("gateways")
        await pilot.press("space", "space", "x")
        wish = await asked(pilot)
        await pilot.press("f", "f")
        await until(pilot, lambda: wish.kind == "json" and wish.is_known)
        folder = await exported(pilot)
        manifest = json.loads((folder / "manifest.json").read_text())
        assert {one["table"] for one in manifest["tables"]} == {"gateways", "tools"}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert "307 rows of 2 tables" in message(app)
        await pilot.press("escape")
        assert not app.pane._marked


async def test_the_result_of_a_statement_is_written_with_its_secrets_masked(live):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        open_export(app, What(sql="SELECT name, auth_value AS a\nFROM gateways -- all\n"))
        wish = await asked(pilot)
        await shows(pilot, "Export the result of a query", "masked, as on the screen")
        assert app.screen.check_action("secrets", ()) is False
        path = await exported(pilot)
        assert table(path)[1] == ["gateway number 0", "•••• 15 ch"]
        assert by_hand(wish, path.with_name("other.csv")) == path.read_bytes()


async def test_the_ending_of_a_path_says_the_format_and_a_folder_gets_the_name(live):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1", "x")
        wish = await asked(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("ctrl+u", *"data/out.ndjson", "enter")
        await until(pilot, lambda: is_asked(app) and wish.kind == "ndjson")
        assert wish.target.path == live.parent / "out.ndjson"
        await pilot.press("f")
        await until(pilot, lambda: is_asked(app) and wish.target.path.name == "out.sql")
        assert "formulas" not in screen_text(app)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("ctrl+u", *"data", "enter")
        await until(pilot, lambda: is_asked(app) and wish.target.path.parent == live.parent)
        assert wish.target.path.name == f"{wish.what.names[0]}.sql"


async def test_formulas_are_made_harmless_where_a_spreadsheet_reads_them(live):
    with closing(sqlite3.connect(live)) as connection, connection:
        connection.execute("UPDATE gateways SET note = '=1+1'")
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1")
        app.pane._list.point_at("gateways")
        await pilot.press("x")
        wish = await asked(pilot)
        await pilot.press("h")
        assert "--spreadsheet-safe" in wish.command
        assert table(await exported(pilot))[1][-1] == "'=1+1"


# --- secrets and what is there already ------------------------------------------------------


async def test_secrets_are_written_only_after_a_question_and_that_is_kept(live):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "gateways")
        await pilot.press("x")
        wish = await asked(pilot)
        await shows(pilot, "left out: auth_value")
        for answer, is_on in (("n", False), ("y", True)):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, Question))
            await shows(pilot, "In clear: auth_value.", "--secrets")
            await pilot.press(answer)
            await until(pilot, lambda: is_asked(app))
            assert (wish.secrets, "--secrets" in wish.command) == (is_on, is_on)
        path = await exported(pilot)
        assert SECRET in path.read_text()
        assert "with secrets" in message(app)
        (entry,) = read_activity(app.seen.deployment)
        assert (entry.operation, entry.subject) == ("export", "gateways")
        assert "with secrets" in entry.sentence
        assert "--secrets" in entry.command


async def test_nothing_is_replaced_unasked_and_the_name_that_is_offered_is_free(live):
    folder = live.parent.parent
    (folder / "gateways.csv").write_text("mine")
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1")
        app.pane._list.point_at("gateways")
        await pilot.press("x")
        wish = await asked(pilot)
        assert wish.target.path.name == "gateways-2.csv"
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("ctrl+u", *"gateways.csv", "enter")
        await until(pilot, lambda: is_asked(app) and bool(wish.target.taken))
        await shows(pilot, "is there already (4B of ")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await shows(pilot, "Replace gateways.csv?", "--replace")
        await pilot.press("n")
        await until(pilot, lambda: is_asked(app))
        assert (folder / "gateways.csv").read_text() == "mine"
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: message(app).startswith("Exported to "))
        assert len(table(folder / "gateways.csv")) == 8
        assert names_in(folder) == ["data", "gateways.csv"]


# --- what goes wrong ------------------------------------------------------------------------


@needs_root
async def test_a_full_disk_is_one_sentence_and_leaves_the_dialog_and_no_file(live, tmp_path):
    with closing(sqlite3.connect(live)) as connection, connection:
        connection.execute("UPDATE tools SET name = name || hex(zeroblob(5000))")
    app = opened(live)
    with small_disk(tmp_path / "disk", "1m") as disk:
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("1")
            app.pane._list.point_at("tools")
            await pilot.press("x")
            wish = await asked(pilot)
            await pilot.press("t")
            await until(pilot, lambda: isinstance(app.screen, PathLine))
            await pilot.press("ctrl+u", *str(disk / "tools.csv"), "enter")
            await until(pilot, lambda: is_asked(app) and wish.target.path.parent == disk)
            await pilot.press("x")
            await shows(pilot, "No space left while writing")
            assert "partial" not in screen_text(app)
            assert isinstance(app.screen, ExportQuestion)
            assert wish.target.path == disk / "tools.csv"
            assert names_in(disk) == []
            await pilot.press("escape")
            await until(pilot, lambda: message(app) == "Cancelled. Nothing was written.")


async def test_a_folder_that_is_not_there_is_said_before_anything_is_written(live):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1", "x")
        wish = await asked(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("ctrl+u", *"nix/a.csv", "enter")
        await shows(pilot, "There is no folder", "( x  Export )")
        assert app.screen.check_action("go", ()) is None
        await pilot.press("x")
        assert isinstance(app.screen, ExportQuestion)
        # Gone after it was looked at: the writing itself says so.
        wish.aim("later/a.csv")
        (live.parent.parent / "later").mkdir()
        app.screen._look()
        await until(pilot, lambda: wish.is_known and not wish.target.problem)
        (live.parent.parent / "later").rmdir()
        await pilot.press("x")
        await shows(pilot, "There is no ", "later")
        assert isinstance(app.screen, ExportQuestion)


async def test_the_database_itself_is_no_place_for_an_export(live):
    before = live.read_bytes()
    app = opened(live)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("1", "x")
        wish = await asked(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("ctrl+u", *"data/mcp.db", "enter")
        await until(pilot, lambda: "the live database's own name" in wish.target.problem)
        await shows(pilot, "( x  Export )")
        await pilot.press("x")
        assert isinstance(app.screen, ExportQuestion)
        assert wish.target.problem
    assert live.read_bytes() == before


@pytest.fixture
def endless(monkeypatch):
    """An export that goes on until it is stopped, and whether it was."""
    stopped = []

    def run(wish, tick, cancelled):
        done = 0
        try:
            while True:
                done += 500
                tick("tools", done)
                time.sleep(0.005)
        finally:
            stopped.append(True)

    monkeypatch.setattr(ExportWish, "run", run)
    return stopped


async def test_rows_and_rate_are_shown_and_c_stops_it(live, endless):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1")
        app.pane._list.point_at("tools")
        await pilot.press("x")
        await asked(pilot)
        await pilot.press("x")
        await shows(pilot, "rows/s")
        await pilot.press("C")
        await until(pilot, lambda: message(app) == "Cancelled. Nothing was written.")
        assert endless == [True]


async def test_leaving_the_program_stops_it(live, endless):
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1", "x")
        await asked(pilot)
        await pilot.press("x")
        await shows(pilot, "rows/s")
    assert endless == [True]


async def test_whoever_replaces_the_database_does_not_wait_for_it(live, monkeypatch):
    def reading(wish, tick, cancelled):
        while True:
            tick("", 0)
            time.sleep(0.005)

    monkeypatch.setattr(ExportWish, "run", reading)
    app = opened(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1", "x")
        await asked(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ExportRunning))
        app.seen = replace(app.seen, released=True)
        await until(pilot, lambda: message(app) == REPLACED)


async def test_hostile_names_stay_text(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(database(folder / "mcp.db", 1)) as connection:
        name = HOSTILE.replace('"', '""')
        connection.execute(f'CREATE TABLE "{name}" (a)')
        connection.execute(f'INSERT INTO "{name}" VALUES (1)')
        connection.commit()
        app = opened(folder / "mcp.db")
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("1")
            app.pane._list.point_at(HOSTILE)
            await pilot.press("x")
            wish = await asked(pilot)
            assert not set(FORBIDDEN.strip()) & set(screen_text(app))
            path = await exported(pilot)
            assert path.parent == tmp_path
            assert not set(FORBIDDEN) & set(path.name)
            assert not set(FORBIDDEN.strip()) & set(screen_text(app))
            assert by_hand(wish, tmp_path / "other.csv") == path.read_bytes()


def test_a_path_is_completed_as_far_as_it_is_certain(tmp_path):
    for name in ("tools.csv", "tools.json", ".hidden", "an\x1bd"):
        (tmp_path / name).touch()
    (tmp_path / "data").mkdir()
    assert completed("to", tmp_path) == ("tools.", ["tools.csv", "tools.json"])
    assert completed("tools.c", tmp_path) == ("tools.csv", ["tools.csv"])
    assert completed("da", tmp_path) == ("data/", ["data/"])
    assert completed(f"{tmp_path}/da", tmp_path) == (f"{tmp_path}/data/", ["data/"])
    assert completed("nix/a", tmp_path) == ("nix/a", [])
    assert completed("", tmp_path)[1] == ["data/", "tools.csv", "tools.json"]
    assert completed("~nobody-is-called-that/", tmp_path)[1] == []
    assert names_in(tmp_path / "data") == []
