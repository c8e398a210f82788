"""The table browser on a real file: any number of rows, filters, keys to other tables, secrets."""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

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
from tui.app.widgets.grid_foot import GridFoot
from tui.app.widgets.message import MessageLine
from tui.core.models import TableInfo
from tui.operations.activity import read_activity

SMALL, LARGE = (80, 24), (140, 45)


@pytest.fixture
def live(tmp_path):
    """A database that a gateway holds open, and its connection."""
    connection = database(tmp_path / "mcp.db")
    yield tmp_path / "mcp.db", connection
    connection.close()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_enter_opens_the_rows_and_esc_leads_back_to_the_list(live, size):
    app = browser_app(live[0])
    async with app.run_test(size=size) as pilot:
        await pilot.press("1")
        app.pane._list.point_at("tools")
        await pilot.press("enter")
        await shows(pilot, "tool-000000", "tools  [Rows]", "rows 1-", "of 300")
        assert SECRET not in screen_text(app)
        assert "•••• 15 ch" in screen_text(app)
        await pilot.press("escape")
        assert app.focused is app.pane._list
        assert app.pane._list.cursor_key == "tools"


async def test_the_last_of_100_000_rows_is_one_key_away_and_any_row_a_number(tmp_path):
    connection = database(tmp_path / "mcp.db", 100_000)
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("G")
        await shows(pilot, "tool-099999", "-100,000 of 100,000")
        app.action_row("50,000")
        await shows(pilot, "tool-049999", "50,000")
        assert rows(app).grid.row.identity == (99_998,)
        await pilot.press("g")
        await shows(pilot, "tool-000000")


