"""No statement of the console gets at a secret, and what is no secret is read as ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console_file import MASK, OTHER, OTHER_MASK, SECRET, console_file
from tui.core.errors import UsageError
from tui.core.models.rows import Cell
from tui.services.sqlite.authorizing import RefusedError
from tui.services.sqlite.connections import connect
from tui.services.sqlite.masking import Masks
from tui.services.sqlite.statements import explain, run

MASKED = Cell(value=None, length=len(SECRET), secret=True)
OTHER_MASKED = Cell(value=None, length=len(OTHER), secret=True)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return console_file(tmp_path_factory.mktemp("masks"))


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path, "mode=ro")) as found:
        yield found


def rows(connection: sqlite3.Connection, sql: str, masks: Masks | None = None) -> Any:
    return run(connection, sql, masks=masks or Masks()).rows


BEGINS = Cell(value=None, length=7, secret=True)
TWICE = Cell(value=None, length=14, secret=True)
NAMED = Cell(value=None, length=4, secret=True)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT auth_value FROM tools ORDER BY id", [(MASKED,), (None,), ("",)]),
        ("SELECT auth_value AS harmless FROM tools WHERE id = 1", [(MASKED,)]),
        ("SELECT t.auth_value FROM TOOLS AS t WHERE id = 1", [(MASKED,)]),
        ("SELECT auth_value FROM 'tools' WHERE id = 1", [(MASKED,)]),
        ('SELECT "auth_value" FROM [tools] WHERE id = 1', [(MASKED,)]),
        ("SELECT auth_value FROM temp.tools WHERE id = 1", [(MASKED,)]),
        ("SELECT auth_value FROM gateways", [(OTHER_MASKED,)]),
        ("SELECT begins, shout FROM tools WHERE id = 1", [(BEGINS, "ONE")]),
        ("SELECT twice FROM tools WHERE id = 1", [(TWICE,)]),
        ("SELECT substr(auth_value, 1, 4) FROM tools WHERE id = 1", [("••••",)]),
        ("SELECT min(auth_value) FROM gateways", [(OTHER_MASKED,)]),
        ("SELECT json_group_array(auth_value) FROM gateways", [(f'["{OTHER_MASK}"]',)]),
        ("SELECT (SELECT auth_value FROM gateways) FROM plain LIMIT 1", [(OTHER_MASKED,)]),
        ("WITH tools AS (SELECT * FROM temp.tools) SELECT max(auth_value) FROM tools", [(MASKED,)]),
        (
            "SELECT auth_value FROM gateways UNION "
            "SELECT auth_value FROM tools ORDER BY 1 DESC LIMIT 2",
            [(OTHER_MASKED,), (MASKED,)],
        ),
        (
            "SELECT auth_value FROM tools FULL JOIN (SELECT 1 AS auth_value) USING (auth_value) "
            "ORDER BY 1 DESC LIMIT 1",
            [(MASKED,)],
        ),
        ("SELECT shown FROM all_tools WHERE id = 1", [(MASKED,)]),
        ("SELECT max(shown) FROM of_view", [(MASKED,)]),
        ("SELECT api_token FROM named WHERE name = 'one'", [(NAMED,)]),
        ('SELECT * FROM "odd ""name"', [("kept", MASKED)]),
        # What compares a secret compares its mask.
        (f"SELECT count(*) FROM tools WHERE auth_value = '{SECRET}'", [(0,)]),
        ("SELECT count(*) FROM tools WHERE auth_value LIKE 'hunter%'", [(0,)]),
        ("SELECT count(*) FROM tools WHERE auth_value > 'h' AND auth_value < 'i'", [(0,)]),
        (f"SELECT '{SECRET}' IN (SELECT auth_value FROM tools WHERE id = 1)", [(0,)]),
        (f"SELECT 1 FROM tools JOIN (SELECT '{SECRET}' AS auth_value) USING (auth_value)", []),
        (f"SELECT 1 FROM tools NATURAL JOIN (SELECT '{SECRET}' AS auth_value)", []),
        # What is no secret is read as ever.
        ("SELECT id, name FROM tools WHERE name = 'ONE'", [(1, "one")]),
        ("SELECT rowid, name FROM main.tools WHERE id = 1", [(1, "one")]),
        ("SELECT count(*) FROM main.tools", [(3,)]),
        ("SELECT a AS api_token FROM plain LIMIT 1", [(1,)]),
        (f"SELECT '{MASK}' FROM plain LIMIT 1", [(MASK,)]),
    ],
)
def test_a_secret_arrives_masked_and_nothing_else_does(
    connection: sqlite3.Connection, sql: str, expected: list[Any]
) -> None:
    assert list(rows(connection, sql)) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT auth_value FROM main.tools",
        "SELECT * FROM main.tools",
        'SELECT auth_value FROM "main" /**/ . [tools]',
        "SELECT t.auth_value FROM MAIN.TOOLS t",
        "SELECT begins FROM main.tools",
        "SELECT twice FROM main.tools",
        "SELECT count(auth_value) FROM main.tools",
        f"SELECT 1 FROM main.tools WHERE auth_value = '{SECRET}'",
        "SELECT 1 FROM main.tools ORDER BY auth_value",
        f"SELECT '{SECRET}' IN (SELECT auth_value FROM main.tools)",
        "WITH tools AS (SELECT auth_value FROM main.tools) SELECT auth_value FROM tools",
        "WITH masked AS (SELECT auth_value FROM main.tools) SELECT * FROM masked",
        "SELECT * FROM (SELECT auth_value FROM main.tools) AS tools",
        "SELECT x.value FROM main.tools, json_each(json_array(auth_value)) x",
        f"SELECT 1 FROM main.tools JOIN (SELECT '{SECRET}' AS auth_value) USING (auth_value)",
        "SELECT auth_value FROM main.tools FULL JOIN (SELECT 1 AS auth_value) USING (auth_value)",
        "SELECT auth_value FROM 'main'.tools FULL JOIN (SELECT 1 AS auth_value) USING (auth_value)",
        "SELECT auth_value FROM \ufeffmain.tools FULL JOIN gateways USING (auth_value)",
        "SELECT count(*) FROM main.tools NATURAL JOIN main.gateways",
        "SELECT * FROM main.all_tools",
        "SELECT shown FROM main.of_view",
        "SELECT * FROM past",
        "SELECT * FROM joined",
        "SELECT both FROM main.joined",
        "SELECT both FROM joined NATURAL FULL JOIN (SELECT 1 AS both)",
        "SELECT token FROM words FULL JOIN (SELECT 1 AS token) USING (token)",
        "SELECT c0 FROM words_content FULL JOIN (SELECT 1 AS c0) USING (c0)",
        "SELECT c0 FROM main.words_content",
        "SELECT body FROM main.words",
        "SELECT * FROM main.named",
        "SELECT rowid FROM tools",
        "SELECT t.oid FROM tools t",
        "SELECT token FROM words",
        "SELECT * FROM words_content",
        "SELECT block FROM words_data",
        "SELECT * FROM words WHERE words MATCH 'hunter2*'",
        "SELECT data FROM sqlite_dbpage",
        "SELECT sample FROM sqlite_stat4",
    ],
)
def test_no_way_past_a_mask_returns_anything(connection: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(UsageError) as raised:
        run(connection, sql, masks=Masks())
    assert "hunter2-of" not in str(raised.value).replace(sql, "")
    assert connection.execute("SELECT max(auth_value) FROM tools").fetchone() == (SECRET,)


def test_a_refusal_says_what_to_write(connection: sqlite3.Connection) -> None:
    for sql, sentence in {
        "SELECT auth_value FROM main.tools": (
            "Refused: tools.auth_value is a secret; write tools without main. to read it masked."
        ),
        "SELECT * FROM past": (
            "Refused: the view past reads the secret tools.auth_value past its mask; "
            "unmask it first."
        ),
        "SELECT rowid FROM tools": (
            "tools is read with its secrets masked, which leaves no rowid; "
            "main.tools has one, and every column that is no secret."
        ),
    }.items():
        with pytest.raises(UsageError) as raised:
            run(connection, sql, masks=Masks())
        assert str(raised.value) == sentence


def test_what_is_revealed_is_read_in_clear_and_nothing_else(
    connection: sqlite3.Connection,
) -> None:
    masks = Masks(revealed=frozenset({("TOOLS", "Auth_Value")}))
    assert rows(connection, "SELECT auth_value FROM tools WHERE id = 1", masks) == ((SECRET,),)
    assert rows(connection, "SELECT begins, twice FROM tools WHERE id = 1", masks) == (
        (SECRET[:7], SECRET[:7] * 2),
    )
    assert rows(connection, "SELECT max(shown) FROM past", masks) == ((SECRET,),)
    assert rows(connection, "SELECT auth_value FROM gateways", masks) == ((OTHER_MASKED,),)
    with pytest.raises(RefusedError):
        run(connection, "SELECT auth_value FROM main.gateways", masks=masks)


def test_an_operators_own_pattern_masks_too(connection: sqlite3.Connection) -> None:
    masks = Masks(more=("plain.b",))
    result = run(connection, "SELECT a, b FROM plain", masks=masks)
    assert result.rows[0] == (1, Cell(value=None, length=1, secret=True))
    assert result.masked == (("plain", "b"),)


def test_a_result_names_the_secrets_that_it_reads(connection: sqlite3.Connection) -> None:
    both = "SELECT t.name, g.auth_value FROM tools t JOIN gateways g ON g.auth_value > t.auth_value"
    assert run(connection, both, masks=Masks()).masked == (
        ("gateways", "auth_value"),
        ("tools", "auth_value"),
    )
    assert run(connection, "SELECT name FROM tools", masks=Masks()).masked == ()


def test_masks_leave_indexes_in_use_and_pragmas_about_the_table(
    connection: sqlite3.Connection,
) -> None:
    for sql, how in {
        "SELECT name FROM tools WHERE id = 1": "SEARCH main.tools USING INTEGER PRIMARY KEY",
        "SELECT auth_value FROM tools WHERE name = 'one'": "SEARCH main.tools USING INDEX",
        "SELECT name FROM gateways WHERE id = 'g'": "SEARCH main.gateways USING PRIMARY KEY",
    }.items():
        (line,) = explain(connection, sql, masks=Masks())
        assert line.startswith(how), line
    (first, *_) = rows(connection, "PRAGMA table_info(tools)")
    assert first[1:6] == ("id", "INTEGER", 0, None, 1)


def test_nothing_of_the_masks_stays_on_the_connection(connection: sqlite3.Connection) -> None:
    rows(connection, "SELECT auth_value FROM tools")
    assert connection.execute("SELECT count(*) FROM sqlite_temp_schema").fetchone() == (0,)
    assert connection.execute("SELECT max(auth_value) FROM tools").fetchone() == (SECRET,)
    assert connection.getlimit(sqlite3.SQLITE_LIMIT_ATTACHED) > 0
    assert OTHER_MASK not in str(rows(connection, "SELECT auth_value FROM gateways"))
