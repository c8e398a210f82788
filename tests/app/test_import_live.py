"""Imports from the screen on a real deployment: the plan, the typed name, and the rows are in."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from tests.app.shell_story import screen_text
from tests.app.test_shell_live import (
    QUICK,
    known,
    message,
    until,
)
from tests.app.test_shell_live import (
    viewer_is_ours as viewer_is_ours,
)
from tests.faults import without_code
from tui.app.app import McpdbApp
from tui.app.importing import Chosen
from tui.app.screens.export_path import PathLine
from tui.app.screens.export_question import ExportQuestion
from tui.app.screens.import_question import Found, ImportQuestion, look_at
from tui.app.screens.operation import OperationScreen
from tui.app.screens.plan import PlanScreen
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue


@pytest.fixture
def ready(site):
    """A site with one backup, so that no welcome opens."""
    site.deployment = without_code(site.deployment)
    site.do(BackupCreate(site.deployment))
    return site


def opened(site, **changes):
    deployment = replace(site.deployment, **changes)
    return McpdbApp(deployment, settings={"glyphs": "unicode"}, periods=QUICK)


def ask(site, sql):
    with closing(sqlite3.connect(site.database, timeout=10)) as connection, connection:
        return connection.execute(sql).fetchall()


def is_asked(app):
    return isinstance(app.screen, ImportQuestion) and app.screen._found is not None


async def in_tools(pilot):
    """The cursor is on tools in the list."""
    app = pilot.app
    await until(pilot, lambda: known(app))
    await pilot.press("1")
    app.pane._list.point_at("tools")


async def name_file(pilot, path):
    """Type a path where a file is asked for."""
    await until(pilot, lambda: isinstance(pilot.app.screen, PathLine))
    await pilot.press("ctrl+u", *path, "enter")
    await until(pilot, lambda: is_asked(pilot.app))


@pytest.mark.usefixtures("viewer_is_ours")
async def test_what_was_exported_goes_back_in_after_the_typed_name(ready):
    app, deployment = opened(ready), ready.deployment
    stood = ask(ready, "SELECT * FROM tools ORDER BY id")
    async with app.run_test(size=(80, 24)) as pilot:
        await in_tools(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ExportQuestion))
        wish = app.screen.wish
        await until(pilot, lambda: wish.is_known)
        await pilot.press("x")
        await until(pilot, lambda: message(app).startswith("Exported to "))
        ask(ready, "UPDATE tools SET name = 'spoilt ' || name")

        await pilot.press("I")
        await name_file(pilot, wish.target.path.name)
        await pilot.press("r")
        await until(pilot, lambda: is_asked(app) and "--upsert" in screen_text(app))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await until(pilot, lambda: f"0 rows new, {len(stood)} changed" in screen_text(app))
        assert wish.target.path.name in screen_text(app)
        await pilot.press("tab", *deployment.name, "enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OperationScreen))
        await until(pilot, lambda: "IMPORTED" in screen_text(app))
        assert f"0 rows added, {len(stood)} replaced" in " ".join(screen_text(app).split())
        assert ask(ready, "SELECT * FROM tools ORDER BY id") == stood
        assert ready.healthy()


async def test_a_bad_row_names_its_line_changes_nothing_and_the_file_is_offered_again(ready):
    stood = ask(ready, "SELECT * FROM tools ORDER BY id")
    path = ready.folder / "bad.ndjson"
    path.write_text(json.dumps({"id": "new", "name": "new"}) + "\n" + '{"id": "x", "nix": 1}\n')
    app = opened(ready)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_tools(pilot)
        await pilot.press("I")
        await name_file(pilot, "bad.ndjson")
        await pilot.press("p")
        await until(pilot, lambda: message(app).startswith("bad.ndjson, line "))
        assert ask(ready, "SELECT * FROM tools ORDER BY id") == stood
        await pilot.press("I")
        await until(pilot, lambda: is_asked(app) and "bad.ndjson" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: message(app) == "Cancelled. Nothing was changed.")
        # Of another table another file is asked for.
        await pilot.press("j", "I")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        assert ready.left_overs() == []


async def test_what_is_no_file_of_rows_is_said_before_a_plan_is_made(ready):
    (ready.folder / "notes.txt").write_text("hello")
    app = opened(ready)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_tools(pilot)
        await pilot.press("I")
        await name_file(pilot, "nix.csv")
        assert "There is no " in screen_text(app)
        assert app.screen.check_action("go", ()) is None
        await pilot.press("t")
        await name_file(pilot, "notes.txt")
        assert "says no format" in screen_text(app)
        await pilot.press("f")
        await until(pilot, lambda: is_asked(app) and "--format csv" in screen_text(app))
        assert app.screen.check_action("go", ()) is True
        await pilot.press("t")
        await name_file(pilot, "data")
        assert "data is a folder, and no export." in screen_text(app)


async def test_in_read_only_mode_and_on_a_backup_the_key_says_why_it_is_off(ready):
    app = opened(ready, read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_tools(pilot)
        await pilot.press("I")
        await until(pilot, lambda: message(app) == "I import… is off: started with --read-only.")
    app = opened(ready)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        ident = read_catalogue(ready.deployment).backups[0].id
        await pilot.press("2", "enter")
        await until(pilot, lambda: app.pane.NUMBER == 1 and app.pane._list.cursor_key)
        await pilot.press("I")
        await until(pilot, lambda: f"this is backup {ident}" in message(app))


async def test_rows_of_an_opened_backup_are_exported_though_live_has_others(ready):
    stood = ask(ready, "SELECT count(*) FROM tools")[0][0]
    ask(ready, "DELETE FROM tools WHERE id = (SELECT max(id) FROM tools)")
    app = opened(ready)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        ident = read_catalogue(ready.deployment).backups[0].id
        await pilot.press("2", "enter")
        await until(pilot, lambda: app.pane.NUMBER == 1 and app.pane._list.cursor_key)
        app.pane._list.point_at("tools")
        await pilot.press("enter")
        await until(pilot, lambda: app.pane._rows.grid.row is not None)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ExportQuestion))
        wish = app.screen.wish
        await until(pilot, lambda: wish.is_known)
        assert f"--backup {ident}" in wish.command
        assert wish.target.path.name == f"tools-{ident}.csv"
        await pilot.press("f", "f", "f")
        await until(pilot, lambda: wish.kind == "ndjson" and wish.is_known)
        await pilot.press("x")
        await until(pilot, lambda: message(app).startswith("Exported to "))
        assert len(wish.target.path.read_text().splitlines()) == stood


async def test_without_rights_the_command_with_sudo_is_shown(ready):
    app = opened(ready)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_tools(pilot)
        app.model.end()
        app.seen = replace(
            app.seen, running=None, rights="needs root: /srv belongs to 10001, you are dana."
        )
        reason = app.pane.why_not("import_rows")
        assert reason == "I import… needs root: /srv belongs to 10001, you are dana."
        assert app.pane.by_hand("import_rows") == ("import", "FILE", "--table", "tools")
        assert app.pane.check_action("import_rows", ()) is None


def test_what_is_known_of_a_file_before_it_is_read(tmp_path):
    folder = tmp_path / "all"
    folder.mkdir()
    chosen = Chosen("tools", folder)
    assert look_at(chosen).problem == "all is a folder, and no export."
    (folder / "manifest.json").write_text("{}")
    assert look_at(chosen) == Found("an export's folder: its file of this table")
    file = tmp_path / "rows.csv"
    file.write_text("id\n1\n")
    assert look_at(Chosen("tools", file)) == Found("csv, 5B")
    assert look_at(Chosen("tools", file, kind="json")) == Found("json, 5B")
    assert "rows.sql is sql" in look_at(Chosen("tools", file.rename(tmp_path / "rows.sql"))).problem
    assert look_at(Chosen("tools", file)).problem == f"There is no {file}."
    assert Chosen("tools", file, "tsv", upsert=True).words() == (
        "import", str(file), "--table", "tools", "--format", "tsv", "--upsert"
    )  # fmt: skip
