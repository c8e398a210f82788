"""`salvage` as a person or a script types it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Place


def _damaged(path: Path, table: str = "tools") -> None:
    """Zero the root of a table in a copy's bytes; its indexes stay."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        (root,) = db.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    raw = bytearray(path.read_bytes())
    raw[(root - 1) * size : root * size] = bytes(size)
    path.write_bytes(raw)


def test_a_damaged_backup_comes_back_with_a_report_and_the_ways_on(quiet: Place) -> None:
    assert quiet.cli("backup", "create").code == 0
    (backup,) = quiet.deployment.backup_dir.glob("mcp_hotbackup_*.db")
    _damaged(backup)
    before = backup.read_bytes()
    planned = quiet.cli("salvage", backup.name, "--plan")
    assert planned.code == 0
    assert "it is only read" in planned.out
    done = quiet.cli("salvage", backup.name)
    assert done.code in (0, 15), done.err
    assert backup.read_bytes() == before
    assert "mcp_salvage_" in done.out
    assert "tools" in done.out and "1 page of" in done.out
    made = next(quiet.deployment.backup_dir.glob("mcp_salvage_*.db"))
    listed = quiet.cli.json("backup", "list").document["data"]
    (entry,) = [each for each in listed["backups"] if each["kind"] == "salvage"]
    assert (entry["verdict"], entry["path"]) == ("warn", str(made))
    assert entry["problem"].startswith("suspect")
    assert listed["newest_verified"] != entry["id"]
    # It is looked into and exported as any backup is.
    looked = quiet.cli("tables", "--backup", entry["id"])
    assert looked.code == 0 and "gateways" in looked.out
    out = quiet.folder / "rescued"
    assert quiet.cli("export", "--backup", entry["id"], "--to", str(out)).code == 0
    assert (out / "gateways.csv").is_file()
    shown = quiet.cli("restore", entry["id"], "--plan")
    assert "SUSPECT" in shown.out


def test_the_report_is_json_with_every_table(quiet: Place) -> None:
    done = quiet.cli.json("salvage")
    assert done.code == 0, done.out
    found = done.document["data"]["operation"]["result"]["salvaged"]
    assert found["complete"] and found["source_live"]
    assert {"tools", "gateways", "alembic_version"} <= {each["name"] for each in found["tables"]}
    assert all(each["lost"] == 0 and each["proof"] for each in found["tables"])


def test_what_is_no_database_costs_3_in_one_sentence(quiet: Place) -> None:
    for name, content in (("text", b"hello\n" * 9000), ("noise", os.urandom(70_000))):
        (quiet.cli.cwd / name).write_bytes(content)
        done = quiet.cli("salvage", name)
        assert done.code == 3
        assert f"{name} has no page of a SQLite database in it" in done.out + done.err
        assert "Traceback" not in done.err
        assert (quiet.cli.cwd / name).read_bytes() == content
    (quiet.cli.cwd / "nothing").write_bytes(b"")
    assert quiet.cli("salvage", "nothing").code == 3
    assert quiet.cli("salvage", "no-such-file").code == 10
    assert not list(quiet.deployment.backup_dir.glob("*salvage*"))