async def test_a_filter_narrows_while_it_is_typed_and_says_what_is_wrong(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("slash", *"nam")
        await shows(pilot, "of 300 match")
        for key in ("e", "space", "equals_sign", "space", *"tool-000007"):
            await pilot.press("minus" if key == "-" else key)
        await shows(pilot, "1 of 300 match", "tool-000007", "row 1 of 1")
        await pilot.press("enter")
        assert app.focused is rows(app).grid
        await pilot.press("slash", *"x y")
        for _ in range(3):
            await pilot.press("backspace")
        await pilot.press("space", *"and", "space", *"nope", "equals_sign", "1")
        await until(pilot, lambda: "no such column: nope" in message(app))
        assert "tool-000007" in screen_text(app), "the rows that are there stay"
        await pilot.press("escape")
        await shows(pilot, "tool-000008", "of 300")


async def test_s_sorts_turns_and_ends_and_never_by_a_secret(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("l", "s")
        await shows(pilot, "name ↑")
        await pilot.press("s")
        await shows(pilot, "name ↓", "tool-000299")
        await until(pilot, lambda: rows(app).grid.row and rows(app).grid.row.identity == (598,))
        await pilot.press("s")
        await until(pilot, lambda: rows(app).grid.row and rows(app).grid.row.identity == (0,))
        rows(app).grid.to_column("auth_value")
        await pilot.press("s")
        await until(pilot, lambda: "holds secrets" in message(app))


async def test_a_foreign_key_is_followed_and_the_way_back_ends_at_the_same_cell(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press(*"jjjjj")
        rows(app).grid.to_column("gateway_id")
        await pilot.press("greater_than_sign")
        await shows(pilot, "gateways  [Rows]", "gateway number 5")
        await until(pilot, lambda: rows(app).grid.row is not None)
        assert rows(app).grid.row.identity == ("gw-5",)
        await pilot.press("less_than_sign")
        await shows(pilot, "tools  [Rows]", "tool-000005")
        await until(pilot, lambda: rows(app).grid.row is not None)
        assert rows(app).grid.row.identity == (10,)
        assert rows(app).grid.column == "gateway_id"
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "nothing to come back to" in message(app))


async def test_what_points_here_is_counted_and_opens_filtered(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "gateways")
        await pilot.press("p")
        await shows(pilot, "tools (gateway_id)", "43 rows")
        await pilot.press("enter")
        await shows(pilot, "43 of 300 match", "tool-000007")
        assert "tool-000001" not in screen_text(app)
        await pilot.press("p")
        await until(pilot, lambda: message(app) == "Nothing points here.")
        await pilot.press("less_than_sign")
        await shows(pilot, "gateways  [Rows]", "gateway number 6")


async def test_r_reads_again_around_the_row_when_the_file_has_newer_data(live):
    path, connection = live
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press(*"jjj")
        connection.execute("UPDATE tools SET name = 'renamed' WHERE id = 6")
        connection.execute("DELETE FROM tools WHERE id = 2")
        connection.commit()
        app.seen = replace(app.seen, changed_at=datetime.now(UTC))
        await shows(pilot, "newer data: R")
        assert "tool-000003" in screen_text(app)
        await pilot.press("R")
        await shows(pilot, "renamed")
        await until(pilot, lambda: "tool-000001" not in screen_text(app))
        assert rows(app).grid.row.identity == (6,)
        assert "newer data" not in screen_text(app)
        await shows(pilot, "of 299")


async def test_tabs_show_schema_indexes_and_keys(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("right_square_bracket")
        await shows(pilot, "[Schema]", "CREATE TABLE tools", "gateway_id TEXT REFERENCES gateways")
        await pilot.press("right_square_bracket")
        await shows(pilot, "[Indexes]", "tools_by_name", "(name)")
        await pilot.press("right_square_bracket")
        await shows(pilot, "[Keys]", "primary key  id", "gateway_id > gateways (id)")
        await pilot.press("escape")
        await shows(pilot, "[Rows]", "tool-000000")


# --- one row --------------------------------------------------------------------------------


async def test_enter_shows_the_whole_row_and_m_a_secret_that_is_written_down(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("j", "enter")
        await shows(pilot, "tools › tool-000001", "row 2 of 300", "true (1)")
        await shows(pilot, "JSON, 33 bytes, 2 keys", "masked, 15 characters")
        await pilot.press("G", "m")
        await shows(pilot, "Show auth_value of 1 row?")
        await pilot.press("n")
        assert SECRET not in screen_text(app)
        await pilot.press("m", "y")
        await shows(pilot, SECRET)
        entry = read_activity(app.seen.deployment)[0]
        assert (entry.operation, entry.subject) == ("reveal", "tools")
        assert entry.sentence == "Showed auth_value of tools of row 2 in clear."
        await pilot.press("n")
        await shows(pilot, "tools › tool-000002", "row 3 of 300")
        assert SECRET not in screen_text(app), "another row is another question"
        await pilot.press("y")
        await until(pilot, lambda: "auth_value is masked" in screen_text(app))
        await pilot.press("escape")
        assert rows(app).grid.row.identity == (4,)
        assert SECRET not in screen_text(app)


async def test_copies_leave_secrets_out(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("l", "y")
        await until(pilot, lambda: app.clipboard == "tool-000000")
        await pilot.press("space", "space", "Y")
        await shows(pilot, "copy 2 rows of tools as")
        await pilot.press("enter")
        await until(pilot, lambda: '"tool-000001"' in app.clipboard)
        assert SECRET not in app.clipboard
        assert "left out of the copy: auth_value" in message(app)
        await pilot.press("Y", "j", "j", "enter")
        await until(pilot, lambda: "INSERT INTO" in app.clipboard)
        assert SECRET not in app.clipboard


# --- what comes between ------------------------------------------------------------------------


async def test_another_file_is_read_again_around_the_same_row(live, tmp_path):
    path, connection = live
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press(*"jj")
        connection.close()
        other = database(tmp_path / "other.db", 10)
        other.execute("UPDATE tools SET name = 'restored-' || id")
        other.commit()
        other.close()
        app.model.live().release()
        app.seen = replace(app.seen, released=True)
        await pilot.press("G")
        await pilot.pause()
        for name in ("mcp.db-wal", "mcp.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "other.db").replace(path)
        app.model.live().reopen()
        app.seen = replace(app.seen, released=False, replaced_at=datetime.now(UTC))
        await shows(pilot, "restored-4", "of 10")
        assert "The database was replaced at" in message(app)


async def test_nothing_is_open_between_two_pages_and_the_thread_ends_with_the_program(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await shows(pilot, "of 300")
        await until(pilot, lambda: app.pane._live.desk._running is None)
        assert not app.model.live()._open
        thread = app.pane._live
        began = time.monotonic()
    thread.join(2.0)
    assert not thread.is_alive()
    assert time.monotonic() - began < 2.0
    assert thread not in threading.enumerate()


async def test_a_hostile_table_is_shown_as_text(tmp_path):
    connection = sqlite3.connect(tmp_path / "mcp.db")
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    many = ", ".join(f"c{n}" for n in range(1_998))
    connection.execute(f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted}, {many})")
    insert = f"INSERT INTO {quoted} (id, {quoted}, c0) VALUES (?, "
    connection.execute(f"{insert}?, ?)", (1, HOSTILE, "x" * 5_000_000))
    connection.execute(f"{insert}CAST(x'ff41' AS TEXT), ?)", (2, b"\0" * 70))
    connection.commit()
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=LARGE) as pilot:
        await open_table(pilot, HOSTILE)
        await shows(pilot, "[/x]", "of 2,000 shown")
        for key in ("l", "l", "enter", "enter", "j", "escape", "right_square_bracket",
                    "right_square_bracket", "escape", "dollar_sign"):  # fmt: skip
            await pilot.press(key)
            await pilot.pause()
            assert not [c for c in FORBIDDEN if c in screen_text(app).replace("\n", "")]
        await shows(pilot, "c1997")


async def test_columns_are_hidden_kept_at_the_left_and_shown_again(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("l", "plus")
        await shows(pilot, "hide name")
        await pilot.press("enter")
        await shows(pilot, "6 columns, 5 shown")
        assert "tool-000000" not in screen_text(app)
        await pilot.press("s")
        await shows(pilot, "enabled ↑")
        assert "tool-0" not in screen_text(app), "another order shows the same columns"
        await pilot.press("plus")
        await shows(pilot, "show 1 hidden column", "show name")
        await pilot.press("j", "j", "enter")
        await shows(pilot, "name", "tool-000000")


async def test_every_key_of_the_rows_is_in_help_and_in_the_menu_of_a_row(live):
    app = browser_app(live[0])
    async with app.run_test(size=LARGE) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("question_mark")
        for words in ("sort by the cursor's column", "tables whose rows", "come back"):
            assert words in screen_text(app), words
        await pilot.press("escape", "a")
        await shows(pilot, "row of tools", "points here")
        await pilot.press("escape")


async def test_reading_stops_at_once_for_a_restore_and_says_what_is_to_come(tmp_path):
    connection = database(tmp_path / "mcp.db", 200_000)
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        rows(app).go(replace(rows(app).place, text="where abs(random()) < 0 and name glob '*x*y*'"))
        began = time.monotonic()
        app.model.live().release()
        assert time.monotonic() - began < 0.5
        assert not app.model.live()._open
        app.seen = replace(app.seen, released=True)
        await until(pilot, lambda: "is being replaced" in message(app))
        app.model.live().reopen()
        app.seen = replace(app.seen, released=False)
        await shows(pilot, "No row matches")


async def test_the_tabs_without_rows_have_no_keys_of_rows(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("right_square_bracket")
        await shows(pilot, "[Schema]", "CREATE TABLE")
        await pilot.press("s", "greater_than_sign", "p")
        await pilot.pause()
        assert "[Schema]" in screen_text(app)
        assert rows(app).place.order == ()
        await pilot.press("slash", *"000003", "enter")
        await shows(pilot, "[Rows]", "1 of 300 match")


async def test_a_view_is_browsed_and_a_broken_one_says_why(live):
    path, connection = live
    connection.execute("CREATE VIEW named AS SELECT name, enabled FROM tools")
    connection.execute("CREATE VIEW broken AS SELECT * FROM nowhere")
    connection.commit()
    app = browser_app(path)
    views = (TableInfo(name=name, kind="view", rows=None) for name in ("named", "broken"))
    app.seen = replace(app.seen, tables=(*app.seen.tables, *views))
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "named")
        await shows(pilot, "rows 1-16 of 300")
        await pilot.press("s", "s")
        await shows(pilot, "tool-000299")
        await pilot.press("j", "enter")
        await shows(pilot, "named ›", "row 2 of 300", "tool-000298")
        await pilot.press("escape", "escape")
        app.pane.point_at("broken")
        await shows(pilot, "broken cannot be read: no such table")


async def test_where_the_cursor_is_is_told_before_the_rows_are_drawn(live):
    app = browser_app(live[0])
    async with app.run_test(size=LARGE) as pilot:
        await open_table(pilot, "tools")
        foot = app.query_one(GridFoot)

        def told():
            return "".join(foot.render_line(y).text for y in range(foot.size.height))

        assert "id INTEGER  0 " in told()
        rows(app).grid.action_page(1)
        # Nothing was drawn since, and no message was delivered.
        assert "id INTEGER  0 " not in told()
        assert "rows 1-" not in told()


async def test_opening_arranges_the_pane_with_its_first_picture(live):
    app = browser_app(live[0])
    async with app.run_test(size=LARGE) as pilot:
        drawn = []
        app.screen.screen_layout_refresh_signal.subscribe(
            app, lambda _screen: drawn.append(app.pane.has_class("-beside")), immediate=True
        )
        await app.action_pane(1)
        await until(pilot, lambda: drawn)
        assert drawn[0]


async def test_a_key_that_wipes_an_empty_message_line_draws_nothing_there(live):
    app = browser_app(live[0])
    async with app.run_test(size=LARGE) as pilot:
        line = app.query_one(MessageLine)
        app.say("")
        await pilot.pause()
        drawn = []
        line.refresh = lambda *_regions, **_options: drawn.append(1)
        app.say("")
        assert not drawn
        app.say("one word")
        assert drawn
