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

import pytest

from tests.docker import lab
from tests.docker.migration_site import give_logs, left_in
from tests.docker.site import RealSite, ask_finished
from tests.faults import wait_for
from tests.injection.arena import Disk
from tests.injection.fault import fill
from tui.core.models import Diagnosis, Remedy
from tui.core.verdict import Verdict
from tui.operations.doctor import examine
from tui.wording.doctor import exit_code

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


def look(site: RealSite, *, deep: bool = False) -> tuple[int, dict[str, Diagnosis]]:
    """What `doctor` would exit with, and its checks by name."""
    found = examine(site.deployment, deep=deep)
    return exit_code(found), {one.name: one for one in found}


def bad(checks: dict[str, Diagnosis]) -> set[str]:
    return {name for name, one in checks.items() if one.verdict is Verdict.FAIL}


def offered(checks: dict[str, Diagnosis], name: str) -> Remedy:
    found = checks[name].remedy
    assert found is not None
    return found


def fix(site: RealSite, name: str, *words: str) -> None:
    done = site.command("doctor", "--fix", name, *(words or ("--yes",)))
    assert done.returncode == 0, done.stdout + done.stderr


def named(site: RealSite) -> tuple[str, str]:
    return "--confirm", site.deployment.name


def tools_in(site: RealSite) -> set[object]:
    """Of a stopped gateway's database, which has no sidecars."""
    return {row[0] for row in ask_finished(site.lab.database, "SELECT name FROM tools")}


# --- the gateway runs ---------------------------------------------------------------------


def test_a_new_release_that_may_not_write_is_found_in_its_crash_loop_and_given_its_files(
    site: RealSite,
) -> None:
    code, checks = look(site)
    assert (code, bad(checks)) == (0, set()), checks

    site.lab.compose("stop")
    site.lab.name_release("1.0.7")
    give_logs(site, "1.0.7")
    site.lab.up(wait=None)
    wait_for(lambda: "restarts" in bad(look(site)[1]), "it loops, and its log says why", 90.0)

    code, checks = look(site)
    assert code == 12
    assert {"owner", "folder", "restarts"} <= bad(checks)
    assert "belongs to 1001:0" in checks["owner"].text
    assert "the gateway runs as 10001:10001" in checks["owner"].text
    assert "may not write the database" in checks["restarts"].text
    assert checks["restarts"].details, "the log's own line is shown"
    assert offered(checks, "restarts").operation == "own"
    said = site.command("doctor", "--json")
    assert said.returncode == 12
    assert json.loads(said.stdout)["data"]["checks"][0]["verdict"] == "FAIL"

    fix(site, "owner")

    site.wait_healthy()
    code, checks = look(site, deep=True)
    assert (code, bad(checks)) == (0, set()), checks
    assert checks["owner"].text.endswith("it runs as 10001:10001")
    assert checks["backup"].verdict is Verdict.OK, "one was made before the start that migrates"
    assert checks["integrity"].text.endswith("just now")
    assert "compose" in checks["docker"].text
    assert checks["docker-log"].verdict is Verdict.OK
    site.add_tool("mine")


def test_who_holds_it_locked_outside_is_named(site: RealSite) -> None:
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
    assert f"(pid {holder.pid})" in checks["lock"].text
    assert offered(checks, "lock").by_hand == (f"sudo kill {holder.pid}",)
    wait_for(lambda: look(site)[1]["lock"].verdict is Verdict.OK, "nobody holds it")


def test_who_holds_it_locked_in_another_container_is_named_with_that_container(
    site: RealSite,
) -> None:
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
    assert f", {holder.id[:12]})" in checks["lock"].text
    assert offered(checks, "lock").by_hand == (f"docker stop {holder.id[:12]}",)


def test_a_full_disk_is_found_and_what_no_rule_keeps_gives_room(site: RealSite) -> None:
    assert site.command("backup", "create").returncode == 0
    before = len(list(site.deployment.backup_dir.glob("*.db")))
    assert before > 1
    filler = fill(site.lab.folder / "data", 0)
    try:
        code, checks = look(site)
        assert code == 12
        assert ": full" in checks["disk"].text
        assert offered(checks, "disk").operation == "prune"
        fix(site, "disk", *named(site))
    finally:
        filler.unlink()
    assert len(list(site.deployment.backup_dir.glob("*.db"))) < before
    assert bad(look(site)[1]) == set()


