"""`restore` with `--table` and `--rows`: what it prints, and how it says no."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Place


@pytest.fixture
def lost(quiet: Place) -> str:
    """The id of a gateway that only the backup has any more."""
    quiet.back_up()
    with closing(sqlite3.connect(quiet.database)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        (gateway,) = connection.execute("SELECT max(gateway_id) FROM tools").fetchone()
        connection.execute("DELETE FROM gateways WHERE id = ?", (gateway,))
    return str(gateway)


def gateways(place: Place) -> set[str]:
    with closing(sqlite3.connect(place.database)) as connection:
        return {name for (name,) in connection.execute("SELECT id FROM gateways")}


def test_a_plan_tells_each_table_and_its_own_command_line_does_it(quiet: Place, lost: str) -> None:
    shown = quiet.cli("restore", "latest", "--rows", f"gateways={lost}", "--plan")
    assert shown.code == 0, shown
    told = shown.out.split("YOU GET BACK")[1].split("YOU LOSE")[0]
    assert {line.split()[0] for line in told.splitlines() if line} >= {"gateways", "tools"}
    assert "no table has fewer rows" in shown.out
    assert "rows added, 0 replaced, parents present" in shown.out
    assert lost not in gateways(quiet)

    (line,) = (line for line in shown.out.splitlines() if "by hand" in line)
    words = shlex.split(line.split("by hand")[1])
    assert words[:3] == ["mcpdb-tui", "--project-dir", str(quiet.folder)]
    done = quiet.cli(*words[3:])
    assert done.code == 0, done
    assert done.out.startswith("✓ Brought back into gateways, ")
    assert "`undo` takes it back" in done.out
    assert lost in gateways(quiet)


def test_json_has_the_effect_in_plan_and_result(quiet: Place, lost: str) -> None:
    refused = quiet.cli.json("restore", "latest", "--table", "gateways", "--yes")
    assert refused.code == 2
    done = quiet.cli.json("restore", "latest", "--table", "GATEWAYS", "--confirm", "demo")
    assert done.code == 0, done
    data = done.document["data"]
    plan, result = data["plan"], data["operation"]["result"]
    assert plan["operation"] == "bring-back"
    assert plan["facts"]["effect"] == result["effect"]
    tables = {row["table"]: row for row in result["effect"]}
    assert tables["gateways"] == {
        "table": "gateways", "added": 1, "replaced": 0, "same": 1, "related": 0, "parents": 0
    }  # fmt: skip
    assert tables["tools"]["related"] == tables["tools"]["added"] > 0
    assert lost in gateways(quiet)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--table", "nope"), 10, "The backup has no table nope."),
        (("--rows", "gateways=nobody"), 10, "The backup has no row nobody in gateways."),
        (("--rows", "nope=1"), 10, "The backup has no table nope."),
        (("--rows", "server_tool_association=a"), 2, "named by 2 values: server_id|tool_id"),
        (("--rows", "server_tool_association=a|b"), 10, "has no row a|b in"),
        (("--rows", "gateways"), 2, "--rows takes TABLE=KEY[,KEY…], not 'gateways'."),
        (("--rows", "=x"), 2, "--rows takes TABLE=KEY"),
        (("--table", ""), 10, "The backup has no table"),
        (("--table", "alembic_version"), 12, "it stays as it is"),
        (("--table", "servers"), 12, "nothing to bring back"),
        (("--alone",), 2, "--alone belongs to --table and --rows"),
        (("--table", "gateways", "--start"), 2, "belong to a whole restore"),
        (("--table", "gateways", "--read-only"), 12, "started with --read-only"),
        (("--table", "gateways", "--confirm", "forge"), 2, "is not demo"),
        (("--rows", "gateways=a\x1b[31mb"), 10, "has no row a"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_its_code(
    words: tuple[str, ...], code: int, says: str, quiet: Place, lost: str
) -> None:
    more = () if "--confirm" in words else ("--confirm", "demo")
    done = quiet.cli("restore", "latest", *words, *more)
    assert done.code == code, done
    last = done.err.strip().splitlines()[-1]
    assert says in last
    assert "\x1b" not in done.err
    assert "Traceback" not in done.err
    assert lost not in gateways(quiet)
