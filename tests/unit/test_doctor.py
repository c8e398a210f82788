"""The doctor on real files and the demo's gateway: each fault is found, nothing is changed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import NOBODY, as_nobody, let_everybody_in, needs_root, small_disk, wait_for
from tests.faults import print_of as seen_files
from tui.core.errors import DiskError, ExitCode
from tui.core.models import ContainerRef, Diagnosis, GatewayState, Health, Problem
from tui.core.verdict import Verdict
from tui.demo import deployment as demo
from tui.operations import doctor
from tui.operations.cataloguing.suspicion import why_suspect
from tui.operations.check import DatabaseCheck
from tui.operations.diagnosing.space_checks import log_sizes
from tui.operations.doctor import CHECKS, examine
from tui.operations.execution.registry import OPERATIONS
from tui.operations.finding.gateways import gateway_of
from tui.services.containers.container_copy import ContainerCopy
from tui.services.containers.engine import Engine
from tui.services.containers.log_file import log_file
from tui.services.mounts import NO_FILE
from tui.services.sqlite.wal_frames import frames
from tui.wording.doctor import exit_code, summary


@pytest.fixture
def saved(make_site: Callable[..., Site], give_backup: Callable[[Site], Path]) -> Site:
    """A stopped gateway with one verified backup."""
    site = make_site(running=False)
    give_backup(site)
    return site


def found(site: Site, **how: bool) -> dict[str, Diagnosis]:
    """What the doctor says by name; nothing is changed by looking."""
    running = site.running()
    before = {} if running else seen_files(site.folder)
    said = examine(site.deployment, **how)
    if not running:
        after = seen_files(site.folder)
        # A reader of a WAL file marks how far it reads in `-shm`; that is SQLite's own.
        told = {name: it for name, it in before.items() if not name.endswith("-shm")}
        assert {name: after.get(name) for name in told} == told, "looking changed it"
    order = [Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK]
    places = [order.index(one.verdict) for one in said]
    assert places == sorted(places), "worst first"
    names = [one.name for one in said]
    assert len(set(names)) == len(names)
    for one in said:
        assert (
            one.remedy is None
            or not one.remedy.operation
            or (one.remedy.operation in OPERATIONS or one.remedy.operation == "resume")
        )
    return {one.name: one for one in said}


def sql(site: Site, *statements: str) -> None:
    with closing(sqlite3.connect(site.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def settled(site: Site) -> None:
    """Take in the WAL: what is done to the file afterwards is all there is."""
    with closing(sqlite3.connect(site.database)) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)


# --- well ---------------------------------------------------------------------------------


def test_a_deployment_in_order_is_all_ok_and_is_looked_at_in_two_seconds(
    make_site: Callable[..., Site], give_backup: Callable[[Site], Path]
) -> None:
    site = make_site()
    give_backup(site)
    examine(site.deployment)  # the code's revisions are remembered from now on
    began = time.process_time()
    said = found(site)
    assert time.process_time() - began < 2.0
    assert {one.name: one.verdict for one in said.values() if one.verdict != "ok"} == {
        "drill": "warn"
    }
    assert said["file"].text.endswith("pages, header good")
    assert said["lock"].text == "none now; the gateway has it open"
    assert exit_code(list(said.values())) == ExitCode.DONE
    assert set(said) <= {name for name, _check in CHECKS}
    assert summary([said["file"], said["lock"]]) == "2 checks, all ok"


def test_state_and_health_that_are_known_are_not_asked_again(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    state, health = gateway.state(), gateway.health()

    def refuse(*_words: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr("tui.operations.diagnosing.patient.state_of", refuse)
    monkeypatch.setattr("tui.operations.diagnosing.patient.health_of", refuse)
    assert examine(site.deployment, state=state, health=health)


def test_a_check_that_cannot_look_stops_no_other(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_patient: object) -> Diagnosis:
        raise PermissionError(13, "Permission denied", "/etc/x")

    checks = tuple((name, fails if name == "cron" else check) for name, check in CHECKS)
    monkeypatch.setattr(doctor, "CHECKS", checks)
    said = found(saved)
    assert said["cron"].verdict is Verdict.UNKNOWN
    assert "could not be looked at" in said["cron"].text
    assert said["file"].verdict is Verdict.OK


# --- the file -----------------------------------------------------------------------------


def test_a_missing_file_is_restored_where_there_is_a_backup_and_made_where_there_is_none(
    saved: Site,
) -> None:
    for path in saved.database.parent.glob("mcp.db*"):
        path.unlink()
    said = found(saved)["file"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.NOT_FOUND)
    assert said.remedy is not None
    assert said.remedy.operation == "restore"
    for path in saved.deployment.backup_dir.iterdir():
        path.unlink()
    said = found(saved)["file"]
    assert said.remedy is not None
    assert (said.remedy.operation, said.remedy.params) == ("bootstrap", {})
    assert not saved.database.exists()


def test_an_empty_file_is_told(saved: Site) -> None:
    settled(saved)
    saved.database.write_bytes(b"")
    said = found(saved)["file"]
    assert "has 0 bytes" in said.text
    assert said.remedy is not None
    assert said.remedy.operation == "restore"


def test_a_file_that_is_no_database_is_told_with_the_way_back(saved: Site) -> None:
    settled(saved)
    saved.database.write_bytes(b"no database at all, " * 4_000)
    said = found(saved)
    assert said["file"].verdict is Verdict.FAIL
    assert said["file"].exit_code is ExitCode.VERIFICATION
    assert said["file"].remedy is not None
    assert "integrity" not in said, "nothing can be said of the pages of what is no database"


@pytest.mark.parametrize(("more", "word"), [(b"x" * 100, "100 bytes longer"), (b"", "shorter")])
def test_a_size_that_is_not_that_of_the_pages_is_told(saved: Site, more: bytes, word: str) -> None:
    settled(saved)
    content = saved.database.read_bytes()
    saved.database.write_bytes(content + more if more else content[:-4_096])
    said = found(saved)["file"]
    assert said.verdict is Verdict.FAIL
    assert word in said.text or "cannot be read" in said.text


def test_a_database_that_is_no_file_of_this_host_is_unknown_and_not_wrong(saved: Site) -> None:
    problem = Problem("postgresql", "The gateway uses PostgreSQL.", ("database", "replace"))
    deployment = replace(saved.deployment, database=NO_FILE, problems=(problem,))
    said = {one.name: one for one in examine(deployment)}
    assert said["file"].verdict is Verdict.UNKNOWN
    assert not {"folder", "owner", "mode", "sidecars", "lock"} & set(said)
    assert not [one for one in said.values() if one.verdict is Verdict.FAIL]


def test_what_the_container_keeps_to_itself_is_unknown(make_site: Callable[..., Site]) -> None:
    site = make_site()
    problem = Problem("single-file", "Only the file is mounted.", ("replace", "live"))
    deployment = replace(site.deployment, problems=(problem,))
    said = {one.name: one for one in examine(deployment)}
    assert said["sidecars"].verdict is Verdict.UNKNOWN
    assert (said["mount"].verdict, said["mount"].text) == (Verdict.WARN, problem.text)


@pytest.mark.parametrize(
    ("left", "verdict"), [("-wal", Verdict.WARN), ("", Verdict.OK), (None, Verdict.UNKNOWN)]
)
def test_what_a_stopped_container_keeps_to_itself_is_asked_for(
    saved: Site, monkeypatch: pytest.MonkeyPatch, left: str | None, verdict: Verdict
) -> None:
    settled(saved)
    if left is not None:
        monkeypatch.setattr(ContainerCopy, "left_behind", lambda _copy, _suffixes: left)
    problem = Problem("single-file", "Only the file is mounted.", ("replace", "live"))
    ref = ContainerRef(
        container="forge-gateway-1",
        docker_host="unix:///nowhere/docker.sock",
        database_inside="/app/mcp.db",
    )
    deployment = replace(saved.deployment, gateway=ref, problems=(problem,))
    state, health = GatewayState(running="stopped"), Health(verdict="unknown", text="")
    said = {one.name: one for one in examine(deployment, state=state, health=health)}["sidecars"]
    assert said.verdict is verdict
    if left:
        assert "mcp.db-wal lies in the stopped container alone" in said.text
        assert said.remedy is not None
        assert said.remedy.operation == "start"


def test_pages_that_a_wal_gives_back_or_adds_are_no_fault(saved: Site) -> None:
    with closing(sqlite3.connect(saved.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE big (x)")
        connection.execute("INSERT INTO big VALUES (zeroblob(500000))")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for statement in ("DROP TABLE big", "VACUUM", "CREATE TABLE more (x)"):
            connection.execute(statement)
            said = {one.name: one for one in examine(saved.deployment)}["file"]
            assert said.verdict is Verdict.OK, said
        assert "and a WAL:" in said.text


# --- owners and modes ---------------------------------------------------------------------


@needs_root
def test_a_folder_of_another_user_is_told_for_whom_the_gateway_runs_as(saved: Site) -> None:
    state = replace(
        gateway_of(saved.deployment).state(),  # type: ignore[union-attr]
        user=f"{NOBODY}:{NOBODY}",
    )
    said = {one.name: one for one in examine(saved.deployment, state=state)}
    for name in ("owner", "folder"):
        assert said[name].verdict is Verdict.FAIL
        assert said[name].exit_code is ExitCode.PRECHECK
        assert f"the gateway runs as {NOBODY}:{NOBODY}: it cannot write" in said[name].text
        assert said[name].remedy is not None


@needs_root
def test_where_containers_have_other_numbers_a_stopped_one_s_user_is_not_guessed(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("owner_checks", "sidecar_checks"):
        monkeypatch.setattr(f"tui.operations.diagnosing.{module}.same_numbers", lambda _p: False)
    state = replace(
        gateway_of(saved.deployment).state(),  # type: ignore[union-attr]
        user=f"{NOBODY}:{NOBODY}",
    )
    said = {one.name: one for one in examine(saved.deployment, state=state)}
    assert {said[name].verdict for name in ("owner", "folder")} == {Verdict.UNKNOWN}
    assert said["sidecars"].verdict is not Verdict.FAIL


@needs_root
def test_a_mode_that_lets_the_owner_not_write_is_put_right_by_its_own_operation(
    saved: Site,
) -> None:
    folder = saved.database.parent
    os.chown(folder, NOBODY, NOBODY)
    folder.chmod(0o555)
    state = replace(
        gateway_of(saved.deployment).state(),  # type: ignore[union-attr]
        user=f"{NOBODY}:{NOBODY}",
    )
    said = {one.name: one for one in examine(saved.deployment, state=state)}["folder"]
    assert said.remedy is not None
    assert said.remedy.operation == "modes"
    assert said.remedy.by_hand[-1].startswith("sudo chmod u+rwx -- ")


def test_what_all_the_world_may_write_is_told(saved: Site) -> None:
    saved.database.chmod(0o666)
    said = found(saved)["mode"]
    assert said.verdict is Verdict.WARN
    assert "may be written by every user" in said.text
    assert said.remedy is not None
    assert said.remedy.operation == "modes"


@needs_root
def test_sidecars_of_another_user_are_told_and_never_to_be_deleted(saved: Site) -> None:
    for suffix in ("-wal", "-shm"):
        path = saved.database.with_name(f"mcp.db{suffix}")
        path.touch()
        os.chown(path, 12_345, 12_345)
        path.chmod(0o644)
    # Where only the sidecars are another's, SQLite gives them back by itself when root looks.
    os.chown(saved.database, 12_345, 12_345)
    state = replace(
        gateway_of(saved.deployment).state(),  # type: ignore[union-attr]
        user=f"{NOBODY}:{NOBODY}",
    )
    said = {one.name: one for one in examine(saved.deployment, state=state)}["sidecars"]
    assert said.verdict is Verdict.FAIL
    assert "-wal belongs to 12345:12345" in said.text
    assert any("Never delete a -wal" in text for text in said.explanation)


# --- sidecars -----------------------------------------------------------------------------

_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("PRAGMA wal_autocheckpoint=0")
for number in range(3):
    connection.execute("CREATE TABLE wal_%d (x)" % number)
connection.execute("PRAGMA cache_size=1")
connection.execute("BEGIN")
connection.execute("CREATE TABLE cut (x)")
connection.executemany("INSERT INTO cut VALUES (?)", (("y" * 3000,) for _ in range(200)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_wal_that_a_kill_left_is_counted_and_kept(saved: Site) -> None:
    settled(saved)
    done = subprocess.run([sys.executable, "-c", _WRITER, str(saved.database)], check=False)
    assert done.returncode == -signal.SIGKILL
    wal = saved.database.with_name("mcp.db-wal")
    before = wal.read_bytes()
    said = found(saved)["sidecars"]
    assert said.verdict is Verdict.WARN
    assert "3 commits in it" in said.text
    assert "more of a transaction that was cut" in said.explanation[0]
    assert any("Never delete a -wal" in text for text in said.explanation)
    assert said.remedy is not None
    assert said.remedy.operation == "start"
    assert wal.read_bytes() == before


def test_a_wal_without_its_database_is_told_and_kept(saved: Site) -> None:
    saved.database.unlink()
    wal = saved.database.with_name("mcp.db-wal")
    wal.write_bytes(b"whatever it holds")
    said = found(saved)["sidecars"]
    assert said.verdict is Verdict.FAIL
    assert "without their database" in said.text
    assert wal.exists()


# --- locks --------------------------------------------------------------------------------

_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(database: Path, how: str) -> Iterator[int]:
    """Another process has the database open in a transaction; its pid."""
    words = [sys.executable, "-c", _HOLDER, str(database), how]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_who_holds_the_write_lock_is_named_with_what_ends_it(saved: Site, mode: str) -> None:
    with closing(sqlite3.connect(saved.database)) as connection:
        assert connection.execute(f"PRAGMA journal_mode={mode}").fetchone() == (mode,)
    with held(saved.database, "BEGIN IMMEDIATE") as pid:
        said = {one.name: one for one in examine(saved.deployment)}["lock"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.BUSY)
    assert f"(pid {pid})" in said.text
    assert said.remedy is not None
    assert said.remedy.by_hand == (f"sudo kill {pid}",)
    assert any("no remedy" in text for text in said.explanation)


def test_who_only_reads_is_told_as_a_warning(saved: Site) -> None:
    with held(saved.database, "BEGIN") as pid:
        said = {one.name: one for one in examine(saved.deployment)}["lock"]
    assert said.verdict is Verdict.WARN
    assert f"(pid {pid}) has it open" in said.text


@needs_root
def test_who_may_not_look_into_others_processes_says_so(
    make_site: Callable[..., Site],
) -> None:
    site = make_site()
    let_everybody_in(site.folder)
    for path in (site.database.parent, *site.database.parent.glob("mcp.db*")):
        path.chmod(path.stat().st_mode | 0o044)
    said = as_nobody(lambda: {one.name: one for one in examine(site.deployment)})
    assert said["lock"].verdict is Verdict.UNKNOWN
    assert "sudo" in said["lock"].text


# --- pages, migrations --------------------------------------------------------------------


def damage_an_index(saved: Site) -> None:
    settled(saved)
    with closing(sqlite3.connect(saved.database)) as connection, connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
        connection.execute("CREATE INDEX of_numbers ON numbers (n)")
        connection.executemany("INSERT INTO numbers VALUES (?)", ((n,) for n in range(50)))
        connection.execute("PRAGMA writable_schema=ON")
        # The index is told to be of a table with fewer rows than it has entries.
        connection.execute(
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX of_numbers ON numbers (n) WHERE n > 40' "
            "WHERE name = 'of_numbers'"
        )


def test_a_damaged_index_is_found_by_the_deep_look_alone(saved: Site) -> None:
    damage_an_index(saved)
    assert found(saved)["integrity"].verdict is Verdict.OK
    said = found(saved, deep=True)["integrity"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.VERIFICATION)
    assert "of_numbers" in said.text
    assert said.remedy is not None
    assert "of_numbers" in why_suspect(saved.deployment)
    recorded = found(saved)["integrity"]
    assert recorded.verdict is Verdict.FAIL, "it is told from now on without the deep look"


def test_a_deep_look_that_may_only_read_tells_damage_and_marks_nothing(saved: Site) -> None:
    damage_an_index(saved)
    deployment = replace(saved.deployment, read_only=True)
    said = {one.name: one for one in examine(deployment, deep=True)}["integrity"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.VERIFICATION)
    assert why_suspect(saved.deployment) == ""


@pytest.mark.parametrize("step", ["integrity_of", "foreign_keys_of"])
def test_a_disk_that_fails_in_the_deep_look_is_a_failure_and_remembered(
    saved: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fails(*_words: object, **_more: object) -> None:
        raise DiskError("I/O error in mcp.db: disk I/O error.", saved.database)

    with monkeypatch.context() as patch:
        patch.setattr(f"tui.operations.diagnosing.content_checks.{step}", fails)
        said = found(saved, deep=True)["integrity"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.VERIFICATION)
    assert said.text.startswith("I/O error in mcp.db")
    assert said.remedy is not None
    assert "I/O error in mcp.db" in why_suspect(saved.deployment)

    again = found(saved, deep=True)["integrity"]
    assert again.verdict is Verdict.WARN
    assert again.text.endswith("still held suspect"), "only a check that is on record clears it"
    assert again.remedy is not None
    assert again.remedy.operation == "check"
    assert saved.do(DatabaseCheck(saved.deployment)).exit_code == 0
    assert found(saved, deep=True)["integrity"].verdict is Verdict.OK


def test_a_database_that_the_disk_does_not_give_is_a_failure(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_connection: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error

    monkeypatch.setattr("tui.services.sqlite.inspection.revisions", fails)
    said = found(saved)["file"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.VERIFICATION)
    assert said.remedy is not None
    assert said.remedy.operation == "restore"


def test_a_sound_file_is_ok_by_the_deep_look(saved: Site) -> None:
    assert found(saved, deep=True)["integrity"].text.endswith("just now")


def test_pages_that_hold_nothing_are_counted(saved: Site) -> None:
    sql(saved, "CREATE TABLE big (x)")
    with closing(sqlite3.connect(saved.database)) as connection, connection:
        connection.executemany(
            "INSERT INTO big VALUES (?)", ((b"x" * 100_000,) for _ in range(120))
        )
    sql(saved, "DROP TABLE big")
    said = found(saved)["vacuum"]
    assert said.verdict is Verdict.WARN
    assert "unused" in said.text
    assert said.remedy is None or said.remedy.operation == "vacuum"


def test_a_migration_that_was_cut_is_told_once_with_the_upgrade_that_repairs_it(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    sql(site, "CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools LIMIT 0")
    said = found(site)["migrations"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.VERIFICATION)
    assert said.remedy is not None
    assert (said.remedy.operation, said.remedy.params) == ("upgrade", {"leftovers": True})


def test_pending_migrations_offer_the_upgrade(make_site: Callable[..., Site]) -> None:
    said = found(make_site(revision="current"))["revision"]
    assert said.verdict is Verdict.WARN
    assert said.text.startswith("2 migrations pending")
    assert said.remedy is not None
    assert said.remedy.operation == "upgrade"


# --- space, gateway -----------------------------------------------------------------------


@needs_root
def test_a_full_disk_is_told_with_what_may_go(saved: Site, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "20M") as folder:
        for path in saved.database.parent.glob("mcp.db*"):
            shutil.copy2(path, folder)
        database = folder / "mcp.db"
        deployment = replace(saved.deployment, database=database)
        (folder / "filler").write_bytes(b"\0" * 12 * 1024 * 1024)
        said = {one.name: one for one in examine(deployment)}["disk"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.PRECHECK)
    assert ": full" in said.text
    assert said.remedy is not None


@needs_root
def test_log_files_that_may_not_be_looked_at_are_not_called_well(
    saved: Site, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    closed = logs / "closed"
    closed.mkdir(parents=True)
    (logs / "a.log").write_bytes(b"x" * 10)
    (closed / "b.log").write_bytes(b"x" * 10)
    deployment = replace(saved.deployment, log_files=(logs,))
    assert log_sizes(deployment) == [10, 10]
    closed.chmod(0o700)
    let_everybody_in(saved.folder)
    let_everybody_in(logs)
    said = as_nobody(lambda: {one.name: one for one in examine(deployment)}["logs"])
    assert said.verdict is Verdict.UNKNOWN
    assert said.text.startswith("10B in 1 file; not all could be looked at")
    assert str(closed) in said.text
    with pytest.raises(PermissionError):
        as_nobody(lambda: log_sizes(deployment))


def test_a_gateway_that_is_not_well_is_told_with_the_cause_of_its_log(
    make_site: Callable[..., Site],
) -> None:
    site = make_site()
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    demo.break_next_start(site.folder)
    gateway.stop()
    gateway.start()
    wait_for(lambda: gateway.health().verdict == "unhealthy", "it says that it is unhealthy")
    said = found(site)["gateway"]
    assert (said.verdict, said.exit_code) == (Verdict.FAIL, ExitCode.UNHEALTHY)
    assert said.text.startswith("unhealthy: ")
    assert exit_code(list(found(site).values())) == ExitCode.UNHEALTHY


def test_a_stopped_gateway_can_be_started(saved: Site) -> None:
    said = found(saved)["gateway"]
    assert (said.verdict, said.text) == (Verdict.WARN, "stopped")
    assert said.remedy is not None
    assert said.remedy.operation == "start"


def test_a_docker_that_does_not_answer_is_told_and_the_rest_is_looked_at(saved: Site) -> None:
    ref = ContainerRef(container="forge-gateway-1", docker_host="unix:///nowhere/docker.sock")
    said = {one.name: one for one in examine(replace(saved.deployment, gateway=ref))}
    assert (said["docker"].verdict, said["docker"].exit_code) == (Verdict.FAIL, ExitCode.DOCKER)
    assert said["gateway"].verdict is Verdict.UNKNOWN
    assert said["file"].verdict is Verdict.OK


@pytest.mark.parametrize(
    ("config", "rotated"),
    [
        ({"Type": "json-file", "Config": {}}, False),
        ({"Type": "json-file", "Config": {"max-size": "-1"}}, False),
        ({"Type": "json-file", "Config": {"max-size": "50m"}}, True),
        ({"Type": "local", "Config": {}}, True),
        ({"Type": "journald"}, True),
    ],
)
def test_whether_docker_rotates_a_log_is_told_by_its_driver_and_options(
    config: dict[str, object], rotated: bool, tmp_path: Path
) -> None:
    path = tmp_path / "abc-json.log"
    path.write_bytes(b"x" * 70)
    path.with_name("abc-json.log.1").write_bytes(b"x" * 30)
    facts = {"HostConfig": {"LogConfig": config}, "LogPath": str(path)}
    found = log_file(Engine("unix:///nowhere/docker.sock"), facts)
    assert (found.rotated, found.size) == (rotated, 100)
    nowhere = {"HostConfig": {"LogConfig": config}, "LogPath": "/nowhere/at/all.log"}
    assert log_file(Engine("unix:///nowhere/docker.sock"), nowhere).size is None


def test_what_is_no_wal_is_not_counted(tmp_path: Path) -> None:
    for content in (b"", b"x" * 31, b"x" * 5_000):
        wal = tmp_path / "mcp.db-wal"
        wal.write_bytes(content)
        assert frames(wal) is None
    assert frames(tmp_path / "nothing") is None


# --- what was cut -------------------------------------------------------------------------


def test_half_made_files_of_the_dead_are_told_and_no_others(saved: Site) -> None:
    folder = saved.deployment.backup_dir
    mine, dead = folder / f".x.{os.getpid()}.partial", folder / ".x.999999.partial"
    for path in (mine, dead):
        path.write_bytes(b"half")
    said = found(saved)["partials"]
    assert said.verdict is Verdict.WARN
    assert said.details == (str(dead),)
    assert said.remedy is not None
    assert said.remedy.operation == "resume"
