"""Marks and ranges, matches, and a secret shown in the grid."""

from __future__ import annotations

import pytest

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
from tui.app import row_reads
from tui.app.listing.schema import text_lines
from tui.app.paint import text_of
from tui.operations.activity import read_activity

SMALL = (80, 24)


@pytest.fixture
def live(tmp_path):
    connection = database(tmp_path / "mcp.db", 3_000)
    yield tmp_path / "mcp.db", connection
    connection.close()


async def test_shift_and_arrows_mark_a_range_and_y_copies_its_column(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("l", "shift+down", "shift+down")
        await shows(pilot, "3 marked")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "tool-000000\ntool-000001\ntool-000002")
        rows(app).grid.to_column("auth_value")
        await pilot.press("y")
        await until(pilot, lambda: "auth_value is masked" in message(app))
        await pilot.press("escape")
        await until(pilot, lambda: "marked" not in screen_text(app))


async def test_v_marks_from_one_row_to_another_however_far(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("j", "V", "j", "j", "j", "V")
        await shows(pilot, "4 marked")
        assert rows(app).grid.marked_identities() == ((2,), (4,), (6,), (8,))
        await pilot.press("escape", "V")
        await shows(pilot, "V marks to here")
        app.action_row("2,900")
        await until(
            pilot, lambda: rows(app).grid.row and rows(app).grid.row.identity == (2899 * 2,)
        )
        await pilot.press("V")
        await shows(pilot, "2,896 marked")
        await pilot.press("Y")
        await until(pilot, lambda: "At most 1,000 rows are copied at once" in message(app))


async def test_a_range_of_too_many_rows_is_refused(live, monkeypatch):
    monkeypatch.setattr(row_reads, "MARKED", 1_000)
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("V", "G")
        await until(pilot, lambda: rows(app).grid.row and rows(app).grid.row.identity == (5_998,))
        await pilot.press("V")
        await until(pilot, lambda: "A filter chooses more rows than that" in message(app))
        assert not rows(app).grid.marked_identities()


async def test_n_goes_from_match_to_match_of_a_word(live):
    path, connection = live
    connection.execute("UPDATE tools SET input_schema = 'tool-000105 too' WHERE id = 210")
    connection.commit()
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("n")
        await until(pilot, lambda: "No filter is kept; / sets one." in message(app))
        await pilot.press("slash", *"00010", "enter")
        await shows(pilot, "11 of 3,000 match")
        grid = rows(app).grid
        await until(pilot, lambda: grid.row and grid.row.identity == (20,))
        await pilot.press("n")
        await until(pilot, lambda: (grid.row.identity, grid.column) == ((20,), "name"))
        for _ in range(6):
            await pilot.press("n")
        await until(pilot, lambda: (grid.row.identity, grid.column) == ((210,), "name"))
        await pilot.press("n")
        await until(pilot, lambda: (grid.row.identity, grid.column) == ((210,), "input_schema"))
        await pilot.press("N", "N")
        await until(pilot, lambda: (grid.row.identity, grid.column) == ((208,), "name"))


async def test_m_shows_a_secret_in_the_grid_until_the_cursor_moves(live):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        await pilot.press("m")
        await until(pilot, lambda: "This value is not masked." in message(app))
        rows(app).grid.to_column("auth_value")
        await pilot.press("m")
        await shows(pilot, "Show auth_value of 1 row?", "It is written to the activity log.")
        await pilot.press("n", "m", "y")
        await shows(pilot, SECRET)
        assert screen_text(app).count(SECRET) <= 2, "the cell, and the line of the cell"
        entry = read_activity(app.seen.deployment)[0]
        assert entry.sentence == "Showed auth_value of tools of row 0 in clear."
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == SECRET)
        await pilot.press("j")
        await until(pilot, lambda: SECRET not in screen_text(app))
        await pilot.press("k")
        await pilot.pause()
        assert SECRET not in screen_text(app)


@pytest.mark.parametrize("away", ["right_square_bracket", "R", "2"])
async def test_whatever_leaves_the_secret_masks_it(live, away):
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        rows(app).grid.to_column("auth_value")
        await pilot.press("m", "y")
        await shows(pilot, SECRET)
        grid = rows(app).grid
        await pilot.press(away)
        await until(pilot, lambda: grid._uncovered is None)
        assert SECRET not in screen_text(app)


async def test_nothing_is_shown_where_it_cannot_be_written_down(live, monkeypatch):
    from tui.core.errors import PrecheckError
    from tui.operations.reads import revealing

    def refuse(*_arguments, **_more):
        raise PrecheckError("The activity log cannot be written.")

    monkeypatch.setattr(revealing, "note_reveal", refuse)
    app = browser_app(live[0])
    async with app.run_test(size=SMALL) as pilot:
        await open_table(pilot, "tools")
        rows(app).grid.to_column("auth_value")
        await pilot.press("m", "y")
        await until(pilot, lambda: "The activity log cannot be written." in message(app))
        assert SECRET not in screen_text(app)


def test_schema_is_coloured_and_keeps_every_character():
    text = (
        "CREATE TABLE \"a[/x]\" (\n\tid INTEGER PRIMARY KEY, -- the 'key'\n"
        " n TEXT DEFAULT 'x''y'\n);"
    )
    lines = text_lines(text)
    assert "\n".join(text_of(line)[1:] for line in lines) == text.expandtabs(4)
    looks = {span.text: (span.role, span.bold) for line in lines for span in line}
    assert looks["CREATE"] == ("running", True)
    assert looks["'x''y'"] == ("healthy", False)
    assert looks['"a[/x]"'] == ("", False)
    assert any("-- the 'key'" in text and look == ("muted", False) for text, look in looks.items())
    assert not [c for c in text_of(text_lines("CREATE TABLE \x1b]52;\x07 (a)")[0]) if c < " "]
