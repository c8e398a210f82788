"""One statement of the console: where it ends, what is kept, what is said of a wrong one."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console_file import console_file
from tui.core.models import Deployment
from tui.core.models.queries import Caps
from tui.core.models.rows import Cell
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.operations.reads.query import Query
from tui.services.sqlite.completion import complete
from tui.services.sqlite.connections import connect
from tui.services.sqlite.masking import Masks
from tui.services.sqlite.sql_reading import StatementError, is_complete
from tui.services.sqlite.statements import explain, run
from tui.wording.queries import ending

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {} FROM n"

PATIENCE = 20.0
"""Seconds for what takes a few hundredths; hours would go by if it were not stopped."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = console_file(tmp_path_factory.mktemp("statements"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE big (a, b)")
        many = ENDLESS.format("i") + " LIMIT 200000"
        connection.execute(f"INSERT INTO big SELECT i, hex(randomblob(100)) FROM ({many})")
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path, "mode=ro")) as found:
        yield found


def cancel(connection: sqlite3.Connection, sql: str) -> tuple[Any, float]:
    """Cancel it once it runs; the result, and the seconds that this took."""
    asked: list[float] = []
    begun = time.monotonic()

    def cancelled() -> bool:
        if time.monotonic() - begun < 0.2:
            return False
        asked.append(time.monotonic())
        return True

    result = run(connection, sql, masks=Masks(), caps=Caps(rows=None), cancelled=cancelled)
    return result, time.monotonic() - asked[0]


@pytest.mark.parametrize(
    "sql",
    [
        ENDLESS.format("count(*)"),
        ENDLESS.format("i"),
        # One step of SQLite's machine each, or a long way without a row.
        "SELECT count(*) FROM big a, big b WHERE a.b < b.b",
        "SELECT x.a FROM big x, big y, big z ORDER BY x.b || y.b || z.b",
    ],
)
def test_cancelling_ends_it_at_once_and_lets_go_of_the_file(
    connection: sqlite3.Connection, sql: str
) -> None:
    result, took = cancel(connection, sql)
    assert result.ended == "cancelled"
    assert took < PATIENCE, "it would go on for hours"
    assert not connection.in_transaction
    assert ending(result).startswith("stopped after ")


def test_time_is_a_cap_that_keeps_what_was_read(connection: sqlite3.Connection) -> None:
    result = run(connection, ENDLESS.format("i"), masks=Masks(), caps=Caps(rows=None, seconds=0.2))
    assert result.ended == "seconds"
    assert result.rows[:2] == ((1,), (2,))
    assert ending(result) == f"stopped at 0.2 s, {len(result.rows):,} rows read so far"


def test_an_interrupt_from_elsewhere_ends_it_too(connection: sqlite3.Connection) -> None:
    running = threading.Event()

    def interrupt() -> None:
        running.wait(10)
        connection.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = run(
        connection,
        ENDLESS.format("i"),
        masks=Masks(),
        caps=Caps(rows=None),
        arrived=lambda _columns, _rows: running.set(),
    )
    thread.join()
    assert result.ended == "cancelled"


def test_a_result_says_whether_it_is_whole(connection: sqlite3.Connection) -> None:
    def of(sql: str, **caps: Any) -> tuple[str, int]:
        result = run(connection, sql, masks=Masks(), caps=Caps(**caps))
        return result.ended, len(result.rows)

    assert of("SELECT a FROM big LIMIT 10", rows=10) == ("complete", 10)
    assert of("SELECT a FROM big LIMIT 11", rows=10) == ("rows", 10)
    assert of("SELECT a FROM big", rows=None) == ("complete", 200_000)
    ended, kept = of("SELECT randomblob(1000000) FROM big", size=5_000_000, value=None)
    assert (ended, kept) == ("size", 5)
    first = run(connection, "SELECT a FROM big", masks=Masks())
    assert ending(first) == "first 10,000 rows, more exist"
    none = run(connection, "SELECT a FROM big WHERE 0", masks=Masks())
    assert (none.columns, ending(none)[:7]) == (("a",), "0 rows.")


