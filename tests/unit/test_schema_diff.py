"""Schemas compared: what was done to a database is named exactly, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.models import SchemaChange
from tui.services.sqlite.schema_diff import Schema, differences, read_schema

BASE = """
    CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY NOT NULL,
        gateway_id TEXT NOT NULL, user_id TEXT COLLATE NOCASE DEFAULT 'x',
        parent INT REFERENCES parents ON DELETE CASCADE,
        twice INT GENERATED ALWAYS AS (parent * 2) VIRTUAL,
        CONSTRAINT uq_user UNIQUE (gateway_id, user_id),
        UNIQUE (parent),
        CONSTRAINT ck_user CHECK (user_id IN ('a', 'b)')),
        CHECK (length(gateway_id) < 64)
    );
    CREATE INDEX ix_user ON tokens (user_id DESC) WHERE user_id IS NOT NULL;
    CREATE TRIGGER tr AFTER INSERT ON tokens BEGIN SELECT 1; END;
    CREATE VIEW v AS SELECT id FROM tokens;
"""


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(BASE)
        yield connection


def done(connection: sqlite3.Connection, *statements: str) -> list[str]:
    """What a comparison says of some statements."""
    before = read_schema(connection)
    for statement in statements:
        connection.execute(statement)
    return told(before, read_schema(connection))


def told(before: Schema, after: Schema) -> list[str]:
    return [_short(change) for change in differences(before, after)]


def _short(change: SchemaChange) -> str:
    detail = f": {change.detail}" if change.detail else ""
    return f"{change.sign} {change.kind} {change.table}.{change.name}{detail}"


REBUILT = """CREATE TABLE _alembic_tmp_tokens (
    twice INT AS (parent*2), -- a comment
    parent int,
    "user_id" text DEFAULT ('x') collate NoCase,
    `gateway_id` TEXT not null,
    [id] TEXT NOT NULL,
    PRIMARY KEY ("id"),
    CHECK (LENGTH("gateway_id")<64),
    CONSTRAINT "ck_user" CHECK ( user_id in ('a','b)') ),
    FOREIGN KEY(parent) REFERENCES "parents" (id) ON DELETE CASCADE,
    UNIQUE(parent) CONSTRAINT uq_user UNIQUE (gateway_id, user_id)
)"""


def rebuild(connection: sqlite3.Connection, sql: str = REBUILT) -> None:
    """As Alembic's batch mode does it."""
    connection.execute("DROP VIEW v")
    connection.execute(sql)
    connection.execute("DROP TABLE tokens")
    connection.execute("ALTER TABLE _alembic_tmp_tokens RENAME TO tokens")
    connection.execute("create index ix_user on tokens(user_id desc)  where user_id is not null")
    connection.execute("CREATE TRIGGER tr AFTER INSERT ON tokens BEGIN SELECT 1 ; END")
    connection.execute("CREATE VIEW v AS SELECT id FROM tokens")


def test_a_table_that_was_rebuilt_and_is_equal_is_no_difference(
    database: sqlite3.Connection,
) -> None:
    before = read_schema(database)
    rebuild(database)
    assert told(before, read_schema(database)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("user_id in ('a','b)')", "user_id in ('a')", ["~ constraint tokens.ck_user: check"]),
        (
            "CONSTRAINT uq_user UNIQUE (gateway_id, user_id)",
            "CONSTRAINT uq_user UNIQUE (gateway_id)",
            ["~ constraint tokens.uq_user: unique (gateway_id, user_id) -> unique (gateway_id)"],
        ),
        (
            "CONSTRAINT uq_user UNIQUE",
            "CONSTRAINT uq_other UNIQUE",
            ["~ constraint tokens.unique (gateway_id, user_id): uq_user -> uq_other"],
        ),
        ("UNIQUE(parent)", "", ["- constraint tokens.unique (parent)"]),
        (
            " ON DELETE CASCADE",
            "",
            [
                "- constraint tokens.foreign key (parent) -> parents (id) on delete cascade",
                "+ constraint tokens.foreign key (parent) -> parents (id)",
            ],
        ),
        (
            'PRIMARY KEY ("id")',
            "PRIMARY KEY (id, parent)",
            [
                "- constraint tokens.primary key (id)",
                "+ constraint tokens.primary key (id, parent)",
            ],
        ),
        ("NoCase", "RTRIM", ["~ column tokens.user_id: text default 'x' collate nocase -> text"]),
        (
            "(parent*2)",
            "(parent*3)",
            ["~ column tokens.twice: int as (parent * 2) virtual -> int as (parent * 3) virtual"],
        ),
        ("TEXT not null", "TEXT", ["~ column tokens.gateway_id: text not null -> text"]),
        (
            "uq_user UNIQUE (gateway_id, user_id)\n)",
            "uq_user UNIQUE (gateway_id, user_id)\n) WITHOUT ROWID",
            ["~ table tokens.tokens: ordinary -> without rowid"],
        ),
    ],
)
def test_what_a_rebuilt_table_has_otherwise_is_named(
    database: sqlite3.Connection, old: str, new: str, said: list[str]
) -> None:
    before = read_schema(database)
    text = REBUILT.replace(old, new)
    assert text != REBUILT
    rebuild(database, text)
    found = told(before, read_schema(database))
    assert len(found) == len(said)
    assert sorted(found) == sorted(found_for(found, said))


