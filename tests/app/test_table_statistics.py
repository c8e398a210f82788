"""The Statistics of a table: a column at a time, in the background, and nothing of a secret."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from tests.app.row_grid_stage import FORBIDDEN, HOSTILE
from tests.app.shell_story import screen_text
from tests.app.tables_stage import (
    SECRET,
    browser_app,
    database,
    message,
    open_table,
    rows,
    shows,
    until,
)
from tui.core.models import TableInfo

SMALL, LARGE = (80, 24), (140, 45)


@pytest.fixture
def live(tmp_path):
    connection = database(tmp_path / "mcp.db")
    yield tmp_path / "mcp.db", connection
    connection.close()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_each_column_is_told_and_of_a_secret_no_value(live, size):
    app = browser_app(live[0])
    async with app.run_test(size=size) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("left_square_bracket")
        await shows(pilot, "[Statistics]", "smallest", "tool-000000", "tool-000299", "masked")
        await until(pilot, lambda: not rows(app)._looking)
        await pilot.press("j", "j")
        await shows(pilot, "300 integer", "most frequent", "false 150", "true 150")
        await pilot.press("G")
        await shows(pilot, "A secret: its values are not looked at.", "300 rows")
        assert SECRET not in screen_text(app)
        words = screen_text(app)
        assert "size" in words


async def test_a_table_of_very_many_rows_is_read_only_on_a_wish(live):
    app = browser_app(live[0])
    many = tuple(replace(t, rows=2_000_000) if t.name == "tools" else t for t in app.seen.tables)
    app.seen = replace(app.seen, tables=many)
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("left_square_bracket")
        await shows(pilot, "[Statistics]", "gateway_id")
        await until(pilot, lambda: "Enter looks at one" in message(app))
        assert not rows(app)._columns
        await pilot.press("j", "enter")
        await shows(pilot, "tool-000299")
        assert list(rows(app)._columns) == ["name"]


async def test_esc_stops_it_and_no_key_waits_for_it(live, monkeypatch):
    from tui.operations.reads import surveying
    from tui.services.sqlite.stopping import stoppable

    def endless(connection, relation, column, *, cancelled):
        with stoppable(connection, cancelled):
            connection.execute(
                "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
                "SELECT count(*) FROM c"
            ).fetchone()

    monkeypatch.setattr(surveying, "column_statistics", endless)
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: rows(app)._looking == "id")
        await pilot.press("j")
        await until(pilot, lambda: rows(app)._statistics.list.cursor_key == "name")
        await pilot.press("escape")
        await until(pilot, lambda: "Stopped at 0 of 6 columns" in message(app))
        await until(pilot, lambda: app.pane._live.desk._running is None)
        await pilot.press("escape")
        await shows(pilot, "[Rows]", "tool-000000")


async def test_what_cannot_be_read_says_why(live):
    path, connection = live
    connection.execute("CREATE VIEW broken AS SELECT * FROM nowhere")
    connection.commit()
    app = browser_app(path)
    app.seen = replace(app.seen, tables=(*app.seen.tables, TableInfo(name="broken", kind="view")))
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("escape")
        app.pane.point_at("broken")
        await shows(pilot, "broken cannot be read")
        await pilot.press("left_square_bracket")
        await shows(pilot, "[Statistics]", "broken cannot be read: no such table")


async def test_odd_tables_of_any_kind_have_statistics_and_rows(tmp_path):
    connection = sqlite3.connect(tmp_path / "mcp.db")
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    connection.execute(f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted} TEXT)")
    connection.execute(f"INSERT INTO {quoted} VALUES (1, ?)", (HOSTILE,))
    connection.execute(f"INSERT INTO {quoted} VALUES (2, CAST(x'ff41' AS TEXT))")
    connection.executescript(
        "CREATE TABLE keyed (k TEXT PRIMARY KEY, at DATETIME, twice AS (k || k)) WITHOUT ROWID;"
        "INSERT INTO keyed VALUES ('a', '0000-99-99 77:00'), ('b', 1e300), ('c', -1);"
        "CREATE VIRTUAL TABLE found USING fts5 (words); INSERT INTO found VALUES ('some words');"
    )
    connection.commit()
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=SMALL) as pilot:
        for table, texts in (
            ("keyed", ("aa", "cc", "0000-99-99 77:00")),
            ("found", ("some words",)),
            (HOSTILE, ("[/x]",)),
        ):
            await open_table(pilot, table)
            await shows(pilot, "rows 1-" if table != "found" else "row 1")
            await pilot.press("enter")
            await shows(pilot, "[Fields]", "›")
            await pilot.press("escape")
            await pilot.press("left_square_bracket")
            await shows(pilot, "[Statistics]", *texts)
            await until(pilot, lambda: not rows(app)._looking)
            assert not [c for c in FORBIDDEN if c in screen_text(app).replace("\n", "")]
            await pilot.press("escape")
            await shows(pilot, "[Rows]")
            await pilot.press("escape")


async def test_two_thousand_columns_and_a_cell_of_5_mb_keep_no_key_waiting(tmp_path):
    connection = sqlite3.connect(tmp_path / "mcp.db")
    many = ", ".join(f"c{n}" for n in range(1_999))
    connection.execute(f"CREATE TABLE wide (id INTEGER PRIMARY KEY, {many})")
    connection.execute("INSERT INTO wide (id, c0, c1) VALUES (1, ?, 'one')", ("x" * 5_000_000,))
    connection.commit()
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "wide")
        await pilot.press("enter")
        await shows(pilot, "[Fields]", "5,000,000 bytes, cut", "more fields")
        await pilot.press("G")
        await shows(pilot, "c1998")
        await pilot.press("g", "j", "v")
        await shows(pilot, "text, 5,000,000 bytes", "xxxx", "0 % of")
        await pilot.press("G")
        await shows(pilot, "99 % of")
        await pilot.press("escape")
        await shows(pilot, "[Fields]")
        await pilot.press("right_square_bracket")
        await shows(pilot, "[JSON]", "{ 2,000 keys", '"c1": "one"')
        await pilot.press("escape", "left_square_bracket")
        await shows(pilot, "[Statistics]", "one")
        await pilot.press("j")
        await shows(pilot, "Holds a value over 1M: nothing was compared.")
        await pilot.press("escape")
        await until(pilot, lambda: "Stopped at" in message(app))


@pytest.mark.parametrize(
    ("keys", "texts"),
    [
        (("right_square_bracket",), ("[Schema]", "CREATE TABLE gateways")),
        (("left_square_bracket",), ("[Statistics]", "gateway number 6", "masked")),
    ],
    ids=["schema", "statistics"],
)
async def test_the_list_of_tables_keeps_the_tab(live, keys, texts):
    app = browser_app(live[0])
    async with app.run_test(size=LARGE) as pilot:
        await open_table(pilot, "tools")
        await pilot.press(*keys)
        await shows(pilot, texts[0])
        await until(pilot, lambda: not rows(app)._looking)
        app.screen.set_focus(app.pane._list)
        await pilot.press("g")
        await shows(pilot, *texts)
        await until(pilot, lambda: not rows(app)._looking)
