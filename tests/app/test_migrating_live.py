"""Rehearsed and upgraded by keys alone, on a real deployment with two pending revisions."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.app.shell_story import screen_text
from tests.app.test_shell_live import known, opened, until
from tests.app.test_shell_live import viewer_is_ours as viewer_is_ours
from tui.app.screens.migrating_plan import MigratingPlanScreen
from tui.app.screens.operation import OperationScreen
from tui.app.screens.rehearsal import RehearsalScreen
from tui.app.screens.rehearse_question import RehearseQuestion
from tui.operations.backup import BackupCreate
from tui.operations.timelines import rehearsals

PENDING = ("6ea2f05bd913", "d45c8b39e07f")


def revision(site):
    with closing(sqlite3.connect(f"{site.database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


@pytest.mark.usefixtures("viewer_is_ours")
async def test_the_pane_rehearses_then_upgrades_and_the_gateway_is_back(make_site):
    site = make_site(revision="current")
    site.do(BackupCreate(site.deployment))
    before, tools = revision(site), site.tools()
    app = opened(site)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app) and app.seen.timeline.pending == len(PENDING))
        await pilot.press("3", "r")
        await until(pilot, lambda: isinstance(app.screen, RehearseQuestion))
        await until(pilot, lambda: "Rehearse 2 revisions" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, RehearsalScreen))
        await until(pilot, lambda: f"{before} → {PENDING[-1]}" in screen_text(app))
        assert revision(site) == before, "only a copy was migrated"
        report = rehearsals.load(site.deployment, "latest")
        assert report.ok
        assert tuple(run.revision for run in report.runs) == PENDING

        await until(pilot, lambda: app.seen.running is None)
        await pilot.press("U")
        await until(pilot, lambda: isinstance(app.screen, MigratingPlanScreen))
        await until(pilot, lambda: f"{before} → {PENDING[-1]}" in screen_text(app))
        await pilot.press("tab", *site.deployment.name, "enter")
        await until(pilot, lambda: getattr(app.screen.focused, "id", "") == "confirm")
        await pilot.press("enter")
        await until(pilot, lambda: "UPGRADED" in screen_text(app))
        assert isinstance(app.screen, OperationScreen)
        assert f"{before} → {PENDING[-1]}, 2 revisions" in screen_text(app)
    assert revision(site) == PENDING[-1]
    assert site.healthy()
    assert site.tools() == tools
