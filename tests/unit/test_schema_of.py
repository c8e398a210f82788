"""The schema of one relation or all, as it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tui.core.errors import NotFoundError
from tui.services.sqlite.connections import connect
from tui.services.sqlite.schema_of import (
    ForeignKey,
    Index,
    foreign_keys,
    indexes,
    schema_text,
    triggers,
)

TABLES = """CREATE TABLE alembic_version (version_num);
CREATE TABLE gateways (id TEXT, realm TEXT, PRIMARY KEY (id, realm));
CREATE TABLE "Odd ""Tools" (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
    gateway TEXT, realm TEXT, other REFERENCES gone (x) ON UPDATE SET NULL,
    CONSTRAINT Home FOREIGN KEY (gateway, realm) REFERENCES gateways ON DELETE CASCADE
    DEFERRABLE INITIALLY DEFERRED);
CREATE VIEW a_view AS SELECT 1 AS one;
CREATE UNIQUE INDEX z ON "Odd ""Tools" (lower(name), gateway COLLATE NOCASE DESC)
    WHERE realm IS NOT NULL AND name IN ('A', 'b');
CREATE TRIGGER t INSTEAD OF INSERT ON a_view BEGIN SELECT 1; SELECT 2; END;
"""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "t.db", "mode=rwc")) as found:
        found.executescript(TABLES)
        yield found


def test_all_of_a_schema_makes_the_same_schema(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    text = schema_text(connection)
    assert text.startswith("CREATE TABLE gateways") and "alembic_version" in text[-60:]
    assert "sqlite_sequence" not in text
    with closing(connect(tmp_path / "again.db", "mode=rwc")) as again:
        again.executescript(text)
        assert schema_text(again) == text
        wanted = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2"
        assert again.execute(wanted).fetchall() == connection.execute(wanted).fetchall()


def test_one_relation_comes_with_what_stands_on_it(connection: sqlite3.Connection) -> None:
    text = schema_text(connection, 'odd "tools')
    assert text.startswith('CREATE TABLE "Odd ""Tools"')
    assert [line.split("(")[0] for line in text.splitlines() if line.startswith("CREATE")] == [
        'CREATE TABLE "Odd ""Tools" ',
        'CREATE UNIQUE INDEX z ON "Odd ""Tools" ',
    ]
    view = schema_text(connection, "a_view")
    assert view.count("CREATE") == 2 and view.endswith("SELECT 2; END;\n")
    assert [each.name for each in triggers(connection, "A_VIEW")] == ["t"]
    assert schema_text(connection, "sqlite_schema") == ""
    for ask in (schema_text, indexes, foreign_keys, triggers):
        with pytest.raises(NotFoundError, match="There is no table or view z"):
            ask(connection, "z")


def test_indexes_tell_what_they_are_of(connection: sqlite3.Connection) -> None:
    assert indexes(connection, 'Odd "Tools') == (
        Index(name='sqlite_autoindex_Odd "Tools_1', unique=True, terms=("name",), origin="unique"),
        Index(
            name="z",
            unique=True,
            terms=("lower(name)", "gateway collate nocase desc"),
            where="realm is not null and name in ('A', 'b')",
        ),
    )
    (own,) = indexes(connection, "gateways")
    assert (own.terms, own.origin) == (("id", "realm"), "primary key")
    assert indexes(connection, "a_view") == ()


def test_foreign_keys_tell_where_they_lead_and_what_follows(
    connection: sqlite3.Connection,
) -> None:
    assert foreign_keys(connection, 'Odd "Tools') == (
        ForeignKey(
            columns=("gateway", "realm"),
            table="gateways",
            parent_columns=("id", "realm"),
            on_delete="cascade",
            name="home",
            deferred=True,
        ),
        ForeignKey(columns=("other",), table="gone", parent_columns=("x",), on_update="set null"),
    )
