"""The filter line: what it finds, what it refuses, and that it can do nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tui.core.errors import Cancelled, ExitCode
from tui.core.models.rows import Condition, Relation
from tui.services.sqlite.connections import connect
from tui.services.sqlite.filter_language import MOST_BRACKETS, MOST_TERMS
from tui.services.sqlite.filtering import FilterError, matches_sql, parse
from tui.services.sqlite.relations import relation
from tui.services.sqlite.searching import search_all

SCHEMA = """
CREATE TABLE tools (
    id TEXT PRIMARY KEY, name VARCHAR(64), "Odd ""Name" TEXT, enabled BOOLEAN, calls INTEGER,
    price REAL, created_at DATETIME, loose, auth_value TEXT, note TEXT);
CREATE INDEX by_name ON tools (name);
CREATE INDEX by_calls ON tools (calls);
INSERT INTO tools VALUES
    ('a', 'GitHub-create issue', 'x', 1, 42, 1.5, '2025-12-31 23:59:59', 7, 'hush github', 'it''s'),
    ('b', 'github 100%', 'y', 0, 142, 2.5, '2026-01-01 00:00:00', '7', 'hush', 'say "go"'),
    ('c', 'jira_add', NULL, 1, 5, 1e3, '2026-08-11 03:14:22', x'00ff', NULL, '{"a": [1]}'),
    ('007', NULL, 'true', NULL, -3, NULL, NULL, NULL, '', 'null and void');
CREATE VIEW busy AS SELECT id, name, calls * 2 AS twice, auth_value FROM tools WHERE calls > 1;
CREATE TABLE numbers (n INTEGER, b BLOB);
INSERT INTO numbers VALUES (1, x'61');
"""


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("filtering") / "t.db"
    with closing(connect(path, "mode=rwc")) as found:
        found.executescript(SCHEMA)
        wide = ", ".join(f"c{number} TEXT" for number in range(1_999))
        found.execute(f"CREATE TABLE wide ({wide}, last TEXT)")
        found.execute("INSERT INTO wide (last) VALUES ('zebra')")
        yield found


@pytest.fixture(scope="module")
def tools(connection: sqlite3.Connection) -> Relation:
    return relation(connection, "tools")


def found(
    connection: sqlite3.Connection, condition: Condition, wanted: str = "id", table: str = "tools"
) -> list[object]:
    where = f" WHERE ({condition.sql})" if condition.sql else ""
    sql = f"SELECT {wanted} FROM {table}{where} ORDER BY rowid"
    return [row[0] for row in connection.execute(sql, condition.values)]


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("", "a b c 007"),
        # a word or a few are looked for in text, never in a secret, and mean themselves
        ("github", "a b"),
        ("GITHUB-create issue", "a"),
        ("100%", "b"),
        ("jira_", "c"),
        ("b_", ""),
        ("hush", ""),
        ("null and void or create", "a 007"),
        ('"null and void"', "007"),
        ("'it''s'", "a"),
        ("it's", "a"),
        ("[1]", "c"),
        ("2026-08", "c"),
        # comparisons, in any case and spacing
        ("enabled = true and name ~ t", "a"),
        ("enabled=TRUE AND NAME~t", "a"),
        ("enabled = false or calls<0", "b 007"),
        ("calls >= 42", "a b"),
        ("calls ~ 42", "a b"),
        ("calls <> 42 and price <= 2.5", "b"),
        ("calls == -3", "007"),
        ("id = 007", "007"),
        ("loose = 7", "a"),
        ("loose = '7'", "b"),
        ("loose = x'00ff'", "c"),
        ("price = 1000", "c"),
        ("name ^ GIT", "a b"),
        ("name !~ git", "c"),
        ("name = 'jira_add'", "c"),
        ('note = "say ""go"""', "b"),
        ('"Odd ""Name" = y', "b"),
        ('[odd "name] = true', "007"),
        ("rowid = 3", "c"),
        ("created_at >= 2026", "b c"),
        ("created_at < 2026", "a"),
        ("created_at >= 2026-08-11 or created_at ^ 2025", "a c"),
        ("calls in (5, -3,142)", "b c 007"),
        ("calls not in (5,-3, 142)", "a"),
        ("name is null", "007"),
        ("name Is  Not NULL", "a b c"),
        ("auth_value is null", "c"),
        # `and` binds closer; brackets
        ("calls = 5 or calls = 42 and enabled = false", "c"),
        ("(calls = 5 or calls = 42) and enabled = true", "a c"),
        ("((jira) or (name is null))and(calls<9)", "c 007"),
        # SQL as it is
        ("where calls + 1 = 43", "a"),
        ("WHERE(name like '%;%' or calls = (select max(calls) from tools))", "b"),
    ],
)
def test_a_line_finds(connection: sqlite3.Connection, tools: Relation, line: str, ids: str) -> None:
    assert found(connection, parse(line, tools)) == ids.split()


