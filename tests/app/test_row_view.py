"""One row as fields, as JSON, with what points at it; one value over the whole screen."""

from __future__ import annotations

import sqlite3

import pytest

from tests.app.row_grid_stage import FORBIDDEN, HOSTILE
from tests.app.shell_story import screen_text
from tests.app.tables_stage import SECRET, browser_app, database, open_table, rows, shows, until
from tui.app.screens.value_view import ValueScreen
from tui.app.widgets.form import Form
from tui.operations.activity import read_activity

SMALL, LARGE = (80, 24), (140, 45)
SCHEMA_TEXT = (
    '{"type": "object", "properties": {"city": {"type": "string", "x": 1}, '
    '"days": {"a": 1, "b": 2, "c": 3, "d": 4}}, "required": ["city"]}'
)


@pytest.fixture
def live(tmp_path):
    """The table browser's file, with one tool that has real JSON."""
    connection = database(tmp_path / "mcp.db")
    connection.execute("UPDATE tools SET input_schema = ? WHERE id = 0", (SCHEMA_TEXT,))
    connection.execute("UPDATE tools SET input_schema = '{\"a\": 1,}' WHERE id = 2")
    connection.commit()
    yield tmp_path / "mcp.db", connection
    connection.close()


async def open_row(pilot, table="tools", *keys):
    await open_table(pilot, table)
    await pilot.press(*keys, "enter")
    await shows(pilot, "[Fields]")
    await until(pilot, lambda: bool(pilot.app.screen.query_one(Form).fields))


def to_field(app, name):
    app.screen.query_one(Form).point_at(name)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_json_folds_part_by_part_in_the_form(live, size):
    app = browser_app(live[0])
    async with app.run_test(size=size) as pilot:
        await open_row(pilot)
        await shows(pilot, "tools › tool-000000", "row 1 of 300", "n/N next, previous")
        to_field(app, "input_schema")
        await shows(pilot, "JSON, 134 bytes, 3 keys", "Enter unfolds")
        await pilot.press("enter")
        await shows(pilot, "▾ { 3 keys", '"type": "object",', '▸ "city": { 2 keys }')
        await shows(pilot, '▸ "required": [ 1 item: "city" ]', "Enter folds")
        await pilot.press("j", "j", "j", "j", "enter")
        await shows(pilot, '▾ "city": { 2 keys', '"type": "string",')
        await pilot.press("j", "enter")
        await until(pilot, lambda: '▸ "city": { 2 keys }' in screen_text(app))
        await pilot.press("slash", *"DAYS", "enter")
        await pilot.press("enter")
        await shows(pilot, '"d": 4')


async def test_tabs_show_the_row_as_json_and_what_points_here_and_secrets_stay_masked(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "gateways", "j")
        await pilot.press("right_square_bracket")
        await shows(pilot, "[JSON]", '"name": "gateway number 1"', '"auth_value": •••• masked')
        await shows(pilot, '"note": null')
        assert SECRET not in screen_text(app)
        await pilot.press("right_square_bracket")
        await shows(pilot, "[Points here]", "tools", "gateway_id", "43")
        await pilot.press("enter")
        await shows(pilot, "tools  [Rows]", "43 of 300 match")
        await pilot.press("less_than_sign")
        await shows(pilot, "gateways › gateway number 1", "[Fields]")
        await pilot.press("left_square_bracket")
        await shows(pilot, "[Points here]")


async def test_nothing_points_here_is_said(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot)
        await pilot.press("left_square_bracket")
        await shows(pilot, "Nothing points here.")
        await pilot.press("enter", "escape")
        await shows(pilot, "tools  [Rows]")


async def test_a_followed_key_leads_back_to_the_row_that_was_open(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "tools", "j", "j")
        to_field(app, "gateway_id")
        await shows(pilot, "gw-2 = gateway number 2", "> gateways")
        await pilot.press("greater_than_sign")
        await shows(pilot, "gateways  [Rows]", "gateway number 2")
        await until(pilot, lambda: rows(app).grid.row is not None)
        await pilot.press("less_than_sign")
        await shows(pilot, "tools › tool-000002", "row 3 of 300")
        assert app.screen.query_one(Form).field.column.name == "gateway_id"


