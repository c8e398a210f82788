"""The console only reads: SQLite itself refuses the rest, however it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.console_file import console_file, prints
from tui.core.errors import ExitCode, UsageError
from tui.services.sqlite.authorizing import ReadOnly, RefusedError, table_functions, warm_up
from tui.services.sqlite.connections import connect
from tui.services.sqlite.masking import Masks
from tui.services.sqlite.statements import run

WRITING = {
    "INSERT INTO plain VALUES (3, 'z')": "INSERT",
    "INSERT OR REPLACE INTO plain SELECT * FROM plain": "INSERT",
    "INSERT INTO plain VALUES (3, 'z') RETURNING a": "INSERT",
    "INSERT INTO plain VALUES (1, 2) ON CONFLICT DO UPDATE SET a = 3": "INSERT",
    "REPLACE INTO plain VALUES (3, 'z')": "REPLACE",
    "UPDATE plain SET a = 5": "UPDATE",
    "UPDATE plain SET a = t.id FROM tools t WHERE t.id = plain.a": "UPDATE",
    "DELETE FROM plain": "DELETE",
    "/*!*/ DELETE FROM plain": "DELETE",
    "-- harmless\nDELETE FROM plain": "DELETE",
    "\ufeffDELETE FROM plain": "DELETE",
    "WITH x AS (SELECT 1) DELETE FROM plain WHERE a IN x": "DELETE",
    "WITH x(i) AS (SELECT 1) INSERT INTO plain SELECT i, i FROM x": "INSERT",
    "WITH x AS (SELECT 1) UPDATE plain SET a = 2": "UPDATE",
    "EXPLAIN DELETE FROM plain": "DELETE",
    "EXPLAIN QUERY PLAN UPDATE plain SET a = 1": "UPDATE",
    "CREATE TABLE new (a)": "CREATE",
    "CREATE TEMP TABLE new (a)": "CREATE",
    "CREATE TEMPORARY TABLE new AS SELECT * FROM tools": "CREATE",
    "CREATE TEMP VIEW tools AS SELECT * FROM main.tools": "CREATE",
    "CREATE TEMP TRIGGER t AFTER INSERT ON plain BEGIN SELECT 1; END": "CREATE",
    "CREATE INDEX new ON plain (a)": "CREATE",
    "CREATE VIRTUAL TABLE new USING fts5 (a)": "CREATE",
    "DROP TABLE plain": "DROP",
    "DROP VIEW all_tools": "DROP",
    "ALTER TABLE plain RENAME TO p": "ALTER",
    "ALTER TABLE plain ADD COLUMN c": "ALTER",
    "ATTACH ':memory:' AS other": "ATTACH",
    "ATTACH 'made.db' AS other": "ATTACH",
    "DETACH main": "DETACH",
    "VACUUM": "VACUUM",
    "VACUUM INTO 'copy.db'": "VACUUM",
    "REINDEX": "REINDEX",
    "ANALYZE": "ANALYZE",
    "BEGIN IMMEDIATE": "BEGIN",
    "COMMIT": "COMMIT",
    "ROLLBACK": "ROLLBACK",
    "SAVEPOINT s": "SAVEPOINT",
    "RELEASE s": "RELEASE",
    "UPDATE sqlite_schema SET sql = 'x'": "UPDATE",
    "DELETE FROM sqlite_stat1": "DELETE",
    "INSERT INTO open_words (open_words) VALUES ('optimize')": "INSERT",
    "INSERT INTO sqlite_dbpage VALUES (1, x'00')": "INSERT",
    "PRAGMA writable_schema=1": "PRAGMA writable_schema = 1",
    "PRAGMA journal_mode=DELETE": "PRAGMA journal_mode = DELETE",
    "PRAGMA main . journal_mode (DELETE)": "PRAGMA journal_mode = DELETE",
    "PRAGMA main.wal_checkpoint(TRUNCATE)": "PRAGMA wal_checkpoint = TRUNCATE",
    "PRAGMA wal_checkpoint": "PRAGMA wal_checkpoint",
    "EXPLAIN PRAGMA journal_mode=DELETE": "PRAGMA journal_mode = DELETE",
    "PRAGMA user_version=7": "PRAGMA user_version = 7",
    "PRAGMA application_id(7)": "PRAGMA application_id = 7",
    "PRAGMA query_only=0": "PRAGMA query_only = 0",
    "PRAGMA trusted_schema=1": "PRAGMA trusted_schema = 1",
    "PRAGMA optimize": "PRAGMA optimize",
    "PRAGMA incremental_vacuum": "PRAGMA incremental_vacuum",
    "PRAGMA temp_store_directory='/tmp'": "PRAGMA temp_store_directory = /tmp",
    "PRAGMA hard_heap_limit=1": "PRAGMA hard_heap_limit = 1",
    "SELECT load_extension('x')": "load_extension()",
    "SELECT a, (SELECT load_extension('x', 'y')) FROM plain": "load_extension()",
    "SELECT fts3_tokenizer('simple')": "fts3_tokenizer()",
}
"""Each statement, and what the sentence names."""

NONE = {
    "SELECT 1; DELETE FROM plain": "One statement at a time; here begins another (at 11)",
    "SELECT 1;;": "One statement at a time",
    "; DELETE FROM plain": "One statement at a time",
    "SELECT 1\0; DELETE FROM plain": "NUL character in the statement (at 9)",
    "SELECT '\ud800'": "half a character",
    "SELECT writefile('made', 'x')": "no such function: writefile (at 8)",
    "SELECT edit('x')": "(no such function: edit|Refused)",
    "SELECT * FROM pragma_wal_checkpoint": "no such table: pragma_wal_checkpoint",
    "SELECT * FROM pragma_journal_mode('delete')": "unknown database",
    "SELECT * FROM pragma_user_version(7)": "too many arguments",
    "SELECT * FROM sqlite_dbpage": "(no such table: sqlite_dbpage|Refused: sqlite_dbpage)",
    "SELECT zeroblob(1000000000)": "too long to be read whole",
    "SELECT randomblob(1000000000)": "too long to be read whole",
    "SELECT length(hex(zeroblob(16000000)))": "too long to be read whole",
    "SELECT replace(hex(zeroblob(8000)), '0', hex(zeroblob(8000)))": "too long to be read whole",
    "ＤＥＬＥＴＥ FROM plain": "syntax error",
    "DEL/**/ETE FROM plain": "syntax error",
    "SELECT * FROM (DELETE FROM plain RETURNING *)": "syntax error",
    "SELECT ?1": "Write the value itself",
    "SELECT $a(';'), :b": "Write the value itself",
    "": "Nothing to run",
    " -- DELETE FROM plain": "Nothing to run",
    ";": "Nothing to run",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: that nothing changes it is what they prove."""
    return console_file(tmp_path_factory.mktemp("refusals")).parent


