"""A tiny app with rows 1 and 2, over which the screens are shown; all values are frozen."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from textual._context import visible_screen_stack
from textual.app import App
from textual.content import Content
from textual.widgets import Input, Static

from tui.app.themes import THEMES, role_defaults

NOW = datetime(2026, 8, 11, 1, 14, 22, tzinfo=UTC)
SIZES = [(80, 24), (140, 45)]

HOSTILE = "[/x] a\x1b[31mb\x1b]52;c;ZXZpbA==\x07 c\x9b2J d\u202egnp.exe [red]e"
FORBIDDEN = ["\x1b", "\x07", "\x9b", "\u202e"]

ROW_1 = "[PROD] forge@ctx-01  gateway ✓ healthy 1.0.5        dana via sudo  03:14:22 CEST"
ROW_2 = " rev ok head  check ok 1d23h  backup ok 1h14m  413M+8M wal  disk 61G  lock none "


class Host(App[None]):
    """What stands below a dialog."""

    CSS = "Static { height: 1; } #pane { height: 1fr; }"

    def __init__(self, screen_to_show, theme="mcpdb-dark"):
        super().__init__()
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme
        self._shown = screen_to_show
        self.answers = []
        self.animation_level = "none"

    def get_theme_variable_defaults(self):
        return role_defaults(self.current_theme)

    def compose(self):
        yield Static(Content(ROW_1), id="row1")
        yield Static(Content(ROW_2), id="row2")
        yield Static(Content("[1Tables]2Backups 3Migrations 4Activity"), id="tabs")
        yield Static(Content("\n".join(f"row {n} of the pane below" for n in range(60))), id="pane")
        yield Static(Content("the message below"))
        yield Static(Content("the keys below"))

    def on_mount(self):
        self.push_screen(self._shown, self.answers.append)


def still(pilot):
    """Stop what blinks, so that pictures are the same every time."""
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False


def strips(app):
    """What the terminal shows, in segments with their styles."""
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()


def shown(app):
    """What the terminal shows, a line each."""
    return ["".join(segment.text for segment in strip) for strip in strips(app)]


def text_of(app):
    return "\n".join(shown(app))


@pytest.fixture
def cest(monkeypatch):
    """The host's clock stands in Central Europe."""
    monkeypatch.setenv("TZ", "CEST-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
