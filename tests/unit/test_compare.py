"""Comparing two files: what is told of tables, columns, rows, and of files that are not sound."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults import print_of
from tests.unit.test_compare_oracle import SHAPES
from tui.core.errors import (
    Cancelled,
    DamagedError,
    NotFoundError,
    PrecheckError,
    UsageError,
    VerificationError,
)
from tui.core.models import Comparison, Deployment, TableDifference
from tui.operations.compare import compare, names, rows
from tui.services.compression import compress
from tui.services.sqlite.comparing_tables import joined, pair, read_table
from tui.services.sqlite.connections import connect


class Sides:
    """Two files, and what a comparison says of them."""

    def __init__(self, folder: Path) -> None:
        self.first, self.second = folder / "a.db", folder / "b.db"
        self.deployment = Deployment(
            name="x", database=folder / "none" / "mcp.db", backup_dir=folder
        )

    def both(self, *statements: str) -> None:
        for path in (self.first, self.second):
            run(path, *statements)

    def compared(self, **options: Any) -> Comparison:
        return compare(self.deployment, str(self.first), str(self.second), **options)

    def table(self, name: str = "t") -> TableDifference:
        return next(t for t in self.compared().tables if t.table == name)


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    return Sides(tmp_path)


def numbers(found: TableDifference) -> tuple[int, int, int]:
    return found.removed, found.added, found.changed


def test_removed_added_and_changed_rows_are_counted_and_named(sides: Sides) -> None:
    sides.both(
        "CREATE TABLE gateways (id VARCHAR(36) NOT NULL, name TEXT, url TEXT, last_seen DATETIME,"
        " PRIMARY KEY (id))",
        "INSERT INTO gateways VALUES ('1', 'crm', 'u', 1), ('2', 'hr', 'u', 1), ('3', 'x', 'u', 1)",
    )
    run(
        sides.second,
        "DELETE FROM gateways WHERE id = '1'",
        "UPDATE gateways SET url = 'v', last_seen = 2 WHERE id = '2'",
        "UPDATE gateways SET last_seen = 2 WHERE id = '3'",
        "INSERT INTO gateways VALUES ('4', 'new', 'u', 1)",
    )
    found = sides.table("gateways")
    assert numbers(found) == (1, 1, 1)
    assert (found.columns_changed, found.ignored, found.ignored_rows) == (
        ("url",), ("last_seen",), 1,
    )  # fmt: skip
    assert (found.rows_first, found.rows_second, found.key) == (3, 3, ("id",))
    where = (sides.deployment, str(sides.first), str(sides.second), "gateways")
    assert names(*where, "removed") == ("crm",)
    assert names(*where, "added") == ("new",)
    (changed,), more = rows(*where, kinds=("changed",))
    assert not more
    assert (changed.key, changed.columns) == (("2",), ("url",))
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["url"], changed.after["url"]) == ("u", "v")
    assert sides.compared().words == "1 gateway removed, 1 gateway added, 1 gateway changed"


def test_a_name_is_never_a_secret(sides: Sides) -> None:
    sides.both("CREATE TABLE t (access_token TEXT PRIMARY KEY, api_key TEXT, n TEXT)")
    run(sides.first, "INSERT INTO t VALUES ('secret-1', 'secret-2', 'x')")
    assert names(sides.deployment, str(sides.first), str(sides.second), "t", "removed") == ()


def test_a_table_in_which_only_ignored_columns_differ_says_so_and_is_no_difference(
    sides: Sides,
) -> None:
    sides.both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, Last_Seen, lifecycle_state, seen_by, n)",
        "INSERT INTO t VALUES (1, 1, 1, 1, 1)",
    )
    run(sides.second, "UPDATE t SET Last_Seen = 2, lifecycle_state = 2, seen_by = 2, n = 2")
    assert sides.table().columns_changed == ("seen_by", "n")
    sides.deployment = replace(sides.deployment, ignore=("T.N", "seen_*"))
    found = sides.table()
    assert not found.differs
    assert set(found.ignored) == {"Last_Seen", "lifecycle_state", "seen_by", "n"}
    assert found.ignored_rows == 1
    assert sides.compared().same == 0
    assert sides.compared().words.startswith("No difference that counts in 1 table: only ")


def test_an_ignored_column_that_is_the_key_still_tells_rows_apart(sides: Sides) -> None:
    sides.both("CREATE TABLE t (last_seen INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    run(sides.second, "UPDATE t SET last_seen = 2")
    assert numbers(sides.table()) == (1, 1, 0)


def test_tables_and_columns_of_one_side_are_told_and_the_common_ones_compared(
    sides: Sides,
) -> None:
    run(
        sides.first,
        "CREATE TABLE Both (id INTEGER PRIMARY KEY, same TEXT, gone TEXT)",
        "INSERT INTO Both VALUES (1, 'x', 'y'), (2, 'x', 'y')",
        "CREATE TABLE old (id)",
        "INSERT INTO old VALUES (1)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('e1')",
    )
    run(
        sides.second,
        "CREATE TABLE BOTH (new INT, SAME TEXT, id INTEGER PRIMARY KEY)",
        "INSERT INTO BOTH VALUES (7, 'x', 1), (7, 'z', 2)",
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('e2')",
    )
    comparison = sides.compared()
    both, old = comparison.tables
    assert (both.columns_removed, both.columns_added) == (("gone",), ("new",))
    assert (numbers(both), both.columns_changed) == ((0, 0, 1), ("same",))
    assert (old.table, old.only_in, old.rows_first, numbers(old)) == ("old", "first", 1, (0, 0, 0))
    assert (comparison.first.revision, comparison.second.revision) == ("e1", "e2")
    assert (comparison.first.name, comparison.second.name) == ("a.db", "b.db")
    assert comparison.words == (
        "only 1 row of Both differs; 1 table only in A, other columns in 1 table"
    )
    ((row,), _more) = rows(sides.deployment, str(sides.first), str(sides.second), "both")
    assert row.before == {"id": 1 + 1, "same": "x", "gone": "y"}
    assert row.after == {"new": 7, "SAME": "z", "id": 2}
    with pytest.raises(NotFoundError, match="Only one side"):
        rows(sides.deployment, str(sides.first), str(sides.second), "old")
    with pytest.raises(NotFoundError, match="Neither side"):
        rows(sides.deployment, str(sides.first), str(sides.second), "v")


def test_a_key_of_another_kind_makes_whole_rows_compared(sides: Sides) -> None:
    run(sides.first, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
    run(sides.second, "CREATE TABLE t (id TEXT PRIMARY KEY)", "INSERT INTO t VALUES ('1'), ('01')")
    found = sides.table()
    assert (found.key, numbers(found)) == ((), (2, 2, 0))


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        (("TEXT", "'1'"), ("INTEGER", "1"), True),
        (("", "1"), ("", "1.0"), True),
        (("", "'1'"), ("", "1"), True),
        (("", "'a'"), ("", "x'61'"), True),
        (("INTEGER", "1"), ("REAL", "1.0"), True),
        (("INTEGER", "1"), ("NUMERIC", "1.0"), False),
        (("VARCHAR(3)", "1"), ("TEXT", "'1'"), False),
        (("TEXT COLLATE NOCASE", "'a'"), ("TEXT COLLATE NOCASE", "'A'"), True),
        (("TEXT", "NULL"), ("TEXT", "''"), True),
        (("TEXT", "NULL"), ("TEXT", "NULL"), False),
        (("JSON", "'{}'"), ("JSON", "'{ }'"), True),
        (("REAL", "1"), ("REAL", "1.0"), False),
    ],
)
@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", "id INTEGER"])
def test_values_are_the_same_if_type_and_content_are(
    sides: Sides, key: str, first: tuple[str, str], second: tuple[str, str], differ: bool
) -> None:
    for path, (kind, value) in ((sides.first, first), (sides.second, second)):
        run(path, f"CREATE TABLE t ({key}, v {kind})", f"INSERT INTO t VALUES (1, {value})")
    assert len(sides.compared().tables) == differ


def test_generated_columns_follow_from_the_others(sides: Sides) -> None:
    for path, rule in ((sides.first, "v + 1"), (sides.second, "v + 2")):
        run(
            path,
            f"CREATE TABLE t (id INTEGER PRIMARY KEY, v, g AS ({rule}), s AS ({rule}) STORED)",
            "INSERT INTO t VALUES (1, 1), (2, 2)",
        )
    assert sides.compared().tables == ()
    run(sides.second, "UPDATE t SET v = 3 WHERE id = 2")
    assert sides.table().columns_changed == ("v",)
    ((row,), _more) = rows(sides.deployment, str(sides.first), str(sides.second), "t")
    assert row.after == {"id": 2, "v": 3, "g": 5, "s": 5}


def test_a_virtual_table_is_named_and_not_compared(sides: Sides) -> None:
    sides.both("CREATE VIRTUAL TABLE words USING fts5(text)", "CREATE TABLE t (id)")
    found = sides.table("words")
    assert (found.problem, found.differs) == ("virtual table: not compared", True)
    # The virtual table keeps its words in five ordinary ones.
    assert sides.compared().words == "No difference in 6 tables; 1 table not compared"


def test_a_table_that_cannot_be_compared_says_why_and_the_others_are(sides: Sides) -> None:
    for path in (sides.first, sides.second):
        with closing(sqlite3.connect(path)) as connection:
            connection.create_collation("abroad", lambda a, b: (a > b) - (a < b))
            connection.execute("CREATE TABLE t (id TEXT COLLATE abroad PRIMARY KEY)")
            connection.execute("INSERT INTO t VALUES ('x')")
            connection.execute("CREATE TABLE u (id)")
            connection.commit()
    run(sides.second, "INSERT INTO u VALUES (1)")
    assert sides.table("t").problem == "not compared: no such collation sequence: abroad"
    assert numbers(sides.table("u")) == (0, 1, 0)


@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", "id TEXT PRIMARY KEY"])
@pytest.mark.parametrize(("width", "problem"), [(990, ""), (1_900, "not compared: ")])
def test_a_table_of_very_many_columns_and_odd_names_is_compared(
    sides: Sides, width: int, problem: str, key: str
) -> None:
    odd = 'a "b" \n; DROP TABLE x --'
    quoted = '"' + odd.replace('"', '""') + '"'
    # SQLite nests expressions a thousand deep at most, and sums up two thousand values.
    columns = ", ".join(f'"{n} ""x"' for n in range(width))
    sides.both(
        f"CREATE TABLE {quoted} ({key}, {columns})",
        f"INSERT INTO {quoted} (id) VALUES (1)",
    )
    run(sides.second, f'UPDATE {quoted} SET "989 ""x" = 1')
    found = sides.table(odd)
    assert found.problem.startswith(problem)
    assert bool(found.problem) == bool(problem)
    assert found.columns_changed == (() if problem else ('989 "x',))


def test_long_values_are_cut_in_rows_and_compared_whole(sides: Sides) -> None:
    sides.both("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    for path, end in ((sides.first, "a"), (sides.second, "b")):
        run(path, f"INSERT INTO t VALUES (1, '{'x' * 10_000}{end}'), (2, '{'y' * 4_096}')")
    run(sides.second, "DELETE FROM t WHERE id = 2")
    (gone, changed), _more = rows(sides.deployment, str(sides.first), str(sides.second), "t")
    assert changed.cut
    assert changed.columns == ("v",)
    assert changed.after is not None
    assert changed.after["v"] == "x" * 4_096
    assert not gone.cut


@pytest.mark.parametrize("shape", [s for s in sorted(SHAPES) if s != "none"])
def test_the_other_side_is_never_scanned_row_by_row(shape: str, sides: Sides) -> None:
    sides.both(f"CREATE TABLE t {SHAPES[shape][1]}")
    with closing(connect(sides.first, "mode=ro")) as connection:
        connection.execute("ATTACH ? AS other", (f"{sides.second.as_uri()}?mode=ro",))
        tables = [read_table(connection, schema, "t") for schema in ("main", "other")]
        for one, other in (tables, tables[::-1]):
            paired = pair(one, other, lambda _table, _column: False)
            assert paired.key == SHAPES[shape][0] or set(paired.key) == set(SHAPES[shape][0])
            plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {joined(paired)}")
            scans = [text for *_, text in plan if text.startswith("SCAN")]
            assert scans == ["SCAN x"], shape


def test_a_compressed_backup_is_compared_and_leaves_nothing(sides: Sides, tmp_path: Path) -> None:
    sides.both("CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    run(sides.second, "INSERT INTO t VALUES (2)")
    packed = tmp_path / "b.db.zst"
    compress(sides.second, packed, lambda _done, _total: None)
    sides.second.unlink()
    sides.second = packed
    before = print_of(tmp_path)
    assert numbers(sides.table()) == (0, 1, 0)
    assert print_of(tmp_path) == before


def test_progress_counts_rows_up_to_all_of_them(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.services.sqlite.comparing.CHUNK_ROWS", 10)
    sides.both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 95)"
        " INSERT INTO t SELECT i * 1000 FROM n",
        "CREATE TABLE u (id TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO u VALUES ('a'), ('b')",
    )
    run(sides.second, "DELETE FROM t WHERE id <= 5000", "UPDATE u SET id = 'c' WHERE id = 'b'")
    ticks: list[tuple[int, int]] = []
    comparison = sides.compared(tick=lambda done, total: ticks.append((done, total)))
    assert comparison.rows == (95 + 90 + 2 + 2 + 1) // 2
    assert ticks[0] == (0, 0)
    assert {total for _done, total in ticks[1:]} == {comparison.rows}
    counted = [done for done, _total in ticks]
    assert counted == sorted(counted)
    assert len(ticks) > 10
    assert counted[-1] >= comparison.rows - 1
    assert [numbers(t) for t in comparison.tables] == [(5, 0, 0), (1, 1, 0)]


@pytest.mark.parametrize("how", ["compare", "rows"])
def test_a_wish_to_stop_is_heard_inside_one_statement(how: str, sides: Sides) -> None:
    # No key and no order in common: one statement that sorts everything.
    fill = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
        " INSERT INTO t SELECT 'row ' || ((i * 7919) % 60013) FROM n"
    )
    sides.both("CREATE TABLE t (v TEXT)", fill)
    run(sides.second, "UPDATE t SET v = v || 'x'")
    asked = 0
    patience = 20

    def checkpoint() -> None:
        nonlocal asked
        asked += 1
        if asked > patience:
            raise Cancelled("Cancelled. Nothing was changed.")

    def work() -> None:
        if how == "compare":
            sides.compared(checkpoint=checkpoint)
        else:
            rows(sides.deployment, str(sides.first), str(sides.second), "t", checkpoint=checkpoint)

    with pytest.raises(Cancelled):
        work()
    # Asked once more at most while SQLite lets go; a whole run asks far more often.
    assert asked <= patience + 2
    asked, patience = 0, 1_000_000
    work()
    assert asked > 100


def damage_a_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    for page in range(2, len(content) // size):
        content[page * size : page * size + 64] = b"\xff" * 64
    path.write_bytes(content)


@pytest.mark.parametrize("which", ["first", "second"])
def test_the_damaged_one_of_two_files_is_named(which: str, sides: Sides) -> None:
    sides.both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        " INSERT INTO t SELECT i, 'some words to fill a page with' FROM n",
    )
    bad = getattr(sides, which)
    damage_a_page(bad)
    with pytest.raises(DamagedError, match=bad.name):
        sides.compared()


@pytest.mark.parametrize("which", ["first", "second"])
@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", VerificationError), (b"no database at all" * 100, VerificationError)],
)
def test_a_file_that_is_no_database_is_refused(
    which: str, content: bytes, error: type[Exception], sides: Sides
) -> None:
    sides.both("CREATE TABLE t (id)")
    bad = getattr(sides, which)
    bad.write_bytes(content)
    with pytest.raises(error, match=bad.name):
        sides.compared()


def test_what_cannot_be_compared_is_said_in_one_sentence(sides: Sides) -> None:
    sides.both("CREATE TABLE t (id)")
    with pytest.raises(UsageError, match="itself"):
        compare(sides.deployment, "live", "live")
    with pytest.raises(NotFoundError, match="No backup is called"):
        compare(sides.deployment, "nothing", str(sides.first))
    with pytest.raises(NotFoundError, match="no database"):
        compare(sides.deployment, str(sides.first), "live")
    with pytest.raises(NotFoundError, match="Neither side has a table zz"):
        sides.compared(only="zz")
    sides.second.unlink()
    run(sides.second, "PRAGMA encoding='UTF-16'", "CREATE TABLE t (id)")
    with pytest.raises(PrecheckError, match="another encoding"):
        sides.compared()


def test_one_table_alone_is_compared_on_wish(sides: Sides) -> None:
    sides.both("CREATE TABLE t (id)", "CREATE TABLE u (id)")
    run(sides.second, "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (1)")
    comparison = sides.compared(only="U")
    assert [t.table for t in comparison.tables] == ["u"]
    assert comparison.rows == 1


def test_both_files_stay_as_they_are(sides: Sides, tmp_path: Path) -> None:
    sides.both(
        "PRAGMA journal_mode=WAL",
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
    )
    before = print_of(tmp_path)
    sides.compared()
    rows(sides.deployment, str(sides.first), str(sides.second), "t")
    assert print_of(tmp_path) == before


def removed_with(sides: Sides, *statements: str) -> str:
    sides.both(
        "CREATE TABLE gateways (id TEXT NOT NULL PRIMARY KEY, name TEXT)",
        "CREATE TABLE tools (id TEXT NOT NULL PRIMARY KEY, name TEXT,"
        " gateway_id TEXT REFERENCES gateways (id))",
        "CREATE TABLE servers (id TEXT NOT NULL PRIMARY KEY, name TEXT)",
        "CREATE TABLE server_tool_association (server_id TEXT NOT NULL REFERENCES servers (id),"
        " tool_id TEXT NOT NULL REFERENCES tools (id), PRIMARY KEY (server_id, tool_id))",
        "CREATE TABLE tool_metrics (id INTEGER PRIMARY KEY, tool_id TEXT)",
        "CREATE TABLE mine (id INTEGER PRIMARY KEY)",
        "INSERT INTO gateways VALUES ('g1', 'crm'), ('g2', 'hr')",
        "INSERT INTO tools VALUES ('t1', 'a', 'g1'), ('t2', 'b', 'g1'), ('t3', 'c', 'g2')",
        "INSERT INTO servers VALUES ('s', 's')",
        "INSERT INTO server_tool_association VALUES ('s', 't1'), ('s', 't3')",
    )
    run(sides.second, *statements)
    return sides.compared().words


def test_rows_that_went_with_others_are_told_together(sides: Sides) -> None:
    assert removed_with(
        sides,
        "DELETE FROM gateways WHERE id = 'g1'",
        "DELETE FROM tools WHERE gateway_id = 'g1'",
        "DELETE FROM server_tool_association WHERE tool_id = 't1'",
        "UPDATE tools SET name = 'd' WHERE id = 't3'",
        "INSERT INTO tool_metrics VALUES (1, 't3')",
    ) == ("1 gateway removed with its 2 tools, 1 tool changed; the rest is traffic (metrics)")


def test_rows_that_went_by_themselves_are_told_by_themselves(sides: Sides) -> None:
    assert removed_with(
        sides,
        "DELETE FROM gateways WHERE id = 'g2'",
        "DELETE FROM tools WHERE id = 't1'",
        "DELETE FROM server_tool_association WHERE tool_id = 't3'",
        "INSERT INTO mine VALUES (1)",
    ) == (
        "1 gateway removed, 1 tool removed, 1 server-tool link removed; the rest is 1 row of mine"
    )


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((), "No difference in 6 tables"),
        (("INSERT INTO tool_metrics VALUES (1, 't3')",), "only traffic (metrics) differs"),
        (
            ("INSERT INTO tool_metrics VALUES (1, '')", "INSERT INTO mine VALUES (1), (2)"),
            "only traffic (metrics) and 2 rows of mine differ",
        ),
    ],
)
def test_a_quiet_comparison_says_so(
    sides: Sides, statements: tuple[str, ...], expected: str
) -> None:
    assert removed_with(sides, *statements) == expected