def test_a_wal_that_a_kill_left_is_counted_and_taken_in_by_a_start(site: RealSite) -> None:
    site.add_tool("in-the-wal-alone")
    site.lab.kill()
    wait_for(lambda: not site.running(), "it is down")
    wal = site.lab.database.with_name("mcp.db-wal")
    assert wal.stat().st_size > 0
    code, checks = look(site)
    assert (code, checks["sidecars"].verdict) == (0, Verdict.WARN), checks["sidecars"]
    assert "was left by exit 137" in checks["sidecars"].text
    assert "commit" in checks["sidecars"].text
    assert any("Never delete" in text for text in checks["sidecars"].explanation)
    assert offered(checks, "sidecars").operation == "start"
    fix(site, "sidecars")
    site.wait_healthy()
    assert {"mine", "in-the-wal-alone"} <= site.tools()
    assert site.command("backup", "create").returncode == 0


# --- the gateway is stopped from here on --------------------------------------------------


def test_a_folder_that_its_owner_may_not_write_is_opened_to_it(site: RealSite) -> None:
    site.lab.compose("stop")
    folder = site.lab.database.parent
    before = folder.stat().st_mode & 0o7777
    folder.chmod(0o555)
    code, checks = look(site)
    assert (code, bad(checks)) == (12, {"folder"})
    assert offered(checks, "folder").operation == "modes"
    fix(site, "folder")
    assert folder.stat().st_mode & 0o700 == 0o700
    assert bad(look(site)[1]) == set()
    folder.chmod(before)


@pytest.mark.parametrize("left", [None, b""], ids=["missing", "empty"])
def test_a_file_that_is_gone_or_empty_is_restored_from_the_newest_copy(
    site: RealSite, left: bytes | None
) -> None:
    assert not site.running()
    for path in site.lab.database.parent.glob("mcp.db*"):
        path.unlink()
    if left is not None:
        site.lab.database.write_bytes(left)
        os.chown(site.lab.database, 10001, 10001)
    code, checks = look(site)
    assert (code, bad(checks)) == (10 if left is None else 3, {"file"})
    assert ("has 0 bytes" in checks["file"].text) is (left is not None)
    assert offered(checks, "file").operation == "restore"
    assert site.lab.database.exists() is (left is not None), "looking makes no file"
    fix(site, "file", *named(site))
    assert bad(look(site)[1]) == set()
    assert site.lab.database.stat().st_uid == 10001
    assert {"mine", "in-the-wal-alone"} <= tools_in(site)


def test_a_migration_that_was_cut_is_repaired(site: RealSite) -> None:
    assert not site.running()
    assert "CHECK constraint failed" in lab.migrate_by_hand(site.lab, "1.0.7-broken")
    assert left_in(site.lab.database)
    code, checks = look(site)
    assert (code, bad(checks)) == (3, {"migrations"})
    assert offered(checks, "migrations").params == {"leftovers": True}
    fix(site, "migrations", *named(site))
    assert left_in(site.lab.database) == []
    assert bad(look(site)[1]) == set()


def test_without_any_copy_a_bootstrap_is_offered(site: RealSite) -> None:
    assert not site.running()
    for folder in (site.deployment.backup_dir, site.deployment.state_dir / "safety"):
        for path in folder.glob("*"):
            path.unlink()
    for path in site.lab.database.parent.glob("mcp.db*"):
        path.unlink()
    code, checks = look(site)
    assert (code, bad(checks)) == (10, {"file"})
    assert (offered(checks, "file").operation, offered(checks, "file").params) == ("bootstrap", {})


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
        assert offered(checks, "folder").operation == "make-folder"
        assert not folder.exists(), "looking makes no folder"
        fix(site, "folder")
        found = folder.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (10001, 10001, 0o755)
        assert look(site)[1]["folder"].verdict is Verdict.OK
    finally:
        gateway.down(purge=True)
