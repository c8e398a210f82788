"""7 Maintenance: what its keys do and what it says, on frozen facts and on a real deployment."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import replace

import pytest

from tests.app.maintenance_story import DEPLOYMENT, FIGURES, KNOWN, known, shell
from tests.app.shell_story import FORBIDDEN, HOSTILE, changed, screen_text
from tests.app.waiting import until
from tui.app.app import McpdbApp
from tui.app.loops import Periods
from tui.app.panes.base import Pane
from tui.app.panes.maintenance import MaintenancePane
from tui.app.screens.export_path import PathLine
from tui.app.screens.operation import OperationScreen
from tui.app.screens.question import Question
from tui.app.screens.vacuum_question import VacuumQuestion
from tui.core.models import TableFigures
from tui.operations.activity import read_activity
from tui.operations.backup import BackupCreate
from tui.operations.measuring.tuning import kept_in_file

QUICK = Periods(pulse=0.1, stamp=0.2, folders=0.3, gateway=0.5, recount=0.5)


@pytest.fixture
def asked(monkeypatch):
    """What the pane asks of the app, instead of its being done."""
    found = []

    def do(_app, make, _back=None, words=()):
        found.append((make(DEPLOYMENT), words))

    monkeypatch.setattr(McpdbApp, "_do", do)
    return found


def pane_of(app) -> MaintenancePane:
    return app.query_one(MaintenancePane)


async def turned(pilot, tab):
    await pilot.press("7")
    for _ in range((tab - 1) % 3):
        await pilot.press("right_square_bracket")
    await pilot.pause()


async def test_the_tabs_go_round_with_their_keys_and_by_a_click():
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        for expected in ("[Tuning]", "[Routine]", "[Statistics]"):
            await pilot.press("right_square_bracket")
            await pilot.pause()
            assert expected in screen_text(app)
        await pilot.click("SubTabs", offset=(2, 0))
        await pilot.pause()
        assert "[Routine]" in screen_text(app)


async def test_s_sorts_otherwise_and_says_how():
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        orders = []
        for _ in range(4):
            await pilot.press("s")
            await pilot.pause()
            orders.append([row.key for row in app.query_one("#sizes").rows])
        rows, since, names, total = orders
        assert rows[:2] == ["tool_metrics", "performance_metrics"]
        assert names == sorted(names, key=str.lower)
        assert total[:4] == [
            "tool_metrics", "performance_metrics", "structured_log_entries", "unused pages",
        ]  # fmt: skip
        assert since[0] == "tool_metrics"


async def test_enter_shows_a_tables_own_growth_and_esc_the_whole_file():
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7", "enter")
        await pilot.pause()
        assert "of tool_metrics and its indexes" in screen_text(app)
        assert [row.key for row in app.query_one("#sizes").rows] == [
            "tool_metrics", "ix_tool_metrics_tool_id_timestamp", "ix_tool_metrics_tool_id",
        ]  # fmt: skip
        assert "repeats ix_tool_metrics" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "of the database without wal" in screen_text(app)
        assert app.pane.NUMBER == 7


async def test_enter_on_a_job_asks_and_r_runs_it(asked):
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 0)
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(asked) == 1)
        await pilot.press("r")
        await until(pilot, lambda: len(asked) == 2)
    assert [operation.name for operation, _words in asked] == ["check", "check"]
    # With words even what changes nothing shows its plan first.
    assert [bool(words) for _operation, words in asked] == [True, False]


async def test_the_quick_check_is_another_job_than_the_full_one():
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 0)
        rows = {row.key: [cell.text for cell in row.cells] for row in app.query_one("#jobs").rows}
    assert rows["check"][1].startswith("Aug 09")
    assert rows["check"][2] == "integrity_check ok, every foreign key fits."
    assert rows["quick"][1] == "never"


async def test_the_values_of_a_setting_are_offered_and_one_is_asked_for(asked):
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 2)
        await pilot.press("j", "enter")
        await until(pilot, lambda: "auto_vacuum, now none" in screen_text(app))
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: asked)
    operation, _words = asked[0]
    assert (operation.setting, operation.value, operation.stop) == (
        "auto_vacuum",
        "incremental",
        True,
    )


async def test_what_only_the_gateway_sets_is_greyed_with_who_can():
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 2)
        await pilot.press("j", "j", "j", "enter")
        await pilot.pause()
        assert "busy_timeout: DB_SQLITE_BUSY_TIMEOUT in .env, then a restart." in screen_text(app)


async def test_read_only_greys_every_job_and_every_change():
    app = shell(known(deployment=replace(DEPLOYMENT, read_only=True)))
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 0)
        pane = pane_of(app)
        for action in ("open", "run", "vacuum", "tune('page_size', '8192')"):
            assert "--read-only" in pane.why_not(action), action


async def test_what_cannot_be_read_stands_in_the_lists_place():
    problems = {"figures": "It is locked by report.py (pid 7).", "tuning": "It is locked."}
    app = shell(changed(problems=problems))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        await pilot.pause()
        assert "locked by report.py (pid 7)" in screen_text(app)
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert "It is locked." in screen_text(app)


async def test_a_table_with_a_hostile_name_is_only_shown():
    odd = TableFigures(name=HOSTILE, rows=1, data=2**40, indexes=0)
    app = shell(known(figures=replace(FIGURES, tables=(odd, *FIGURES.tables))))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("7", "enter")
        await pilot.pause()
        assert not set(FORBIDDEN) & set(screen_text(app))


async def test_the_palette_turns_to_the_tab_that_it_speaks_of():
    app = shell(KNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 2)
        await app.act(app.pane, "sort")
        await pilot.pause()
        assert "[Statistics]" in screen_text(app)


# --- on a real deployment ---------------------------------------------------------------------


def opened(site, **changes):
    return McpdbApp(
        replace(site.deployment, **changes), settings={"glyphs": "unicode"}, periods=QUICK
    )


@pytest.fixture
def saved(site):
    """A site with one backup: no welcome opens."""
    site.do(BackupCreate(site.deployment))
    return site


def measured(app):
    return bool(app.seen.figures and app.seen.growth and app.seen.tuning)


async def test_it_measures_keeps_the_days_reading_and_saves_all_as_csv(saved):
    app = opened(saved)
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: measured(app))
        assert app.seen.figures.size > 100_000
        assert app.seen.growth.counted() == {"backup": 1, "daily": 1}
        assert (saved.deployment.state_dir / "figures.db").exists()
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("enter")
        await until(pilot, lambda: "saved" in screen_text(app))
    (file,) = saved.folder.rglob("*figures-*.csv")
    with file.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["what"] for row in rows} == {"file", "table", "index", "point"}
    assert {row["name"] for row in rows} >= {"tools", "mcp.db"}
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_backup_makes_a_point_without_measuring_all_again(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: measured(app))
        saved.do(BackupCreate(saved.deployment))
        await until(pilot, lambda: app.seen.growth.counted()["backup"] == 2)


async def test_vacuum_asks_how_and_does_it_with_the_gateway_stopped(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7", "left_square_bracket")
        await until(pilot, lambda: measured(app) and app.seen.lock_known)
        await pilot.press("V")
        await until(pilot, lambda: isinstance(app.screen, VacuumQuestion))
        assert "needs" in screen_text(app)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, OperationScreen))
        await until(pilot, lambda: "VACUUMED" in screen_text(app) or "DONE" in screen_text(app))
    last = read_activity(saved.deployment)[0]
    assert (last.operation, last.exit_code) == ("vacuum", 0)
    assert await asyncio.to_thread(saved.healthy)


async def test_a_setting_is_changed_from_its_menu(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await turned(pilot, 2)
        await until(pilot, lambda: measured(app) and app.seen.lock_known and app.seen.gateway)
        pane = app.pane
        assert isinstance(pane, Pane)
        app.query_one("#settings").point_at("page_size")
        await pilot.press("enter")
        await until(pilot, lambda: "page_size, now 4096" in screen_text(app))
        await pilot.press("j", "j", "j", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "Set page_size of the database" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: "TUNED" in screen_text(app))
        await until(pilot, lambda: app.seen.tuning[2].in_file == "8192")
    assert kept_in_file(saved.deployment)["page_size"] == "8192"