def found_for(found: list[str], said: list[str]) -> list[str]:
    """Of the beginnings that are expected, what was found in full."""
    return [next((f for f in found if f.startswith(text)), text) for text in said]


def test_a_trigger_and_an_index_that_a_rebuild_forgot_are_named(
    database: sqlite3.Connection,
) -> None:
    before = read_schema(database)
    rebuild(database)
    for statement in ("DROP INDEX ix_user", "DROP TRIGGER tr"):
        database.execute(statement)
    assert told(before, read_schema(database)) == [
        "- index tokens.ix_user: (user_id desc) where user_id is not null",
        "- trigger tokens.tr: create trigger tr after insert on tokens begin select 1; end",
    ]


def test_a_new_table_is_one_change_with_what_it_brings(database: sqlite3.Connection) -> None:
    assert done(
        database,
        "CREATE TABLE apps (id INT, name TEXT)",
        "CREATE INDEX ix_a ON apps (id)",
        "CREATE INDEX ix_b ON apps (name)",
    ) == ["+ table apps.apps: 2 columns, 2 indexes"]


def test_the_order_is_by_table_and_then_by_kind(database: sqlite3.Connection) -> None:
    found = done(
        database,
        "DROP VIEW v",
        "ALTER TABLE tokens ADD COLUMN b TEXT",
        "ALTER TABLE parents ADD COLUMN z TEXT",
        "CREATE UNIQUE INDEX ix_b ON tokens (b)",
        "ALTER TABLE tokens ADD COLUMN a TEXT",
        "CREATE TABLE apps (id INT)",
    )
    assert found == [
        "+ table apps.apps: 1 column",
        "+ column parents.z: text",
        "+ column tokens.a: text",
        "+ column tokens.b: text",
        "+ index tokens.ix_b: unique (b)",
        "- view v.v: create view v as select id from tokens",
    ]


def test_a_virtual_table_and_names_that_need_quotes_are_read(
    database: sqlite3.Connection,
) -> None:
    assert done(
        database,
        'CREATE TABLE "odd "" name, (x" ("a b" TEXT, "check" INT DEFAULT (1), [x,y] TEXT)',
        'ALTER TABLE "odd "" name, (x" RENAME COLUMN "a b" TO "c)d"',
    ) == ['+ table odd " name, (x.odd " name, (x: 3 columns']
    before = read_schema(database)
    database.execute("CREATE VIRTUAL TABLE fts USING fts5(body)")
    found = differences(before, read_schema(database))
    assert ("fts", "+") in [(change.table, change.sign) for change in found]


def test_a_table_whose_text_says_nothing_is_still_read() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE made AS SELECT 1 AS a, 'x' AS b")
        assert list(read_schema(connection).tables["made"].columns) == ["a", "b"]


# --- anything that is done is named -------------------------------------------------------


