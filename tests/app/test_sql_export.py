"""A statement's result goes to a file: all of its rows, no secret, as the command writes it."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing

from tests.app.sql_stage import run, to_console
from tests.app.tables_stage import message, shows
from tests.app.test_shell_live import known, opened, saved  # noqa: F401
from tests.app.waiting import until
from tui.app.screens.export_path import PathLine
from tui.app.screens.export_question import ExportQuestion


async def test_x_says_why_it_is_off_until_there_is_a_result(saved):  # noqa: F811
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await to_console(pilot)
        await pilot.press("escape", "x")
        said = "There is no result to export; F5 runs a statement."
        await until(pilot, lambda: said in message(app))


async def test_x_writes_every_row_of_the_statement_and_leaves_secrets_masked(saved, tmp_path):  # noqa: F811
    app = opened(saved)
    to = tmp_path / "asked.csv"
    with closing(sqlite3.connect(saved.database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM gateways ORDER BY name")]
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app))
        await to_console(pilot)
        await run(pilot, "SELECT name, auth_value FROM gateways ORDER BY name")
        await shows(pilot, "complete")
        await pilot.press("escape", "x")
        await until(pilot, lambda: isinstance(app.screen, ExportQuestion))
        await shows(pilot, "the result of a query", "--query")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PathLine))
        await pilot.press("ctrl+u", *str(to), "enter")
        await until(pilot, lambda: isinstance(app.screen, ExportQuestion))
        await shows(pilot, to.name)
        await pilot.press("x")
        await until(pilot, to.exists)
        await shows(pilot, "8 SQL")
    written = list(csv.DictReader(to.open()))
    assert [row["name"] for row in written] == names
    assert names
    assert (to.stat().st_mode & 0o777) == 0o600
    secrets = {row.get("auth_value", "") for row in written}
    assert all(value == "" or "••••" in value for value in secrets)
