"""Pictures of the dialogs around 1 Tables: export, its progress, import and the search."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.screen_host import still
from tests.app.shell_story import DEPLOYMENT, NOW, shell
from tui.app.exporting_thread import Exporter, Wrote
from tui.app.exporting_wish import ExportWish, What
from tui.app.importing import Chosen
from tui.app.screens import import_question
from tui.app.screens.export_path import PathLine
from tui.app.screens.export_question import ExportQuestion
from tui.app.screens.export_running import ExportRunning
from tui.app.screens.import_question import Found, ImportQuestion
from tui.app.screens.search_tables import HitFound, SearchScreen
from tui.operations.reads.export_target import Target
from tui.operations.reads.exporting import Wanted
from tui.operations.reads.surveying import Hit

SMALL, LARGE = (80, 24), (140, 45)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
WHAT = What(
    wanted=(Wanted(name="tools"),), line="enabled = true and name ~ t", rows=143,
    words="that enabled = true and name ~ t keeps", secrets=("auth_value", "headers"),
)  # fmt: skip


class Free(ExportWish):
    """Its place was looked at: nothing stands there."""

    taken = ""

    def look(self) -> Target:
        return Target(self.target.path, taken=self.taken)


class Taken(Free):
    """Its place was looked at: a file stands there."""

    taken = "1.2M of Aug 11 02:00"


def pushed(make, ready=lambda screen: True):
    """Push a screen over 1 Tables, and wait until it shows what it is to show."""

    async def run(pilot):
        await pilot.press("1")
        screen = make()
        await pilot.app.push_screen(screen)
        while not ready(screen):
            await pilot.pause(0.02)
        await pilot.pause()
        still(pilot)

    return run


@SIZES
def test_export(snap_compare, size):
    run = pushed(lambda: ExportQuestion(Free(DEPLOYMENT, WHAT, NOW)), lambda s: s.wish.is_known)
    assert snap_compare(shell(), run_before=run, terminal_size=size)


def test_export_with_secrets_over_a_file_in_ascii(snap_compare):
    wish = Taken(DEPLOYMENT, replace(WHAT, source="k7m2qd"), NOW)
    wish.secrets = wish.safe = True
    run = pushed(lambda: ExportQuestion(wish, "No space left while writing /srv/forge."),
                 lambda _screen: wish.is_known)  # fmt: skip
    assert snap_compare(shell(glyphs="ascii"), run_before=run, terminal_size=SMALL)


def test_a_place_is_typed(snap_compare):
    def make():
        return PathLine("Export tools to", "/srv/forge/tools.csv", "a new file", Path("/srv/forge"))

    assert snap_compare(shell(), run_before=pushed(make), terminal_size=SMALL)


@SIZES
def test_progress(snap_compare, size, monkeypatch):
    monkeypatch.setattr(Exporter, "start", lambda _self: None)
    monkeypatch.setattr(Exporter, "is_alive", lambda _self: False)

    def make():
        screen = ExportRunning(Free(DEPLOYMENT, replace(WHAT, rows=752_640), NOW))
        screen._wrote = Wrote("tools", 412_000, 4.2)
        return screen

    assert snap_compare(shell(), run_before=pushed(make), terminal_size=size)


@SIZES
def test_import(snap_compare, size, monkeypatch):
    monkeypatch.setattr(import_question, "look_at", lambda _chosen: Found("ndjson, 12.4K"))

    def make():
        chosen = Chosen("tools", Path("/srv/forge/tools.ndjson"), upsert=True)
        return ImportQuestion(DEPLOYMENT, chosen)

    run = pushed(make, lambda screen: screen._found is not None)
    assert snap_compare(shell(), run_before=run, terminal_size=size)


class Nobody:
    """A desk at which nobody reads."""

    def ask(self, job):
        self.job = job

    def drop(self, *kinds):
        pass


@SIZES
def test_search(snap_compare, size):
    desk = Nobody()

    def make():
        return SearchScreen("crm-mcp", desk, DEPLOYMENT)

    async def run(pilot):
        await pushed(make)(pilot)
        for table, column, text in (
            ("gateways", "url", "https://crm-mcp.corp.example/mcp"),
            ("structured_log_entries", "message", "Permanently deleted gateway: crm-mcp"),
        ):
            hit = Hit(table=table, column=column, identity=("a",), excerpt=text)
            for _ in range(20 if table == "gateways" else 3):
                pilot.app.screen.post_message(HitFound(hit))
        await pilot.pause()
        pilot.app.screen._of = 71
        desk.job.then(None)
        await pilot.pause()

    assert snap_compare(shell(), run_before=run, terminal_size=size)
