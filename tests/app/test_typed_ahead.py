"""Keys that come in one burst, as over a slow line, go where a person means them to go."""

import pytest
from textual import events
from textual.widgets import Input

from tests.app.shell_story import shell
from tests.app.waiting import until
from tui.app.screens.palette import PaletteScreen

SMALL = (80, 24)


def burst(app, text):
    for letter in text:
        names = {":": "colon", "/": "slash", " ": "space", "\r": "enter"}
        app.post_message(events.Key(names.get(letter, letter), letter))


def did(app):
    """What the pane below was asked to do."""
    asked = []
    app._do = lambda *words, **more: asked.append(words)
    return asked


def typed(app):
    """What stands in the field that is typed in."""
    return app.focused.value if isinstance(app.focused, Input) else None


@pytest.mark.parametrize("pane", ["0", "1", "2", "3", "4"])
async def test_what_follows_the_colon_is_the_palettes(pane):
    app = shell()
    asked = did(app)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(pane)
        burst(app, ":backup b")
        await until(pilot, lambda: typed(app) == "backup b")
        assert isinstance(app.screen, PaletteScreen)
        assert asked == []


@pytest.mark.parametrize("pane", ["0", "2", "3", "4"])
async def test_what_follows_the_slash_is_the_filters(pane):
    app = shell()
    asked = did(app)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(pane)
        burst(app, "/bob")
        await until(pilot, lambda: typed(app) == "bob")
        assert asked == []


async def test_a_whole_command_in_one_burst_is_carried_out():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        burst(app, ":table tools\r")
        await until(pilot, lambda: app.pane.NUMBER == 1)
        assert not isinstance(app.screen, PaletteScreen)


async def test_where_no_field_comes_the_keys_are_the_panes_again_in_their_order():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        app._ahead.hold()
        app._looking = app.set_interval(0.01, app._look_for_field)
        burst(app, "12")
        await until(pilot, lambda: app.pane.NUMBER == 2)
        assert not app._ahead.is_holding
