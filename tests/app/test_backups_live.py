"""The light and disruptive verbs of 2 Backups on a real deployment, and taking them back."""

from __future__ import annotations

import shutil

import pytest

from tests.app.shell_story import screen_text
from tests.app.test_shell_live import QUICK, known, message, until
from tui.app.app import McpdbApp
from tui.app.screens.plan import PlanScreen
from tui.app.screens.question import Question
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue


@pytest.fixture
def stopped(make_site):
    """A site whose gateway is stopped, with one labelled backup."""
    site = make_site(running=False)
    site.do(BackupCreate(site.deployment, label="first"))
    return site


def opened(site):
    return McpdbApp(site.deployment, settings={"glyphs": "unicode"}, periods=QUICK)


def only(app):
    return app.seen.catalogue.backups[0]


async def test_pin_and_label_are_done_at_once_and_u_takes_both_back(stopped):
    app = opened(stopped)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("2", "p")
        await until(pilot, lambda: only(app).pinned and app.seen.running is None)
        await pilot.press("l", *"er", "enter")
        await until(pilot, lambda: only(app).label == "firster" and app.seen.running is None)
        assert "label firster" in screen_text(app)
        await pilot.press("u")
        await until(pilot, lambda: only(app).label == "first" and app.seen.running is None)
        assert only(app).pinned
        await pilot.press("u")
        await until(pilot, lambda: not only(app).pinned and message(app).startswith("unpinned"))
        await pilot.press("u")
        await pilot.pause()
        assert message(app).startswith("Nothing to take back:")


async def test_a_cold_backup_asks_y_or_n_and_says_what_fails_meanwhile(site):
    site.do(BackupCreate(site.deployment))
    app = opened(site)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("2")
        await app.act(app.pane, "back_up_cold")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await until(
            pilot, lambda: "Calls to the gateway fail until it is started again" in screen_text(app)
        )
        assert "--cold" in screen_text(app)
        await pilot.press("n")
        await until(pilot, lambda: message(app) == "Cancelled. Nothing was changed.")
        assert len(read_catalogue(site.deployment).backups) == 1


async def test_delete_wants_the_id_typed_and_deletes(stopped):
    stopped.do(BackupCreate(stopped.deployment))
    app = opened(stopped)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("2", "G")
        await pilot.pause()
        ident = app.pane._list.cursor_key
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        assert app.screen.plan.subject == ident
        await pilot.press("tab", *ident, "enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(
            pilot, lambda: ident not in [b.id for b in read_catalogue(stopped.deployment).backups]
        )


async def test_the_first_start_verifies_every_file_that_lies_there(make_site):
    site = make_site(running=False)
    folder = site.deployment.backup_dir
    folder.mkdir(exist_ok=True)
    for day in (10, 11):
        shutil.copy(site.database, folder / f"mcp_backup_202608{day}_031500.db")
    app = opened(site)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "verify the 2 files" in screen_text(app))
        await pilot.press("t")
        await until(pilot, lambda: "2 of 2 backups ok" in message(app))
        assert app.pane.NUMBER == 2
        assert "2 files of the guide's script, " in screen_text(app)
