"""`backup compare`: what it prints, its JSON, its exit codes, and that it can be stopped."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Place, until
from tests.cli.test_hostile import HOSTILE, NAME, assert_clean
from tui.cli.schema import DATA

BACKUP = "mcp_backup_20260811_020000.db"


def back_up(place: Place) -> Path:
    """The guide's own cold backup: a copy of the stopped file."""
    place.deployment.backup_dir.mkdir(exist_ok=True)
    path = place.deployment.backup_dir / BACKUP
    path.write_bytes(place.database.read_bytes())
    return path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_tables_rows_and_the_gist_are_printed_and_secrets_are_not(quiet: Place) -> None:
    change(quiet.database, "UPDATE tools SET auth_value = 'hidden-' || name")
    change(quiet.database, "PRAGMA wal_checkpoint(TRUNCATE)")
    back_up(quiet)
    with closing(sqlite3.connect(quiet.database)) as connection:
        (gone,), (kept,) = connection.execute("SELECT name FROM tools LIMIT 2").fetchall()
        connection.execute("DELETE FROM tools WHERE name = ?", (gone,))
        connection.execute(
            "UPDATE tools SET url = ?, auth_value = 'hidden-new' WHERE name = ?",
            ("https://" + "x" * 300, kept),
        )
        connection.execute("UPDATE gateways SET last_seen = 'later'")
        (gateways,) = connection.execute("SELECT count(*) FROM gateways").fetchone()
        connection.commit()

    done = quiet.cli("backup", "compare", BACKUP)
    assert done.code == 0, done
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert f"{BACKUP}, taken" in lines[0]
    assert lines[1].startswith("B live, read ")
    assert lines[2].startswith("same tables and columns, revision ")
    assert "table removed added changed columns that changed" in lines
    assert f"gateways 0 0 0 ({gateways} rows: last_seen only)" in lines
    assert any(
        line.startswith("tools 1 0 1 ") and "url" in line and "auth_value" in line for line in lines
    )
    assert any(line.endswith(" tables are the same") for line in lines)
    assert any(line.startswith("In words: 1 tool removed, 1 tool changed") for line in lines)
    assert any(line.startswith("compared ") and " rows by key in " in line for line in lines)

    shown = quiet.cli("backup", "compare", BACKUP, "--table", "tools")
    assert shown.code == 0, shown
    assert "tools: 1 removed, 1 changed since A, by id" in shown.out
    assert gone in shown.out
    assert "→ https://xxx" in shown.out
    assert "…" in shown.out
    assert "values of more than 160 characters are cut" in shown.out
    assert "•••• 10 ch" in shown.out
    assert "hidden" not in shown.out

    data = quiet.cli.json("backup", "compare", BACKUP, "live", "--table", "TOOLS").document["data"]
    assert set(data) == set(DATA["backup compare"])
    removed, changed = data["rows"]["rows"]
    assert (removed["kind"], removed["after"], changed["kind"]) == ("removed", None, "changed")
    assert removed["before"]["name"] == gone
    assert changed["after"]["url"] == "https://" + "x" * 300
    assert changed["after"]["auth_value"] == {"$masked": 10}
    assert "hidden" not in quiet.cli.json("backup", "compare", BACKUP, "--table", "tools").out
    tools = next(t for t in data["comparison"]["tables"] if t["table"] == "tools")
    assert (tools["removed"], tools["added"], tools["changed"]) == (1, 0, 1)

    one = quiet.cli("backup", "compare", "live", BACKUP, "--table", "tools", "--limit", "1")
    assert "1 added, 1 changed since A" in one.out
    assert "first 1 row, more exist" in one.out


def test_the_operators_own_columns_are_masked_and_ignored(quiet: Place) -> None:
    back_up(quiet)
    change(quiet.database, "UPDATE tools SET url = 'private', description = 'other'")
    settings = quiet.folder / "mcpdb.toml"
    text = settings.read_text(encoding="utf-8")
    own = 'mask = ["tools.url"]\nignore = ["tools.description"]\n'
    settings.write_text(own + text, encoding="utf-8")
    done = quiet.cli("backup", "compare", BACKUP, "--table", "tools")
    assert done.code == 0, done
    assert "private" not in done.out
    assert "•••• 7 ch" in done.out
    assert "description" not in done.out


def test_nothing_differs_and_what_is_not_there(quiet: Place) -> None:
    backup = back_up(quiet)
    done = quiet.cli("backup", "compare", BACKUP)
    assert done.code == 0
    assert "In words: No difference in " in done.out
    done = quiet.cli("backup", "compare", BACKUP, "--table", "tools")
    assert (done.code, done.out) == (0, "tools: no difference\n")
    for code, words in (
        (10, ("no-such-backup",)),
        (10, (BACKUP, "no-such-backup")),
        (10, (BACKUP, "--table", "no_such_table")),
        (2, ("live",)),
        (2, ()),
        (2, (BACKUP, "--limit", "0")),
    ):
        done = quiet.cli("backup", "compare", *words)
        assert done.code == code, (words, done)
        assert done.err.count("\n") == 1, done.err
    content = bytearray(backup.read_bytes())
    content[8_192:-8_192] = b"\xff" * (len(content) - 16_384)
    backup.write_bytes(content)
    done = quiet.cli("backup", "compare", BACKUP)
    assert done.code == 3, done
    assert BACKUP in done.err
    assert "Traceback" not in done.err


def test_hostile_names_and_values_are_harmless_and_exact_in_json(quiet: Place) -> None:
    quoted = '"' + NAME.replace('"', '""') + '"'
    change(quiet.database, f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted})")
    change(quiet.database, "PRAGMA wal_checkpoint(TRUNCATE)")
    back_up(quiet)
    with closing(sqlite3.connect(quiet.database)) as connection:
        connection.execute(f"INSERT INTO {quoted} VALUES (1, ?)", (HOSTILE,))
        connection.commit()
    for words in ((), ("--table", NAME)):
        done = quiet.cli("backup", "compare", BACKUP, *words)
        assert done.code == 0, done
        assert_clean(done)
        assert "evil" in done.out
        answer = quiet.cli.json("backup", "compare", BACKUP, *words)
        assert answer.out.isascii()
        assert answer.document["data"]["comparison"]["tables"][0]["table"] == NAME
    (row,) = answer.document["data"]["rows"]["rows"]
    assert row["after"] == {"id": 1, NAME: HOSTILE}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_long_comparison_and_leaves_nothing(
    tmp_path: Path, number: int, code: int
) -> None:
    live, backup = tmp_path / "mcp.db", tmp_path / "mcp_backup_1.db"
    # Without a key and without equal rows all of it must be sorted.
    for path, word in ((live, "live"), (backup, "backup")):
        change(
            path,
            "CREATE TABLE t (v TEXT)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000)"
            f" INSERT INTO t SELECT '{word} ' || ((i * 7919) % 500009) FROM n",
        )
    before = sorted(tmp_path.iterdir())
    cli = Cli(["--db", str(live)], tmp_path)
    process = cli.start("backup", "compare", str(backup), "--json")

    def reading() -> bool:
        assert process.poll() is None, process.communicate()
        for opened in Path(f"/proc/{process.pid}/fd").iterdir():
            # It may have been closed since the folder was read.
            with suppress(OSError):
                if opened.readlink() == backup:
                    return True
        return False

    until(reading, "the comparison has the backup open")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, (out, err)
    assert b'"code": "signal"' in out
    assert b"Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before
