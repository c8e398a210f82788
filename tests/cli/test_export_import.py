"""`export` and `import` as a shell meets them."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Place, until


@pytest.fixture
def work(place: Place) -> Path:
    return place.cli.cwd


def test_one_table_goes_to_stdout_as_it_is_and_back_in(place: Place, work: Path) -> None:
    done = place.cli("export", "gateways", "--format", "ndjson", "--where", "enabled = true")
    assert done.code == 0, done
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert rows and "auth_value" not in rows[0]
    assert "secrets left out" in done.err
    file = work / "rows.ndjson"
    file.write_text("".join(json.dumps({**row, "description": "é\n"}) + "\n" for row in rows))

    words = ("import", str(file), "--table", "gateways")
    done = place.cli(*words)
    assert (done.code, "line 1: a row with its key is there already" in done.err) == (3, True)
    done = place.cli(*words, "--upsert", "--yes")
    assert (done.code, "--yes is not enough" in done.err) == (2, True)
    answer = place.cli.json(*words, "--upsert", "--confirm", place.deployment.name)
    assert answer.code == 0, answer
    assert answer.document["data"]["plan"]["facts"]["effect"][0]["replaced"] == len(rows)
    with closing(sqlite3.connect(place.database)) as connection:
        found = connection.execute("SELECT DISTINCT description FROM gateways WHERE enabled")
        assert found.fetchall() == [("é\n",)]


def test_a_folder_of_all_tables_is_private_and_told_in_json(place: Place, work: Path) -> None:
    answer = place.cli.json("export", "--to", "all", "--format", "json")
    assert answer.code == 0, answer
    data = answer.document["data"]
    assert data["path"] == str(work / "all")
    assert json.loads((work / "all" / "manifest.json").read_text()) == data["export"]
    assert stat.S_IMODE((work / "all").stat().st_mode) == 0o700
    done = place.cli("export", "--to", "all")
    assert (done.code, "is there already" in done.err) == (2, True)
    for words in (("export",), ("export", "a", "b"), ("export", "tools", "--json")):
        assert place.cli(*words).code == 2
    assert place.cli("export", "nix").code == 10


def test_ctrl_c_and_a_reader_that_leaves_leave_nothing_behind(place: Place, work: Path) -> None:
    with closing(sqlite3.connect(place.database)) as connection, connection:
        connection.execute("CREATE TABLE many (n, t)")
        connection.execute(
            "WITH c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 400000) "
            "INSERT INTO many SELECT i, hex(randomblob(20)) FROM c"
        )
    process = place.cli.start("export", "many", "--to", "many.csv")
    until(lambda: list(work.glob(".many.csv.*")), "it is being written")
    process.send_signal(signal.SIGINT)
    out, _err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    process = place.cli.start("export", "many")
    assert process.stdout is not None
    assert process.stdout.readline() == b'"n","t"\n'
    process.stdout.close()
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    assert list(work.glob(".many*")) == list(work.glob("many*")) == []
