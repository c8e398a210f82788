"""Pages give every row once, in the order of one big SELECT, whatever the values are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.errors import NotFoundError, UsageError
from tui.core.models.rows import Cell, Condition, Order, PageRow
from tui.services.sqlite import paging
from tui.services.sqlite.connections import connect
from tui.services.sqlite.inspection import VALUE_CAP, quote
from tui.services.sqlite.keyset import RawText, ranges, statement, terms
from tui.services.sqlite.paging import View
from tui.services.sqlite.relations import relation


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "any.db", "mode=memory")) as connection:
        yield connection


def view(connection: sqlite3.Connection, name: str, *order: str, **rest: Any) -> View:
    """A view of all columns; `-name` sorts descending."""
    found = relation(connection, name)
    columns = rest.pop("columns", tuple(c.name for c in found.columns if not c.hidden))
    wanted = tuple(Order(column=o.lstrip("-"), descending=o.startswith("-")) for o in order)
    return View(relation=found, columns=columns, order=wanted, **rest)


def walk_down(connection: sqlite3.Connection, asked: View, limit: int) -> list[PageRow]:
    page = paging.first(connection, asked, limit)
    found = list(page.rows)
    while page.after:
        page = paging.after(connection, asked, found[-1].anchor, limit)
        found += page.rows
    assert not connection.in_transaction
    return found


def walk_up(connection: sqlite3.Connection, asked: View, limit: int) -> list[PageRow]:
    page = paging.last(connection, asked, limit)
    found = list(page.rows)
    while page.before:
        page = paging.before(connection, asked, found[0].anchor, limit)
        found = [*page.rows, *found]
    return found


def cells(rows: list[PageRow] | tuple[PageRow, ...]) -> list[tuple[Any, ...]]:
    return [row.cells for row in rows]


VALUES = st.one_of(
    st.none(),
    st.sampled_from([1, 1.0, "1", b"1", -1, "", b"", "a", "A", "a ", "é", 2**53, 2**53 + 1]),
    st.sampled_from([float("inf"), float("-inf"), -(2**63), 2**63 - 1, 0.1, "x" * 1500]),
    st.builds(RawText, st.sampled_from([b"\xff", b"a\xff", b"\xc3"])),
)
TYPES = st.sampled_from(["", "TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB", "TEXT COLLATE NOCASE"])
KEYS = st.sampled_from(
    [
        "id INTEGER PRIMARY KEY",
        "id UNIQUE NOT NULL, PRIMARY KEY(id)",
        "id, PRIMARY KEY(id, b)",
        "id",
        "id, PRIMARY KEY(id)#",
        "id COLLATE NOCASE, PRIMARY KEY(b, id)#",
        "id, rowid, _rowid_, oid",
    ]
)
ORDERS = st.lists(st.sampled_from(["a", "-a", "b", "-b", "id", "-id"]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    types=st.tuples(TYPES, TYPES),
    key=KEYS,
    rows=st.lists(st.tuples(VALUES, VALUES), max_size=14),
    index=st.sampled_from(["", "a", "a DESC, b", "b, a"]),
    order=ORDERS,
    limit=st.integers(1, 5),
)
def test_walking_down_and_up_gives_every_row_once_in_order(
    types: tuple[str, str],
    key: str,
    rows: list[tuple[Any, Any]],
    index: str,
    order: list[str],
    limit: int,
) -> None:
    with closing(connect(Path("/nonexistent"), "mode=memory")) as connection:
        columns, comma, constraint = key.rstrip("#").partition(", PRIMARY")
        connection.execute(
            f"CREATE TABLE t (a {types[0]}, b {types[1]}, {columns}{comma}{constraint})"
            + (" WITHOUT ROWID" if key.endswith("#") else "")
        )
        for number, row in enumerate(rows):
            marks = ["CAST(? AS TEXT)" if isinstance(v, RawText) else "?" for v in row]
            connection.execute(
                f"INSERT OR IGNORE INTO t(a, b, id) VALUES ({', '.join(marks)}, ?)",
                (*row, number * 3),
            )
        if index:
            connection.execute(f"CREATE INDEX i ON t({index})")
        asked = view(connection, "t", *order)
        own = ", ".join(f"{t.sql} DESC" if t.descending else t.sql for t in terms(asked))
        expected = connection.execute(
            f"SELECT id, typeof(a) FROM t {'ORDER BY ' + own if own else ''}"
        ).fetchall()
        at = asked.columns.index("id")
        for walked in (walk_down, walk_up):
            found = walked(connection, asked, limit)
            assert [row.cells[at] for row in found] == [row[0] for row in expected]
        for number, row in enumerate(found):
            if asked.relation.identity:
                page = paging.around(connection, asked, row.identity, limit)
                assert page.before == (number > 0)
                assert cells(page.rows) == cells(found[number : number + limit])
                assert paging.at(connection, asked, number, 1).rows[0] == row


def plans(connection: sqlite3.Connection, asked: View, anchor: tuple[Any, ...]) -> list[str]:
    """What SQLite would do for the first, the last, the next and the previous page."""
    order = terms(asked)
    turned = tuple(term.turned() for term in order)
    found = []
    for direction in (order, turned):
        for part in [*ranges(direction, None), *ranges(direction, anchor)]:
            sql, values = statement(asked, "*", part, "LIMIT 9")
            steps = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
            found.append("; ".join(str(step[3]) for step in steps))
    return found


@pytest.mark.parametrize("value", [None, 7])
@pytest.mark.parametrize("order", [(), ("score",), ("-score",), ("-kind", "-score"), ("name",)])
def test_no_page_sorts_or_reads_rows_that_it_does_not_show(
    database: sqlite3.Connection, order: tuple[str, ...], value: int | None
) -> None:
    database.executescript(
        "CREATE TABLE t (id VARCHAR(36) NOT NULL PRIMARY KEY, score INT, kind INT, name TEXT);"
        "CREATE INDEX s ON t(score); CREATE INDEX ks ON t(kind, score); CREATE INDEX n ON t(name)"
    )
    asked = view(database, "t", *order)
    anchor = tuple(value if term.nullable else 5 for term in terms(asked))
    found = plans(database, asked, anchor)
    assert not any("TEMP B-TREE" in plan for plan in found)
    assert all("SEARCH" in plan or "USING" in plan for plan in found), found
    assert not paging.needs_sort(database, asked)


@pytest.mark.parametrize(
    ("condition", "order", "sorts"),
    [("kind > 0", (), False), ("kind = 0", (), True), ("note LIKE 'x'", ("score",), True)],
)
def test_many_rows_that_match_are_walked_and_few_are_sorted(
    database: sqlite3.Connection, condition: str, order: tuple[str, ...], sorts: bool
) -> None:
    database.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, kind INT, score INT, note);"
        "CREATE INDEX k ON t(kind, score); CREATE INDEX s ON t(score); BEGIN;"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)"
        "INSERT INTO t SELECT i, i > 20, i % 50, iif(i % 4000, NULL, 'x') FROM n; COMMIT"
    )
    asked = view(database, "t", *order, columns=("id",), condition=Condition(sql=condition))
    settled = paging.settled(database, asked)
    assert paging.needs_sort(database, settled) == sorts
    assert settled != asked or condition == "kind = 0"
    assert cells(walk_down(database, settled, 999)) == cells(walk_down(database, asked, 999))
    assert cells(walk_up(database, settled, 999)) == cells(walk_down(database, asked, 999))


def test_an_order_that_no_index_has_is_told(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
    assert paging.needs_sort(database, view(database, "t", "a"))


def test_a_blob_and_a_broken_text_of_the_same_bytes_keep_their_places(
    database: sqlite3.Connection,
) -> None:
    database.execute("CREATE TABLE t (v PRIMARY KEY NOT NULL, n) WITHOUT ROWID")
    # A number turned into text would come after a blank.
    values = ["5", "CAST(x'20ff' AS TEXT)", "CAST(x'ff' AS TEXT)", "x'00'", "x'ff'"]
    for number, value in enumerate(values):
        database.execute(f"INSERT INTO t VALUES ({value}, {number})")
    asked = view(database, "t", columns=("n",))
    for found in (walk_down(database, asked, 1), walk_up(database, asked, 1)):
        assert cells(found) == [(0,), (1,), (2,), (3,), (4,)]
    for number, row in enumerate(found):
        again = paging.row(database, asked, row.identity)
        assert again is not None
        assert again.cells[1] == number


def test_rows_that_share_a_long_beginning_are_told_apart(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
    database.executemany(
        "INSERT INTO t(a) VALUES (?)", [("x" * 5000 + str(n % 7),) for n in range(20)]
    )
    asked = view(database, "t", "a", columns=("id",))
    expected = [(row[0],) for row in database.execute("SELECT id FROM t ORDER BY a, id")]
    found = walk_down(database, asked, 3)
    assert cells(found) == expected
    assert len(repr(found[0].anchor)) < 1_200
    # The row is gone: those that begin alike come again, but none is left out.
    database.execute("DELETE FROM t WHERE id = ?", expected[9])
    rest = paging.after(database, asked, found[9].anchor, 30).rows
    assert cells(rest)[-10:] == expected[10:]


def test_long_values_are_cut_and_huge_ones_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.db"
    with closing(connect(path, "mode=rwc")) as connection:
        connection.executescript(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT, big TEXT, blob BLOB, g AS (id));"
            "INSERT INTO t(note, big, blob) VALUES"
            " ('short', replace(hex(zeroblob(5000000)), '00', 'né'), NULL),"
            " ('" + "é" * 4096 + "', '" + "é" * 4097 + "', zeroblob(20000000))"
        )
    with closing(connect(path, "mode=ro")) as connection:
        asked = view(connection, "t")
        page, read = counting_reads(lambda: paging.first(connection, asked, 10))
        assert read < 2_000_000
        first, second = page.rows
        head = Cell(value="né" * 1365 + "n", length=15_000_000)
        assert first.cells == (1, "short", head, None, 1)
        cut = Cell(value="é" * 4096, length=8194)
        blob = Cell(value=bytes(VALUE_CAP), length=20_000_000)
        assert second.cells == (2, "é" * 4096, cut, blob, 2)
        assert paging.row(connection, asked, (2,)).cells == second.cells
        whole, begin, pieces = "", 0, 0
        while begin or not pieces:
            piece = paging.value(
                connection, asked.relation, (1,), "big", begin=begin, limit=999_999
            )
            whole, begin, pieces = whole + piece.value, piece.following, pieces + 1
        assert whole == "né" * 5_000_000
        with pytest.raises(NotFoundError):
            paging.value(connection, asked.relation, (3,), "big")


def counting_reads(act: Any) -> tuple[Any, int]:
    """What it gives, and how many bytes this process read meanwhile."""

    def read() -> int:
        lines = Path("/proc/self/io").read_text().splitlines()
        return int(lines[0].split()[1])

    before = read()
    return act(), read() - before


def test_secrets_stay_in_the_database(database: sqlite3.Connection) -> None:
    database.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, api_key TEXT, name TEXT);"
        "INSERT INTO t(api_key, name) VALUES ('hush', 'a'), (NULL, 'b'), ('', 'c');"
        "CREATE TABLE by_secret (token TEXT PRIMARY KEY, n) WITHOUT ROWID;"
        "INSERT INTO by_secret VALUES ('hush', 1)"
    )
    asked = view(database, "t")
    page = paging.first(database, asked, 9)
    keys = [row.cells[1] for row in page.rows]
    assert keys == [Cell(value=None, length=4, secret=True), None, Cell(value="", secret=True)]
    assert paging.value(database, asked.relation, (1,), "api_key").value is None
    other = paging.first(database, view(database, "by_secret"), 9)
    row = paging.row(database, asked, (1,))
    assert "hush" not in repr((page, other, row))
    shown = view(database, "t", revealed=frozenset({"api_key"}))
    assert paging.first(database, shown, 1).rows[0].cells[1] == "hush"
    with pytest.raises(UsageError, match="api_key holds secrets"):
        paging.first(database, view(database, "t", "api_key"), 9)


def test_what_has_no_key_goes_by_offset_and_says_where_it_ends(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.executescript(
        "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a, count(*) n FROM t GROUP BY a"
    )
    database.executemany("INSERT INTO t VALUES (?, 1)", [(n % 30,) for n in range(60)])
    asked = view(database, "v", "-a")
    assert [row.cells[0] for row in walk_down(database, asked, 7)] == [*range(29, -1, -1)]
    assert cells(walk_up(database, asked, 7)) == cells(walk_down(database, asked, 4))
    monkeypatch.setattr("tui.services.sqlite.walking.OFFSET_CAP", 20)
    page = paging.last(database, asked, 5)
    assert (page.first, page.after, page.bounded, len(page.rows)) == (15, True, True, 5)
    beyond = paging.after(database, asked, page.rows[-1].anchor, 5)
    assert (beyond.rows, beyond.after) == ((), True)
    assert paging.row(database, asked, page.rows[0].anchor).cells == page.rows[0].cells


def test_a_full_text_table_goes_by_its_rowid(database: sqlite3.Connection) -> None:
    database.execute("CREATE VIRTUAL TABLE f USING fts5(body)")
    database.executemany(
        "INSERT INTO f(rowid, body) VALUES (?, ?)", [(n * n, "w") for n in range(9)]
    )
    asked = view(database, "f")
    assert [row.identity for row in walk_down(database, asked, 2)] == [(n * n,) for n in range(9)]
    assert [row.identity for row in walk_up(database, asked, 2)] == [(n * n,) for n in range(9)]


def test_two_thousand_columns_and_any_name_are_read(database: sqlite3.Connection) -> None:
    odd = ["a b", 'q"q', "select", "😀", "rowid", "x'?", "r"]
    names = [*odd, *(f"c{n}" for n in range(2000 - len(odd)))]
    table = 'we"ird 😀'
    database.execute(f"CREATE TABLE {quote(table)} ({', '.join(map(quote, names))})")
    marks = ", ".join("?" * 2000)
    database.execute(f"INSERT INTO {quote(table)} VALUES ({marks})", [str(n) for n in range(2000)])
    asked = view(database, table, 'q"q')
    row = paging.first(database, asked, 5).rows[0]
    assert row.cells == tuple(str(n) for n in range(2000))
    assert paging.row(database, asked, row.identity).cells == row.cells
    database.execute(f"CREATE VIEW v AS SELECT * FROM {quote(table)}")
    assert paging.first(database, view(database, "v"), 5).rows[0].cells == row.cells


def test_a_filter_leaves_rows_out_of_pages_counts_and_jumps(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    database.executemany("INSERT INTO t(a) VALUES (?)", [(n % 3,) for n in range(30)])
    asked = view(
        database, "t", "-id", columns=("id",), condition=Condition(sql="a = ? -- odd", values=(1,))
    )
    expected = [(n + 1,) for n in range(29, -1, -1) if n % 3 == 1]
    assert cells(walk_down(database, asked, 4)) == expected
    assert paging.count(database, asked) == 10
    # The row is left out by the filter: the page begins with the next one.
    assert cells(paging.around(database, asked, (28,), 1).rows) == [(26,)]
    # The row is gone, and the order is another one than by identity.
    assert cells(paging.around(database, asked, (99,), 1).rows) == [expected[0]]
    plain = view(database, "t", columns=("id",))
    database.execute("DELETE FROM t WHERE id = 5")
    assert cells(paging.around(database, plain, (5,), 1).rows) == [(6,)]
    end = paging.around(database, plain, (99,), 1)
    assert (end.rows, end.before, end.after) == ((), True, False)


def test_the_statement_reads_as_an_operator_would_write_it(database: sqlite3.Connection) -> None:
    database.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, "order" TEXT, a)')
    database.execute("INSERT INTO t VALUES (1, 'what?', 'it''s'), (2, 'x', 5)")
    asked = view(
        database,
        "t",
        "-order",
        columns=("id", "order"),
        condition=Condition(sql="\"order\" = 'what?' AND a = ?", values=("it's",)),
    )
    sql = paging.sql_of(asked)
    assert sql == (
        "SELECT id, \"order\" FROM t WHERE \"order\" = 'what?' AND a = 'it''s'"
        ' ORDER BY "order" DESC'
    )
    assert database.execute(sql).fetchall() == [(1, "what?")]
