"""What each command prints on a good day, as text and as JSON."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Place
from tui.cli.schema import DATA
from tui.demo import deployment as demo

READING = [
    "status",
    "tables",
    "tables gateways",
    "schema tools",
    "schema --sizes",
    "rows tools --sort -name --last",
    "query VALUES(1)",
    "backup list",
    "backup show latest",
    "migrations list",
    "migrations current",
    "migrations show head",
    "migrations heads",
    "migrations doctor",
    "migrations rehearsals",
    "reset --plan",
    "stats",
    "stats --growth",
    "tune",
    "gateway status",
    "logs --tail 5",
    "activity",
    "activity 1",
    "config show",
    "resume",
    "restore latest --plan",
]


def keys_of(command: str) -> set[str]:
    return set(DATA[command])


@pytest.fixture
def backed_up(place: Place) -> Place:
    place.back_up()
    return place


def test_every_reading_command_answers_as_text_and_as_one_json_document(backed_up: Place) -> None:
    for line in READING:
        words = line.split()
        done = backed_up.cli(*words)
        assert done.code == 0, (line, done)
        assert done.out.strip(), line
        answer = backed_up.cli.json(*words)
        assert answer.out.count("\n") == 1, line
        assert answer.out.isascii(), line
        document = answer.document
        assert set(document) == {"format", "command", "ok", "exit", "data", "error"}, line
        assert (document["format"], document["ok"], document["exit"]) == (1, True, 0), line
        assert document["error"] is None, line
        assert document["command"] == " ".join(words[: len(document["command"].split())]), line
        assert set(document["data"]) <= keys_of(document["command"]), line
        assert document["data"], line


def test_the_documented_keys_are_the_printed_ones(backed_up: Place) -> None:
    for line in ("status", "backup list", "backup show latest", "migrations list",
                 "migrations current", "gateway status", "logs", "config show",
                 "resume"):  # fmt: skip
        document = backed_up.cli.json(*line.split()).document
        assert set(document["data"]) == keys_of(document["command"]), line


def test_reading_leaves_no_trace_on_a_stopped_deployment(quiet: Place) -> None:
    def files() -> dict[str, tuple[int, int]]:
        # SQLite's own sidecars belong to the database's owner, which is who looks here.
        found = [p for p in quiet.folder.rglob("*") if p.is_file()]
        found = [p for p in found if not p.name.endswith(("-wal", "-shm"))]
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in found}

    before = files()
    for line in ("status", "tables", "tables gateways", "rows tools", "schema", "backup list",
                 "migrations current", "activity", "config show", "resume", "logs"):  # fmt: skip
        assert quiet.cli(*line.split()).code == 0, line
    assert files() == before
    assert not (quiet.database.parent / ".mcpdb").exists()


def test_status_says_what_stands(backed_up: Place) -> None:
    text = backed_up.cli("status").out
    assert "✓ healthy  demo 1.0.5" in text
    assert "verified" in text
    assert "Nothing needs you." in text
    data = backed_up.cli.json("status").document["data"]
    assert data["health"]["verdict"] == "healthy"
    assert data["backups"] == 1
    assert data["lock"] is None
    assert datetime.fromisoformat(data["last_backup"]["taken"]).tzinfo is not None


def test_status_of_a_stopped_gateway_still_exits_with_0(quiet: Place) -> None:
    done = quiet.cli("status")
    assert done.code == 0
    assert "· stopped" in done.out
    assert "NEEDS YOU" in done.out


def test_tables_counts_what_the_database_holds(quiet: Place) -> None:
    with closing(sqlite3.connect(quiet.database)) as connection:
        (expected,) = connection.execute("SELECT count(*) FROM tools").fetchone()
    data = quiet.cli.json("tables").document["data"]
    assert {t["name"]: t["rows"] for t in data["tables"]}["tools"] == expected
    assert data["tables"][0]["name"] == "gateways"


def test_rows_keep_their_types_and_secrets_only_their_length(quiet: Place) -> None:
    with closing(sqlite3.connect(quiet.database)) as connection:
        connection.execute("CREATE TABLE kinds (i, r, t, b, n, inf, api_key)")
        connection.execute(
            "INSERT INTO kinds VALUES (9007199254740993, 0.5, 'é\x07', x'00ff', NULL, 9e999, ?)",
            ("topsecret-topsecret",),
        )
        connection.commit()
    done = quiet.cli.json("tables", "kinds")
    assert "topsecret" not in done.out
    rows = done.document["data"]["rows"]
    assert rows["rows"] == [
        [9007199254740993, 0.5, "é\x07", {"$blob": "00ff"}, None, {"$real": "inf"},
         {"$masked": 19}]
    ]  # fmt: skip
    assert rows["masked"] == ["api_key"]
    text = quiet.cli("tables", "kinds").out
    assert "topsecret" not in text
    assert "•••• 19 ch" in text
    assert "∅" in text


def test_the_operators_own_patterns_mask_too(quiet: Place) -> None:
    config = quiet.folder / "mcpdb.toml"
    config.write_text('mask = ["gateways.url"]\n' + config.read_text())
    done = quiet.cli("tables", "gateways")
    assert "corp.example/mcp" not in done.out
    assert "url" in done.out


def test_tables_look_into_a_backup_as_well(place: Place) -> None:
    backup = place.back_up()
    with closing(sqlite3.connect(place.database)) as connection:
        connection.execute("CREATE TABLE later (x)")
        connection.commit()
    live = {t["name"] for t in place.cli.json("tables").document["data"]["tables"]}
    old = place.cli.json("tables", "--backup", backup).document["data"]
    assert "later" in live
    assert "later" not in {t["name"] for t in old["tables"]}
    assert old["source"].endswith(".db")


def test_a_backup_is_made_verified_and_listed(place: Place) -> None:
    done = place.cli("backup", "create", "--label", "before the change", "--note", "why")
    assert done.code == 0
    first, second = done.out.splitlines()
    assert first.startswith("✓ backed up ")
    assert Path(second.strip()).is_file()
    assert "copy the database" in done.err
    identifier = first.split()[3].rstrip(":")
    listed = place.cli("backup", "list").out
    assert identifier in listed
    assert "before the change" in listed
    shown = place.cli("backup", "show", identifier).out
    assert "why" in shown
    verified = place.cli("backup", "verify", identifier)
    assert verified.code == 0
    assert verified.out.startswith(f"✓ verified {identifier}")


def test_a_damaged_backup_is_refused_with_3(place: Place) -> None:
    place.back_up()
    (path,) = place.deployment.backup_dir.glob("*.db")
    with path.open("r+b") as stream:
        stream.seek(8192)
        stream.write(b"\xff" * 4096)
    done = place.cli("backup", "verify", path.name)
    assert done.code == 3
    assert "FAIL" in done.err
    assert done.out == ""
    document = place.cli.json("backup", "verify", path.name).document
    assert (document["exit"], document["error"]["code"]) == (3, "verification")
    refused = place.cli("restore", path.name, "--confirm", "demo")
    assert refused.code == 3
    assert place.running()


def test_restore_and_undo_go_there_and_back(place: Place) -> None:
    backup = place.back_up()
    with closing(sqlite3.connect(place.database)) as connection:
        connection.execute("CREATE TABLE later (x)")
        connection.commit()
    done = place.cli("restore", backup, "--confirm", "demo")
    assert done.code == 0, done.err
    assert done.out.startswith(f"✓ restored {backup}")
    assert "mcpdb-tui undo" in done.out
    assert "YOU LOSE" in done.err
    assert "later" not in place.cli("tables").out
    assert place.running()
    undone = place.cli.json("undo", "--confirm", "demo")
    assert undone.code == 0, undone
    assert set(undone.document["data"]) == keys_of("undo")
    assert "later" in place.cli("tables").out


def test_a_path_relative_to_here_names_a_backup(place: Place) -> None:
    place.back_up()
    (path,) = place.deployment.backup_dir.glob("*.db")
    folder = place.folder.parent / "elsewhere"
    folder.mkdir()
    (folder / "mine.db").write_bytes(path.read_bytes())
    here = Cli(place.cli.first, folder)
    assert here("backup", "verify", "./mine.db").code == 0
    done = here("restore", "./mine.db", "--confirm", "demo")
    assert done.code == 0, done.err


def test_dry_run_changes_nothing_and_says_what_would_forbid_it(place: Place) -> None:
    place.back_up()
    before = place.database.stat().st_ino
    done = place.cli("restore", "latest", "--dry-run")
    assert done.code == 0
    assert "WHAT HAPPENS" in done.out
    forbidden = place.cli.json("restore", "latest", "--plan", "--read-only")
    assert forbidden.code == 12
    assert forbidden.document["error"]["code"] == "precheck"
    assert forbidden.document["data"]["plan"]["operation"] == "restore"
    assert place.database.stat().st_ino == before
    assert place.running()


def test_a_restore_that_does_not_become_healthy_exits_with_4(place: Place) -> None:
    backup = place.back_up()
    demo.break_next_start(place.folder)
    done = place.cli("restore", backup, "--confirm", "demo")
    assert done.code == 4, done
    assert "! ROLLED BACK" in done.err
    assert done.out == ""
    assert place.running()


def test_the_gateway_stops_starts_and_restarts(place: Place) -> None:
    assert place.cli("gateway", "stop", "--yes").code == 0
    assert not place.running()
    stopped = place.cli("gateway", "status")
    assert stopped.code == 14
    assert "· stopped" in stopped.out
    assert place.cli.json("gateway", "status").document["error"]["code"] == "unhealthy"
    started = place.cli("gateway", "start")
    assert started.code == 0
    assert "healthy" in started.out
    assert place.cli("--yes", "gateway", "restart").code == 0
    assert place.cli("gateway", "status").code == 0


def test_migrations_name_what_is_pending(make_place: Callable[..., Place]) -> None:
    place = make_place(running=False, revision="current")
    data = place.cli.json("migrations", "list", "--pending").document["data"]
    assert data["pending"] == 2
    assert [r["state"] for r in data["revisions"]] == ["pending", "pending"]
    text = place.cli("migrations", "list", "--verbose").out
    assert "○" in text
    assert "◉" in text
    assert "after" in text
    assert "2 revisions pending" in place.cli("migrations", "current").out
    status = place.cli("status").out
    assert "! 2 migrations are pending" in status
    assert "Nothing needs you." not in status


def test_activity_tells_who_did_what(place: Place) -> None:
    backup = place.back_up()
    place.cli("backup", "verify", backup)
    data = place.cli.json("activity").document["data"]
    assert [e["operation"] for e in data["entries"]] == ["verify", "backup"]
    one = place.cli("activity", "1").out
    assert "copy the database" in one
    assert "mcpdb-tui --project-dir" in one


def test_logs_come_as_they_are_and_follow(place: Place) -> None:
    log = place.folder / "logs/gateway.log"
    tail = place.cli("logs", "--tail", "2").out.splitlines()
    assert len(tail) == 2
    process = place.cli.start("logs", "--follow", "--json", "--tail", "0")
    assert process.stdout is not None
    # The gateway writes by itself: whatever comes first is new.
    line = json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=30)
    assert (line["format"], line["command"]) == (1, "logs")
    assert line["line"]["text"] in log.read_text().splitlines()


def test_config_show_names_each_origin(quiet: Place) -> None:
    cli = Cli(quiet.cli.first, quiet.cli.cwd, {"MCPDB_PRODUCTION": "true"})
    rows = {row["key"]: row for row in cli.json("config", "show").document["data"]["settings"]}
    assert rows["project_dir"]["origin"] == "flag --project-dir"
    assert rows["production"] == {"key": "production", "value": "PROD",
                                  "origin": "MCPDB_PRODUCTION"}  # fmt: skip
    assert rows["database"]["origin"].endswith("mcpdb.toml")
    assert rows["utc"]["origin"] == "default"


def test_options_may_stand_before_and_after_the_command(quiet: Place) -> None:
    bare = Cli([], quiet.cli.cwd)
    folder = str(quiet.folder)
    for words in (
        ("--json", "--project-dir", folder, "backup", "list"),
        ("backup", "--json", "--project-dir", folder, "list"),
        ("backup", "list", "--project-dir", folder, "--json"),
        ("--project-dir", "/nowhere", "backup", "list", "--project-dir", folder, "--json"),
    ):
        done = bare(*words)
        assert done.code == 0, (words, done)
        assert done.document["command"] == "backup list"


def test_the_demo_is_made_without_a_screen_and_removed(tmp_path: Path) -> None:
    cli, folder = Cli([], tmp_path), tmp_path / "demo"
    done = cli("demo", "--dir", str(folder), "--no-screen")
    try:
        assert done.code == 0, done
        assert done.out.strip() == str(folder)
        status = cli.json("--project-dir", str(folder), "status").document["data"]
        assert status["health"]["verdict"] == "healthy"
        assert status["backups"] > 1
    finally:
        removed = cli.json("demo", "--stop", str(folder))
    assert removed.code == 0
    assert set(removed.document["data"]) == keys_of("demo")
    assert not folder.exists()
    again = cli("demo", "--stop", str(tmp_path))
    assert again.code == 2
    assert "is not a demo" in again.err
