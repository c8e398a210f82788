"""The grid on the screen: one cell under the cursor, placeholders, marks, hostile text."""

from __future__ import annotations

import sqlite3

import pytest
from rich.cells import cell_len

from tests.app.row_grid_stage import FORBIDDEN, HOSTILE, Stage, settled, tools
from tui.app.grid import marks
from tui.app.widgets.grid import RowGrid
from tui.core.models.rows import Order

SMALL, LARGE = (80, 24), (140, 45)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    return tools(tmp_path_factory.mktemp("grid") / "tools.db", 500)


@pytest.fixture
def own(tmp_path):
    """A file that a test may change."""
    return tools(tmp_path / "tools.db", 500)


def cell(app, text):
    """Where a text stands on the screen: column and line."""
    for y, line in enumerate(app.lines):
        if text in line:
            return line.index(text), y
    raise AssertionError(f"{text} is not shown")


def names(app):
    """The tools in sight."""
    return [int(line.split("tool-")[1][:7]) for line in app.lines if "tool-" in line]


# --- pictures -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
@pytest.mark.parametrize("look", ["mcpdb-dark", "mcpdb-16-dark", "ascii"])
def test_rows_look_right(snap_compare, connection, size, look):
    glyphs, theme = (look, "mcpdb-dark") if look == "ascii" else ("unicode", look)
    app = Stage(connection, glyphs=glyphs, theme=theme)

    async def before(pilot):
        app.show(order=(Order(column="name"),), frozen=1)
        await settled(pilot)
        app.grid.count(500)
        app.grid.entitle("tools", app.grid.columns_words())
        await pilot.press("j", "space", "j", "l", "l")
        await settled(pilot)

    assert snap_compare(app, run_before=before, terminal_size=size)


def test_rows_that_are_on_their_way_look_right(snap_compare, connection):
    app = Stage(connection)

    async def before(pilot):
        app.show()
        await settled(pilot)
        app.at_once = False
        await pilot.press(*["pagedown"] * 2)

    assert snap_compare(app, run_before=before, terminal_size=SMALL)


# --- cells --------------------------------------------------------------------------------


async def test_values_are_shown_for_what_they_are(own):
    own.execute("CREATE TABLE t (a TEXT, flag BOOLEAN, secret TEXT, j JSON, b BLOB, n INT)")
    own.execute("INSERT INTO t VALUES ('', 1, 'hidden', '{\"a\": 1}', x'00ff', -5)")
    own.execute("INSERT INTO t VALUES (NULL, 7, '', '[1, 2', ?, NULL)", ("x" * 5_000_000,))
    own.execute("INSERT INTO t VALUES ('[[', 0, NULL, ?, 1.5, 'word')", ("[" * 3_000,))
    app = Stage(own, "t")
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        rows = app.lines
        assert "''" in rows[2]
        assert "true" in rows[2]
        assert "•••• 6 ch" in rows[2]
        assert "{ 1 key }" in rows[2]
        assert "blob, 2 bytes" in rows[2]
        assert "∅" in rows[3]
        assert " 7 " in rows[3], "no boolean"
        assert "[1, 2 " in rows[3], "no JSON"
        assert "xxx…" in rows[3]
        assert "false" in rows[4]
        assert "[[[" in rows[4]
        await pilot.press("dollar_sign")
        assert "word" in app.lines[4]
        assert app.grid.feed.window.at(1).weight < 100_000, "the service cut it"


async def test_headings_say_what_is_sorted_by_and_what_points_elsewhere(connection):
    app = Stage(connection)
    async with app.run_test(size=LARGE) as pilot:
        app.show(order=(Order(column="name", descending=True), Order(column="gateway_id")))
        await settled(pilot)
        assert "name ↓" in app.lines[1]
        assert "gateway_id > ↑" in app.lines[1]