async def test_the_line_of_the_cell_names_the_row_that_its_key_names(live):
    app = browser_app(live[0])
    async with app.run_test(size=LARGE) as pilot:
        await open_table(pilot, "tools")
        rows(app).grid.to_column("gateway_id")
        await shows(pilot, "gw-0  = gateway number 0  (> follow it, < come back)")
        await pilot.press("l")
        await until(pilot, lambda: "gateway number 0" not in screen_text(app))


async def test_json_that_is_none_says_at_which_character(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "tools", "j")
        to_field(app, "input_schema")
        await shows(pilot, "JSON is not valid at character 9; shown as text.", "not valid JSON")
        await pilot.press("v")
        await shows(pilot, "input_schema", "text, 9 bytes", "JSON is not valid at character 9")


async def test_a_row_that_is_gone_is_said_and_n_goes_on(live):
    path, connection = live
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "tools", "j")
        connection.execute("DELETE FROM tools WHERE id = 2")
        connection.commit()
        await pilot.press("R")
        await shows(pilot, "Row is gone since", "n next row.")
        await pilot.press("n")
        await shows(pilot, "tools › tool-000002")


async def test_a_secret_is_on_no_page_until_it_is_unmasked_and_not_after(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot)
        to_field(app, "auth_value")
        await pilot.press("v")
        await shows(pilot, "auth_value is masked; m shows it.")
        await pilot.press("slash", *"hunter", "enter")
        await shows(pilot, "hunter is not in this row.")
        await pilot.press("m", "y")
        await shows(pilot, SECRET)
        assert read_activity(app.seen.deployment)[0].operation == "reveal"
        await pilot.press("v")
        await shows(pilot, "auth_value  ", "text, 15 bytes", SECRET)
        await pilot.press("escape", "y")
        await until(pilot, lambda: app.clipboard == SECRET)
        await pilot.press("right_square_bracket")
        await shows(pilot, f'"auth_value": "{SECRET}"')
        await pilot.press("n")
        await shows(pilot, "tools › tool-000001", "•••• masked")
        assert SECRET not in screen_text(app)


# --- one value over the whole screen ----------------------------------------------------------


@pytest.fixture
def odd(tmp_path):
    """Values of any kind and size."""
    connection = sqlite3.connect(tmp_path / "mcp.db")
    connection.execute(
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, note TEXT, doc JSON, raw BLOB, n INTEGER)"
    )
    text = "".join(f"line {n}\n" for n in range(40_000)) + "the end"
    broken = b"\xffabc " + b"x" * 40_000
    connection.execute("INSERT INTO odd VALUES (1, ?, ?, ?, 7)", (text, SCHEMA_TEXT, b"\x01\x02MZ"))
    connection.execute("INSERT INTO odd VALUES (2, CAST(? AS TEXT), NULL, x'', NULL)", (broken,))
    connection.execute("INSERT INTO odd VALUES (3, ?, '[]', NULL, 0)", (HOSTILE,))
    connection.commit()
    connection.close()
    return tmp_path / "mcp.db"


async def view(pilot, name):
    to_field(pilot.app, name)
    await pilot.press("v")
    await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))


async def test_a_long_text_is_read_in_pieces_to_its_end_and_found_in(odd):
    app = browser_app(odd)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "odd")
        await view(pilot, "note")
        await shows(pilot, "odd › 1 › note", "line 0", "line 18", "0 % of 428,897 bytes")
        await pilot.press("G")
        await shows(pilot, "line 39999", "the end")
        await pilot.press("g")
        await shows(pilot, "line 0")
        await pilot.press("slash", *"LINE", "space", *"31234", "enter")
        await shows(pilot, "line 31234")
        await pilot.press("n")
        await shows(pilot, "is not in this value after this.")
        await pilot.press("pagedown", "pagedown", "pagedown")
        await shows(pilot, "line 31260")
        await pilot.press("t")
        await shows(pilot, "bytes, 428,897 bytes", "6c 69 6e 65", "|")


