"""4 Activity over real journals: steps are read when they are looked at, exports, the palette."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from tests.app.shell_story import SEEN, entry, screen_text, shell
from tests.app.tables_stage import until
from tests.app.test_shell_lists import listed, message
from tests.many_journals import NEWEST, write_journal, write_many
from tui.app.app import McpdbApp
from tui.app.loops import Periods
from tui.app.screens.export_path import PathLine
from tui.core.models import Deployment
from tui.operations.activity import read_activity

SMALL = (80, 24)


@pytest.fixture
def deployment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    return Deployment(
        name="forge",
        database=tmp_path / "data" / "mcp.db",
        backup_dir=tmp_path / "data" / "backups",
        project_dir=tmp_path,
    )


def watching(deployment):
    """The app as it is started: it looks by itself."""
    periods = Periods(pulse=0.1, stamp=5.0, folders=0.1, gateway=60.0, recount=60.0)
    return McpdbApp(deployment, settings={"glyphs": "unicode"}, periods=periods)


async def test_the_whole_log_is_listed_and_the_index_is_told(deployment):
    write_many(deployment, 700)
    app = watching(deployment)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.seen.activity is not None)
        await until(pilot, lambda: "index rebuilt from 700 journals" in message(app))
        await pilot.press("4")
        await until(pilot, lambda: "entries 1-" in message(app) or "of 700" in screen_text(app))
        assert len(listed(app)) == 700
        assert app.seen.activity[0].steps == (), "steps are read when they are looked at"


async def test_steps_are_read_when_the_cursor_comes_to_an_entry(deployment):
    write_many(deployment, 60)
    app = watching(deployment)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.seen.activity)
        await pilot.press("4")
        await until(pilot, lambda: "copy the database" in screen_text(app))
        await pilot.press("j")
        await until(pilot, lambda: "op 59 · drill" in screen_text(app))
        await until(pilot, lambda: "publish the database" in screen_text(app))


async def test_what_another_process_does_comes_on_top(deployment):
    write_many(deployment, 60)
    app = watching(deployment)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.seen.activity)
        await pilot.press("4")
        write_journal(deployment, 61, "restore", NEWEST, subject="k7m2qd", who="li")
        await until(pilot, lambda: "restore k7m2qd" in screen_text(app))
        assert listed(app)[0].startswith("000061-")


async def test_what_somebody_else_runs_stands_on_top_whoever_began_later(deployment):
    write_many(deployment, 60)
    write_journal(deployment, 61, "restore", NEWEST, who="li", ended=False, alive=True)
    write_journal(
        deployment,
        62,
        "backup",
        NEWEST,
        outcome="refused",
        exit_code=11,
        who="cron",
        suffix="-refused-9",
    )
    app = watching(deployment)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.seen.activity)
        await pilot.press("4")
        await until(pilot, lambda: listed(app))
        assert [key[:6] for key in listed(app)[:3]] == ["000061", "000062", "000060"]
        text = screen_text(app)
        assert "running" in text
        assert "refused, exit 11" in text


async def test_older_entries_that_are_not_kept_are_told(deployment):
    for path in write_many(deployment, 80)[:30]:
        path.unlink()
    app = shell(replace(SEEN, deployment=deployment, activity=read_activity(deployment)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "of 50 · 30 older ones are not kept" in screen_text(app))


async def test_x_writes_what_the_filter_keeps_to_the_place_that_is_typed(deployment, tmp_path):
    write_many(deployment, 9)
    app = shell(replace(SEEN, deployment=deployment, activity=read_activity(deployment)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("4", "slash", *"what:drill", "enter", "x")
        await until(pilot, lambda: "Export 2 entries" in screen_text(app))
        assert app.screen.query_one("Input").value == str(tmp_path / "activity.csv")
        await pilot.press("enter")
        await until(pilot, lambda: "Exported 2 entries to" in message(app))
        with (tmp_path / "activity.csv").open(newline="") as stream:
            assert [row["op"] for row in csv.DictReader(stream)] == ["9", "4"]
        # The next one is given a name that nothing has.
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        assert app.screen.query_one("Input").value == str(tmp_path / "activity-2.csv")
        await pilot.press("escape")
        await until(pilot, lambda: "Cancelled. Nothing was written." in message(app))
        assert not (tmp_path / "activity-2.csv").exists()


async def test_a_file_that_stands_there_is_replaced_only_after_y(deployment, tmp_path):
    write_many(deployment, 3)
    (tmp_path / "log.csv").write_text("mine")
    app = shell(replace(SEEN, deployment=deployment, activity=read_activity(deployment)))

    async def typed(pilot):
        await pilot.press("x")
        await until(pilot, lambda: "Export 3 entries" in screen_text(app))
        app.screen.query_one("Input").value = "log.csv"
        await pilot.press("enter")
        await until(pilot, lambda: "Replace log.csv?" in screen_text(app))

    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("4")
        await typed(pilot)
        await pilot.press("n")
        await until(pilot, lambda: "Cancelled" in message(app))
        assert (tmp_path / "log.csv").read_text() == "mine"
        await typed(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Exported 3 entries" in message(app))
        assert (tmp_path / "log.csv").read_text().startswith('"op"')


async def test_a_place_that_is_none_is_said_and_nothing_is_written(deployment):
    write_many(deployment, 3)
    app = shell(replace(SEEN, deployment=deployment, activity=read_activity(deployment)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("4", "x")
        await until(pilot, lambda: "Export 3 entries" in screen_text(app))
        app.screen.query_one("Input").value = "nowhere/log.csv"
        await pilot.press("enter")
        await until(pilot, lambda: "There is no folder" in message(app))


async def test_the_palette_takes_terms_and_shows_the_log_so():
    app = shell(replace(SEEN, activity=(entry(36, who="dana", operation="verify"), entry(35))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("colon", *"activity who:dana", "enter")
        await until(pilot, lambda: app.pane.NUMBER == 4)
        await until(pilot, lambda: listed(app) == ["000036-op"])


async def test_an_empty_log_has_nothing_to_export():
    app = shell(replace(SEEN, activity=()))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("4", "x")
        await pilot.pause()
        assert "nothing to export" in message(app)