def test_a_long_value_is_cut_and_says_how_long_it_is(connection: sqlite3.Connection) -> None:
    sql = "SELECT printf('%.*c', 70000, 'x') AS t, zeroblob(70000) AS b, 'short' AS s, 1.5, 1.5"
    result = run(connection, sql, masks=Masks(), caps=Caps(value=65_536))
    text, blob, short, _, _ = result.rows[0]
    assert text == Cell(value="x" * 65_536, length=70_000)
    assert blob == Cell(value=bytes(65_536), length=70_000)
    assert (short, result.cut, result.columns) == ("short", 2, ("t", "b", "s", "1.5", "1.5"))


def test_many_columns_share_what_one_row_may_take(connection: sqlite3.Connection) -> None:
    many = ", ".join(["zeroblob(2000000)"] * 200)
    with pytest.raises(StatementError, match="too long to be read whole"):
        run(connection, f"SELECT {many}", masks=Masks())
    assert run(connection, "SELECT length(zeroblob(2000000))", masks=Masks()).rows == (
        (2_000_000,),
    )


def test_rows_arrive_while_it_runs(connection: sqlite3.Connection) -> None:
    seen: list[int] = []
    result = run(
        connection,
        "SELECT a FROM big",
        masks=Masks(),
        caps=Caps(rows=3_000),
        arrived=lambda columns, rows: seen.append(len(rows)),
    )
    assert sum(seen) == len(result.rows) == 3_000
    assert len(seen) > 3


@pytest.mark.parametrize(
    ("sql", "said", "place"),
    [
        ("SELECT a FROM plain FORM b", 'near "b": syntax error', (1, 26)),
        ("SELECT a\n  FROM plain\n WEHRE a = 1", 'near "a": syntax error', (3, 8)),
        ("SELECT FROM plain", 'near "FROM": syntax error', (1, 8)),
        ("SELECT a FROM plain WHERE a = (1 FROM plain)", 'near "FROM": syntax error', (1, 34)),
        ("SELECT a FROM plain WHERE", "incomplete input", (1, 26)),
        ("SELECT 'open", """unrecognized token: "'open\"""", (1, 8)),
        ("SELECT enabld FROM plain", "no such column: enabld", (1, 8)),
        ("SELECT p.enabld, enabld FROM plain p", "no such column: p.enabld", (1, 8)),
        ("SELECT * FROM nowhere", "no such table: nowhere", (1, 15)),
        ("SELECT nope(a) FROM plain", "no such function: nope", (1, 8)),
        # The name stands there twice: better no place than a wrong one.
        ("SELECT x, x FROM plain", "no such column: x", (0, 0)),
    ],
)
def test_a_wrong_statement_says_where(
    connection: sqlite3.Connection, sql: str, said: str, place: tuple[int, int]
) -> None:
    with pytest.raises(StatementError) as raised:
        run(connection, sql, masks=Masks())
    assert (raised.value.plain, (raised.value.line, raised.value.column)) == (said, place)


def test_a_plan_is_a_tree_of_what_would_run(connection: sqlite3.Connection) -> None:
    sql = "SELECT a FROM plain WHERE a IN (SELECT a FROM big) ORDER BY b"
    assert explain(connection, sql, masks=Masks()) == explain(
        connection, f"EXPLAIN QUERY PLAN {sql};", masks=Masks()
    )
    lines = explain(connection, sql, masks=Masks())
    assert lines[0] == "SCAN plain"
    assert any(line.startswith("  ") for line in lines)
    assert "USE TEMP B-TREE FOR ORDER BY" in lines
    assert explain(connection, "PRAGMA page_count", masks=Masks()) == ()


