"""The doctor on a real gateway: each fault of an operator's day is found, and put right by its fix.

One deployment goes through all of them, in the order of the file; each test leaves it whole.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.docker import lab
from tests.docker.migration_site import give_logs, left_in, stands_at
from tests.docker.site import RealSite
from tests.faults import wait_for
from tests.injection.arena import Disk
from tests.injection.fault import fill

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(300)
"""


@pytest.fixture(scope="module")
def site(docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    """Gateway 0.3.1 with one tool, its data on a small disk, and a retention that keeps one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker_host)
        gateway = lab.Deployment.create("0.3.1", tmp_path_factory.mktemp("ill") / "forge")
        data = gateway.folder / "data"
        aside = gateway.folder / "aside"
        shutil.copytree(data, aside)
        disk = Disk(data, "80M")
        try:
            for path in aside.iterdir():
                shutil.copy2(path, data / path.name)
            (gateway.folder / "mcpdb.toml").write_text("[retention]\nkeep_last = 1\nminimum = 1\n")
            gateway.give_data_to_user()
            gateway.up()
            yield RealSite(gateway)
        finally:
            (data / "filler").unlink(missing_ok=True)
            gateway.down()
            disk.close()
            gateway.down(purge=True)


def look(site: RealSite, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code of `doctor`, and its checks by name."""
    done = site.command("doctor", "--json", *words)
    checks = json.loads(done.stdout)["data"]["checks"]
    return done.returncode, {one["name"]: one for one in checks}


def bad(checks: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, one in checks.items() if one["verdict"] == "FAIL"}


def fix(site: RealSite, name: str, *words: str) -> None:
    done = site.command("doctor", "--fix", name, *(words or ("--yes",)))
    assert done.returncode == 0, done.stdout + done.stderr


def named(site: RealSite) -> tuple[str, str]:
    return "--confirm", site.deployment.name


def up(site: RealSite) -> None:
    if not site.running():
        site.lab.up(wait=None)
    site.wait_healthy()


# --- owner, crash loop --------------------------------------------------------------------


def test_a_new_release_that_may_not_write_is_found_in_its_crash_loop_and_given_its_files(
    site: RealSite,
) -> None:
    code, checks = look(site)
    assert (code, bad(checks)) == (0, set()), checks

    site.lab.compose("stop")
    site.lab.name_release("1.0.7")
    give_logs(site, "1.0.7")
    site.lab.up(wait=None)
    wait_for(lambda: look(site)[1]["restarts"]["verdict"] == "FAIL", "it loops", 90.0)

    code, checks = look(site)
    assert code == 12
    assert {"owner", "folder", "restarts"} <= bad(checks)
    assert "belongs to 1001:0" in checks["owner"]["text"]
    assert "the gateway runs as 10001:10001" in checks["owner"]["text"]
    assert "may not write the database" in checks["restarts"]["text"]
    assert checks["restarts"]["details"], "the log's own line is shown"
    assert checks["restarts"]["remedy"]["operation"] == "own"

    fix(site, "owner")

    site.wait_healthy()
    code, checks = look(site)
    assert (code, bad(checks)) == (0, set()), checks
    assert checks["owner"]["text"].endswith("it runs as 10001:10001")
    assert checks["backup"]["verdict"] == "ok", "one was made before the start that migrates"
    assert "compose" in checks["docker"]["text"]
    assert checks["docker-log"]["verdict"] == "ok"
    site.add_tool("mine")


def test_a_folder_that_its_owner_may_not_write_is_opened_to_it(site: RealSite) -> None:
    folder = site.lab.database.parent
    site.lab.compose("stop")
    before = folder.stat().st_mode & 0o7777
    folder.chmod(0o555)
    code, checks = look(site)
    assert (code, bad(checks)) == (12, {"folder"})
    assert checks["folder"]["remedy"]["operation"] == "modes"
    fix(site, "folder")
    assert folder.stat().st_mode & 0o700 == 0o700
    assert bad(look(site)[1]) == set()
    folder.chmod(before)


# --- sidecars, locks ----------------------------------------------------------------------


def test_a_wal_that_a_kill_left_is_counted_and_taken_in_by_a_start(site: RealSite) -> None:
    up(site)
    site.add_tool("in-the-wal-alone")
    site.lab.kill()
    wait_for(lambda: not site.running(), "it is down")
    wal = site.lab.database.with_name("mcp.db-wal")
    assert wal.stat().st_size > 0
    code, checks = look(site)
    assert (code, checks["sidecars"]["verdict"]) == (0, "warn"), checks["sidecars"]
    assert "was left by exit 137" in checks["sidecars"]["text"]
    assert "commit" in checks["sidecars"]["text"]
    assert any("Never delete" in text for text in checks["sidecars"]["explanation"])
    assert checks["sidecars"]["remedy"]["operation"] == "start"
    fix(site, "sidecars")
    site.wait_healthy()
    assert {"mine", "in-the-wal-alone"} <= site.tools()


def test_who_holds_it_locked_outside_is_named(site: RealSite) -> None:
    up(site)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(site.lab.database)], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            code, checks = look(site)
        finally:
            holder.kill()
    assert code == 11
    assert f"(pid {holder.pid})" in checks["lock"]["text"]
    assert checks["lock"]["remedy"]["by_hand"] == [f"sudo kill {holder.pid}"]
    wait_for(lambda: look(site)[1]["lock"]["verdict"] == "ok", "nobody holds it")


