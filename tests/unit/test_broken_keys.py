"""Rows that point nowhere are told table by table, and whether they are the same as before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.migrating_story import report
from tui.core.models import BrokenKey
from tui.operations.migrating.looked import broken_keys, look_at
from tui.wording.rehearsal_facts import facts

SCHEMA = """
CREATE TABLE tools (id INTEGER PRIMARY KEY);
CREATE TABLE servers (id INTEGER PRIMARY KEY);
CREATE TABLE links (tool REFERENCES tools(id), server REFERENCES servers(id));
INSERT INTO tools VALUES (1), (2);
INSERT INTO servers VALUES (1);
INSERT INTO links VALUES (1, 1), (7, 1), (8, 1), (9, 9);
"""


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mcp.db"
    run(path, SCHEMA)
    yield path


def run(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def broken(copy: Path, sql: str) -> dict[str, tuple[int, int, bool]]:
    before = look_at(copy, lambda: None, check=False)
    run(copy, sql)
    after = look_at(copy, lambda: None, check=False)
    found = broken_keys(before, after)
    assert sum(key.after for key in found) == after.foreign_keys
    assert {key.table for key in found} <= {"links"}
    return {key.parent: (key.before, key.after, key.same) for key in found}


@pytest.mark.parametrize(
    ("sql", "tools"),
    [("INSERT INTO tools VALUES (3)", (3, 3, True)),
     ("INSERT INTO tools VALUES (7)", (3, 2, False)),
     ("DELETE FROM tools WHERE id = 1", (3, 4, False)),
     ("INSERT INTO tools VALUES (7); DELETE FROM tools WHERE id = 1", (3, 3, False))],
    ids=["the same", "fewer", "more", "as many others"],
)  # fmt: skip
def test_they_are_counted_by_table_and_compared_row_by_row(
    copy: Path, sql: str, tools: tuple[int, int, bool]
) -> None:
    assert broken(copy, sql) == {"tools": tools, "servers": (1, 1, True)}


def test_a_key_that_cannot_be_checked_counts_as_one_of_no_table(copy: Path) -> None:
    sql = "CREATE TABLE named (name TEXT); CREATE TABLE odd (n REFERENCES named(name));"
    before = look_at(copy, lambda: None, check=False)
    run(copy, f"{sql} INSERT INTO odd VALUES ('x');")
    after = look_at(copy, lambda: None, check=False)
    odd = [key for key in broken_keys(before, after) if key.table == "odd"]
    assert odd == [BrokenKey(table="odd", parent="", before=0, after=1)]


def keys(*broken: BrokenKey) -> tuple[str, str]:
    counts = (sum(key.before for key in broken), sum(key.after for key in broken))
    found = facts(report(broken_keys=broken, foreign_keys=counts))
    return next((fact.text.split(" · quick_check")[0], fact.role) for fact in found
                if fact.label == "keys")  # fmt: skip


def key(table: str, parent: str, before: int, after: int, *, same: bool = False) -> BrokenKey:
    return BrokenKey(table=table, parent=parent, before=before, after=after, same=same)


def test_they_are_said_as_a_person_would() -> None:
    assert keys(key("server_tool_association", "tools", 4, 4, same=True)) == (
        "foreign keys: 4 rows in server_tool_association point to no tool; the same 4 as before",
        "warn",
    )
    assert keys(key("a", "addresses", 2, 1)) == (
        "foreign keys: 1 row in a points to no row of addresses; 2 before", "warn",
    )  # fmt: skip
    assert keys(key("a", "tools", 0, 1), key("b", "tools", 5, 0)) == (
        "foreign keys: 1 row in a points to no tool; none before", "warn",
    )  # fmt: skip
    assert keys(key("a", "tools", 1, 2))[1] == "fail"
    many = [key(name, "tools", 1, 1, same=True) for name in "abcde"]
    assert keys(*many)[0].endswith(" · 2 more")
    assert "\x1b" not in keys(key("\x1b[31m", "\x1b[2J", 1, 1))[0]


def test_an_older_report_without_tables_is_still_said() -> None:
    found = facts(report(foreign_keys=(4, 4)))
    assert any("4 rows point nowhere, as many as before" in fact.text for fact in found)