async def test_the_cursor_can_be_told_without_colour(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        await pilot.press("j", "l")
        assert [line for line in app.lines if "[tool-0000001]" in line and "▸" in line]
        assert sum("▸" in line for line in app.lines) == 1
        segments = app.grid.render_line(3)
        assert all(segment.style.bold for segment in segments)
        looks = {segment.style.bgcolor for segment in segments}
        assert len(looks) == 2, "the cell has a ground of its own"


# --- moving -------------------------------------------------------------------------------


async def test_the_cursor_moves_at_once_over_placeholders(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        app.at_once = False
        await pilot.press(*["pagedown"] * 5)
        assert not names(app)
        assert "▸" in "".join(app.lines)
        assert "111" in app.lines[2], "the number is known"
        assert len(app.wants) == 1
        app.at_once = True
        app.answer()
        await settled(pilot)
        assert names(app) == list(range(110, 132))
        assert app.grid.position_words().startswith("rows 111-132 of …")


async def test_keys_go_to_edges_pages_and_columns(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        for keys, expected in (
            (["G"], (4_990, "id")),
            (["k", "right"], (4_980, "name")),
            (["pageup"], (4_760, "name")),
            (["ctrl+u"], (4_650, "name")),
            (["end", "dollar_sign"], (4_990, "icon")),
            (["home", "h"], (0, "input_schema")),
            (["ctrl+d", "down", "circumflex_accent"], (120, "id")),
        ):
            await pilot.press(*keys)
            await settled(pilot)
            assert (app.grid.row.identity[0], app.grid.column) == expected
        assert [line for line in app.lines if line.startswith("▸") and "[ 120]" in line]


async def test_row_n_and_a_row_by_its_key(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        app.grid.go_to(400)
        await settled(pilot)
        assert app.grid.row.identity == (3_990,)
        app.grid.point_at((1_000,), "size")
        await settled(pilot)
        assert (app.grid.row.identity, app.grid.column) == ((1_000,), "size")


async def test_columns_keep_their_width_and_say_how_many_are_not_shown(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show(frozen=1)
        await settled(pilot)
        assert app.grid.columns_words() == "columns 1-8 of 9 shown →"
        await pilot.press("G")
        await settled(pilot)
        there = app.lines[1]
        await pilot.press("g")
        await settled(pilot)
        assert app.lines[1] == there
        await pilot.press("dollar_sign")
        assert app.grid.columns_words().startswith("columns 1, ")
        assert " id│" in app.lines[1]
        app.grid.columns_shown = ("name", "icon")
        assert app.grid.column == "icon"
        assert app.grid.columns_words() == "9 columns, 2 shown"


async def test_columns_whose_values_were_not_read_are_asked_for(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show(columns=("id",))
        await settled(pilot)
        await pilot.press("j")
        app.view = app.view.__class__(relation=app.relation, columns=("id", "name"))
        app.grid.columns_shown = ("id", "name")
        await settled(pilot)
        assert names(app)[:2] == [0, 1]
        assert app.grid.row.identity == (10,)


async def test_the_mouse_points_opens_scrolls_and_sorts(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        x, y = cell(app, "tool-0000004")
        await pilot.click("#rows", offset=(x, y))
        assert (app.grid.row.identity, app.grid.column) == ((40,), "name")
        await pilot.click("#rows", offset=(x, y), times=2)
        await pilot.click("#rows", offset=cell(app, "gateway_id"))
        await pilot.pause()
        opened, headed = (m for m in app.told if not isinstance(m, RowGrid.Say))
        assert (opened.identity, opened.column) == ((40,), "name")
        assert headed.column == "gateway_id"
        app.grid.on_mouse_scroll_down()
        await settled(pilot)
        assert names(app)[0] == 3
        assert app.grid.row.identity == (40,)


@pytest.mark.parametrize(("frame", "left", "top"), [("none", 0, 0), ("side", 1, 0), ("box", 1, 1)])
async def test_in_any_frame_a_click_hits_what_is_drawn_there(connection, frame, left, top):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.grid.frame = frame
        app.show()
        await settled(pilot)
        assert {cell_len(app.grid.render_line(y).text) for y in range(24)} == {80}
        assert app.lines[top].strip("│┃").startswith("  row  id name")
        x, y = cell(app, "tool-0000007")
        await pilot.click("#rows", offset=(x, y))
        assert (app.grid.row.identity, app.grid.column) == ((70,), "name")
        app.screen.set_focus(None)
        await pilot.pause()
        assert app.lines[y][left:].startswith("    8  70[tool-0000007]"), "without focus no sign"


async def test_only_the_lines_of_the_cursor_are_drawn_again(connection, monkeypatch):
    app = Stage(connection)
    async with app.run_test(size=LARGE) as pilot:
        app.show()
        await settled(pilot)
        drawn = []
        whole = RowGrid.render_line
        monkeypatch.setattr(
            RowGrid, "render_line", lambda grid, y: drawn.append(y) or whole(grid, y)
        )
        await pilot.press("j")
        await pilot.pause()
        assert set(drawn) == {2, 3}


# --- marks and what is copied --------------------------------------------------------------


async def test_marks_stay_on_their_rows(connection, monkeypatch):
    monkeypatch.setattr(marks, "MOST", 3)
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        await pilot.press("space", "space", "k", "space")
        assert app.grid.marked_identities() == ((0,),)
        await pilot.press("G", "space", "g")
        await settled(pilot)
        assert app.lines[2].startswith("▸◆")
        assert app.grid.marked_identities() == ((0,), (4_990,))
        await pilot.press("j", "space", "space")
        await pilot.pause()
        assert len(app.grid.marked_identities()) == 3
        assert "no more" in app.told[-1].text
        assert " · 3 marked · " in app.grid.position_words()
        app.show(order=(Order(column="name"),))
        assert len(app.grid.marked_identities()) == 3, "the same rows in another order"
        assert app.grid.unmark()
        assert not app.grid.marked_identities()


async def test_what_has_no_key_cannot_be_marked(own):
    own.execute("CREATE VIEW some AS SELECT name FROM tools LIMIT 3")
    app = Stage(own, "some")
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert "no key" in app.told[-1].text


async def test_a_copy_has_no_secret(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        await pilot.press("j")
        copied = {}
        for name in app.view.columns:
            app.grid.point_at((60,), name)
            copied[name] = app.grid.copied_cell()
        assert copied["name"] == "tool-0000006"
        assert copied["auth_value"] == ""
        assert copied["type"] == ""
        assert copied["icon"] == "00" * 6


# --- reading again --------------------------------------------------------------------------


async def test_changed_cells_are_bold_for_a_while(own, monkeypatch):
    app = Stage(own)
    timers = []
    monkeypatch.setattr(app.grid, "set_timer", lambda *timer: timers.append(timer))
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        await pilot.press("j", "j")
        app.grid.newer = True
        assert app.grid.position_words().endswith("newer data: R")
        own.execute("UPDATE tools SET name = 'now-another' WHERE id = 50")
        app.grid.refresh_around()
        await settled(pilot)
        _x, y = cell(app, "now-another")

        def bold():
            return "".join(s.text for s in app.grid.render_line(y) if s.style.bold)

        assert bold().strip() == "now-another"
        assert app.grid.row.identity == (20,)
        assert not app.grid.newer
        ((seconds, calm),) = timers
        assert seconds == 3.0
        calm()
        assert not bold()


async def test_a_row_that_is_gone_is_said(own):
    app = Stage(own)
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        await pilot.press("j", "j")
        own.execute("DELETE FROM tools WHERE id = 20")
        app.grid.refresh_around()
        await settled(pilot)
        assert app.told[-1].text == "Row is gone; the cursor is on the next one."
        assert app.grid.row.identity == (30,)


# --- nothing to show ------------------------------------------------------------------------


async def test_without_rows_that_is_said(own):
    own.execute("DELETE FROM tools")
    app = Stage(own)
    async with app.run_test(size=SMALL) as pilot:
        app.grid.empty = "No row matches. Esc clears the filter."
        app.show()
        await settled(pilot)
        assert "name" in app.lines[1]
        assert app.lines[2] == " No row matches. Esc clears the filter."
        await pilot.press("j", "G", "pageup", "enter", "space", "l")
        await settled(pilot)
        assert app.lines[2] == " No row matches. Esc clears the filter."


async def test_a_failure_is_shown_and_another_try_possible(connection):
    app = Stage(connection)
    async with app.run_test(size=SMALL) as pilot:
        app.at_once = False
        app.show()
        await pilot.pause()
        app.grid.failed(app.wants.pop(), f"I/O error {HOSTILE}")
        assert "I/O error" in app.lines[2]
        assert not any(character in "".join(app.lines) for character in FORBIDDEN)
        app.grid.refresh_around()
        await pilot.pause()
        app.answer()
        assert names(app)
        await pilot.press("G")
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.told[-1], RowGrid.Unwanted)


# --- hostile --------------------------------------------------------------------------------


async def test_foreign_text_reaches_no_terminal_and_breaks_no_column(tmp_path):
    connection = sqlite3.connect(tmp_path / "hostile.db")
    strange = [HOSTILE, "👩‍👩‍👧 family", "e\u0301" * 40, "שלום [/bold]", "ｗｉｄｅ" * 9, "[link=x]"]
    columns = [f"{name} {n}"[:60] for n, name in enumerate(strange)]
    quoted = ", ".join('"' + name.replace('"', '""') + '" TEXT' for name in columns)
    connection.execute(f"CREATE TABLE t ({quoted})")
    for turn in range(6):
        values = [*strange[turn:], *strange[:turn]]
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", values)
    app = Stage(connection, "t")
    async with app.run_test(size=SMALL) as pilot:
        app.show()
        await settled(pilot)
        for _ in range(6):
            for y in range(24):
                text = app.grid.render_line(y).text
                assert cell_len(text) == 80
                assert not any(character in text for character in FORBIDDEN)
            await pilot.press("l", "j")
        assert "[/x]" in "".join(app.lines)


async def test_two_thousand_columns(tmp_path):
    connection = sqlite3.connect(tmp_path / "wide.db")
    connection.execute(f"CREATE TABLE t ({', '.join(f'c{n} INT' for n in range(2_000))})")
    connection.executemany(
        f"INSERT INTO t VALUES ({', '.join('?' * 2_000)})",
        ([row] * 2_000 for row in range(2)),
    )
    app = Stage(connection, "t")
    async with app.run_test(size=SMALL) as pilot:
        app.show(frozen=1)
        await settled(pilot)
        await pilot.press(*["l"] * 30)
        assert app.grid.column == "c30"
        await pilot.press("dollar_sign")
        assert app.grid.columns_words() == "columns 1, 1990-2000 of 2,000 shown"
        assert len(app.grid.feed.window.at(0).drawn) < 60, "only what was in sight was drawn"


async def test_ascii_keeps_the_columns_in_line(own):
    own.execute("UPDATE tools SET name = 'a → b … c · d', type = 'NULL' WHERE id = 10")
    app = Stage(own, glyphs="ascii")
    async with app.run_test(size=LARGE) as pilot:
        app.show()
        await settled(pilot)
        lines = app.lines[:12]
        assert all(ord(character) < 128 for character in "".join(lines))
        assert '"NULL"' in lines[3]
        assert len({line.index("****") for line in lines[3:] if "****" in line}) == 1
