"""Rows of a file tried on a live database that is only read: counted, and refused with a line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contents import content
from tests.unit.test_rows_out import EDGES, write
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.operations.export import Export
from tui.services.rows_out.formats import READABLE, Format, reading
from tui.services.rows_out.values import RawText, text_value
from tui.services.sqlite.bringing import Writer
from tui.services.sqlite.connections import connect
from tui.services.sqlite.import_rules import Effect, effect_of, selection_of
from tui.services.sqlite.shapes import attach
from tui.services.sqlite.staging_rows import Staged, stage

SCHEMA = """
CREATE TABLE gateways (
    id TEXT PRIMARY KEY, slug TEXT NOT NULL COLLATE NOCASE UNIQUE, auth_value TEXT DEFAULT 'none',
    port INT CHECK (port > 0), low TEXT AS (lower(slug)), up TEXT REFERENCES gateways
);
CREATE UNIQUE INDEX one_port ON gateways (port) WHERE up IS NULL;
CREATE TABLE tools (id INTEGER PRIMARY KEY, v, gateway TEXT NOT NULL REFERENCES gateways);
CREATE TABLE links (a INT, b TEXT, n NUMERIC, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE loose (x, y);
CREATE TABLE strict (id INT PRIMARY KEY, any ANY, n INT) STRICT;
CREATE TABLE alembic_version (version_num TEXT);
CREATE VIEW shown AS SELECT id FROM tools;
INSERT INTO gateways (id, slug, auth_value, port) VALUES
    ('g1', 'One', 's3cret', 1), ('g2', 'two', 'x', 2);
INSERT INTO tools VALUES (1, 'a', 'g1'), (2, 'b', 'g2');
INSERT INTO loose VALUES (1, 2), (1, 2);
"""


class Live:
    """A database, and files that are imported into it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.folder, self.number = folder / "live.db", folder, 0
        with closing(sqlite3.connect(self.path)) as c:
            c.executescript(SCHEMA)

    def file(self, kind: Format, columns: list[str], *rows: Any) -> Path:
        self.number += 1
        path = self.folder / f"rows{self.number}.{kind}"
        write(path, kind, columns, rows)
        return path

    def staged(self, table: str, path: Path, kind: Format) -> tuple[Staged, Path]:
        target = path.with_suffix(".staged")
        with closing(connect(self.path, "mode=ro")) as live, reading(path, kind) as reader:
            return stage(live, table, reader, path, target), target

    def look(self, table: str, path: Path, kind: Format = "csv", *, upsert: bool = True) -> Effect:
        rows, target = self.staged(table, path, kind)
        with closing(connect(self.path, "mode=ro")) as live:
            live.execute("BEGIN")
            return effect_of(live, target, rows, path, selection_of(rows.table), may_replace=upsert)

    def take(self, table: str, path: Path, kind: Format = "csv") -> Effect:
        found = self.look(table, path, kind)
        assert found.problems == ()
        with closing(connect(self.path, "mode=rw")) as live:
            attach(live, path.with_suffix(".staged"))
            live.execute("BEGIN IMMEDIATE")
            Writer(live, selection_of(table)).write(found.told)
            live.execute("COMMIT")
        return found

    def ask(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as c:
            c.text_factory = text_value
            return c.execute(sql).fetchall()


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(tmp_path)


@pytest.mark.parametrize("kind", READABLE)
def test_every_value_goes_into_the_live_table_as_it_was(kind: Format, live: Live) -> None:
    with closing(sqlite3.connect(live.path)) as c, c:
        for value in EDGES:
            mark = "CAST(? AS TEXT)" if isinstance(value, RawText) else "?"
            c.execute(f"INSERT INTO tools (v, gateway) VALUES ({mark}, 'g1')", (value,))
            c.execute(f"INSERT INTO loose VALUES ({mark}, 1)", (value,))
    before = content(live.path)
    columns = ["id", "v", "gateway"]
    tools = live.file(kind, columns, *live.ask("SELECT * FROM tools"))
    loose = live.file(kind, ["x", "y"], *live.ask("SELECT * FROM loose"))
    assert live.look("tools", tools, kind).same == len(EDGES) + 2
    for path in live.folder.glob("*.staged"):
        path.unlink()
    with closing(sqlite3.connect(live.path)) as c, c:
        c.executescript(
            "DELETE FROM tools WHERE id % 2; UPDATE tools SET v = 'new'; DELETE FROM loose"
        )
    found = live.take("tools", tools, kind)
    assert (found.added + found.replaced, found.now) == (len(EDGES) + 2, len(EDGES) // 2 + 1)
    live.take("loose", loose, kind)
    assert content(live.path) == before


def test_columns_that_the_file_has_not_keep_what_is_there(live: Live) -> None:
    path = live.file("csv", ["ID", "slug", "low"], ("g1", "new", "x"), ("g3", "three", None))
    found = live.take("GATEWAYS", path)
    assert (found.added, found.replaced) == (1, 1)
    assert live.ask("SELECT id, slug, auth_value, port, low FROM gateways ORDER BY id") == [
        ("g1", "new", "s3cret", 1, "new"), ("g2", "two", "x", 2, "two"),
        ("g3", "three", "none", None, "three"),
    ]  # fmt: skip
    rows, _target = live.staged("gateways", live.file("csv", ["id"], ("g1",)), "csv")
    assert (rows.missing, rows.secrets) == (("slug", "auth_value", "port", "up"), ("auth_value",))


@pytest.mark.parametrize(
    ("table", "columns", "rows", "says"),
    [
        ("gateways", ["id", "slug"], [("g3", "c"), ("g4", None)], "line 3: slug must have a value"),
        ("gateways", ["id", "port"], [("g1", 7), ("g5", 8)], "line 3: NOT NULL constraint failed"),
        ("gateways", ["id", "slug", "port"], [("g3", "c", -1)], "line 2: CHECK constraint failed"),
        ("gateways", ["id", "slug"], [("g3", "c"), ("g3", "d")], "line 3: an earlier line has"),
        ("gateways", ["id", "slug"], [("g3", "c"), ("g4", "C")], "line 3: UNIQUE constraint"),
        ("gateways", ["id", "slug"], [("g3", "ONE")], "line 2: gateways g1 has the same slug"),
        ("gateways", ["id", "slug", "port", "up"], [("g3", "c", 2, None)], "gateways g2 has the"),
        ("gateways", ["id", "slug", "up"], [("g3", "c", "g3"), ("g4", "d", "g9")],
         "line 3: its up points to a row of gateways that is not there"),
        ("gateways", ["id", "auth_value"], [("g1", "x"), ("g2", "•••• 118 ch")],
         "line 3: auth_value holds a mask (•••• 118 ch), not the secret"),
        ("gateways", ["id", "auth_value"], [("g1", "****")], "holds a mask"),
        ("gateways", ["slug"], [("c",)], "has no column id"),
        ("gateways", ["id", "nix", "nux"], [], "gateways has no column nix, nux"),
        ("tools", ["id", "gateway"], [("x", "g1")], "line 2: its key must be an integer"),
        ("tools", ["id", "gateway"], [(None, "g1")], "line 2: id, its key, has no value"),
        ("tools", ["id", "v", "gateway"], [(1, "a", "g1"), (9, "z", "g9")],
         "line 3: its gateway points to a row of gateways that is not there"),
        ("strict", ["id", "n"], [(1, "text")], "line 2: cannot store TEXT value in INT column"),
        ("links", ["a", "b"], [(1, "x"), (1, "x")], "line 3: an earlier line has the same key"),
        ("alembic_version", ["version_num"], [("x",)], "it stays as it is"),
        ("shown", ["id"], [(1,)], "is no ordinary table (view)"),
        ("loose", [], [], "must name the columns"),
        ("nix", ["id"], [(1,)], "There is no table or view nix"),
    ],
)  # fmt: skip
def test_what_forbids_it_names_its_line_and_nothing_is_written(
    table: str, columns: list[str], rows: list[Any], says: str, live: Live
) -> None:
    before = content(live.path)
    path = live.file("csv", columns, *rows)
    try:
        said = "; ".join(live.look(table, path).problems)
    except McpdbError as error:
        said = str(error)
    assert says in said, said
    assert content(live.path) == before


def test_where_only_new_rows_may_come_one_that_is_there_is_named(live: Live) -> None:
    path = live.file("csv", ["id", "v", "gateway"], (3, "c", "g1"), (2, "b", "g2"), (1, "x", "g1"))
    found = live.look("tools", path, upsert=False)
    assert (found.added, found.replaced, found.same) == (1, 1, 1)
    (problem,) = found.problems
    assert "line 3: a row with its key is there already (2 rows of the file)" in problem


def test_what_a_replaced_row_gives_up_is_not_free_yet(live: Live) -> None:
    path = live.file("json", ["id", "slug"], ("g1", "free"), ("g3", "one"))
    (problem,) = live.look("gateways", path, "json").problems
    assert "line 3: gateways g1 has the same slug" in problem


def test_text_and_numbers_become_what_the_column_makes_of_them(live: Live) -> None:
    path = live.folder / "rows.csv"
    path.write_text("a,b,n\n1,007,1.50\n2,12,x\n")
    live.take("links", path)
    assert live.ask("SELECT a, b, n FROM links ORDER BY a") == [(1, "007", 1.5), (2, "12", "x")]


def test_a_database_in_another_encoding_takes_and_gives_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with closing(sqlite3.connect(path)) as c:
        c.executescript("PRAGMA encoding='UTF-16le'; CREATE TABLE t (id TEXT PRIMARY KEY, v)")
    live = Live.__new__(Live)
    live.path, live.folder, live.number = path, tmp_path, 0
    live.take("t", live.file("json", ["id", "v"], ("é😀", b"\xff"), ("b", None)), "json")
    assert live.ask("SELECT * FROM t ORDER BY 1") == [("b", None), ("é😀", b"\xff")]
    deployment = Deployment(name="x", database=path, backup_dir=tmp_path)
    Export(deployment=deployment).to_file(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == '"id","v"\n"b",\n"é😀",\\blob:ff\n'
    with pytest.raises(McpdbError, match="line 2: it has text that is not Unicode"):
        live.look("t", live.file("csv", ["id", "v"], ("c", RawText(b"\xff"))))
    empty = tmp_path / "empty.json"
    empty.write_text("[]")
    with pytest.raises(McpdbError, match="The file has no rows"):
        live.look("t", empty, "json")