@dataclass
class Played:
    """A schema that is changed at random, and what must be said of it."""

    connection: sqlite3.Connection
    tables: dict[str, list[str]] = field(default_factory=dict)
    """Table → its columns beside `id`."""
    indexes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Index → table and column."""
    made: int = 0

    def name(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made}"


Act = Callable[[Played, Any], None]


def new_table(p: Played, draw: Any) -> None:
    table = p.name("t")
    p.connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, a TEXT NOT NULL)")
    p.tables[table] = ["a"]


def no_table(p: Played, draw: Any) -> None:
    table = draw(st.sampled_from(sorted(p.tables)))
    p.connection.execute(f"DROP TABLE {table}")
    del p.tables[table]
    p.indexes = {name: of for name, of in p.indexes.items() if of[0] != table}


def new_column(p: Played, draw: Any) -> None:
    table = draw(st.sampled_from(sorted(p.tables)))
    column = p.name("c")
    kind = draw(st.sampled_from(["TEXT", "VARCHAR(8) DEFAULT 'x'", "INT CHECK (1)", "BLOB"]))
    p.connection.execute(f'ALTER TABLE "{table}" ADD COLUMN {column} {kind}')
    p.tables[table].append(column)


def no_column(p: Played, draw: Any) -> None:
    used = set(p.indexes.values())
    free = [
        (table, column)
        for table, columns in sorted(p.tables.items())
        for column in columns
        if column != "a" and (table, column) not in used
    ]
    if free:
        table, column = draw(st.sampled_from(free))
        p.connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        p.tables[table].remove(column)


def new_index(p: Played, draw: Any) -> None:
    table = draw(st.sampled_from(sorted(p.tables)))
    column = draw(st.sampled_from(p.tables[table]))
    index = p.name("i")
    p.connection.execute(f"CREATE INDEX {index} ON {table} ({column})")
    p.indexes[index] = (table, column)


def no_index(p: Played, draw: Any) -> None:
    if p.indexes:
        index = draw(st.sampled_from(sorted(p.indexes)))
        p.connection.execute(f"DROP INDEX {index}")
        del p.indexes[index]


def equal_rebuild(p: Played, draw: Any) -> None:
    """The text of the table is written anew; what it is stays."""
    table = draw(st.sampled_from(sorted(p.tables)))
    rows = p.connection.execute(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL "
        "ORDER BY type = 'index'",
        (table,),
    ).fetchall()
    p.connection.execute(f"ALTER TABLE {table} RENAME TO old_one")
    for (sql,) in p.connection.execute(
        "SELECT name FROM sqlite_schema WHERE tbl_name = 'old_one' AND type = 'index' "
        "AND sql IS NOT NULL"
    ).fetchall():
        p.connection.execute(f"DROP INDEX {sql}")
    for (sql,) in rows:
        p.connection.execute(sql.replace(", ", " ,\n\t").replace("TEXT", "text"))
    p.connection.execute("DROP TABLE old_one")


ACTS: list[Act] = [
    new_table,
    no_table,
    new_column,
    no_column,
    new_index,
    no_index,
    equal_rebuild,
]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_random_changes_are_named_exactly(data: st.DataObject) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        played = Played(connection)
        for _ in range(3):
            new_table(played, data.draw)
        for act in data.draw(st.lists(st.sampled_from(ACTS), max_size=6)):
            if played.tables or act is new_table:
                act(played, data.draw)
        before = read_schema(connection)
        tables = {table: list(columns) for table, columns in played.tables.items()}
        indexes = dict(played.indexes)
        for act in data.draw(st.lists(st.sampled_from(ACTS), max_size=8)):
            if played.tables or act is new_table:
                act(played, data.draw)
        found = {
            (c.sign, c.kind, c.table, c.name)
            for c in differences(before, read_schema(connection))
            if c.kind != "constraint"
        }
        assert found == expected(tables, indexes, played)
        assert differences(before, before) == ()


def expected(
    tables: dict[str, list[str]], indexes: dict[str, tuple[str, str]], now: Played
) -> set[tuple[str, str, str, str]]:
    said = {("+", "table", t, t) for t in now.tables.keys() - tables.keys()}
    said |= {("-", "table", t, t) for t in tables.keys() - now.tables.keys()}
    for table in tables.keys() & now.tables.keys():
        old, new = set(tables[table]), set(now.tables[table])
        said |= {("+", "column", table, c) for c in new - old}
        said |= {("-", "column", table, c) for c in old - new}
        mine = {n for n, of in indexes.items() if of[0] == table}
        theirs = {n for n, of in now.indexes.items() if of[0] == table}
        said |= {("+", "index", table, n) for n in theirs - mine}
        said |= {("-", "index", table, n) for n in mine - theirs}
    return said


def test_a_real_upgrade_and_its_way_back_end_in_the_same_schema(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    from tui.demo import deployment as demo
    from tui.demo import schema as migrations

    path = demo.create_small(tmp_path / "site") / "data" / "mcp.db"
    ini = Path(migrations.__file__).with_name("alembic.ini")
    config = Config(ini)
    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}")
    seen = [_of(path)]
    command.downgrade(config, "-2")
    seen.append(_of(path))
    command.upgrade(config, "head")
    seen.append(_of(path))
    down = told(seen[0], seen[1])
    assert "- column gateways.add_headers: json" in down
    assert any("uq_oauth_gateway_user" in text for text in down)
    assert told(seen[0], seen[2]) == []


def _of(path: Path) -> Schema:
    with closing(sqlite3.connect(path)) as connection:
        return read_schema(connection)
