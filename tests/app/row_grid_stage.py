"""A grid alone on a screen, over a real SQLite file; its wishes are answered when a test says."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from textual import on
from textual.app import App

from tests.app.waiting import until
from tui.app.glyphs import choose
from tui.app.themes import THEMES, role_defaults
from tui.app.widgets.grid import RowGrid
from tui.services.sqlite import paging
from tui.services.sqlite.relations import relation

ZONE = timezone(timedelta(hours=2), "CEST")
NOW = datetime(2026, 8, 11, 3, 14, 19, tzinfo=ZONE)
HOSTILE = "[/x]\x1b[31m\x1b]52;c;ZXZpbA==\x07\x9b2J\u202eexe.gnp[red]\u200b\nnext"
FORBIDDEN = "\x1b\x07\x9b\u202e\u200b\n"

TOOLS = """
CREATE TABLE gateways (id TEXT PRIMARY KEY, name TEXT);
CREATE TABLE tools (
    id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL, type VARCHAR(20), enabled BOOLEAN,
    size REAL, gateway_id TEXT REFERENCES gateways (id), auth_value TEXT, input_schema JSON,
    icon BLOB
);
"""


def tools(path, rows):
    """A table as the gateway has them; row N has id N * 10."""
    connection = sqlite3.connect(path)
    connection.executescript(TOOLS)
    connection.executemany(
        "INSERT INTO tools VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number * 10, f"tool-{number:07}", "MCP" if number % 3 else None, number % 2,
                number / 4, f"gw-{number % 7}" if number % 5 else None,
                "s" * 118 if number % 4 else None,
                '{"type": "object", "properties": {}}' if number % 2 else "[1, 2, 3]",
                b"\0" * number if number % 6 == 0 else None,
            )
            for number in range(rows)
        ),
    )  # fmt: skip
    connection.commit()
    return connection


def read(connection, view, wish):
    """The page of a wish, as the pane would read it."""
    match wish.kind:
        case "top":
            return paging.first(connection, view, wish.limit)
        case "bottom":
            return paging.last(connection, view, wish.limit)
        case "after":
            return paging.after(connection, view, wish.anchor, wish.limit)
        case "before":
            return paging.before(connection, view, wish.anchor, wish.limit)
        case "around":
            return paging.around(connection, view, wish.identity, wish.limit)
        case _:
            return paging.at(connection, view, wish.number, wish.limit)


class Stage(App[None]):
    """Answers each wish at once, or keeps it for `answer`."""

    second = 0

    def __init__(self, connection, table="tools", *, glyphs="unicode", theme="mcpdb-dark", **view):
        super().__init__()
        self.grid = RowGrid(id="rows")
        self.glyphs = choose(glyphs)
        self.connection = connection
        self.relation = relation(connection, table)
        names = tuple(c.name for c in self.relation.columns if not c.hidden)
        self.view = paging.View(**{"relation": self.relation, "columns": names, **view})
        self.at_once = True
        self.wants, self.told, self.limits = [], [], []
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme

    def get_theme_variable_defaults(self):
        return role_defaults(self.current_theme)

    def now(self):
        return NOW

    def compose(self):
        yield self.grid

    def on_mount(self):
        self.screen.set_focus(self.grid)

    def show(self, **other):
        if columns := other.get("columns"):
            self.view = replace(self.view, columns=tuple(columns))
        self.grid.show(self.relation, **{"columns": self.view.columns, **other})

    @on(RowGrid.Want)
    def _wanted(self, message):
        self.limits.append(message.wish.limit)
        self.wants.append(message.wish)
        if self.at_once:
            self.answer()

    def answer(self):
        """Answer the oldest wish that was not answered."""
        wish = self.wants.pop(0)
        self.grid.take(read(self.connection, self.view, wish), wish)
        return wish

    @on(RowGrid.Say)
    @on(RowGrid.Opened)
    @on(RowGrid.Headed)
    @on(RowGrid.Unwanted)
    @on(RowGrid.Menu)
    def _tell(self, message):
        self.told.append(message)

    @property
    def lines(self):
        """What the grid shows, a line each."""
        return [self.grid.render_line(y).text.rstrip() for y in range(self.grid.size.height)]


async def settled(pilot):
    """Wait until everything that is under way has come."""
    await pilot.pause()
    await until(pilot, lambda: not pilot.app.grid.feed.is_reading)
    await pilot.pause()
