"""Choosing rows of a backup and writing them, on plain files: these alone, as they were."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contents import content
from tui.core.errors import McpdbError, NotFoundError, PrecheckError, UsageError
from tui.services.sqlite.bringing import Preview, RefusedError, Writer, is_there, preview
from tui.services.sqlite.choosing import Selection
from tui.services.sqlite.connections import connect
from tui.services.sqlite.keys import parts
from tui.services.sqlite.shapes import attach

SCHEMA = """
CREATE TABLE gateways (id TEXT PRIMARY KEY, slug TEXT UNIQUE, last_seen TEXT, team TEXT);
CREATE UNIQUE INDEX one_team ON gateways (lower(slug), "team" DESC) WHERE team IS NOT NULL;
CREATE TABLE tools (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE, v,
    gateway TEXT REFERENCES gateways ON DELETE CASCADE
);
CREATE TABLE links (
    server TEXT, tool INTEGER REFERENCES tools (id), PRIMARY KEY (server, tool)
) WITHOUT ROWID;
CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id));
CREATE TABLE loose (x, y);
CREATE TABLE alembic_version (version_num TEXT);
CREATE VIEW names AS SELECT name FROM tools;
"""
VALUES: tuple[Any, ...] = (
    None, b"", b"\x00\xff", "", "line\nbreak \x1b[31m é", 2**63 - 1, -(2**53) - 1, 0.1, -0.0,
    float("inf"), 1, 1.0, "1",
)  # fmt: skip


class Pair:
    """A backup and the live file that came of it."""

    def __init__(self, folder: Path) -> None:
        self.backup, self.live = folder / "backup.db", folder / "live.db"
        with closing(sqlite3.connect(self.backup)) as c, c:
            c.executescript(SCHEMA)
            c.executemany(
                "INSERT INTO gateways VALUES (?, ?, '2026', NULL)", [("g1", "one"), ("g2", "two")]
            )
            for number, value in enumerate(VALUES, 1):
                gateway = "g1" if number % 2 else "g2"
                c.execute("INSERT INTO tools VALUES (?, ?, ?, ?)",
                          (number, f"t{number}", value, gateway))  # fmt: skip
                c.execute("INSERT INTO links VALUES ('s', ?)", (number,))
            c.execute("UPDATE tools SET name = CAST(x'ff41' AS TEXT) WHERE id = 1")
            c.executemany("INSERT INTO tree VALUES (?, ?)", [(1, None), (2, 1), (3, 2)])
            c.executemany("INSERT INTO loose VALUES (?, ?)",
                          [(1, "a"), (1, "a"), (None, b"\x00"), (2, 2.0)])  # fmt: skip
        shutil.copy(self.backup, self.live)

    def change(self, script: str) -> None:
        with closing(sqlite3.connect(self.live)) as c, c:
            c.executescript(script)

    def spoil(self, script: str) -> None:
        """Change the backup as well: a file of another revision."""
        with closing(sqlite3.connect(self.backup)) as c, c:
            c.executescript(script)

    def look(self, **asked: Any) -> Preview:
        with closing(connect(self.live, "mode=ro")) as connection:
            return preview(connection, self.backup, Selection(**asked))

    def bring(self, **asked: Any) -> dict[str, Any]:
        shown = self.look(**asked)
        assert shown.objections == ()
        return self.write(shown.effect, **asked)

    def write(self, expected: Any, **asked: Any) -> dict[str, Any]:
        with closing(connect(self.live, "mode=rw")) as connection:
            attach(connection, self.backup)
            connection.execute("BEGIN IMMEDIATE")
            witness = Writer(connection, Selection(**asked)).write(expected)
            connection.execute("COMMIT")
            assert is_there(connection, witness)
        return witness


def effect(shown: Preview) -> dict[str, tuple[int, int, int]]:
    return {r["table"]: (r["added"], r["replaced"], r["same"]) for r in shown.effect}


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


LOSE_G1 = """
PRAGMA foreign_keys=ON; DELETE FROM links WHERE tool % 2; DELETE FROM gateways WHERE id = 'g1';
"""


def test_a_deleted_row_brings_all_that_hung_on_it_and_the_file_is_as_it_was(pair: Pair) -> None:
    before = content(pair.live)
    pair.change(LOSE_G1)
    assert content(pair.live) != before
    shown = pair.look(rows={"gateways": [["g1"]]})
    assert effect(shown) == {"gateways": (1, 0, 0), "tools": (7, 0, 0), "links": (7, 0, 0)}
    assert shown.counts == {"gateways": 1, "tools": 6, "links": 6}
    pair.bring(rows={"gateways": [["g1"]]})
    assert content(pair.live) == before


def test_a_row_brings_what_it_points_to_and_none_of_that_row_s_other_children(pair: Pair) -> None:
    pair.change(LOSE_G1)
    shown = pair.look(rows={"LINKS": [["s", 3]]})
    assert effect(shown) == {"links": (1, 0, 0), "tools": (1, 0, 0), "gateways": (1, 0, 0)}
    assert [row["parents"] for row in shown.effect] == [0, 1, 1]
    pair.bring(rows={"links": [["s", "3"]]})
    with closing(sqlite3.connect(pair.live)) as c:
        assert c.execute("SELECT count(*) FROM links WHERE tool % 2").fetchone() == (1,)
        assert c.execute("PRAGMA foreign_key_check").fetchall() == []


def test_left_alone_it_is_refused_where_its_parent_is_missing(pair: Pair) -> None:
    pair.change(LOSE_G1)
    (objection,) = pair.look(rows={"tools": [[3]]}, related=False).objections
    assert objection.about == "parents"
    assert "tools 3 points to a row of gateways by its gateway" in objection.text
    assert pair.look(rows={"gateways": [["g1"]]}, related=False).objections == ()


def test_a_parent_that_nobody_has_is_refused(pair: Pair) -> None:
    pair.change(LOSE_G1)
    pair.spoil("UPDATE tools SET gateway = 'nobody' WHERE id = 3")
    (objection,) = pair.look(rows={"tools": [[3]]}).objections
    assert "neither the live database has nor the backup" in objection.text


def test_a_chain_to_itself_comes_in_both_directions(pair: Pair) -> None:
    before = content(pair.live)
    pair.change("DELETE FROM tree")
    assert effect(pair.look(rows={"tree": [[3]]})) == {"tree": (3, 0, 0)}
    assert effect(pair.look(rows={"tree": [[1]]})) == {"tree": (3, 0, 0)}
    pair.bring(rows={"tree": [[2]]})
    assert content(pair.live) == before


def test_rows_that_differ_are_replaced_and_rows_of_the_live_file_alone_stay(pair: Pair) -> None:
    pair.change(
        "UPDATE tools SET v = 'other', name = 'x' WHERE id = 2; DELETE FROM tools WHERE id = 4;"
        "INSERT INTO tools VALUES (99, 'mine', 1, 'g1'); UPDATE tools SET v = 1 WHERE id = 12;"
    )
    shown = pair.look(tables=("tools",))
    assert effect(shown)["tools"] == (1, 2, 10)
    pair.bring(tables=("tools",))
    with closing(sqlite3.connect(pair.live)) as c:
        assert c.execute("SELECT name FROM tools WHERE id = 99").fetchone() == ("mine",)
        assert c.execute("SELECT seq FROM sqlite_sequence").fetchone() == (99,)
        c.execute("DELETE FROM tools WHERE id = 99")
        c.commit()
    assert content(pair.live) == content(pair.backup)


def test_a_row_of_a_whole_table_that_is_there_brings_no_children(pair: Pair) -> None:
    pair.change("DELETE FROM links WHERE tool < 3")
    assert effect(pair.look(tables=("tools",))) == {"tools": (0, 0, 13)}
    named = effect(pair.look(rows={"tools": [[1]]}))
    assert named == {"tools": (0, 0, 1), "links": (1, 0, 0)}


def test_a_column_that_the_gateway_changes_by_itself_makes_no_other_row(pair: Pair) -> None:
    pair.change("UPDATE gateways SET last_seen = 'now'; UPDATE gateways SET slug='2' WHERE id='g2'")
    assert effect(pair.look(tables=("gateways",)))["gateways"] == (0, 2, 0)
    for pattern in ("last_*", "gateways.last_seen"):
        found = effect(pair.look(tables=("gateways",), ignored=(pattern,)))
        assert found["gateways"] == (0, 1, 1)


def test_a_table_without_a_key_gets_the_rows_it_has_nowhere(pair: Pair) -> None:
    before = content(pair.live)
    pair.change("DELETE FROM loose WHERE x IS NULL OR x = 1")
    with pytest.raises(UsageError, match="no primary key"):
        pair.look(rows={"loose": [[1]]})
    assert effect(pair.look(tables=("loose",))) == {"loose": (3, 0, 1)}
    pair.bring(tables=("loose",))
    assert content(pair.live) == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE gateways SET slug = 'one' WHERE id = 'g2'", "has the same slug"),
        (
            "INSERT INTO gateways VALUES ('new', 'ONE', '', 'red')",
            "has the same lower(slug), team",
        ),
    ],
)
def test_what_must_be_unique_and_is_taken_is_named(change: str, says: str, pair: Pair) -> None:
    pair.spoil("UPDATE gateways SET team = 'red' WHERE id = 'g1'")
    pair.change(LOSE_G1 + change)
    (objection,) = pair.look(rows={"gateways": [["g1"]]}).objections
    assert (objection.about, says in objection.text) == ("unique", True), objection.text
    assert "gateways g1 cannot come back: gateways " in objection.text


def test_a_condition_of_a_unique_index_that_does_not_hold_forbids_nothing(pair: Pair) -> None:
    pair.change(LOSE_G1 + "INSERT INTO gateways VALUES ('new', 'ONE', '', NULL)")
    assert pair.look(rows={"gateways": [["g1"]]}).objections == ()
    pair.bring(rows={"gateways": [["g1"]]})


def test_columns_that_only_one_of_them_has_are_left_as_they_are(pair: Pair) -> None:
    pair.change(
        "ALTER TABLE tools ADD COLUMN risk TEXT NOT NULL DEFAULT 'low';"
        "ALTER TABLE tools ADD COLUMN twice GENERATED ALWAYS AS (id * 2) VIRTUAL;"
        "UPDATE tools SET risk = 'high', v = 'other' WHERE id = 2; DELETE FROM tools WHERE id = 4"
    )
    pair.spoil("ALTER TABLE tools ADD COLUMN gone TEXT")
    pair.bring(tables=("tools",))
    with closing(sqlite3.connect(pair.live)) as c:
        found = c.execute("SELECT id, v, risk, twice FROM tools WHERE id IN (2, 4)").fetchall()
    assert found == [(2, b"", "high", 4), (4, "", "low", 8)]


def test_a_column_that_must_have_a_value_the_backup_has_not_is_named(pair: Pair) -> None:
    pair.change(
        "DROP VIEW names; ALTER TABLE tools RENAME TO old; CREATE TABLE tools (id INTEGER PRIMARY "
        "KEY, name TEXT, v NOT NULL, gateway TEXT, risk TEXT NOT NULL); DROP TABLE old"
    )
    lacking, null = pair.look(tables=("tools",)).objections
    assert "must have a value in risk" in lacking.text
    assert "tools 1 has no v in the backup" in null.text


def test_a_type_that_would_change_a_value_takes_everything_back(pair: Pair) -> None:
    pair.change("CREATE TABLE new AS SELECT 1 LIMIT 0; DROP TABLE new; DROP TABLE tree; "
                "CREATE TABLE tree (id INTEGER PRIMARY KEY, up TEXT)")  # fmt: skip
    before = content(pair.live)
    with pytest.raises(RefusedError, match=r"tree\.up would not come back as it was") as raised:
        pair.bring(tables=("tree",))
    assert raised.value.kind == "broken"
    assert content(pair.live) == before


def test_triggers_do_not_run_and_are_there_afterwards(pair: Pair) -> None:
    pair.change(
        LOSE_G1 + "CREATE TRIGGER told AFTER INSERT ON tools BEGIN "
        "INSERT INTO loose VALUES ('told; twice', new.id); END;"
        "CREATE TRIGGER \"odd 'name\" BEFORE UPDATE ON gateways BEGIN SELECT RAISE(ABORT, 'no');"
        " END; UPDATE tools SET v = 0 WHERE id = 2"
    )
    before = content(pair.live)
    shown = pair.look(tables=("gateways", "tools"))
    assert set(shown.triggers) == {"told", "odd 'name"}
    pair.bring(tables=("gateways", "tools"))
    after = content(pair.live)
    assert after["schema"] == before["schema"]
    assert after["loose"] == before["loose"]
    assert after["tools"] == content(pair.backup)["tools"]


def test_what_is_done_must_be_what_was_shown(pair: Pair) -> None:
    pair.change(LOSE_G1)
    shown = pair.look(rows={"gateways": [["g1"]]})
    pair.change("INSERT INTO gateways VALUES ('g1', 'again', '', NULL)")
    before = content(pair.live)
    with pytest.raises(RefusedError, match="gateways: 1 added in the plan, 0 now") as raised:
        pair.write(shown.effect, rows={"gateways": [["g1"]]})
    assert raised.value.kind == "moved"
    assert content(pair.live) == before


def test_a_foreign_key_that_a_replaced_row_would_break_is_named(pair: Pair) -> None:
    for change in (pair.change, pair.spoil):
        change("CREATE TABLE by_slug (id INTEGER PRIMARY KEY, slug REFERENCES gateways (slug))")
    pair.change("UPDATE gateways SET slug = 'won' WHERE id = 'g1'; "
                "INSERT INTO by_slug VALUES (7, 'won')")  # fmt: skip
    before = content(pair.live)
    with pytest.raises(RefusedError, match="by_slug 7 would point to a row of gateways"):
        pair.bring(rows={"gateways": [["g1"]]})
    assert content(pair.live) == before


def test_what_was_broken_before_does_not_stand_in_the_way(pair: Pair) -> None:
    pair.change("INSERT INTO tools VALUES (50, 'orphan', 1, 'nobody');" + LOSE_G1)
    pair.bring(rows={"gateways": [["g1"]]})
    with closing(sqlite3.connect(pair.live)) as c:
        assert len(c.execute("PRAGMA foreign_key_check").fetchall()) == 1


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({}, UsageError, "Nothing was named"),
        ({"tables": ("nope\x1b[2J",)}, NotFoundError, "no table nope"),
        ({"tables": ("names",)}, NotFoundError, "no table names"),
        ({"tables": ("alembic_version",)}, PrecheckError, "it stays as it is"),
        ({"tables": ("sqlite_sequence",)}, NotFoundError, "no table sqlite_sequence"),
        ({"rows": {"tools": [["99"]]}}, NotFoundError, "no row 99 in tools"),
        ({"rows": {"tools": [[None]]}}, NotFoundError, "no row None in tools"),
        ({"rows": {"links": [["s"]]}}, UsageError, r"named by 2 values: server\|tool"),
        ({"rows": {"tools": [[1, 2]]}}, UsageError, "named by 1 value: id"),
        ({"rows": {"tools": [[{"x": 1}]]}}, UsageError, "no text, number or blob"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_sentence(
    asked: dict[str, Any], kind: type[McpdbError], says: str, pair: Pair
) -> None:
    with pytest.raises(kind, match=says):
        pair.look(**asked)


def test_a_table_of_another_schema_is_refused(pair: Pair) -> None:
    pair.change("DROP TABLE loose; DROP TABLE tree; CREATE TABLE tree (id, up PRIMARY KEY)")
    with pytest.raises(PrecheckError, match="no table loose"):
        pair.look(tables=("loose",))
    with pytest.raises(PrecheckError, match="primary key is another one"):
        pair.look(tables=("tree",))


def test_another_text_encoding_is_refused(pair: Pair) -> None:
    pair.live.unlink()
    pair.change("PRAGMA encoding='UTF-16'; CREATE TABLE tools (id INTEGER PRIMARY KEY)")
    with pytest.raises(PrecheckError, match="another encoding"):
        pair.look(tables=("tools",))


def test_looking_writes_to_neither_file(pair: Pair) -> None:
    pair.change(LOSE_G1)
    before = {p: p.read_bytes() for p in pair.live.parent.iterdir()}
    pair.look(tables=("tools", "gateways", "links"))
    assert {p: p.read_bytes() for p in pair.live.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("text", "found"),
    [("a|b", ["a", "b"]), (r"a\|b|c", ["a|b", "c"]), (r"a\\|\x", ["a\\", r"\x"]), ("", [""])],
)
def test_a_backslash_makes_a_separator_ordinary(text: str, found: list[str]) -> None:
    assert parts(text, "|") == found


def test_the_command_line_names_the_same_key_again() -> None:
    from tui.operations.bringing.bring_back_plan import key_word

    for key in (["a,b"], ["a\\", "b|c,d"], ["plain"], ["\\,", "\\|"]):
        (word,) = parts(key_word(key), ",")
        assert ([word] if len(key) == 1 else parts(word, "|")) == key


def test_many_rows_of_a_large_table_are_chosen_by_their_keys(pair: Pair) -> None:
    rows = [(f"k{n}", n) for n in range(20_000)]
    for path in (pair.live, pair.backup):
        with closing(sqlite3.connect(path)) as c, c:
            c.execute("CREATE TABLE bulk (id VARCHAR(36) PRIMARY KEY, n INTEGER)")
            c.executemany("INSERT INTO bulk VALUES (?, ?)", rows)
    pair.change("DELETE FROM bulk WHERE n % 3 = 0; UPDATE bulk SET n = -1 WHERE n % 3 = 1")
    pair.bring(tables=("bulk",))
    assert content(pair.live)["bulk"] == content(pair.backup)["bulk"]
