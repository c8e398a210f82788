"""`migrations`, `bootstrap` and `reset`: what they print, what they change, how they say no."""

from __future__ import annotations

import hashlib
import re
import shlex
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done, Place
from tests.cli.test_terminal import open_terminal
from tui.cli.commands.timelines import revision_named
from tui.cli.schema import DATA
from tui.core.errors import McpdbError
from tui.core.models import Revision, Timeline
from tui.demo.catalogue import REVISIONS
from tui.operations.activity import read_activity

HEAD, CURRENT = REVISIONS["head"], REVISIONS["current"]
NAME = ("--confirm", "demo")


@pytest.fixture
def behind(make_place: Callable[..., Place]) -> Place:
    """A stopped deployment whose database is two revisions behind its code."""
    return make_place(running=False, revision="current")


def ask(place: Place, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(place.database)) as connection:
        return connection.execute(sql).fetchall()


def stands_at(place: Place) -> list[str]:
    return [str(row[0]) for row in ask(place, "SELECT version_num FROM alembic_version")]


def tools(place: Place) -> list[tuple[object, ...]]:
    return ask(place, "SELECT name FROM tools ORDER BY name")


def digest(place: Place) -> str:
    return hashlib.sha256(place.database.read_bytes()).hexdigest()


def one_sentence(done: Done) -> str:
    """What it said at the very end: one line, no traceback."""
    assert done.out == "", done
    last = done.err.splitlines()[-1]
    assert re.fullmatch(r"mcpdb-tui: [^\n]+[.)]", last), done.err
    assert "Traceback" not in done.err
    return last


# --- looking -----------------------------------------------------------------------------


def test_show_tells_everything_of_one_revision(behind: Place) -> None:
    text = behind.cli("migrations", "show", "current").out
    assert text.startswith(f"◉ {CURRENT}  ")
    assert "state      current" in text
    assert "downgrade  " in text
    assert "def upgrade" not in text
    assert re.search(r"^  UP +rebuilds table gateways .batch.$", text, re.M), text
    assert re.search(r"^  DOWN +rebuilds table gateways .batch.$", text, re.M), text
    assert text.index("+ column status\n") < text.index("- column status\n")
    assert "rehearsed  not yet: mcpdb-tui migrations rehearse" in text
    assert "backup     none from before it" in text
    with_source = behind.cli("migrations", "show", CURRENT[:5], "--source").out
    assert with_source.startswith(text.rstrip("\n"))
    assert "def upgrade" in with_source
    shown = behind.cli.json("migrations", "show", "head", "--source").document["data"]
    assert shown["revision"]["revision"] == HEAD
    assert shown["revision"]["state"] == "pending"
    assert "source" not in shown["revision"]
    assert shown["source"].count(HEAD) >= 1
    assert behind.cli.json("migrations", "show", "head").document["data"]["source"] is None


def test_heads_and_the_doctor_of_a_database_that_fits(quiet: Place) -> None:
    heads = quiet.cli("migrations", "heads")
    assert (heads.code, heads.out.split()[:2]) == (0, ["◉", HEAD])
    healthy = quiet.cli("migrations", "doctor")
    assert (healthy.code, healthy.err) == (0, "")
    assert healthy.out.startswith("✓ ok")
    assert quiet.cli.json("migrations", "doctor").document["data"] == {"findings": []}
    assert quiet.cli("migrations", "rehearsals").out.startswith("No rehearsal is kept here")


def test_the_documented_keys_are_the_printed_ones(behind: Place) -> None:
    for line in ("migrations list", "migrations show head", "migrations heads",
                 "migrations current", "migrations doctor"):  # fmt: skip
        document = behind.cli.json(*line.split()).document
        assert set(document["data"]) == set(DATA[document["command"]]), line


def timeline(*revisions: str, current: Sequence[str] = ()) -> Timeline:
    return Timeline(
        revisions=tuple(Revision(revision=name, down=(), message="") for name in revisions),
        heads=revisions[:1],
        current=tuple(current),
    )


