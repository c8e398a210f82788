"""What is told of a column's values and of the room that tables take."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tui.core.errors import Cancelled, NotFoundError
from tui.core.models.rows import Cell, ColumnStatistics
from tui.services.sqlite import sizes as measuring
from tui.services.sqlite import statistics
from tui.services.sqlite.connections import connect
from tui.services.sqlite.relations import relation
from tui.services.sqlite.statistics import column_statistics
from tui.services.sqlite.stopping import TimeIsUpError, stoppable


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "t.db", "mode=rwc")) as found:
        yield found


def look(connection: sqlite3.Connection, table: str, column: str) -> ColumnStatistics:
    return column_statistics(
        connection, relation(connection, table), column, cancelled=lambda: False
    )


def test_a_column_is_told_by_its_values(connection: sqlite3.Connection) -> None:
    connection.execute('CREATE TABLE t ("Mixed" , api_key TEXT)')
    values = [None, None, 1, 2.5, "b", "b", "b", "a", b"\xff", "x" * 500]
    connection.executemany("INSERT INTO t VALUES (?, 'hush')", [(value,) for value in values])
    found = look(connection, "t", "mixed")
    assert found == ColumnStatistics(
        column="Mixed",
        rows=10,
        nulls=2,
        distinct=6,
        smallest=1,
        largest=b"\xff",
        top=(("b", 3), (1, 1), (2.5, 1), ("a", 1), (Cell(value="x" * 200, length=500), 1)),
        types={"integer": 1, "real": 1, "text": 5, "blob": 1},
    )
    with pytest.raises(NotFoundError, match="t has no column nope"):
        look(connection, "t", "nope")


def test_of_a_secret_only_its_rows_are_told(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "CREATE TABLE t (api_key TEXT);"
        "INSERT INTO t VALUES ('hush'), ('hush'), (NULL);"
        "CREATE VIEW v AS SELECT api_key AS shown FROM t;"
    )
    for table, column in (("t", "api_key"), ("v", "shown")):
        assert look(connection, table, column) == ColumnStatistics(
            column=column, rows=3, nulls=1, distinct=None
        )


def test_an_empty_table_and_one_of_nulls(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "CREATE TABLE t (a, b); CREATE TABLE n (a); INSERT INTO n VALUES (NULL)"
    )
    assert look(connection, "t", "a") == ColumnStatistics(column="a", rows=0, nulls=0, distinct=0)
    assert look(connection, "n", "a") == ColumnStatistics(column="a", rows=1, nulls=1, distinct=0)


def test_many_rows_are_sorted_only_by_an_index(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, plain TEXT, indexed TEXT, partly TEXT);"
        "CREATE INDEX i ON t (indexed, plain); CREATE INDEX p ON t (partly) WHERE id > 3;"
    )
    rows = [(n, f"p{n % 3}", f"i{n % 7}", "x") for n in range(50)]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    assert look(connection, "t", "plain").distinct == 3
    monkeypatch.setattr(statistics, "MOST_ROWS", 49)
    for column, smallest in (("plain", "p0"), ("partly", "x")):
        found = look(connection, "t", column)
        assert (found.rows, found.smallest) == (50, smallest)
        assert (found.distinct, found.top, found.capped) == (None, (), True)
    for column, distinct, top in (("indexed", 7, ("i0", 8)), ("id", 50, (0, 1))):
        found = look(connection, "t", column)
        assert (found.distinct, found.top[0], found.capped) == (distinct, top, False)
    monkeypatch.undo()
    monkeypatch.setattr(statistics, "MOST_TEXT", 99)
    assert look(connection, "t", "plain").capped
    assert look(connection, "t", "id").distinct == 50


def test_it_stops_on_a_wish_an_interrupt_and_after_its_time(
    connection: sqlite3.Connection,
) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    connection.execute(f"CREATE VIEW endless AS {numbers}) SELECT i AS a FROM n")
    connection.execute("CREATE TABLE t (a)")
    connection.execute(f"{numbers} WHERE i < 600) INSERT INTO t SELECT i FROM n")
    endless, shape = relation(connection, "endless"), relation(connection, "t")
    asked = iter(range(100))
    with pytest.raises(Cancelled):
        column_statistics(connection, endless, "a", cancelled=lambda: next(asked) > 2)

    def interrupting() -> bool:
        connection.interrupt()
        return False

    with pytest.raises(Cancelled):
        column_statistics(connection, endless, "a", cancelled=interrupting)
    late = column_statistics(connection, shape, "a", cancelled=lambda: False, seconds=0)
    assert (late.rows, late.largest, late.distinct, late.capped) == (600, 600, None, True)
    assert look(connection, "t", "a").distinct == 600, "nothing is left that stops"


def test_what_stops_a_read_is_told_also_where_one_stands_in_another(
    connection: sqlite3.Connection,
) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with (
        pytest.raises(TimeIsUpError),
        stoppable(connection, lambda: False, 0.1),
        stoppable(connection, lambda: False),
    ):
        connection.execute(endless)
    with pytest.raises(Cancelled), stoppable(connection, lambda: True, 0.1):
        connection.execute(endless)
    with pytest.raises(sqlite3.OperationalError), stoppable(connection, lambda: False, 9):
        connection.execute("SELECT nothing")


def test_a_column_that_is_gone_is_an_error_not_a_text(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a, b)")
    shape = relation(connection, "t")
    gone = replace(shape, columns=tuple(replace(c, name=f"{c.name}x") for c in shape.columns))
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        column_statistics(connection, gone, "ax", cancelled=lambda: False)


def test_sizes_are_all_pages_of_the_file(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT 1;"
        "CREATE TABLE u (a)"
    )
    connection.executemany("INSERT INTO t VALUES (?)", [("x" * 900,)] * 100)
    if not measuring.has_dbstat(connection):
        assert measuring.sizes(connection, cancelled=lambda: False) is None
        return
    found = measuring.sizes(connection, cancelled=lambda: False)
    assert found is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    assert sum(size.bytes for size in found) == pages * page_size
    summed = measuring.by_table(found)
    assert set(summed) == {"t", "u", "sqlite_schema"}
    assert summed["u"] == (page_size, 0)
    assert min(summed["t"]) >= 90_000
    assert all(0 <= size.unused < size.bytes for size in found)


def test_a_table_named_dbstat_hides_it(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE DbStat (name)")
    assert measuring.sizes(connection, cancelled=lambda: False) is None


def test_where_a_value_is_very_long_only_kinds_are_counted(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.executescript(
        "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(200000000)), ('x'), (NULL), (1);"
    )
    tracemalloc.start()
    try:
        found = look(connection, "t", "a")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert found == ColumnStatistics(
        column="a", rows=4, nulls=1, distinct=None, capped=True, long=True,
        types={"blob": 1, "integer": 1, "text": 1},
    )  # fmt: skip
    monkeypatch.setattr("tui.services.sqlite.cells.READ_AT_MOST", 10)
    connection.execute("DELETE FROM t WHERE typeof(a) = 'blob'")
    assert look(connection, "t", "a").largest == "x"
    connection.execute("INSERT INTO t VALUES ('a text that is too long')")
    assert look(connection, "t", "a").long


def test_sizes_of_one_table_are_its_own(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "CREATE TABLE Big (a); CREATE INDEX big_a ON Big (a); CREATE TABLE other (a);"
    )
    found = measuring.sizes(connection, cancelled=lambda: False, table="big")
    if found is not None:
        assert {each.name for each in found} == {"Big", "big_a"}