async def test_a_gigabyte_of_zeros_opens_at_once_and_at_its_end(odd):
    connection = sqlite3.connect(odd)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("CREATE TABLE huge (id INTEGER PRIMARY KEY, name TEXT, raw BLOB)")
    connection.execute("INSERT INTO huge VALUES (1, 'huge', zeroblob(999000000))")
    connection.commit()
    connection.close()
    app = browser_app(odd)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "huge")
        await shows(pilot, "blob, 999,000,000 bytes")
        await view(pilot, "raw")
        await shows(pilot, "00000000  00 00", "from byte 0 of 999,000,000")
        await pilot.press("G")
        await shows(pilot, "3b8b87b0  00 00")
        assert len(app.screen.query_one("PieceView")._pieces) <= 24
        await pilot.press("escape", "escape", "left_square_bracket")
        await shows(pilot, "[Statistics]", "raw")
        await pilot.press("G")
        await shows(pilot, "Holds a value over 1M: nothing was compared.")


async def test_json_over_the_whole_screen_folds_and_is_found_in(odd):
    app = browser_app(odd)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "odd")
        await view(pilot, "doc")
        await shows(pilot, "JSON, 134 bytes", '▸ "city": { 2 keys }')
        await pilot.press("slash", *"string", "enter")
        await shows(pilot, '"type": "string",')
        await pilot.press("g", "enter")
        await until(pilot, lambda: "▸ { 3 keys }" in screen_text(app))
        await pilot.press("t")
        await shows(pilot, '{"type": "object", "properties": ')
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == SCHEMA_TEXT)


async def test_text_that_is_not_utf8_is_shown_as_such(odd):
    app = browser_app(odd)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "odd", "j")
        await shows(pilot, "not valid UTF-8", "\\xffabc", "0 bytes")
        await view(pilot, "note")
        await shows(pilot, "\\xffabc", "not UTF-8 at byte 0", "text, 40,005 bytes")
        await pilot.press("escape")
        to_field(app, "n")
        await pilot.press("v")
        await shows(pilot, "NULL: there is nothing to show.")


async def test_bytes_are_found_by_their_hexadecimal(odd):
    app = browser_app(odd)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "odd")
        await view(pilot, "raw")
        await shows(pilot, "01 02 4d 5a", "|..MZ|")
        await pilot.press("slash", *"0x024d", "enter")
        await until(pilot, lambda: app.screen._place == 1)
        await pilot.press("slash", *"0x0301", "enter")
        await shows(pilot, "0x0301 is not in this value.")


async def test_hostile_values_are_text_on_every_page(odd):
    app = browser_app(odd)
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "odd", "j", "j")
        await shows(pilot, "[/x]\\x1b[31m")
        for keys in (("right_square_bracket",), ("left_square_bracket", "j", "v"), ("t",),
                     ("t", "slash", "x", "enter"), ("escape",)):  # fmt: skip
            await pilot.press(*keys)
            await pilot.pause()
            assert not [c for c in FORBIDDEN if c in screen_text(app).replace("\n", "")]


async def test_a_view_has_values_without_a_key(odd):
    connection = sqlite3.connect(odd)
    connection.execute("CREATE VIEW seen AS SELECT note, doc FROM odd WHERE id = 1")
    connection.commit()
    connection.close()
    from dataclasses import replace

    from tui.core.models import TableInfo

    app = browser_app(odd)
    app.seen = replace(app.seen, tables=(*app.seen.tables, TableInfo(name="seen", kind="view")))
    async with app.run_test(size=SMALL) as pilot:
        await open_row(pilot, "seen")
        await view(pilot, "note")
        await shows(pilot, "line 0", "line 18")
        await pilot.press("slash", *"line", "space", *"25", "enter")
        await shows(pilot, "line 25")
