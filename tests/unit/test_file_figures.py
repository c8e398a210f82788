"""What a file is made of: its pages, what each table takes, indexes that repeat others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tui.core.errors import Cancelled, PrecheckError
from tui.core.models import Problem
from tui.operations.measuring.figures import measure
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.operations.reads.short_reads import ShortReads
from tui.services.sqlite.repeats import repeats


def made(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def measured(path: Path):
    return measure(ShortReads(BackupFile(path)))


@pytest.fixture
def rows_gone(tmp_path: Path) -> Path:
    """Two tables, one of them half emptied: pages nobody uses."""
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE calls (id INTEGER PRIMARY KEY, tool TEXT, at TEXT)")
        connection.execute("CREATE INDEX by_tool ON calls (tool)")
        connection.execute("CREATE TABLE few (id INTEGER PRIMARY KEY, note TEXT)")
        connection.executemany(
            "INSERT INTO calls VALUES (?, ?, ?)", [(n, f"tool-{n}", "x" * 200) for n in range(4000)]
        )
        connection.execute("INSERT INTO few VALUES (1, 'one')")
        connection.execute("DELETE FROM calls WHERE id > 1000")
    return path


def test_tables_and_unused_pages_add_up_to_the_file(rows_gone: Path) -> None:
    figures = measured(rows_gone)
    totals = sum(table.total or 0 for table in figures.tables)
    assert figures.size == rows_gone.stat().st_size == figures.pages * figures.page_size
    assert figures.free_pages > 10
    assert totals + figures.unused == figures.size
    assert figures.slack is not None
    assert 0 < figures.slack < totals


def test_tables_come_by_size_with_their_rows_and_indexes(rows_gone: Path) -> None:
    calls, *others = measured(rows_gone).tables
    assert (calls.name, calls.rows) == ("calls", 1001)
    assert calls.indexes
    assert calls.data
    assert calls.total == calls.data + calls.indexes
    assert [(i.name, i.bytes) for i in measured(rows_gone).indexes] == [("by_tool", calls.indexes)]
    assert {table.name: table.rows for table in others} == {"few": 1, "sqlite_schema": None}


def test_where_dbstat_is_hidden_sizes_are_unknown_and_not_zero(tmp_path: Path) -> None:
    path = made(
        tmp_path / "hidden.db",
        "CREATE TABLE dbstat (name TEXT)",
        "CREATE TABLE a (x TEXT)",
        "INSERT INTO a VALUES ('y')",
    )
    figures = measured(path)
    assert not figures.is_sized
    assert figures.slack is None
    assert {t.name: (t.rows, t.total) for t in figures.tables} == {
        "a": (1, None),
        "dbstat": (0, None),
    }


def test_the_look_at_a_running_gateway_holds_nothing_and_leaves_its_wal_alone(site: Site) -> None:
    site.add_tool("while-it-is-measured")
    figures = measure(ShortReads(LiveDatabase(site.deployment)))
    tools = next(table for table in figures.tables if table.name == "tools")
    assert tools.rows == len(site.tools())
    assert figures.journal_mode == "wal"
    assert figures.wal_size > 0
    site.add_tool("afterwards")
    assert site.healthy()


def test_it_can_be_stopped(rows_gone: Path) -> None:
    with pytest.raises(Cancelled):
        measure(ShortReads(BackupFile(rows_gone)), lambda: True)


def test_a_file_whose_wal_is_not_seen_from_here_is_not_measured(site: Site) -> None:
    problem = Problem("single-file", "Only the file is mounted.", ("live",))
    hidden = replace(site.deployment, problems=(problem,))
    with pytest.raises(PrecheckError, match="Only the file"):
        measure(ShortReads(LiveDatabase(hidden)))


# --- indexes that repeat others ---------------------------------------------------------------


def found(tmp_path: Path, *indexes: str) -> set[tuple[str, str]]:
    path = made(
        tmp_path / "indexes.db", "CREATE TABLE t (a TEXT, b TEXT, c TEXT, UNIQUE (a, c))", *indexes
    )
    with closing(sqlite3.connect(path)) as connection:
        return {(each.index, each.by) for each in repeats(connection, {})}


def test_an_index_on_the_first_columns_of_another_repeats_it(tmp_path: Path) -> None:
    assert found(tmp_path, "CREATE INDEX b ON t (b)", "CREATE INDEX bc ON t (B, c)") == {
        ("b", "bc")
    }


def test_of_two_equal_indexes_one_stays(tmp_path: Path) -> None:
    assert len(found(tmp_path, "CREATE INDEX b1 ON t (b)", "CREATE INDEX b2 ON t (b)")) == 1


def test_what_a_constraint_made_counts_as_the_one_that_does_the_work(tmp_path: Path) -> None:
    assert found(tmp_path, "CREATE INDEX a ON t (a)") == {("a", "sqlite_autoindex_t_1")}


@pytest.mark.parametrize(
    "indexes",
    [
        ("CREATE UNIQUE INDEX b ON t (b)", "CREATE INDEX bc ON t (b, c)"),
        ("CREATE INDEX b ON t (b)", "CREATE INDEX cb ON t (c, b)"),
        ("CREATE INDEX b ON t (b) WHERE c = 1", "CREATE INDEX bc ON t (b, c)"),
        ("CREATE INDEX b ON t (b)", "CREATE INDEX bc ON t (b, c) WHERE c = 1"),
        ("CREATE INDEX b ON t (b DESC)", "CREATE INDEX bc ON t (b COLLATE NOCASE, c)"),
        ("CREATE INDEX b ON t (lower(b))", "CREATE INDEX bc ON t (b, c)"),
    ],
    ids=["unique", "not the first", "of some rows", "other of some rows", "collation", "term"],
)
def test_what_is_needed_does_not_repeat(tmp_path: Path, indexes: tuple[str, ...]) -> None:
    assert found(tmp_path, *indexes) == set()
