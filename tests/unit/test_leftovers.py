"""Tables that a cut migration left: made by Alembic's own batch mode, told with their remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from tui.services.sqlite.leftovers import leftovers


class CutError(Exception):
    """The process would be gone here."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mcp.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO tools (name) VALUES (?)", [("a",), ("b",), ("b",)])
    yield path


def left(path: Path) -> tuple[tuple[str, str], ...]:
    with closing(sqlite3.connect(path)) as connection:
        return leftovers(connection)


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def migrate(path: Path, cut: str) -> None:
    """Forbid NULL in batch mode, as the gateway's revisions do; cut before a statement."""
    engine = sa.create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")

    gone = False

    @sa.event.listens_for(engine, "before_cursor_execute")
    def look(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal gone
        # Nothing of a process that is gone tidies up behind it.
        gone = gone or cut in statement
        if gone:
            raise CutError

    with engine.connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("tools") as batch:
            batch.alter_column("name", nullable=False)
    engine.dispose()


def test_a_copy_that_has_no_rows_yet_is_dropped(database: Path) -> None:
    with pytest.raises(CutError):
        migrate(database, "INSERT INTO")
    assert (rows(database, "_alembic_tmp_tools"), rows(database, "tools")) == (0, 3)
    assert left(database) == (("_alembic_tmp_tools", "drop"),)


def test_a_copy_that_was_cut_before_the_old_table_went_is_dropped(database: Path) -> None:
    with pytest.raises(CutError):
        migrate(database, "DROP TABLE")
    assert rows(database, "_alembic_tmp_tools") == rows(database, "tools") == 3
    assert left(database) == (("_alembic_tmp_tools", "drop"),)


def test_the_only_rows_there_are_are_never_dropped(database: Path) -> None:
    with pytest.raises(CutError):
        migrate(database, "RENAME")
    assert rows(database, "_alembic_tmp_tools") == 3
    assert left(database) == (("_alembic_tmp_tools", "rename"),)


def test_a_table_that_was_made_anew_with_fewer_rows_has_no_automatic_remedy(
    database: Path,
) -> None:
    with pytest.raises(CutError):
        migrate(database, "RENAME")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE TOOLS (id INTEGER PRIMARY KEY, name TEXT)")
    assert left(database) == (("_alembic_tmp_tools", ""),)


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        (["server_prompt_association_of_the_second_kind"], "drop"),
        ([], ""),
        (
            [
                "server_prompt_association_of_the_second_kind",
                "server_prompt_association_of_the_second_sort",
            ],
            "",
        ),
    ],
)
def test_of_a_name_that_alembic_has_cut_only_one_table_may_be_meant(
    database: Path, names: list[str], remedy: str
) -> None:
    # `alembic.operations.batch` cuts its own name to 50 characters.
    cut = "_alembic_tmp_server_prompt_association_of_the_second_kind"[:50]
    with closing(sqlite3.connect(database)) as connection:
        for name in [*names, cut]:
            connection.execute(f'CREATE TABLE "{name}" (id INTEGER)')
    assert left(database) == ((cut, remedy),)


def test_a_view_in_the_place_of_the_table_is_nothing_to_be_sure_of(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE _alembic_tmp_all_tools (id INTEGER)")
        connection.execute("CREATE VIEW all_tools AS SELECT id FROM tools")
    assert left(database) == (("_alembic_tmp_all_tools", ""),)


def test_a_database_in_order_has_none(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE my_alembic_tmp_tools (id INTEGER)")
    assert left(database) == ()
