"""The SQL console over a real file."""

from __future__ import annotations

from tests.app.shell_story import screen_text
from tests.app.tables_stage import until

FOREVER = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x"
"""Never gives a row."""
TRICKLE = (
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) "
    "SELECT 'row ' || n FROM x WHERE n % 200000 = 1"
)
"""Gives its rows one by one, for ever."""


async def to_console(pilot):
    """Open the pane, the names read."""
    await pilot.press("8")
    await pilot.pause()
    await until(pilot, lambda: pilot.app.pane.names is not None)


async def run(pilot, sql):
    """Run a statement to its end."""
    await begin(pilot, sql)
    await until(pilot, lambda: not pilot.app.pane.has_statement)
    await pilot.pause()


async def begin(pilot, sql):
    """Begin to run a statement."""
    pilot.app.pane.editor.put(sql)
    await pilot.pause()
    await pilot.press("f5")


def below(app):
    """What stands below the editor: the title first."""
    lines = screen_text(app).splitlines()
    title = next(n for n, text in enumerate(lines) if text.startswith("─") and "Result" in text)
    return lines[title:-2]


def heading(app):
    return below(app)[0]
