"""The SQL console: typing, running, stopping, what is said of it, and what is never shown."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest

from tests.app.row_grid_stage import FORBIDDEN, HOSTILE
from tests.app.shell_story import screen_text
from tests.app.sql_stage import FOREVER, TRICKLE, begin, below, heading, run, to_console
from tests.app.tables_stage import SECRET, browser_app, database, message, shows, until
from tui.core.models.queries import Caps, Result
from tui.operations.reads.query import Query

SMALL, LARGE = (80, 24), (140, 45)


@pytest.fixture
def path(tmp_path):
    """A database that a gateway holds open."""
    with closing(database(tmp_path / "mcp.db")):
        yield tmp_path / "mcp.db"


# --- typing -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_letters_and_digits_are_text_and_enter_runs_what_ends_with_a_semicolon(path, size):
    app = browser_app(path)
    async with app.run_test(size=size) as pilot:
        await to_console(pilot)
        await shows(
            pilot, "live · read-only: mode=ro + authorizer", "stops at 30 s or 10,000 rows",
            "Type a SELECT. Tables: Tab completes.",
            "Enter runs when the statement ends with ;   F5 runs it anyway",
        )  # fmt: skip
        await pilot.press(*"select 1", "colon", "q", "question_mark", "0", "9", "backspace")
        assert app.pane.NUMBER == 8
        assert app.pane.editor.text == "select 1:q?0"
        app.pane.editor.put("")
        await pilot.press(*"select name", "enter", *"from gateways", "enter")
        assert app.pane.editor.text == "select name\nfrom gateways\n"
        assert not app.pane.has_statement
        await pilot.press("semicolon", "enter")
        await shows(pilot, "gateway number 6", "7 rows · ", " · complete")
        assert app.focused is app.pane.editor


async def test_f5_runs_what_does_not_end_and_ctrl_j_breaks_a_line_that_does(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT 41 + 1 AS answer")
        assert "1 row · " in heading(app)
        assert "42" in "\n".join(below(app))
        await pilot.press("semicolon", "ctrl+j")
        assert app.pane.editor.text == "SELECT 41 + 1 AS answer;\n"
        assert not app.pane.has_statement


async def test_a_paste_runs_nothing_and_too_long_a_one_is_refused(path):
    from textual import events

    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        app.post_message(events.Paste("SELECT 1;\nSELECT 2;\n"))
        await until(pilot, lambda: app.pane.editor.text == "SELECT 1;\nSELECT 2;\n")
        assert app.pane.last_run is None
        app.post_message(events.Paste("x" * 100_000))
        await until(pilot, lambda: "takes 100,000 characters" in message(app))
        assert len(app.pane.editor.text) < 100


async def test_esc_leads_to_the_result_and_i_and_enter_back(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT * FROM tools")
        await pilot.press("escape")
        assert app.focused is app.pane.grid
        await pilot.press("j", "l", "G")
        await until(pilot, lambda: app.pane.grid.row and app.pane.grid.row.identity == (299,))
        await pilot.press("i")
        assert app.focused is app.pane.editor
        await pilot.press("escape", "enter")
        assert app.focused is app.pane.editor
        await pilot.press("escape", "1")
        await pilot.pause()
        assert app.pane.NUMBER == 1
        await pilot.press("8")
        await pilot.pause()
        assert app.focused is app.pane.grid, "the keys are where they were left"
        assert app.pane.grid.row.identity == (299,)
        await pilot.press("q")
        await pilot.pause()
        assert app.pane.NUMBER == 0


# --- completion ---------------------------------------------------------------------------


async def test_tab_completes_tables_and_columns(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await pilot.press(*"select * from to", "tab")
        await until(pilot, lambda: app.pane.editor.text == "select * from tools")
        await pilot.press(*" t where t", "full_stop", "tab")
        await shows(pilot, "▸ id", "  enabled", "  gateway_id")
        await pilot.press("tab", "tab", "shift+tab", "enter")
        await until(pilot, lambda: app.pane.editor.text.endswith("where t.name"))
        assert not app.pane.offer.display
        assert app.pane.last_run is None, "Enter took the candidate"
        await pilot.press(*" and t", "full_stop", "tab", *"en")
        await until(pilot, lambda: app.pane.offer.candidates == ("enabled",))
        await pilot.press("space")
        await until(pilot, lambda: not app.pane.offer.display)


async def test_esc_takes_the_candidates_away_and_stays_in_the_editor(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await pilot.press(*"select * from ", "tab")
        await shows(pilot, "▸ gateways")
        await pilot.press("escape")
        assert app.focused is app.pane.editor
        assert not app.pane.offer.display
        await pilot.press(*"x y", "tab")
        await until(pilot, lambda: "Nothing that is known" in message(app))


async def test_the_candidates_stand_on_the_screen_wherever_the_cursor_is(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        for text in ("\n" * 30 + "select ", "select " + "x, " * 24):
            app.pane.editor.put(text)
            await pilot.pause()
            await pilot.press("tab")
            await until(pilot, lambda: app.pane.offer.display)
            await pilot.pause()
            assert app.pane.region.contains_region(app.pane.offer.region)
            await pilot.press("escape")


# --- history ------------------------------------------------------------------------------


async def test_up_brings_older_statements_back_and_down_the_draft(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT 1;")
        await run(pilot, "SELECT\n  2;")
        app.pane.editor.put("SELECT draft")
        await pilot.press("up")
        await until(pilot, lambda: app.pane.editor.text == "SELECT\n  2;")
        await pilot.press("up")
        await until(pilot, lambda: app.pane.editor.text == "SELECT 1;")
        await pilot.press("up")
        await until(pilot, lambda: "no older statement" in message(app))
        await pilot.press("down")
        await until(pilot, lambda: app.pane.editor.text == "SELECT\n  2;")
        await pilot.press("down")
        await until(pilot, lambda: app.pane.editor.text == "SELECT draft")
        await pilot.press("ctrl+z")
        assert app.pane.editor.text == "SELECT\n  2;", "what was replaced can be brought back"


async def test_arrows_move_within_a_statement_before_they_leave_it(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT 1;")
        app.pane.editor.put("SELECT\n2")
        await pilot.press("up")
        assert app.pane.editor.text == "SELECT\n2"
        assert app.pane.editor.cursor_location[0] == 0
        app.pane.editor.put("SELECT " + "1, " * 60)
        await pilot.pause()
        await pilot.press("up")
        assert app.pane.editor.text.startswith("SELECT 1, 1"), "one line, three of the screen"


async def test_statements_are_remembered_over_restarts_and_taken_from_the_list(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT 'first';")
        await run(pilot, "SELECT 'second';")
        await until(pilot, lambda: not app.pane._remembering)
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await until(pilot, lambda: len(app.pane.history) == 2)
        await pilot.press("escape", "left_square_bracket")
        await shows(pilot, "[History]", "2 statements", "SELECT 'second';", "SELECT 'first';")
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.pane.editor.text == "SELECT 'first';")
        assert app.focused is app.pane.editor


async def test_a_history_that_cannot_be_kept_is_said_and_the_console_works(path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(path))
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT 7;")
        await until(pilot, lambda: message(app).startswith("Not remembered: "))
        assert "1 row · " in heading(app)
        assert len(app.pane.history) == 1


# --- running and stopping -----------------------------------------------------------------


async def test_rows_come_while_it_runs_and_ctrl_c_keeps_what_was_read(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await begin(pilot, TRICKLE)
        await until(pilot, lambda: app.pane.rows is not None and len(app.pane.rows) > 2)
        await shows(pilot, "row 1", "row 200001", " · running")
        before = len(app.pane.rows)
        await until(pilot, lambda: len(app.pane.rows) > before)
        await pilot.press("f5")
        await until(pilot, lambda: message(app) == "A statement runs; ctrl+c stops it.")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.pane.has_statement)
        await pilot.pause()
        rows = len(app.pane.rows)
        assert heading(app).rstrip("─ ").endswith(f"{rows} rows read so far")
        assert "stopped after" in heading(app)
        await pilot.press("escape", "G")
        await until(pilot, lambda: app.pane.grid.row and app.pane.grid.row.identity == (rows - 1,))
        await shows(pilot, f"row {(rows - 1) * 200_000 + 1}")


async def test_what_gives_no_row_is_stopped_too_and_nothing_is_left_of_it(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await begin(pilot, FOREVER)
        await until(pilot, lambda: app.pane.has_statement and "0 rows · " in heading(app))
        await until(pilot, lambda: bool(app.model.live()._open))
        await pilot.press("escape", "ctrl+c")
        await until(pilot, lambda: not app.pane.has_statement)
        await until(pilot, lambda: not app.model.live()._open)
        assert "0 rows read so far" in heading(app) or "No row was read" in screen_text(app)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: message(app).startswith("No statement runs."))


async def test_a_statement_that_does_not_stop_is_let_go_of_at_once(path, monkeypatch):
    app = browser_app(path)
    stuck = threading.Event()
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        with monkeypatch.context() as patched:
            # As one that waits for the lock of a writer: nothing interrupts that.
            patched.setattr(Query, "run", lambda *_words, **_options: stuck.wait(60))
            await begin(pilot, "SELECT * FROM tools")
            await until(pilot, lambda: app.pane.has_statement)
            task = app.pane._runs
            await pilot.press("ctrl+c")
            await until(pilot, lambda: not app.pane.has_statement)
            assert task.is_alive()
        await shows(pilot, "No row was read before it was stopped.")
        assert "replaced" not in message(app)
        await run(pilot, "SELECT * FROM tools")
        stuck.set()
        await until(pilot, lambda: not task.is_alive())
        await pilot.pause()
        assert "300 rows · " in heading(app), "what comes late is not taken for the next one's"


async def test_a_locked_file_says_so_and_the_bound_is_that_of_its_journal(tmp_path):
    path = tmp_path / "mcp.db"
    database(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=DELETE")
        app = browser_app(path)
        async with app.run_test(size=SMALL) as pilot:
            await to_console(pilot)
            assert "stops at 30 s" not in screen_text(app), "the gateway's writes wait less long"
            assert "s or 10,000 rows" in screen_text(app)
            writer.execute("BEGIN EXCLUSIVE")
            await run(pilot, "SELECT * FROM tools")
            await shows(pilot, "locked")
            writer.execute("ROLLBACK")
            await run(pilot, "SELECT * FROM tools")
            assert "300 rows · " in heading(app)


async def test_the_first_10000_rows_are_kept_and_said_and_any_of_them_is_near(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        numbers = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x)"
        await run(pilot, f"{numbers} SELECT 'v' || n FROM x")
        assert "first 10,000 rows, more exist" in heading(app)
        await pilot.press("escape", "G")
        await shows(pilot, "v10000")
        app.action_row("5,000")
        await shows(pilot, "v5000")
        await pilot.press("g")
        await shows(pilot, "v1", "more rows below")
        assert len(app.pane.grid.feed.window) <= 2_000


async def test_what_ended_at_its_bound_says_how_far_it_came_and_why_it_was_less(path, monkeypatch):
    note = "journal mode delete: a statement may run 4 s here"
    ended = Result(
        columns=("n",), rows=tuple((n,) for n in range(4_112)), ended="seconds", elapsed=4.01,
        caps=Caps(seconds=4), note=note,
    )  # fmt: skip
    monkeypatch.setattr(Query, "run", lambda *_words, **_options: ended)
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT n FROM x")
        assert "stopped at 4 s, 4,112 rows read so far" in heading(app)
        await until(pilot, lambda: message(app) == note)
        await pilot.press("escape", "G")
        await shows(pilot, "4111")


async def test_r_runs_the_statement_of_the_result_whatever_the_editor_has_by_now(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT count(*) FROM gateways")
        await shows(pilot, "7")
        with closing(sqlite3.connect(path)) as writer, writer:
            writer.execute("DELETE FROM gateways WHERE id > 'gw-3'")
        app.pane.editor.put("SELECT something else")
        await pilot.press("escape", "R")
        await until(pilot, lambda: not app.pane.has_statement and app.pane.rows is not None)
        assert app.pane.rows.rows == [(4,)]
        assert app.pane.editor.text == "SELECT something else"


async def test_a_value_of_5_megabytes_is_cut_and_said(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT printf('%.*c', 5000000, 'x') AS big")
        await shows(pilot, f"1 value cut at {Caps().value:,} characters", "xxxx…")
        await pilot.press("escape", "y")
        await until(pilot, lambda: "the result has no more of it" in message(app))
        await pilot.press("v")
        await shows(pilot, "5,000,000 characters", "row 1 of 1")


async def test_no_rows_and_no_columns_are_said(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT name FROM tools WHERE 0")
        assert "0 rows. · " in heading(app)
        assert "row name" in below(app)[1]
        assert below(app)[2].strip() == "0 rows."
        await pilot.press("f5")
        app.pane.editor.put("  ")
        await until(pilot, lambda: not app.pane.has_statement)
        await pilot.press("f5")
        await until(pilot, lambda: message(app) == "Type a SELECT. Tables: Tab completes.")


async def test_two_columns_of_one_name_have_each_its_own_values(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT 'one' AS n, 'two' AS N, 'three' AS \"\"")
        assert below(app)[1].split() == ["row", "n", "N:2", "column", "3"]
        assert all(word in below(app)[2] for word in ("one", "two", "three"))


# --- what is wrong, what is refused -------------------------------------------------------


async def test_a_caret_stands_under_what_sqlite_does_not_understand(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT *\n  FORM tools;")
        assert below(app)[1].strip() == "2    FORM tools;"
        assert below(app)[2].index("^") == below(app)[1].index("FORM")
        assert below(app)[3].strip() == 'near "FORM": syntax error'
        assert app.pane.editor.cursor_location == (1, 2)
        await run(pilot, "SELECT enabld FROM tools")
        await shows(pilot, "no such column: enabld")
        await run(pilot, "SELECT 1; SELECT 2;")
        await shows(pilot, "One statement at a time")


@pytest.mark.parametrize(
    ("sql", "verb"),
    [
        ("DELETE FROM tools;", "DELETE"),
        ("WITH x AS (SELECT 1) UPDATE tools SET name = 'x'", "UPDATE"),
        ("ATTACH '/etc/passwd' AS p", "ATTACH"),
        ("DROP TABLE tools", "DROP"),
    ],
)
async def test_what_would_change_something_is_refused_and_changes_nothing(path, sql, verb):
    before = path.read_bytes()
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, sql)
        # The sentence may take two lines.
        said = " ".join(" ".join(below(app)[1:]).split())
        assert said.startswith(
            f"Refused: this console only reads ({verb}). "
            "Imports and restores have their own screens."
        )
    assert path.read_bytes() == before


async def test_the_plan_is_that_of_the_statement_in_the_editor(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        app.pane.editor.put("SELECT name FROM tools WHERE name = 'x'")
        await pilot.press("escape", "right_square_bracket")
        await shows(pilot, "[Plan]", "EXPLAIN QUERY PLAN", "tools_by_name")
        assert app.pane.last_run is None, "it was not run"
        app.pane.editor.put("SELECT FORM")
        await pilot.press("R")
        await shows(pilot, "no such column: FORM", "^")
        await pilot.press("escape")
        await shows(pilot, "[Result]")
        assert app.pane.NUMBER == 8


async def test_a_offers_what_can_be_done_with_the_row(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT name FROM tools")
        await pilot.press("escape", "a")
        await shows(pilot, "row of the result", "v      view", "copy row", "R      run again")
        await pilot.press("v")
        await shows(pilot, "row 1 of 300", "tool-000000")
        await pilot.press("n", "n")
        await shows(pilot, "row 3 of 300", "tool-000002")
        await pilot.press("escape")
        assert app.pane.grid.row.identity == (2,), "the grid went along"


# --- secrets, hostile text ----------------------------------------------------------------


async def test_a_secret_is_masked_wherever_it_comes_from_and_is_in_no_copy(path):
    app = browser_app(path)
    copies = []
    app.copy_to_clipboard = copies.append
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT auth_value AS harmless, name FROM gateways")
        await shows(pilot, "•••• 15 ch", "masked: gateways.auth_value")
        assert SECRET not in screen_text(app)
        await pilot.press("escape", "y")
        await until(pilot, lambda: message(app) == "harmless is masked: it is not copied.")
        await pilot.press("l", "y")
        await until(pilot, lambda: copies == ["gateway number 0"])
        for key in ("space", "space", "Y"):
            await pilot.press(key)
        await shows(pilot, "copy 2 rows of the result as", "JSON", "INSERT")
        await pilot.press("enter")
        await until(pilot, lambda: len(copies) == 2)
        assert "gateway number 1" in copies[1]
        assert SECRET not in copies[1]
        assert "harmless" not in copies[1]
        await until(
            pilot, lambda: "Masked values are left out of the copy: harmless." in message(app)
        )
        await pilot.press("v")
        await shows(pilot, "harmless", "•••• 15 ch", "gateway number")
        assert SECRET not in screen_text(app)


@pytest.mark.parametrize("settings", [{}, {"glyphs": "ascii"}], ids=["unicode", "ascii"])
async def test_nothing_that_a_terminal_obeys_is_drawn(tmp_path, settings):
    path = tmp_path / "mcp.db"
    name = f"bad {HOSTILE}".replace("\n", " ")
    quoted = '"' + name.replace('"', '""') + '"'
    with closing(database(path)) as connection:
        connection.execute(f"CREATE TABLE {quoted} ({quoted} TEXT)")
        connection.execute(f"INSERT INTO {quoted} VALUES (?)", (HOSTILE,))
        connection.commit()
    app = browser_app(path, **settings)
    async with app.run_test(size=LARGE) as pilot:
        await to_console(pilot)

        def clean():
            text = screen_text(app).replace("\n", "")
            return not any(character in text for character in FORBIDDEN)

        await pilot.press(*"select * from b", "tab")
        await until(pilot, lambda: app.pane.editor.text == f"select * from {quoted}")
        assert clean()
        await pilot.press("f5")
        await shows(pilot, "1 row")
        assert clean()
        assert app.pane.rows.rows == [(HOSTILE,)]
        await pilot.press("escape", "v")
        await shows(pilot, "row 1 of 1")
        assert clean()
        await pilot.press("escape", "left_square_bracket")
        await shows(pilot, "[History]")
        assert clean()
        await pilot.press("left_square_bracket")
        await shows(pilot, "[Plan]", "SCAN")
        assert clean()
        await run(pilot, f"SELECT '{HOSTILE}' FORM {HOSTILE}")
        assert clean()
        app.pane.editor.put("select ")
        await pilot.press("i", "tab")
        await until(pilot, lambda: app.pane.offer.display)
        assert clean()


# --- commands and looks -------------------------------------------------------------------


async def test_run_and_stop_are_in_the_palette(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        app.pane.editor.put(FOREVER)
        await pilot.press("ctrl+p", *"run", "enter")
        await until(pilot, lambda: app.pane.has_statement)
        await pilot.press("ctrl+p", *"stop", "enter")
        await until(pilot, lambda: not app.pane.has_statement)


async def test_every_key_has_an_id_and_a_remapped_one_works(path):
    from textual.binding import Binding

    from tui.app.panes.sql_keys import EDITOR_KEYS, HISTORY_KEYS, PANE_KEYS
    from tui.app.sql_editor import TextArea

    own = [key for key in (*EDITOR_KEYS, *HISTORY_KEYS, *PANE_KEYS) if key not in TextArea.BINDINGS]
    assert all(isinstance(key, Binding) and key.id and key.group for key in own)
    app = browser_app(path)
    app.set_keymap({"sql.run": "f9", "sql.enter": "f8"})
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        app.pane.editor.put("SELECT 1")
        await pilot.press("f9")
        await until(pilot, lambda: app.pane.rows is not None)
        await pilot.press("f8")
        await until(pilot, lambda: app.pane.editor.text == "SELECT 1\n")


async def test_a_tall_screen_shows_the_value_under_the_cursor(path):
    app = browser_app(path)
    async with app.run_test(size=LARGE) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT name FROM tools")
        await pilot.press("escape", "j")
        await shows(pilot, " name  tool-000001", "more rows below")
