"""What names a row is told right, for every kind of table SQLite has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models.rows import Pointing
from tui.services.sqlite.connections import connect
from tui.services.sqlite.relations import pointing, relation, relation_names


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(connect(Path("/nonexistent"), "mode=memory")) as connection:
        yield connection


@pytest.mark.parametrize(
    ("table", "identity", "rowid"),
    [
        ("(id INTEGER PRIMARY KEY, a)", ("id",), "rowid"),
        ("(id INTEGER PRIMARY KEY DESC)", ("rowid",), "rowid"),
        ("(id INTEGER PRIMARY KEY) WITHOUT ROWID", ("id",), ""),
        ("(id TEXT NOT NULL PRIMARY KEY)", ("id",), "rowid"),
        # SQLite lets such a key be NULL, any number of times.
        ("(id TEXT PRIMARY KEY)", ("rowid",), "rowid"),
        ("(a)", ("rowid",), "rowid"),
        ("(RowID TEXT)", ("_rowid_",), "_rowid_"),
        ("(rowid, _rowid_)", ("oid",), "oid"),
        ("(rowid, _rowid_, oid)", (), ""),
        ("(rowid, _rowid_, oid PRIMARY KEY NOT NULL)", ("oid",), ""),
        ("(rowid, _rowid_ INTEGER PRIMARY KEY, oid)", ("_rowid_",), "_rowid_"),
        ("(b, a COLLATE NOCASE, PRIMARY KEY(a, b)) WITHOUT ROWID", ("a", "b"), ""),
        # 'a' and 'A' are two keys, but equal as far as the column compares.
        ("(a COLLATE NOCASE, PRIMARY KEY(a COLLATE BINARY)) WITHOUT ROWID", (), ""),
        ("(a TEXT NOT NULL, PRIMARY KEY(a COLLATE NOCASE))", ("rowid",), "rowid"),
        ("(a, PRIMARY KEY(a COLLATE NOCASE)) WITHOUT ROWID", ("a",), ""),
        # A key that is a secret would go wherever a row is named.
        ("(token TEXT NOT NULL PRIMARY KEY)", ("rowid",), "rowid"),
        ("(token TEXT PRIMARY KEY) WITHOUT ROWID", (), ""),
    ],
)
def test_a_row_is_named_by_what_names_only_one(
    database: sqlite3.Connection, table: str, identity: tuple[str, ...], rowid: str
) -> None:
    database.execute(f"CREATE TABLE t {table}")
    found = relation(database, "T")
    assert (found.name, found.identity, found.rowid) == ("t", identity, rowid)
    assert found.without_rowid == table.endswith("WITHOUT ROWID")
    assert found.uses_rowid == (bool(rowid) and identity == (rowid,) and rowid not in table)


def test_columns_are_told_as_they_are(database: sqlite3.Connection) -> None:
    database.executescript(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE NOT NULL DEFAULT 'x',"
        " b COLLATE RTRIM, v AS (a || b), s AS (a) STORED, UNIQUE(a, b));"
        "CREATE TABLE c (p_id REFERENCES p, two REFERENCES P(a), x, y,"
        " FOREIGN KEY(x, y) REFERENCES p(a, b));"
        "CREATE VIEW w AS SELECT a, b AS other FROM p;"
        "CREATE VIRTUAL TABLE f USING fts5(body)"
    )
    found = relation(database, "p")
    told = [(c.name, c.key, c.required, c.collation, c.generated) for c in found.columns]
    assert told == [
        ("id", 1, False, "BINARY", ""),
        ("a", 0, True, "NOCASE", ""),
        ("b", 0, False, "RTRIM", ""),
        ("v", 0, False, "BINARY", "virtual"),
        ("s", 0, False, "BINARY", "stored"),
    ]
    assert found.columns[1].default == "'x'"
    child = relation(database, "c")
    assert [c.points_to for c in child.columns] == [("p", "id"), ("P", "a"), None, None]
    assert {(p.columns, p.parent_columns) for p in pointing(database, found)} == {
        (("p_id",), ("id",)),
        (("two",), ("a",)),
        (("x", "y"), ("a", "b")),
    }
    assert isinstance(pointing(database, found)[0], Pointing)
    view = relation(database, "w")
    assert (view.kind, view.identity, view.rowid) == ("view", (), "")
    assert [c.collation for c in view.columns] == ["NOCASE", "RTRIM"]
    text = relation(database, "f")
    assert (text.kind, text.identity) == ("virtual", ("rowid",))
    assert [c.name for c in text.columns if not c.hidden] == ["body"]
    assert {"p", "c", "w", "f"} <= set(relation_names(database))
    assert relation(database, "sqlite_schema").identity == ("rowid",)


def test_a_secret_under_another_name_is_masked(database: sqlite3.Connection) -> None:
    database.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, token, name, g AS (upper(token)), pin);"
        "CREATE VIEW v AS SELECT id, token AS code, name FROM t;"
        "CREATE VIEW plain AS SELECT id, name AS called FROM t"
    )

    def secrets(name: str) -> list[str]:
        return [
            c.name for c in relation(database, name, more_secrets=["t.pin"]).columns if c.secret
        ]

    assert secrets("t") == ["token", "g", "pin"]
    assert secrets("v") == ["code"]
    assert secrets("plain") == []


def test_what_cannot_be_read_is_said(database: sqlite3.Connection) -> None:
    database.executescript("CREATE TABLE gone (a); CREATE VIEW v AS SELECT a FROM gone")
    database.execute("DROP TABLE gone")
    with pytest.raises(VerificationError, match="v cannot be read: no such table"):
        relation(database, "v")
    with pytest.raises(NotFoundError, match="no table or view gone"):
        relation(database, "gone")


def test_what_keeps_or_shows_the_secrets_of_another_table_is_masked(
    database: sqlite3.Connection,
) -> None:
    if ("ENABLE_FTS5",) not in database.execute("PRAGMA compile_options").fetchall():
        pytest.skip("this SQLite has no fts5")
    database.executescript(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, token, short AS (substr(token, 1, 3)));"
        "CREATE TABLE b (name, token);"
        "CREATE VIEW made AS SELECT id, short AS x FROM a;"
        # The authorizer is not told of a column that a FULL JOIN takes by its name.
        "CREATE VIEW joined (both, name) AS SELECT token, name FROM a FULL JOIN b USING (token);"
        "CREATE VIRTUAL TABLE words USING fts5(token, body);"
        "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);"
        "CREATE VIEW loud AS SELECT upper(id) AS up FROM a;"
        "CREATE VIEW inside AS SELECT c1 AS c FROM words_content;"
        "CREATE TABLE words_of_mine (c); CREATE VIRTUAL TABLE plain USING fts5(body);"
    )

    def secrets(name: str) -> list[str]:
        return [c.name for c in relation(database, name).columns if c.secret]

    assert secrets("words") == ["token"]
    assert secrets("words_content") == ["id", "c0", "c1"]
    assert secrets("words_data") == ["id", "block"]
    assert secrets("vocabulary") == ["term", "doc", "cnt"]
    assert (secrets("made"), secrets("joined"), secrets("inside")) == (["x"], ["both"], ["c"])
    assert (
        secrets("loud")
        == secrets("words_of_mine")
        == secrets("plain_content")
        == secrets("plain")
        == []
    )