@pytest.mark.parametrize(
    ("word", "meant"),
    [("aa11", "aa11"), ("b", "b2"), ("aa1", ""), ("aa", "aa"), ("head", "aa11"), ("current", "b2")],
)
def test_a_revision_is_named_by_its_beginning_if_that_fits_only_one(word: str, meant: str) -> None:
    known = timeline("aa11", "aa12", "aa", "b2", current=["b2"])
    if meant:
        assert revision_named(known, word).revision == meant
        return
    with pytest.raises(McpdbError, match="2 revisions: say more of it") as refused:
        revision_named(known, word)
    assert refused.value.exit_code == 2


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("migrations show nonsense", 10),
        ("migrations show", 2),
        ("migrations list --image forge:1", 2),
        ("migrations rehearse --to nonsense", 10),
        ("migrations rehearsals nonsense", 10),
        ("migrations upgrade --to nonsense", 10),
        ("migrations upgrade --confirm Demo", 2),
        ("migrations upgrade --yes", 2),
        (f"migrations upgrade --to {REVISIONS['guide']} --confirm demo", 12),
        ("migrations downgrade", 2),
        ("migrations downgrade nonsense --confirm demo", 10),
        ("migrations downgrade base --confirm demo", 2),
        (f"migrations downgrade {HEAD} --confirm demo", 12),
        ("migrations downgrade -x", 2),
        ("migrations downgrade -1 -2", 2),
        ("migrations downgrade -99 --confirm demo", 2),
        ("migrations stamp nonsense --confirm demo", 10),
        (f"migrations stamp {CURRENT} --confirm demo", 12),
        ("bootstrap --confirm demo", 12),
        ("reset", 2),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(
    line: str, code: int, behind: Place
) -> None:
    before = digest(behind)
    done = behind.cli(*line.split())
    assert done.code == code, done
    one_sentence(done)
    assert digest(behind) == before
    assert [entry for entry in read_activity(behind.deployment) if entry.state == "done"] == []


def test_a_refusal_in_json_has_its_error_and_the_plan_that_was_not_confirmed(
    behind: Place,
) -> None:
    unknown = behind.cli.json("migrations", "show", "nonsense")
    assert (unknown.code, unknown.document["error"]["code"]) == (10, "not-found")
    refused = behind.cli.json("migrations", "upgrade", "--yes")
    assert (refused.code, refused.document["error"]["code"]) == (2, "usage")
    assert refused.document["data"]["plan"]["operation"] == "upgrade"
    forbidden = behind.cli.json("bootstrap", "--plan")
    assert (forbidden.code, forbidden.document["error"]["code"]) == (12, "precheck")


def test_without_the_code_nothing_is_migrated(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mcp.db")) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('7ab59991e017')")
    before = (tmp_path / "mcp.db").read_bytes()
    cli = Cli(["--db", "mcp.db"], tmp_path)
    assert cli("migrations", "current").out.startswith("7ab59991e017")
    for line in ("list", "show head", "heads", "rehearse", "upgrade --confirm mcp",
                 "downgrade -1 --confirm mcp", "stamp head --confirm mcp"):  # fmt: skip
        done = cli("migrations", *line.split())
        assert done.code in (10, 12, 13), (line, done)
        one_sentence(done)
    assert (tmp_path / "mcp.db").read_bytes() == before


# --- rehearsing and changing -------------------------------------------------------------


def test_a_rehearsal_reports_and_changes_nothing(behind: Place) -> None:
    before = digest(behind)
    done = behind.cli("migrations", "rehearse")
    assert done.code == 0, done
    assert "2 revisions" in done.out
    assert HEAD in done.out
    assert "SCHEMA" in done.out
    assert "» copy" in done.err or "✓" in done.err
    assert digest(behind) == before

    data = behind.cli.json("migrations", "rehearsals").document["data"]
    assert set(data) == {"rehearsals"}
    (report,) = data["rehearsals"]
    assert report["ok"] is True
    assert (report["before"], report["after"]) == ([CURRENT], [HEAD])
    assert [run["ok"] for run in report["runs"]] == [True, True]
    shown = behind.cli("migrations", "rehearsals", report["id"])
    assert shown.out.splitlines()[0] == done.out.splitlines()[0]
    latest = behind.cli.json("migrations", "rehearsals", "latest").document["data"]
    assert latest == {"rehearsal": report}