@pytest.mark.parametrize(
    ("line", "sentence", "position"),
    [
        ("enabld = true", "no such column: enabld (near position 1). Columns: +", 1),
        ("calls = 1 and nope ~ x", "no such column: nope", 15),
        ("auth_value = hush", "auth_value is a secret: only is null and is not null", 1),
        ("calls=1 or AUTH_VALUE ^ h", "auth_value is a secret", 12),
        ("auth_value in (a)", "auth_value is a secret", 1),
        ("name = null", "write is null or is not null", 8),
        ("name =", "a value is missing after =", 7),
        ("= 3", "a column is missing before =", 1),
        ("and x", "a condition is missing before and", 1),
        ("x and", "a condition is missing", 6),
        ("(calls = 1", "this bracket is not closed", 1),
        ("calls = 1)", "this bracket closes nothing", 10),
        ("name = 'x", "this quote is not closed", 8),
        ("name = 'x'y", "a space is missing", 11),
        ("name = x y", "and/or is missing before y", 10),
        ("foo name = x", "and/or is missing before name", 5),
        ("calls in (1 2)", "a comma is missing", 13),
        ("calls in ()", "a value is missing after in", 11),
        ("name like 'x%'", "like is SQL: begin with where, or use ~", 5),
        ("x\0", "\\x00 is no text", 2),
        ("\udcff", "is no text", 1),
        ("where", "an SQL condition is missing after where", 6),
        ("where 1) or (1", "this bracket closes nothing", 8),
        ("where 1; drop table tools", "one expression, without ;", 8),
        ("where 1 -- ", "a condition has no comments", 9),
        ("where 1 /* ", "a condition has no comments", 9),
        ("where name = 'x", "this quote is not closed", 14),
        ("where calls = ?", "there is no value for ?", 15),
        ("where calls = $a", "there is no value for $", 15),
        ("x or " * MOST_TERMS + "x", "a filter has at most 200 conditions", MOST_TERMS * 5 + 1),
        ("(" * 11 + "x" + ")" * 11, "more than 10 brackets", 11),
        ("x" * 10_001, "at most 10,000 characters", 10_001),
    ],
)
def test_a_line_is_refused_with_its_place(
    tools: Relation, line: str, sentence: str, position: int
) -> None:
    with pytest.raises(FilterError) as raised:
        parse(line, tools)
    assert sentence in str(raised.value)
    assert raised.value.position == position
    assert raised.value.exit_code == ExitCode.USAGE


def test_a_comparison_is_served_by_an_index(
    connection: sqlite3.Connection, tools: Relation
) -> None:
    for line, index in (
        ("name = 5", "by_name"),
        ("calls < 5", "by_calls"),
        ("id in (a, 1)", "(id"),
    ):
        condition = parse(line, tools)
        sql = f"EXPLAIN QUERY PLAN SELECT 1 FROM tools WHERE ({condition.sql})"
        (plan,) = [row[3] for row in connection.execute(sql, condition.values)]
        assert plan.startswith("SEARCH") and index in plan


def test_a_search_needs_a_column_with_text(connection: sqlite3.Connection) -> None:
    numbers = relation(connection, "numbers")
    with pytest.raises(FilterError, match="no column here holds text"):
        parse("61", numbers)
    assert found(connection, matches_sql(numbers, "1"), "n", "numbers") == []


def test_the_largest_lines_are_within_what_sqlite_takes(
    connection: sqlite3.Connection, tools: Relation
) -> None:
    nested = "x"
    for _ in range(MOST_BRACKETS):
        nested = f"(calls = 1 or name is null and {nested})"
    for line in (nested, " or ".join(["x"] * MOST_TERMS), " and ".join(["x"] * MOST_TERMS)):
        found(connection, parse(line, tools))
    wide = relation(connection, "wide")
    assert found(connection, parse("zebra", wide), "last", "wide") == ["zebra"]
    with pytest.raises(FilterError, match="too long for so many columns"):
        parse(" or ".join("abcdef"), wide)