@pytest.fixture
def connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """As the console has it: but on a file that it could write, for only SQLite is to refuse."""
    monkeypatch.chdir(folder)
    with closing(connect(folder / "mcp.db", "mode=rw")) as found:
        found.execute("SELECT * FROM tools").fetchall()
        yield found


@pytest.mark.parametrize("sql", WRITING)
def test_what_does_not_read_is_refused_by_its_name(
    connection: sqlite3.Connection, folder: Path, sql: str
) -> None:
    before = prints(folder)
    with pytest.raises(RefusedError) as raised:
        run(connection, sql, masks=Masks())
    assert str(raised.value) == (
        f"Refused: this console only reads ({WRITING[sql]}). "
        "Imports and restores have their own screens."
    )
    assert raised.value.exit_code is ExitCode.USAGE
    assert prints(folder) == before
    assert not connection.in_transaction


@pytest.mark.parametrize("sql", WRITING)
def test_the_authorizer_alone_refuses_it_on_a_file_that_could_be_written(
    connection: sqlite3.Connection, folder: Path, sql: str
) -> None:
    before = prints(folder)
    warm_up(connection, table_functions())
    guard = ReadOnly()
    connection.set_authorizer(guard)
    with pytest.raises(sqlite3.Error):
        connection.execute(sql).fetchall()
    assert prints(folder) == before
    assert not connection.in_transaction


@pytest.mark.parametrize("sql", NONE)
def test_what_is_no_single_statement_that_reads_changes_nothing(
    connection: sqlite3.Connection, folder: Path, sql: str
) -> None:
    before = prints(folder)
    pattern = NONE[sql]
    match = pattern if pattern.startswith("(") else pattern.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(UsageError, match=match):
        run(connection, sql, masks=Masks())
    assert prints(folder) == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM plain",
        "VALUES (1), (2)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT i FROM n",
        "SELECT a, row_number() OVER (ORDER BY b) FROM plain",
        "SELECT value FROM json_each('[1, 2]')",
        "SELECT name FROM sqlite_schema",
        "SELECT rowid, body FROM open_words WHERE open_words MATCH 'text'",
        "SELECT name, pk FROM pragma_table_info('plain')",
        "SELECT c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'",
        "EXPLAIN SELECT * FROM plain",
        "EXPLAIN QUERY PLAN SELECT * FROM plain",
        "PRAGMA table_info(plain)",
        "PRAGMA main.index_list('tools')",
        "PRAGMA foreign_key_check",
        "PRAGMA quick_check(10)",
        "PRAGMA integrity_check",
        "PRAGMA journal_mode",
        "PRAGMA page_count",
        "PRAGMA compile_options",
        "SELECT 1; -- and no more",
    ],
)
def test_what_reads_is_let_through(connection: sqlite3.Connection, sql: str) -> None:
    if (
        "open_words" in sql
        and not connection.execute(
            "SELECT 1 FROM sqlite_schema WHERE name = 'open_words'"
        ).fetchone()
    ):
        pytest.skip("this SQLite has no FTS5")
    result = run(connection, sql, masks=Masks())
    assert result.ended == "complete"
    assert result.rows or sql == "PRAGMA foreign_key_check"