def test_a_statement_is_complete_when_its_semicolon_is_sql(connection: sqlite3.Connection) -> None:
    assert is_complete("SELECT 1;")
    assert not is_complete("SELECT ';")
    assert not is_complete("SELECT 1 -- ;")
    assert not is_complete("SELECT 1;\0")


def test_a_live_file_with_a_rollback_journal_is_not_held_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.operations.reads.holding.BUSY_TIMEOUT", 0.25)
    live = tmp_path / "mcp.db"
    with closing(sqlite3.connect(live)) as writer, writer:
        writer.execute("CREATE TABLE t (a)")
    query = Query(LiveDatabase(Deployment(name="x", database=live, backup_dir=tmp_path / "b")))
    assert query.allowed() == Caps(seconds=0.2)
    result = query.run(ENDLESS.format("count(*)"), caps=Caps(seconds=60))
    assert (result.ended, result.caps.seconds) == ("seconds", 0.2)
    assert result.note.startswith("journal mode delete")
    # A backup holds up nobody.
    backup = Query(BackupFile(live)).run(ENDLESS.format("count(*)"), caps=Caps(seconds=0.5))
    assert (backup.caps.seconds, backup.note) == (0.5, "")
    assert Query(BackupFile(live)).allowed() == Caps()


def test_a_statement_leaves_nothing_that_keeps_the_wal_from_a_checkpoint(path: Path) -> None:
    query = Query(LiveDatabase(Deployment(name="x", database=path, backup_dir=path.parent / "b")))
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as writer:
        with query.running(ENDLESS.format("i")) as running:
            assert next(running.batches())
            writer.execute("INSERT INTO plain VALUES (9, 'z')")
            busy = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        assert busy == 1
        assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


NAMES = ("tools", "gateways", "odd name")
COLUMNS = {"tools": ("id", "name", "gateway_id"), "gateways": ("id", "url"), "odd name": ("a b",)}


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("SELECT * FROM |", ("tools", "gateways", '"odd name"')),
        ("SELECT * FROM to|", ("tools",)),
        ("SELECT * FROM tools, g|", ("gateways",)),
        ("SELECT t.| FROM tools t", ("id", "name", "gateway_id")),
        ("SELECT t.na| FROM tools AS t", ("name",)),
        ("SELECT gateways.u|", ("url",)),
        ("SELECT name FROM tools WHERE gat|", ("gateway_id",)),
        ("SELECT ur| FROM tools JOIN gateways g ON g.id = gateway_id", ("url",)),
        ("SEL|", ("SELECT",)),
        ("SELECT 'fro|'", ()),
        ("SELECT 1 -- fro|", ()),
        ("PRAGMA table_x|", ("table_xinfo",)),
        ("SELECT 1; SELECT * FROM gat|; SELECT 2", ("gateways",)),
        ("SELECT * FROM main.to|", ("tools",)),
        ('SELECT * FROM "od|', ('"odd name"',)),
    ],
)
def test_completion_knows_what_may_stand_here(typed: str, candidates: tuple[str, ...]) -> None:
    cursor = typed.index("|")
    found = complete(typed.replace("|", ""), cursor, NAMES, COLUMNS)
    assert found.candidates == candidates


def test_a_name_that_begins_with_what_opens_a_name_is_completed_too() -> None:
    for typed in ('SELECT * FROM "[', "SELECT * FROM [[/", 'SELECT * FROM "[/X'):
        assert complete(typed, len(typed), ("[/x]",), {}).candidates == ('"[/x]"',)


def test_completion_replaces_what_was_typed() -> None:
    text = "SELECT * FROM too"
    found = complete(text, len(text), NAMES, COLUMNS)
    assert text[: found.begin] + found.candidates[0] == "SELECT * FROM tools"


def test_a_console_knows_the_names_of_its_file(path: Path) -> None:
    known = Query(BackupFile(path)).vocabulary()
    assert known.columns["plain"] == ("a", "b")
    assert "broken" in known.names
    assert "broken" not in known.columns
