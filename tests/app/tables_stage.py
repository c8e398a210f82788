"""The table browser over a real SQLite file, without a gateway."""

from __future__ import annotations

import sqlite3

from tests.app.shell_story import DEPLOYMENT, screen_text
from tests.app.waiting import until
from tui.app.app import McpdbApp
from tui.app.loops import Periods
from tui.app.seen import Seen
from tui.app.widgets.message import MessageLine
from tui.core.models import TableInfo

SECRET = "hunter2-hunter2"
SCHEMA = """
CREATE TABLE gateways (
    id TEXT PRIMARY KEY NOT NULL, name TEXT, auth_value TEXT, note TEXT
);
CREATE TABLE tools (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, enabled BOOLEAN,
    gateway_id TEXT REFERENCES gateways (id), input_schema JSON, auth_value TEXT
);
CREATE INDEX tools_by_name ON tools (name);
CREATE INDEX tools_by_gateway ON tools (gateway_id);
"""


def database(path, tools=300):
    """Seven gateways, and tools that belong to them."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = wal")
    connection.executescript(SCHEMA)
    connection.executemany(
        "INSERT INTO gateways VALUES (?, ?, ?, ?)",
        [(f"gw-{n}", f"gateway number {n}", SECRET, None) for n in range(7)],
    )
    connection.executemany(
        "INSERT INTO tools VALUES (?, ?, ?, ?, ?, ?)",
        (
            (n * 2, f"tool-{n:06}", n % 2, f"gw-{n % 7}", '{"type": "object", "n": {"a": 1}}',
             SECRET)
            for n in range(tools)
        ),
    )  # fmt: skip
    connection.commit()
    return connection


def browser_app(path, **settings):
    """The app over a file; nothing but the table browser reads."""
    from dataclasses import replace

    from tui.app.model import Model
    from tui.core.models import DatabaseFacts

    deployment = replace(
        DEPLOYMENT, database=path, gateway=None,
        backup_dir=path.parent / "backups", project_dir=path.parent,
    )  # fmt: skip
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    tables = tuple(
        TableInfo(
            name=name, kind="table",
            rows=connection.execute(f'SELECT count(*) FROM "{name.replace(chr(34), chr(34) * 2)}"')
            .fetchone()[0],
        )
        for (name,) in names
    )  # fmt: skip
    connection.close()
    facts = DatabaseFacts(path=path, exists=True, size=path.stat().st_size, journal_mode="wal")
    seen = Seen(deployment=deployment, host="ctx-01", who="dana", database=facts, tables=tables)
    app = McpdbApp(
        deployment, settings={"glyphs": "unicode", **settings}, first=seen, periods=Periods(),
        watch=False,
    )  # fmt: skip
    app.model = Model(deployment, app)
    return app


async def shows(pilot, *texts):
    """Wait until the screen has these texts."""
    await until(pilot, lambda: all(text in screen_text(pilot.app) for text in texts))


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


def rows(app):
    """The rows of the pane in sight."""
    return app.pane._rows


async def open_table(pilot, name):
    """Open a table in the grid."""
    await pilot.press("1")
    await pilot.pause()
    pilot.app.pane.point_at(name)
    await until(pilot, lambda: rows(pilot.app).grid.row is not None)
