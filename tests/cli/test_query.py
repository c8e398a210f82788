"""`query`: data on stdout, what is missing of it on stderr, the right exit code."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console_file import MASK, OTHER, console_file
from tui.cli.main import run


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return console_file(tmp_path)


class Cli:
    def __init__(self, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._database = database
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run(["--db", str(self._database), "query", *words])
        found = self._capsys.readouterr()
        return code, found.out, found.err


@pytest.fixture
def cli(database: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(database, capsys)


def test_a_grid_has_its_data_on_stdout_and_its_end_on_stderr(cli: Cli) -> None:
    code, out, err = cli("SELECT id, name, auth_value FROM tools ORDER BY id;")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["id", "name", "auth_value"],
        ["1", "one", *MASK.split()],
        ["2", "two", "∅"],
        ["3", "none", "''"],
    ]
    assert err.startswith("3 rows · 0.")
    assert err.splitlines()[1:] == ["masked: tools.auth_value"]


def test_json_keeps_types_and_says_how_long_a_secret_is(cli: Cli) -> None:
    code, out, err = cli("SELECT id, auth_value, x'00ff' FROM gateways", "--json")
    assert (code, err) == (0, "")
    data = json.loads(out)["data"]
    assert data["rows"] == [["g", {"$masked": len(OTHER)}, {"$blob": "00ff"}]]
    assert (data["ended"], data["masked"]) == ("complete", ["gateways.auth_value"])


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "ndjson"])
def test_formats_for_other_programs_are_exact(cli: Cli, kind: str) -> None:
    code, out, err = cli("SELECT 1 AS n, 'a\x1b[31m\n\"b\"' AS t, 1 AS n", "--format", kind)
    assert (code, err.splitlines()[0][:5]) == (0, "1 row")
    rows: list[Any]
    if kind in ("csv", "tsv"):
        head, *rows = csv.reader(io.StringIO(out), delimiter="," if kind == "csv" else "\t")
        assert head == ["n", "t", "n:2"]
        assert rows == [["1", 'a\x1b[31m\n"b"', "1"]]
    else:
        found = json.loads(out)
        row = found[0] if kind == "json" else found
        assert row == {"n": 1, "t": 'a\x1b[31m\n"b"', "n:2": 1}


def test_a_cut_result_says_so(cli: Cli) -> None:
    code, out, err = cli("SELECT a FROM plain", "--limit", "1")
    assert (code, out.split(), err) == (0, ["a", "1"], "first 1 row, more exist\n")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    code, out, err = cli(endless, "--timeout", "0.2")
    assert (code, err) == (15, "stopped at 0.2 s, 0 rows read so far\n")
    code, out, _ = cli(endless, "--timeout", "0.2", "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["data"]["ended"]) == (15, False, "seconds")


def test_what_is_refused_or_wrong_is_a_usage_error_with_its_place(cli: Cli) -> None:
    code, out, err = cli("DELETE FROM plain")
    assert (code, out) == (2, "")
    assert err == (
        "mcpdb-tui: Refused: this console only reads (DELETE). "
        "Imports and restores have their own screens.\n"
    )
    code, out, err = cli("SELECT a\nFROM\tplain FORM x")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "  FROM\\tplain FORM x",
        "                   ^",
        'mcpdb-tui: near "x": syntax error (line 2, at 17)',
    ]
    assert cli("SELECT 1", "--backup", "nothing")[0] == 10


def test_sql_comes_from_stdin_and_a_plan_is_shown_without_running(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT name FROM tools\n WHERE id = 1;\n"))
    code, out, _ = cli("-", "--plan")
    assert (code, out) == (0, "SEARCH main.tools USING INTEGER PRIMARY KEY (rowid=?)\n")


def test_a_backup_is_asked_the_same_way(cli: Cli, database: Path) -> None:
    backup = database.parent / "mcp_backup_20260101_000000.db"
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("CREATE TABLE only_here (a)")
    code, out, _ = cli("SELECT count(*) FROM only_here", "--backup", str(backup))
    assert (code, out.split()) == (0, ["count(*)", "0"])
