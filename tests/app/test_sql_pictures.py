"""Pictures of the SQL console: a result, an error, candidates."""

from __future__ import annotations

import pytest

from tests.app.shell_story import HOSTILE, NOW, shell
from tui.app.sql_offer import Names
from tui.app.sql_tasks import Done, Task
from tui.core.models.queries import Caps, Result
from tui.core.models.rows import Cell
from tui.operations.reads.looking import LiveDatabase
from tui.services.sqlite.sql_reading import StatementError

SIZES = [(80, 24), (140, 45)]
SQL = """SELECT g.name, count(*) AS failed, max(m.timestamp) AS last
  FROM tool_metrics m
  JOIN tools t    ON t.id = m.tool_id
  JOIN gateways g ON g.id = t.gateway_id -- "unknown" ones too
 WHERE m.is_success = 0 AND g.name <> 'none'
 GROUP BY g.name ORDER BY failed DESC;"""
ROWS = (
    ("grafana", 1_904, "2026-08-11 01:13:58.102245"),
    ("jira", 412, "2026-08-11 01:02:11.840031"),
    ("github", 318, "2026-08-11 00:59:40.115862"),
    ("slack", 77, "2026-08-10 22:31:07.441907"),
    ("postgres-ro", 41, None),
    (HOSTILE, 19, "2026-08-10 18:44:12.908770"),
    ("wiki", 6, ""),
    ("s3-reports", 4, Cell(value="2026-08-08 " * 40, length=5_000_000)),
    ("pagerduty", 2, Cell(value=None, length=118, secret=True)),
    ("time", 1, "2026-08-07 04:12:48.229317"),
    ("weather", 1, "2026-08-07 04:12:48.229317"),
)
RESULT = Result(
    columns=("name", "failed", "last"), rows=ROWS, ended="complete", elapsed=0.84, caps=Caps(),
    masked=(("gateways", "auth_value"),), cut=1,
)  # fmt: skip


async def console(pilot):
    """The pane on frozen facts: nothing is read."""
    await pilot.press("8")
    await pilot.pause()
    pane = pilot.app.pane
    pane.source = LiveDatabase(pilot.app.seen.deployment)
    pane.caps, pane.names = Caps(), Names(("tools", "tool_metrics"), {})
    pane.update()
    return pane


def over(pane, sql, **ending):
    """A statement is over."""
    pane.editor.put(sql)
    pane.last_run, pane._begun_at = type("Run", (), {"sql": sql, "backup": ""})(), NOW
    task = pane._runs = Task("run", pane, lambda _task: None)
    pane._over(Done(task, **ending))


async def result(pilot):
    pane = await console(pilot)
    over(pane, SQL, value=RESULT)
    await pilot.pause()
    await pilot.press("escape", "j")
    await pilot.pause()


async def wrong(pilot):
    pane = await console(pilot)
    sql = "SELECT *\n  FORM tools;"
    over(
        pane, sql, problem="x", wrong=StatementError('near "FORM": syntax error', 11, sql)
    )  # fmt: skip
    await pilot.pause()


async def candidates(pilot):
    pane = await console(pilot)
    pane.editor.put("SELECT * FROM t")
    await pilot.pause()
    await pilot.press("tab")
    await pilot.pause()
    await pilot.press("tab")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "140x45"])
@pytest.mark.parametrize("state", [result, wrong, candidates], ids=lambda state: state.__name__)
def test_the_console_looks_right(snap_compare, state, size):
    assert snap_compare(shell(), run_before=state, terminal_size=size)


@pytest.mark.parametrize(
    "looks",
    [{"theme": "mcpdb-light"}, {"theme": "mcpdb-16-dark", "glyphs": "ascii"}],
    ids=["light", "ascii-16"],
)
def test_a_result_looks_right_in_other_looks(snap_compare, looks):
    assert snap_compare(shell(**looks), run_before=result, terminal_size=SIZES[0])
