"""A text looked for in every table: hits come as they are found, Enter opens them filtered."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from tests.app.row_grid_stage import FORBIDDEN, HOSTILE
from tests.app.shell_story import screen_text, shell
from tests.app.tables_stage import SECRET, browser_app, database, rows, shows, until
from tests.app.test_backup_browser import make, story, with_file
from tui.app.screens.one_line import OneLine
from tui.app.screens.search_tables import SearchScreen
from tui.services.sqlite import searching

SMALL, LARGE = (80, 24), (140, 45)


@pytest.fixture
def live(tmp_path):
    """A database that a gateway holds open."""
    with closing(database(tmp_path / "mcp.db")) as connection:
        yield tmp_path / "mcp.db"
        connection.rollback()


async def searched(pilot, word):
    """Search by the palette."""
    await pilot.press("colon")
    for letter in f"search {word}":
        await pilot.press("space" if letter == " " else "minus" if letter == "-" else letter)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_the_palette_finds_a_text_and_enter_opens_its_table_filtered(live, size):
    app = browser_app(live)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await searched(pilot, "TOOL-000007")
        await shows(pilot, "1 row in 1 table; 2 tables searched.", "tool-000007", "name")
        await pilot.press("enter")
        await shows(pilot, "/ 'TOOL-000007'", "1 of 300 match", "row 1 of 1")
        assert app.focused is rows(app).grid
        assert rows(app).grid.column == "name"
        await pilot.press("escape")
        await shows(pilot, "of 300")


async def test_many_hits_are_told_as_many_and_several_tables_are_listed(live):
    app = browser_app(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1", "ctrl+f")
        await until(pilot, lambda: isinstance(app.screen, OneLine))
        await pilot.press("w", "minus", "enter")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await shows(pilot, "27 or more rows in 2 tables", "20 or more")
        await pilot.press("j", "slash")
        await until(pilot, lambda: isinstance(app.screen, OneLine))
        await pilot.press("q", "q", "q", "enter")
        await shows(pilot, "No table has it.", "Not found; 2 tables searched.")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_secret_columns_are_not_searched(live):
    app = browser_app(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await searched(pilot, SECRET)
        await shows(pilot, "Not found; 2 tables searched.", "secrets are not searched")


async def test_esc_stops_a_search_what_was_found_stays_and_rows_are_read_again(live, monkeypatch):
    began, found = threading.Event(), searching.search_all

    def slow(connection, names, word, **more):
        for name in names:
            yield from found(connection, [name], word, **more)
            if name == "gateways":
                began.set()
                while True:
                    connection.execute("SELECT 1").fetchone()

    monkeypatch.setattr(searching, "search_all", slow)
    app = browser_app(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await searched(pilot, "gateway number 3")
        await until(pilot, began.is_set)
        await shows(pilot, "gateway number 3", "» searching gateways, 1 of 2")
        await pilot.press("escape")
        await shows(pilot, "Stopped. 1 row in 1 table; 0 of 2 tables searched.")
        await pilot.press("enter")
        await shows(pilot, "1 of 7 match")


async def test_leaving_stops_it(live, monkeypatch):
    began = threading.Event()

    def endless(connection, names, word, **more):
        began.set()
        while True:
            connection.execute("SELECT 1").fetchone()
        yield

    monkeypatch.setattr(searching, "search_all", endless)
    app = browser_app(live)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await searched(pilot, "go")
        await until(pilot, began.is_set)
        await pilot.press("q")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        # The thread that reads rows is free again.
        app.pane.point_at("tools")
        await until(pilot, lambda: rows(app).grid.row is not None)


async def test_a_text_with_signs_of_the_filter_is_found_and_opened_as_it_is(tmp_path):
    word = "it's (a) = b"
    with closing(database(tmp_path / "mcp.db", 3)) as connection:
        connection.execute("UPDATE tools SET name = ? WHERE id = 2", (f"x {word} y",))
        connection.commit()
        app = browser_app(tmp_path / "mcp.db")
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            await app.action_search(word)
            await shows(pilot, "1 row in 1 table")
            await pilot.press("enter")
            await shows(pilot, "1 of 3 match", word)


async def test_an_opened_backup_is_searched_in_place_of_live(tmp_path):
    app = shell(story(with_file(make(tmp_path / "b.db"))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        await app.action_search("crm")
        await shows(pilot, "in all tables of backup k7m2qd", "1 row in 1 table; 2 tables searched.")
        assert "--backup k7m2qd" in app.screen.command
        await pilot.press("enter")
        await shows(pilot, "/ crm", "crm-mcp", "1 of 2 match")
        assert "s3cret" not in screen_text(app)


async def test_hostile_text_that_is_found_stays_text(tmp_path):
    with closing(database(tmp_path / "mcp.db", 3)) as connection:
        name = HOSTILE.replace('"', '""')
        connection.execute(f'CREATE TABLE "{name}" (a TEXT)')
        connection.execute(f'INSERT INTO "{name}" VALUES (?)', (f"needle {HOSTILE}",))
        connection.commit()
        app = browser_app(tmp_path / "mcp.db")
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            await app.action_search("needle")
            await shows(pilot, "1 row in 1 table")
            assert not set(FORBIDDEN.strip()) & set(screen_text(app))


async def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with closing(database(tmp_path / "mcp.db", 3)):
        app = browser_app(tmp_path / "mcp.db")
    (tmp_path / "mcp.db").write_bytes(b"no database at all" * 100)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await app.action_search("go")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await until(pilot, lambda: "is not a" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


def test_a_word_becomes_the_filter_line_that_finds_the_same():
    assert searching.line_of("crm") == "crm"
    assert searching.line_of("and") == "'and'"
    assert searching.line_of("crm-mcp") == "'crm-mcp'"
    assert searching.line_of("it's") == "'it''s'"
