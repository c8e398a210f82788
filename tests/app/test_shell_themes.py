"""Every role can be read on every ground, in our themes and in all of Textual's."""

from __future__ import annotations

import pytest
from textual.theme import BUILTIN_THEMES

from tests.app.shell_story import shell
from tui.app.themes import CONTRAST, THEMES, pairs, role_defaults

ALL = {**BUILTIN_THEMES, **{theme.name: theme for theme in THEMES}}
COLOURED = [theme for theme in ALL.values() if not theme.ansi]


def variables(theme):
    return {**role_defaults(theme), **theme.to_color_system().generate(), **theme.variables}


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_every_pair_of_roles_can_be_read(theme):
    weak = {name: round(r, 2) for name, r in pairs(variables(theme)).items() if r < CONTRAST}
    assert weak == {}


@pytest.mark.parametrize("name", [theme.name for theme in ALL.values()])
async def test_the_shell_opens_in_every_theme(name):
    app = shell(theme=name)
    async with app.run_test(size=(140, 45)):
        assert app.theme == name


def test_nothing_is_dim_in_sixteen_colours():
    for theme in THEMES[3:]:
        assert not [value for value in theme.variables.values() if "dim" in value or "%" in value]


async def test_no_color_prints_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = shell(theme="dracula")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert app.theme == "mcpdb-16-dark"
        for widget in app.screen.walk_children():
            for strip in widget.render_lines(widget.size.region):
                for segment in strip:
                    style = segment.style
                    assert style is None or style.color is None or style.color.is_default
                    assert style is None or style.bgcolor is None or style.bgcolor.is_default
