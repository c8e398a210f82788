"""`rows` and `schema`: what is shown, what is asked for, and what is noted."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console_file import MASK, SECRET, console_file
from tui.cli.main import run

LONG = "x" * 9_000


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = console_file(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT, n NUMERIC);"
            "CREATE INDEX by_text ON log (text);"
            "CREATE TRIGGER noted AFTER INSERT ON log BEGIN SELECT 1; END;"
        )
        connection.executemany(
            "INSERT INTO log VALUES (?, ?, ?)",
            [(n, f"line {n % 7}", n / 2) for n in range(1, 101)],
        )
        connection.execute("INSERT INTO log VALUES (101, ?, ?)", (LONG, float("inf")))
        connection.execute("INSERT INTO log VALUES (102, ?, 2)", ("a\x1b[31m\nb",))
    return path


class Cli:
    def __init__(self, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.database = database
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run(["--db", str(self.database), *words])
        found = self._capsys.readouterr()
        return code, found.out, found.err

    def data(self, *words: str) -> Any:
        code, out, err = self(*words, "--json")
        assert (code, err) == (0, ""), out
        return json.loads(out)["data"]


@pytest.fixture
def cli(database: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(database, capsys)


def test_rows_are_a_grid_with_secrets_masked(cli: Cli) -> None:
    code, out, err = cli("rows", "TOOLS", "--columns", "id,name", "--columns", "auth_value")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["tools:", "first", "3", "rows"],
        ["id", "name", "auth_value"],
        ["1", "one", *MASK.split()],
        ["2", "two", "∅"],
        ["3", "none", "''"],
    ]
    code, out, _ = cli("rows", "log", "--where", "id = 102", "--columns", "text")
    assert (code, out.splitlines()[2]) == (0, "a\\x1b[31m\\nb")


@pytest.mark.parametrize(
    ("words", "ids", "heading"),
    [
        (["--limit", "2"], [1, 2], "log: first 2 rows, more exist"),
        (["--last", "--limit", "2"], [101, 102], "log: last 2 rows, more exist"),
        (["--from", "102"], [102], "log: 1 row from row 102"),
        (["--sort", "-id", "--limit", "1"], [102], "log: first 1 row, more exist"),
        (["--sort", "text", "--sort", "-id", "--from", "3", "--limit", "2"], [91, 84], ""),
        (["--where", "text ~ LINE and n < 1.5"], [1, 2], "log: first 2 rows"),
        (["--where", "where id % 50 = 0"], [50, 100], ""),
        (["--where", "nothing"], [], "log: first 0 rows"),
    ],
)
def test_which_rows_are_shown(cli: Cli, words: list[str], ids: list[int], heading: str) -> None:
    data = cli.data("rows", "log", *words, "--columns", "id")
    assert data["rows"] == [[number] for number in ids]
    assert cli("rows", "log", *words)[1].startswith(heading)


def test_json_values_are_exact_and_secrets_their_length(cli: Cli) -> None:
    data = cli.data("rows", "log", "--sort", "-id", "--limit", "2")
    assert data["rows"] == [[102, "a\x1b[31m\nb", 2], [101, LONG, {"$real": "inf"}]]
    assert (data["first"], data["before"], data["after"], data["cut"]) == (1, False, True, 0)
    assert data["sql"] == "SELECT id, text, n FROM log ORDER BY id DESC"
    data = cli.data("rows", "tools", "--limit", "1")
    assert data["rows"][0][2:] == [{"$masked": len(SECRET)}, {"$masked": 7}, {"$masked": 14},
                                   {"$masked": 3}]  # fmt: skip
    assert data["masked"] == ["auth_value", "begins", "twice", "shout"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--where", "nix = 1"], "no such column: nix (near position 1). Columns: id, text, n"),
        (["--where", "where nix = 1"], "no such column: nix. Columns: id, text, n"),
        (["--sort", "-nix"], "log has no column nix. Columns: id, text, n"),
        (["--columns", "id,nix"], "log has no column nix. Columns: id, text, n"),
        (["--where", "id ="], "near position"),
        (["--where", "where id IN (SELECT 1)"], "the SQL console (mcpdb-tui query)"),
        (["--from", "2", "--last"], "--from and --last"),
        (["--reveal", "text"], "text is not among the masked columns"),
    ],
)
def test_what_is_not_understood_says_what_there_is(
    cli: Cli, words: list[str], sentence: str
) -> None:
    code, out, err = cli("rows", "log", *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert cli("rows", "nothing")[0] == 10


def test_a_secret_is_shown_only_on_purpose_and_that_is_noted(cli: Cli) -> None:
    asked = ("rows", "tools", "--reveal", "AUTH_VALUE", "--columns", "id,auth_value,begins")
    code, out, err = cli(*asked)
    assert (code, out) == (2, "")
    assert "--yes confirms it" in err
    code, out, err = cli(*asked, "--yes")
    assert (code, err) == (0, "")
    assert SECRET in out
    assert "•••• 7 ch" in out
    (entry,) = cli.data("activity")["entries"]
    assert (entry["operation"], entry["subject"]) == ("reveal", "tools")
    assert "auth_value" in entry["sentence"]
    assert SECRET not in json.dumps(entry)


def test_a_schema_makes_the_same_tables(cli: Cli) -> None:
    code, out, err = cli("schema", "LOG")
    assert (code, err) == (0, "")
    with closing(sqlite3.connect(":memory:")) as again:
        again.executescript(out)
        names = {name for (name,) in again.execute("SELECT name FROM sqlite_schema")}
    assert names == {"log", "by_text", "noted"}
    data = cli.data("schema", "log")
    (found,) = data["relations"]
    assert (data["sql"], data["sizes"]) == (out, None)
    assert [c["name"] for c in found["columns"]] == ["id", "text", "n"]
    assert found["indexes"][0]["terms"] == ["text"]
    assert found["triggers"][0]["name"] == "noted"
    every = {each["name"]: each for each in cli.data("schema")["relations"]}
    assert "gone" in every["broken"]["problem"] or "nowhere" in every["broken"]["problem"]
    assert every["all_tools"]["kind"] == "view"
    assert cli("schema", "nothing")[0] == 10


def test_sizes_are_of_tables_and_indexes(cli: Cli) -> None:
    code, out, err = cli("schema", "log", "--sizes")
    assert (code, err) == (0, "")
    sizes = cli.data("schema", "log", "--sizes")["sizes"]
    if sizes is None:
        assert "dbstat" in out
        return
    assert {(each["name"], each["table"]) for each in sizes} == {("log", "log"), ("by_text", "log")}
    assert "index of log" in out


def test_a_backup_is_looked_into_the_same_way(cli: Cli, database: Path) -> None:
    backup = database.parent / "mcp_backup_20260101_000000.db"
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("CREATE TABLE only_here (a)")
        connection.execute("INSERT INTO only_here VALUES (7)")
    assert cli.data("rows", "only_here", "--backup", str(backup))["rows"] == [[7]]
    assert "only_here" in cli("schema", "--backup", str(backup))[1]


def test_what_nothing_names_is_paged_to_an_end(
    cli: Cli, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.services.sqlite.walking.OFFSET_CAP", 3)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("CREATE VIEW every AS SELECT id FROM log ORDER BY id")
    assert cli.data("rows", "every", "--last", "--limit", "2")["rows"] == [[2], [3]]
    for words in (("--last",), ("--from", "50")):
        assert "nothing names its rows: only the first" in cli("rows", "every", *words)[1]
    assert "nothing names" not in cli("rows", "every")[1]
