"""`tables --search`: which tables have a text, and that no secret is told by it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tui.cli.main import run


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "mcp.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "CREATE TABLE gateways (id TEXT PRIMARY KEY NOT NULL, name TEXT, auth_value TEXT);"
            "CREATE TABLE log (message TEXT, n INTEGER);"
            "INSERT INTO gateways VALUES ('g1', 'crm-mcp', 'crm-secret');"
        )
        connection.executemany("INSERT INTO log VALUES (?, 7)", [("deleted CRM\x1b[31m\n",)] * 30)
    return path


def test_the_tables_that_have_a_text_are_listed_with_where_it_stands(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--db", str(database), "tables", "--search", "crm"]) == 0
    out = capsys.readouterr().out
    assert "gateways  name" in out
    assert "deleted CRM\\x1b[31m\\n" in out
    assert "\x1b" not in out
    assert "21 or more rows in 2 tables; secrets were not searched" in out

    assert run(["--db", str(database), "tables", "--search", "CRM", "--limit", "1", "--json"]) == 0
    hits = json.loads(capsys.readouterr().out)["data"]["hits"]
    assert [(hit["table"], hit["column"], hit["key"]) for hit in hits] == [
        ("gateways", "name", ["g1"]), ("log", "message", [1])
    ]  # fmt: skip


def test_a_secret_is_not_found_and_what_makes_no_sense_is_said(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--db", str(database), "tables", "--search", "crm-secret"]) == 0
    assert capsys.readouterr().out.startswith("Not found")
    assert run(["--db", str(database), "tables", "log", "--search", "crm"]) == 2
    assert "all tables" in capsys.readouterr().err
    assert run(["--db", str(database), "tables", "--search", ""]) == 2
    assert "wants a text" in capsys.readouterr().err