_PIECES = st.sampled_from(
    [
        *("name", "calls", "AUTH_VALUE", "created_at", '"Odd ""Name"', "[name]", "rowid", "nope"),
        *("=", "!=", "<", ">=", "~", "!~", "^", "is null", "is not null", "in (", "not in ("),
        *("(", ")", ",", "and", "or", "not", "like", "true", "null", "2026", "1e999", "9" * 30),
        *("'", '"', "`", "]", "'a b'", '"c"', "x'00'", "%", "_", "\\", ";", "--", "/*", "?1"),
        *("where ", "select", "union", "from tools", "1", "-.5", "ä", "\u00a0", "\t", "github"),
    ]
)
_LINES = st.one_of(
    st.lists(_PIECES, max_size=12).map(" ".join),
    st.lists(_PIECES, max_size=8).map("".join),
    st.text(max_size=40),
)
_OFTEN = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@_OFTEN
@given(line=_LINES)
@example(line="name = '' or name in ('',`x`)")
def test_any_line_is_refused_or_runs(
    connection: sqlite3.Connection, tools: Relation, line: str
) -> None:
    for shape in (tools, relation(connection, "busy")):
        try:
            condition = parse(line, shape)
        except FilterError as error:
            assert 1 <= error.position <= len(line) + 1
            continue
        if not condition.raw:
            sql = f"SELECT count(*) FROM {shape.name} WHERE ({condition.sql or 1})"
            connection.execute(sql, condition.values).fetchall()
            assert "auth_value" not in condition.sql.replace('"auth_value" IS ', "")


@_OFTEN
@given(line=_LINES)
@example(line="1) OR (1")
@example(line="1 --")
@example(line="'a' = \"a' OR 1 --\"")
@example(line="[a') OR ('1] = 'x' OR (1")
def test_sql_of_ones_own_never_leaves_its_brackets(
    connection: sqlite3.Connection, tools: Relation, line: str
) -> None:
    try:
        condition = parse(f"where {line}", tools)
    except FilterError:
        return
    assert condition.raw and not condition.values
    try:
        rows = connection.execute(f"SELECT id FROM tools WHERE ({condition.sql}) AND 1 = 0")
    except sqlite3.Error:
        return
    assert rows.fetchall() == []


def test_all_tables_are_searched_but_for_secrets(connection: sqlite3.Connection) -> None:
    def search(word: str, **more: object) -> list[tuple[object, ...]]:
        hits = search_all(
            connection,
            ["tools", "busy", "numbers", "wide"],
            word,
            cancelled=lambda: False,
            **more,  # type: ignore[arg-type]
        )
        return [(hit.table, hit.column, hit.identity, hit.excerpt) for hit in hits]

    assert search("GITHUB", per_table=1) == [
        ("tools", "name", (1,), "GitHub-create issue"),
        ("busy", "name", (), "GitHub-create issue"),
    ]
    assert search("zebra") == [("wide", "last", (1,), "zebra")]
    assert search("hush") == search("") == []
    connection.execute("CREATE VIEW broken AS SELECT * FROM gone")
    assert len(list(search_all(connection, ["gone", "broken", "tools"], "go", cancelled=bool))) == 1
    assert search("say", more_secrets=["note"]) == []


def test_a_long_search_goes_piece_by_piece_and_stops_on_a_wish(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "t.db", "mode=rwc")) as connection:
        connection.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 3 FROM n WHERE i < 150000)"
            " INSERT INTO log SELECT i, 'line ' || i FROM n"
        )
        last = connection.execute("SELECT max(id) FROM log").fetchone()[0]
        connection.execute("UPDATE log SET text = ? WHERE id = ?", ("x" * 500 + "Needle", last))
        (hit,) = search_all(connection, ["log"], "needle", cancelled=lambda: False)
        assert hit.identity == (last,)
        assert hit.excerpt == "x" * 30 + "Needle"
        asked = iter(range(1_000))
        with pytest.raises(Cancelled):
            list(search_all(connection, ["log"], "nothing", cancelled=lambda: next(asked) > 1))
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (50_001,)
