"""Row N is found quickly, in any order that an index has, while others write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tui.core.models.rows import Condition, Order
from tui.services.sqlite import paging, positions
from tui.services.sqlite.connections import connect
from tui.services.sqlite.paging import View
from tui.services.sqlite.positions import Positions, guess
from tui.services.sqlite.relations import relation

ROWS = 3_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A WAL database whose rowids have gaps, and an index with many equal values and NULLs."""
    path = tmp_path / "any.db"
    with closing(connect(path, "mode=rwc")) as connection:
        connection.executescript(
            "PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
            "CREATE INDEX i ON t(a); BEGIN;"
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS - 1})"
            "INSERT INTO t SELECT i * 3 + i / 100, nullif(i % 40, 7) FROM n; COMMIT"
        )
    return path


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path, "mode=ro")) as connection:
        yield connection


def view(connection: sqlite3.Connection, *order: Order, condition: str = "") -> View:
    return View(
        relation=relation(connection, "t"),
        columns=("id",),
        order=order,
        condition=Condition(sql=condition),
    )


def build(connection: sqlite3.Connection, found: Positions) -> Positions:
    while not found.step(connection, 0.05):
        assert not connection.in_transaction
    return found


@pytest.mark.parametrize("condition", ["", "id % 2 = 0"])
@pytest.mark.parametrize(
    "order", [(), (Order(column="id", descending=True),), (Order(column="a", descending=True),)]
)
def test_every_number_is_found_with_few_anchors(
    database: sqlite3.Connection, order: tuple[Order, ...], condition: str
) -> None:
    asked = view(database, *order, condition=condition)
    found = build(database, Positions(asked, most=16, every=4))
    expected = [row.cells for row in paging.first(database, asked, ROWS).rows]
    assert found.total == len(expected)
    for number in range(0, len(expected), 83):
        near = found.anchor_for(number)
        assert near is not None
        assert number - near[1] < ROWS / 8
        page = paging.at(database, asked, number, 3, near=near)
        assert [row.cells for row in page.rows] == expected[number : number + 3]
        assert page.first == number
    beyond = paging.at(database, asked, ROWS + 5, 3, near=found.anchor_for(ROWS + 5))
    assert (beyond.rows, beyond.before, beyond.after) == ((), True, False)


def test_a_search_that_is_stopped_again_and_again_still_ends(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "_OPS_PER_CALL", 50)
    asked = view(database, condition="id % 1000 = 3")
    found = Positions(asked)
    steps = 1
    while not found.step(database, 0.0001):
        steps += 1
    assert steps > 2
    assert found.total == paging.count(database, asked)


def test_rows_come_and_go_between_two_steps(path: Path, database: sqlite3.Connection) -> None:
    found = Positions(view(database), every=8)
    with closing(connect(path, "mode=rw")) as writer:
        done = False
        while not done:
            done = found.step(database, 0.0005)
            near = found.anchor_for(ROWS)
            if near:
                writer.execute("DELETE FROM t WHERE id = ?", near[0])
            # Nothing is held between steps: the whole WAL can be carried over.
            busy, log, moved = writer.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
            assert (busy, log) == (0, moved)
    assert found.total is not None
    assert abs(found.total - ROWS) < ROWS / 10


def test_an_order_that_must_be_sorted_is_not_counted(database: sqlite3.Connection) -> None:
    asked = view(database, Order(column="a"), Order(column="id", descending=True))
    found = Positions(asked)
    assert found.step(database, 1)
    assert (found.total, found.anchor_for(5)) == (None, None)
    assert len(paging.at(database, asked, 5, 2).rows) == 2


def test_an_interrupt_of_somebody_else_is_not_swallowed(database: sqlite3.Connection) -> None:
    found = Positions(view(database))
    database.set_trace_callback(lambda _sql: database.interrupt())
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        found.step(database, 5)


def test_a_guess_is_near_and_says_nothing_under_a_filter(database: sqlite3.Connection) -> None:
    near = guess(database, view(database), 1500, total=ROWS)
    assert near is not None
    (row,) = paging.at(database, view(database), 1500, 1, near=near).rows
    assert abs(row.cells[0] - (1500 * 3 + 15)) < 9
    down = view(database, Order(column="id", descending=True))
    assert guess(database, down, 0, total=ROWS) == (((ROWS - 1) * 3 + (ROWS - 1) // 100,), 0)
    assert guess(database, view(database, condition="a = 1"), 5) is None
    assert guess(database, view(database, Order(column="a")), 5) is None