def test_an_upgrade_with_its_typed_name_and_its_undo(make_place: Callable[..., Place]) -> None:
    place = make_place(revision="current")
    before, inode = tools(place), place.database.stat().st_ino
    with open_terminal(place, "migrations", "upgrade") as terminal:
        shown = terminal.sees("Type demo, the name of the gateway that changes:")
        assert "WHAT HAPPENS" in shown
        assert stands_at(place) == [CURRENT]
        terminal.type("demo\n")
        assert terminal.end() == 0, terminal.text()
        assert HEAD in terminal.text()
        assert b"\x1b" not in terminal.raw
    assert stands_at(place) == [HEAD]
    assert tools(place) == before
    assert place.database.stat().st_ino != inode
    assert place.running()
    (done, *_) = read_activity(place.deployment)
    text = place.cli("migrations", "show", "head").out
    by = f"by upgrade op {done.number} ({done.who})"
    assert by in text
    assert place.cli("migrations", "list").out.count(by) == 2, "every revision that it brought"
    assert by in place.cli("migrations", "current").out
    told = place.cli.json("migrations", "current").document["data"]["applied"]
    assert told[HEAD]["by"]["number"] == done.number

    undone = place.cli("undo", *NAME)
    assert undone.code == 0, undone
    assert undone.out.startswith(f"✓ undone: upgrade op {done.number} of ")
    assert f"undid    work of {done.who}, from safety copy " in undone.out
    assert f"the upgrade, op {done.number} of " in undone.err
    assert by not in place.cli("migrations", "list").out
    assert tools(place) == before
    assert place.running()


def test_a_downgrade_by_one_and_a_stamp_and_their_undo(quiet: Place) -> None:
    before = tools(quiet)
    down = quiet.cli.json("migrations", "downgrade", "-1", *NAME)
    assert down.code == 0, down
    assert set(down.document["data"]) == set(DATA["migrations downgrade"])
    (lower,) = stands_at(quiet)
    assert lower != HEAD
    assert down.document["data"]["operation"]["result"]["after"] == [lower]
    assert tools(quiet) == before
    assert not quiet.running()

    stamped = quiet.cli("migrations", "stamp", HEAD, *NAME)
    assert stamped.code == 0, stamped
    assert stands_at(quiet) == [HEAD]
    assert quiet.cli("undo", *NAME).code == 0
    assert stands_at(quiet) == [lower]


def test_a_reset_its_undo_and_a_bootstrap_of_what_is_missing(quiet: Place) -> None:
    before = tools(quiet)
    assert before
    reset = quiet.cli("reset", *NAME)
    assert reset.code == 0, reset
    assert (stands_at(quiet), tools(quiet)) == ([HEAD], [])
    assert quiet.cli("undo", *NAME).code == 0
    assert tools(quiet) == before

    quiet.database.unlink()
    for end in ("-wal", "-shm"):
        quiet.database.with_name(quiet.database.name + end).unlink(missing_ok=True)
    doctor = quiet.cli("migrations", "doctor")
    assert doctor.code == 3, doctor
    assert "missing" in doctor.out
    assert not quiet.database.exists(), "looking makes no database"
    made = quiet.cli("bootstrap", *NAME)
    assert made.code == 0, made
    assert (stands_at(quiet), tools(quiet)) == ([HEAD], [])


def test_the_doctor_names_what_a_cut_migration_left_and_repair_removes_it(behind: Place) -> None:
    with closing(sqlite3.connect(behind.database)) as connection, connection:
        connection.execute("CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools")
    before = tools(behind)
    found = behind.cli("migrations", "doctor")
    assert found.code == 3, found
    assert "_alembic_tmp_tools" in found.out
    (line,) = (line for line in found.out.splitlines() if "by hand" in line)
    data = behind.cli.json("migrations", "doctor").document["data"]["findings"]
    assert [(f["name"], f["operation"]) for f in data] == [("leftover", "upgrade")]

    refused = behind.cli("migrations", "upgrade", *NAME)
    assert refused.code == 12, refused
    assert "--repair" in one_sentence(refused)
    words = shlex.split(line.split("by hand")[1])
    assert words[-3:] == ["migrations", "upgrade", "--repair"]
    repaired = behind.cli(*words[3:], *NAME)
    assert repaired.code == 0, repaired
    assert ask(behind, "SELECT name FROM sqlite_master WHERE name LIKE '_alembic_tmp%'") == []
    assert stands_at(behind) == [HEAD]
    assert tools(behind) == before
