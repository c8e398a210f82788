"""Every line of the gateway's guide on one real gateway, by the command that stands for it.

The tests are the lines of `tests/guide.py` in the order of the guide; each is named by its line's
id. They share one deployment and leave it healthy. What another test of this folder runs already
is named there and not run again.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.docker.site import RealSite, ask, ask_finished
from tests.faults import wait_for
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.services import crontab

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

HEAD = "7ab59991e017"


class Guide:
    """The deployment, and `mcpdb-tui` in its folder."""

    def __init__(self, site: RealSite) -> None:
        self.site = site
        self.name = site.deployment.name

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command as cron would: nobody answers."""
        done = self.site.command(*(self.name if word == "NAME" else word for word in words))
        assert done.returncode == code, (words, done.stdout[-2_000:], done.stderr[-2_000:])
        return done

    def data(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What it found out."""
        document = json.loads(self.run(*words, "--json", code=code).stdout)
        found: dict[str, Any] = document["data"]
        return found

    def doctor(self) -> dict[str, Any]:
        """Its checks by their names; the exit code is that of the worst."""
        done = self.site.command("doctor", "--json")
        return {check["name"]: check for check in json.loads(done.stdout)["data"]["checks"]}

    def tools(self) -> set[str]:
        return self.site.tools()

    def count(self, table: str) -> int:
        """Rows as SQLite counts them."""
        ((number,),) = ask(self.site.lab.database, f'SELECT count(*) FROM "{table}"')
        return int(str(number))

    def healthy(self) -> None:
        """Docker says `starting` until its first look, and `gateway status` then says 14."""
        wait_for(lambda: self.site.command("gateway", "status").returncode == 0, "healthy", 120)
        assert self.data("gateway", "status")["health"]["verdict"] == "healthy"


@pytest.fixture(scope="module")
def guide(shared_site: RealSite) -> Guide:
    shared_site.add_tool("of-the-guide")
    return Guide(shared_site)


@pytest.fixture
def own_cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A crontab program that keeps its table in a file: this host's own is left alone."""
    table, program = tmp_path / "table", tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'case "$1" in\n-l) test -e {table} || {{ echo no crontab for me >&2; exit 1; }}\n'
        f"cat {table};;\n-) cat > {table};;\n-r) rm {table};;\nesac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    yield table


# --- overview and initialization ------------------------------------------------------------


def test_overview(guide: Guide) -> None:
    found = guide.data("status")
    assert found["database"]["path"] == str(guide.site.lab.database)
    assert found["database"]["size"] == guide.site.lab.database.stat().st_size
    assert found["database"]["revision"] == HEAD
    assert guide.data("config", "show")["candidates"] == [guide.name]


def test_initialised(guide: Guide) -> None:
    found = {name: check["verdict"] for name, check in guide.doctor().items()}
    assert (found["file"], found["revision"]) == ("ok", "ok"), found


def test_tables_are_there(guide: Guide) -> None:
    names = {t["name"] for t in guide.data("tables")["tables"]}
    assert {"gateways", "tools", "resources", "alembic_version"} <= names


# --- backups ---------------------------------------------------------------------------------


def test_cold_backup(guide: Guide) -> None:
    before = guide.site.lab.container_id()
    made = guide.data("backup", "create", "--cold", "--yes")["operation"]
    guide.healthy()
    assert guide.site.lab.container_id() == before
    listed = {b["id"]: b for b in guide.data("backup", "list")["backups"]}
    assert listed[made["result"]["backup"]]["kind"] == "cold"
    assert made["down_seconds"] > 0


def test_backup_command(guide: Guide) -> None:
    made = guide.data("backup", "create")["operation"]["result"]["backup"]
    path = next(b.path for b in read_catalogue(guide.site.deployment).backups if b.id == made)
    names = "SELECT original_name FROM tools"
    assert set(ask_finished(path, names)) == set(ask(guide.site.lab.database, names))


def test_hot_backup(guide: Guide) -> None:
    made = guide.data("backup", "create")["operation"]
    assert made["down_seconds"] is None
    assert guide.data("backup", "verify", "latest")["operation"]["exit_code"] == 0
    assert "of-the-guide" in guide.tools()


def test_nightly_backup(guide: Guide, own_cron: Path) -> None:
    guide.run("schedule", "install", "--cron", "--yes")
    assert guide.data("schedule", "status")["installed"]
    line = next(row for row in own_cron.read_text().splitlines() if row.startswith("0 2 * * *"))
    before = len(guide.data("backup", "list")["backups"])
    ran = subprocess.run(
        ["/bin/sh", "-c", crontab.as_cron_runs_it(line)],
        capture_output=True, text=True, check=False, cwd="/", timeout=300,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, ""), "cron mails what is printed"
    newest = guide.data("activity", "--what", "backup", "--limit", "1")["entries"][0]
    assert newest["exit_code"] == 0
    assert len(guide.data("backup", "list")["backups"]) >= before
    guide.run("schedule", "remove", "--yes")


def test_keep_seven_days(guide: Guide) -> None:
    folder = guide.site.deployment.backup_dir
    foreign = folder / "mcp_backup_20250101_020000.db"
    foreign.write_bytes(b"what somebody keeps here")
    kept = len(read_catalogue(guide.site.deployment).backups)
    assert kept >= 4
    guide.run("backup", "prune", "--keep-last", "3", "--minimum", "3", "--confirm", "NAME")
    ours = [b for b in read_catalogue(guide.site.deployment).backups if b.manifest is not None]
    assert len([b for b in ours if b.kind in ("hot", "cold")]) == 3
    assert foreign.exists(), "what is not ours is not deleted"
    foreign.unlink()


def test_restore(guide: Guide) -> None:
    guide.run("backup", "create")
    guide.site.add_tool("after-the-backup")
    owner = guide.site.owner_and_mode()
    guide.run("restore", "latest", "--confirm", "NAME")
    guide.healthy()
    assert "after-the-backup" not in guide.tools()
    assert guide.site.owner_and_mode() == owner
    guide.run("undo", "--confirm", "NAME")
    assert {"after-the-backup", "of-the-guide"} <= guide.tools()
    assert guide.site.owner_and_mode() == owner


def test_healthy(guide: Guide) -> None:
    guide.healthy()
    health = guide.data("gateway", "status")["health"]
    assert health["verdict"] == "healthy"
    assert health["text"].startswith('{"status":"healthy"')


# --- migrations -------------------------------------------------------------------------------


def test_current(guide: Guide) -> None:
    assert guide.data("migrations", "current")["current"] == [HEAD]


def test_history(guide: Guide) -> None:
    revisions = guide.data("migrations", "list", "--verbose")["revisions"]
    assert len(revisions) > 100
    assert all(one["message"] for one in revisions)
    assert HEAD in guide.run("migrations", "show", HEAD).stdout


def test_pending(guide: Guide) -> None:
    assert [head["revision"] for head in guide.data("migrations", "heads")["heads"]] == [HEAD]
    assert guide.data("migrations", "list", "--pending")["revisions"] == []


def test_migration_status(guide: Guide) -> None:
    found = guide.data("migrations", "doctor")
    assert not [one for one in found["findings"] if one["verdict"] == "FAIL"]


# --- inspection -------------------------------------------------------------------------------


def test_list_tables(guide: Guide) -> None:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    listed = {t["name"] for t in guide.data("tables")["tables"]}
    assert {str(name) for (name,) in ask(guide.site.lab.database, sql)} <= listed


def test_schema(guide: Guide) -> None:
    ((sql,),) = ask(
        guide.site.lab.database, "SELECT sql FROM sqlite_master WHERE name = 'gateways'"
    )
    assert str(sql) in guide.run("schema", "gateways").stdout
    assert guide.run("schema").stdout.count("CREATE TABLE") > 40


def test_size(guide: Guide) -> None:
    found = guide.data("stats")["database"]
    ((pages,),) = ask(guide.site.lab.database, "PRAGMA page_count")
    assert (found["pages"], found["page_size"]) == (pages, 4096)
    assert found["size"] == found["pages"] * 4096


def test_row_counts(guide: Guide) -> None:
    rows = {t["name"]: t["rows"] for t in guide.data("tables")["tables"]}
    assert rows["tools"] == guide.count("tools") >= 1
    assert rows["alembic_version"] == 1


def test_integrity(guide: Guide) -> None:
    checked = guide.data("check")["operation"]
    assert checked["exit_code"] == 0
    guide.healthy()


def test_analyze(guide: Guide) -> None:
    guide.run("analyze", "--online")
    assert guide.count("sqlite_stat1") > 0
    guide.healthy()


def test_pages(guide: Guide) -> None:
    tables = {t["name"]: t for t in guide.data("stats")["database"]["tables"]}
    assert tables["tools"]["data"] >= 4096


# --- maintenance -------------------------------------------------------------------------------


def test_vacuum(guide: Guide) -> None:
    guide.run("vacuum", "--stop")
    assert ask(guide.site.lab.database, "PRAGMA freelist_count") == [(0,)]
    guide.healthy()
    assert "of-the-guide" in guide.tools()


def test_optimize(guide: Guide) -> None:
    guide.run("check", "--quick")


# --- recovery ----------------------------------------------------------------------------------


def test_partial_recovery(guide: Guide, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    made = guide.data("backup", "create")["operation"]["result"]["backup"]
    source = next(b.path for b in read_catalogue(guide.site.deployment).backups if b.id == made)
    content = bytearray(source.read_bytes())
    content[-8192:] = b"\xff" * 8192
    damaged.write_bytes(bytes(content))
    done = guide.site.command("salvage", str(damaged))
    assert done.returncode in (0, 15), done.stderr
    target = tmp_path / "tables"
    guide.run("export", "gateways", "tools", "--to", str(target))
    with (target / "tools.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == guide.count("tools")


# --- configuration -----------------------------------------------------------------------------


def test_variables(guide: Guide) -> None:
    settings = {one["name"]: one for one in guide.data("tune")["settings"]}
    for name in ("SQLITE_TIMEOUT", "SQLITE_BUSY_TIMEOUT"):
        assert settings[name]["at_gateway"] == "not read by this release", settings[name]
        assert settings[name]["advice"] == "leave it out"


def test_pragmas(guide: Guide) -> None:
    said = guide.run("tune").stdout
    for pragma in ("journal_mode", "synchronous", "cache_size", "temp_store"):
        assert pragma in said


# --- troubles ----------------------------------------------------------------------------------


def test_locked(guide: Guide) -> None:
    with closing(sqlite3.connect(guide.site.lab.database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        try:
            lock = guide.doctor()["lock"]
            assert lock["verdict"] != "ok"
            assert str(os.getpid()) in json.dumps(lock), lock
        finally:
            holder.execute("ROLLBACK")


def test_delete_wal(guide: Guide) -> None:
    """The commits in the `-wal` are there afterwards, which its removal would have lost."""
    guide.site.add_tool("in-the-wal")
    guide.run("gateway", "restart", "--yes")
    guide.site.wait_healthy()
    assert "in-the-wal" in guide.tools()


def test_corruption(guide: Guide) -> None:
    guide.run("backup", "create")
    guide.run("gateway", "stop", "--yes")
    with guide.site.lab.database.open("r+b") as stream:
        stream.seek(guide.site.lab.database.stat().st_size // 2 // 4096 * 4096)
        stream.write(b"\xff" * 65_536)
    guide.run("check", code=3)
    guide.run("restore", "latest", "--start", "--confirm", "NAME")
    guide.site.wait_healthy()
    assert ask(guide.site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert "of-the-guide" in guide.tools()
