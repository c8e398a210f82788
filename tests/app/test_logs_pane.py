"""5 Logs: sources are walked, lines copied and saved, words said; pictures at both sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.logs_story import FILE, FrozenFeed, logs_app, opened, pane_of
from tests.app.shell_story import DEPLOYMENT, changed, screen_text
from tests.app.waiting import until
from tui.app.screens.log_path import LogPath
from tui.app.widgets.message import MessageLine
from tui.operations.logs.shown import said
from tui.operations.logs.sources import ACTIVITY

SMALL, LARGE = (80, 24), (140, 45)


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


async def test_the_sources_are_walked_both_ways():
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        pane = await opened(pilot)
        assert "[Merged]" in screen_text(app)
        for key, name in (
            ("right_square_bracket", "[container forge-gateway-1]"),
            ("right_square_bracket", "[logs/mcpgateway.log]"),
            ("right_square_bracket", "[activity]"),
            ("right_square_bracket", "[Merged]"),
            ("left_square_bracket", "[activity]"),
        ):
            old = pane._feed
            await pilot.press(key)
            await until(pilot, lambda name=name: name in screen_text(app))
            assert old.ended
        await until(pilot, lambda: "Permanently deleted" not in screen_text(app))
        await until(pilot, lambda: "compare k7m2qd with live" in screen_text(app))


async def test_older_lines_are_loaded_at_the_top_and_a_file_is_read_from_its_start():
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        pane = await opened(pilot)
        pane._feed.has_older = True
        await pilot.press("g")
        await until(pilot, lambda: pane._feed.tail == 50_000)
        await until(pilot, lambda: pane._loaded and not pane._view.following)
        pane._only = FILE
        pane._begin(DEPLOYMENT)
        await until(pilot, lambda: pane._loaded)
        pane._feed.has_older = True
        await pilot.press("g")
        await until(pilot, lambda: pane._feed.from_start)
        pane._feed.left = 3_000_000_000
        pane._stand()
        await until(pilot, lambda: "from the file's start, 3G below: f" in screen_text(app))
        await pilot.press("G")
        await until(pilot, lambda: not pane._feed.from_start)


async def test_marked_lines_are_copied_as_they_came_without_secrets():
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        pane = await opened(pilot)
        await pilot.press("k")
        assert pane.copied().endswith("login failed (user=dana, password=••••)")
        await pilot.press("k", "k", "space")
        assert "Metrics cleanup" in pane.copied()
        await pilot.press("y")
        await pilot.pause()
        assert message(app).startswith("Copied ")
        await pilot.press("escape")
        assert not pane._view.marked


async def test_lines_that_pass_are_saved_with_a_word(tmp_path):
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        pane = await opened(pilot)
        pane.filter_by("login")
        await until(pilot, lambda: pane._view.kept == 1)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, LogPath))
        field = app.screen.query_one("_Field")
        assert Path(field.value).name == "forge-20260811-0314.log"
        target = tmp_path / "saved.log"
        field.value = str(target)
        await pilot.press("enter")
        await until(pilot, lambda: target.exists() and "saved 1 line to" in message(app))
        assert "hunter2" not in target.read_text()
        assert message(app).endswith(f"saved 1 line to {target}, secrets masked")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, LogPath))
        app.screen.query_one("_Field").value = str(target)
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in message(app))


async def test_the_filter_says_how_many_it_keeps_and_what_is_wrong_with_it():
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"grafana")
        await until(pilot, lambda: "keeps 4 of 18" in screen_text(app))
        await pilot.press(*" (")
        await until(pilot, lambda: "bad regex: missing ) at 0" in message(app))
        await pilot.press("escape", "slash", *"nothing-at-all", "enter")
        await until(
            pilot,
            lambda: "No line matches; 18 read. Esc clears the filter." in screen_text(app),
        )
        await pilot.press("escape")
        await until(pilot, lambda: "crm-mcp" in screen_text(app))


async def test_a_restart_and_a_gap_stand_in_the_view():
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        pane = await opened(pilot)
        now = pane.now()
        pane._feed.coming = [
            said("container restarted 03:16:21 (exit 0)", now),
            said("20 lines came faster than they could be shown: passed over", now),
        ]
        await until(
            pilot, lambda: "── container restarted 03:16:21 (exit 0) ──" in screen_text(app)
        )
        assert "20 lines came faster" in screen_text(app)


async def test_a_flood_is_told_with_its_rate():
    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        pane = await opened(pilot)
        pane._feed.coming = [(FILE, b"INFO: x")] * 60_000
        await until(pilot, lambda: "+60,000/s, showing the newest" in screen_text(app))
        await until(pilot, lambda: "50,000 kept of 60,018" in screen_text(app))


async def test_an_empty_log_says_where_lines_would_come_from():
    class Empty(FrozenFeed):
        def __init__(self, *words, **options):
            super().__init__(*words, **options)
            self.coming, self.sources = [], (ACTIVITY,)

    app = logs_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("5")
        pane = pane_of(app)
        pane._make_feed = Empty
        pane._begin(DEPLOYMENT)
        words = "logs/ is empty; this gateway logs to the container."
        await until(pilot, lambda: words in screen_text(app))


async def test_keys_without_a_line_say_why():
    app = logs_app(changed())
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("5", "y")
        await pilot.pause()
        assert message(app) == "There is no line to copy."
        await pilot.press("x")
        await pilot.pause()
        assert message(app) == "There is no line to save."


# --- pictures -----------------------------------------------------------------------------


def shown(*keys):
    async def before(pilot):
        await opened(pilot)
        await pilot.press(*keys)
        await pilot.pause(0.2)

    return before


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
def test_following(snap_compare, size):
    assert snap_compare(logs_app(), run_before=shown(), terminal_size=size)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
def test_at_an_error(snap_compare, size):
    assert snap_compare(logs_app(), run_before=shown("E"), terminal_size=size)


@pytest.mark.parametrize("theme", ["mcpdb-light", "mcpdb-16-dark"])
def test_in_theme(snap_compare, theme):
    assert snap_compare(logs_app(theme=theme), run_before=shown("E"), terminal_size=LARGE)


def test_in_ascii(snap_compare):
    app = logs_app(glyphs="ascii")
    assert snap_compare(app, run_before=shown("E", "space"), terminal_size=LARGE)


def test_unfolded(snap_compare):
    assert snap_compare(logs_app(), run_before=shown("E", "enter", "w"), terminal_size=SMALL)


def test_what_came_since_it_was_paused(snap_compare):
    async def before(pilot):
        pane = await opened(pilot)
        await pilot.press("k")
        pane._feed.coming = [(FILE, b'{"level": "INFO", "message": "new"}')] * 3
        await until(pilot, lambda: pane._view.new_below == 3)
        await pilot.pause(0.2)

    assert snap_compare(logs_app(), run_before=before, terminal_size=LARGE)