def test_who_holds_it_locked_in_another_container_is_named_with_that_container(
    site: RealSite,
) -> None:
    up(site)
    with closing(site.lab.engine.docker_py(timeout=60)) as client:
        holder = client.containers.run(
            site.lab.image,
            ["-c", HOLD, "/data/mcp.db"],
            entrypoint=["python3", "-u"],
            user="10001:10001",
            network_mode="none",
            healthcheck={"test": ["NONE"]},
            volumes={str(site.lab.database.parent): {"bind": "/data", "mode": "rw"}},
            detach=True,
        )
        try:
            wait_for(lambda: b"held" in holder.logs(), "it holds the lock", 60.0)
            code, checks = look(site)
        finally:
            holder.remove(force=True)
    assert code == 11
    assert f", {holder.id[:12]})" in checks["lock"]["text"]
    assert checks["lock"]["remedy"]["by_hand"] == [f"docker stop {holder.id[:12]}"]


# --- the file -----------------------------------------------------------------------------


def test_a_migration_that_was_cut_is_repaired(site: RealSite) -> None:
    site.lab.compose("stop")
    assert "CHECK constraint failed" in lab.migrate_by_hand(site.lab, "1.0.7-broken")
    assert left_in(site.lab.database)
    code, checks = look(site)
    assert (code, bad(checks)) == (3, {"migrations"})
    assert checks["migrations"]["remedy"]["params"] == {"leftovers": True}
    fix(site, "migrations", *named(site))
    assert left_in(site.lab.database) == []
    assert bad(look(site)[1]) == set()


def test_a_missing_file_is_restored_from_the_newest_backup(site: RealSite) -> None:
    up(site)
    assert site.command("backup", "create").returncode == 0
    site.lab.compose("stop")
    for path in site.lab.database.parent.glob("mcp.db*"):
        path.unlink()
    code, checks = look(site)
    assert (code, bad(checks)) == (10, {"file"})
    assert checks["file"]["remedy"]["operation"] == "restore"
    assert not site.lab.database.exists(), "looking makes no file"
    fix(site, "file", *named(site))
    assert bad(look(site)[1]) == set()
    assert site.lab.database.stat().st_uid == 10001
    up(site)
    assert {"mine", "in-the-wal-alone"} <= site.tools()


def test_a_full_disk_is_found_and_what_no_rule_keeps_gives_room(site: RealSite) -> None:
    up(site)
    assert site.command("backup", "create").returncode == 0
    before = len(list(site.deployment.backup_dir.glob("*.db")))
    assert before > 1
    filler = fill(site.lab.folder / "data", 0)
    try:
        code, checks = look(site)
        assert code == 12
        assert ": full" in checks["disk"]["text"]
        assert checks["disk"]["remedy"]["operation"] == "prune"
        fix(site, "disk", *named(site))
    finally:
        filler.unlink()
    assert len(list(site.deployment.backup_dir.glob("*.db"))) < before
    assert bad(look(site)[1]) == set()


def test_an_empty_file_without_any_backup_is_bootstrapped(site: RealSite) -> None:
    site.lab.compose("stop")
    for path in site.lab.database.parent.glob("mcp.db*"):
        path.unlink()
    for folder in (site.deployment.backup_dir, site.deployment.state_dir / "safety"):
        for path in folder.glob("*"):
            path.unlink()
    site.lab.database.write_bytes(b"")
    os.chown(site.lab.database, 10001, 10001)
    code, checks = look(site)
    assert (code, bad(checks)) == (3, {"file"})
    assert "has 0 bytes" in checks["file"]["text"]
    assert checks["file"]["remedy"]["operation"] == "bootstrap"
    fix(site, "file", *named(site))
    assert stands_at(site.lab.database) == ["7ab59991e017"]
    assert bad(look(site)[1]) == set()


def test_the_deep_look_reads_every_page_of_a_real_database(site: RealSite) -> None:
    code, checks = look(site, "--deep")
    assert (code, bad(checks)) == (0, set())
    assert checks["integrity"]["text"].endswith("just now")


def test_a_folder_that_is_gone_is_made_for_the_gateway_s_user(
    docker_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    gateway = lab.Deployment.create("1.0.7", tmp_path / "gone")
    try:
        gateway.compose("up", "--no-start")
        site, folder = RealSite(gateway), gateway.database.parent
        shutil.rmtree(folder)
        code, checks = look(site)
        assert (code, {"folder", "file"} <= bad(checks)) == (10, True), checks
        assert checks["folder"]["remedy"]["operation"] == "make-folder"
        assert not folder.exists(), "looking makes no folder"
        fix(site, "folder")
        found = folder.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (10001, 10001, 0o755)
        assert look(site)[1]["folder"]["verdict"] == "ok"
    finally:
        gateway.down(purge=True)
