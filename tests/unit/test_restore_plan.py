"""What the plan of a restore says before anything is done."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.faults import without_code
from tests.programs import running
from tui.core.errors import McpdbError, NotFoundError
from tui.core.operation import Check, Plan, Verdict
from tui.demo import control
from tui.demo import deployment as demo
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.execution.launch import launch
from tui.operations.restore import Restore
from tui.operations.restoring import gains, secrets, situation
from tui.operations.restoring.others import Other
from tui.operations.restoring.secrets import stored_secrets
from tui.operations.undo import Undo
from tui.services import journal
from tui.services.manifests import read_manifest
from tui.wording import plans

LATER = "written-after-the-backup"


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-plan-"))
    site = Site(demo.create_small(folder / "site"))
    site.deployment = without_code(site.deployment)
    yield site
    demo.stop(site.folder)
    shutil.rmtree(folder)


@pytest.fixture
def quiet(shared: Site, give_backup: Callable[[Site], Path]) -> Site:
    """A stopped gateway: nothing but us changes a row."""
    demo.stop(shared.folder)
    give_backup(shared)
    return shared


def check(plan: Plan, name: str) -> Check:
    (found,) = (c for c in plan.checks if c.name == name)
    return found


def change(site: Site, *statements: str) -> None:
    with closing(sqlite3.connect(site.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def manifest_with(path: Path, **values: Any) -> None:
    manifest = path.with_name(path.name + ".json")
    manifest.write_text(json.dumps({**json.loads(manifest.read_bytes()), **values}))


# --- what is gained and lost ------------------------------------------------------------


def test_rows_are_told_by_name(quiet: Site) -> None:
    backup = find_backup(quiet.deployment, "latest")
    names = [name for (name,) in _ask(backup.path, "SELECT name FROM tools ORDER BY id LIMIT 2")]
    change(
        quiet,
        "DELETE FROM tool_metrics",
        f"UPDATE tools SET description = 'another' WHERE name = '{names[1]}'",
        "CREATE TEMP TABLE one AS SELECT * FROM gateways LIMIT 1",
        "UPDATE one SET id = 'zz', name = 'late-mcp', slug = 'late-mcp', url = 'https://late'",
        "INSERT INTO gateways SELECT * FROM one",
    )
    plan = Restore(quiet.deployment, "latest").plan()
    back, lost = plans.back(plan), plans.lost(plan)
    assert ("tools", "1", f"as it was: {names[1]}: description") in [
        (r.table, r.amount, r.note) for r in back
    ]
    assert [(r.table, r.amount, r.note) for r in lost if r.table == "gateways"] == [
        ("gateways", "-1", "late-mcp")
    ]
    metrics = next(r for r in back if r.table == "tool_metrics")
    assert metrics.amount.startswith("+")
    assert metrics.note == "", "traffic has no names"


def _ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def test_a_backup_that_equals_the_live_database_would_change_nothing(quiet: Site) -> None:
    assert quiet.do(BackupCreate(quiet.deployment)).exit_code == 0
    plan = Restore(quiet.deployment, "latest").plan()
    assert plans.nothing(plan).startswith("Nothing would change: the live database equals this")
    assert plan.changes == ()
    change(quiet, "UPDATE tools SET description = 'x' || id")
    assert plans.nothing(Restore(quiet.deployment, "latest").plan()) == ""


def test_where_names_would_take_too_long_rows_are_counted(
    quiet: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(quiet, "DELETE FROM tool_metrics")
    monkeypatch.setattr(gains, "BUDGET", -1.0)
    plan = Restore(quiet.deployment, "latest").plan()
    assert not plans.is_by_name(plan)
    (metrics,) = (row for row in plans.back(plan) if row.table == "tool_metrics")
    assert metrics.note.startswith("0 → ")
    monkeypatch.setattr(gains, "BUDGET", 2.0)
    monkeypatch.setattr(gains, "LARGEST", 1)
    assert not plans.is_by_name(Restore(quiet.deployment, "latest").plan())


# --- secret -----------------------------------------------------------------------------


def test_the_secret_of_the_backup_is_compared(quiet: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = Restore(quiet.deployment, "latest")
    manifest_with(operation.source().path, secret_fingerprint="")
    assert check(operation.plan(), "secret").verdict is Verdict.UNKNOWN
    path = find_backup(quiet.deployment, "latest").path
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE gateways ADD COLUMN password_hash TEXT")
        connection.execute(
            "UPDATE gateways SET auth_value = 'gAAAA', oauth_config = NULL, password_hash = 'x'"
        )
        (number,) = connection.execute("SELECT count(*) FROM gateways").fetchone()
    manifest_with(path, secret_fingerprint="5a17:4be1aaaa", size=path.stat().st_size)
    monkeypatch.setattr(secrets, "fingerprint_of", lambda _deployment: "5a17:4be1aaaa")
    same = check(operation.plan(), "secret")
    assert (same.verdict, same.text) == (Verdict.OK, "fingerprint 4be1")
    monkeypatch.setattr(secrets, "fingerprint_of", lambda _deployment: "5a17:77777777")
    other = check(operation.plan(), "secret")
    assert other.verdict is Verdict.WARN
    assert f"gateways {number}" in other.text
    assert "cannot be read until AUTH_ENCRYPTION_SECRET is the one of that day" in other.text
    assert stored_secrets(find_backup(quiet.deployment, "latest"))["gateways"] == number


# --- which file it is -------------------------------------------------------------------


def test_a_file_with_two_names_is_refused(quiet: Site, tmp_path: Path) -> None:
    backup = find_backup(quiet.deployment, "latest")
    os.link(backup.path, backup.path.with_name("second"))
    operation = Restore(quiet.deployment, str(backup.path))
    plan = operation.plan()
    assert plan.forbidden is not None
    assert plan.forbidden.exit_code == 3
    with pytest.raises(McpdbError) as raised:
        launch(operation, plan.fingerprint)
    assert raised.value.exit_code == 3
    backup.path.with_name("second").unlink()
    assert Restore(quiet.deployment, str(backup.path)).plan().forbidden is None


def test_a_neighbour_s_backup_is_restored_only_by_its_id(quiet: Site) -> None:
    path = find_backup(quiet.deployment, "latest").path
    shutil.copy(quiet.database, quiet.database.with_name("other.db"))
    manifest_with(path, source="other.db")
    try:
        by_name = Restore(quiet.deployment, path.name)
        source = by_name.source()
        assert source.neighbour
        forbidden = by_name.plan().forbidden
        assert forbidden is not None
        assert "a backup of other.db" in forbidden.text
        assert source.id in forbidden.text
        by_id = Restore(quiet.deployment, source.id).plan()
        assert by_id.forbidden is None
        assert check(by_id, "whose").verdict is Verdict.WARN
        assert source.id in by_id.command, "the command would be refused"
    finally:
        quiet.database.with_name("other.db").unlink()


def test_a_compressed_backup_is_restored_and_its_hashes_are_compared(quiet: Site) -> None:
    assert quiet.do(BackupCreate(quiet.deployment, compress=True)).exit_code == 0
    backup = find_backup(quiet.deployment, "latest")
    assert backup.compression == "zstd"
    change(quiet, "DELETE FROM tools")
    plan = Restore(quiet.deployment, "latest").plan()
    assert plan.facts["from"]["size"] == backup.manifest.size  # type: ignore[union-attr]
    assert any(row.table == "tools" for row in plans.back(plan))
    whole = backup.path.read_bytes()
    backup.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    spoilt = quiet.do(Restore(quiet.deployment, str(backup.path)))
    assert (spoilt.exit_code, "FAIL sha256" in spoilt.sentence) == (3, True), spoilt.sentence
    backup.path.write_bytes(whole)
    manifest_with(backup.path, sha256="0" * 64)
    wrong = quiet.do(Restore(quiet.deployment, str(backup.path)))
    assert (wrong.exit_code, "FAIL sha256" in wrong.sentence) == (3, True), wrong.sentence
    manifest_with(backup.path, sha256=backup.manifest.sha256)  # type: ignore[union-attr]
    last = quiet.do(Restore(quiet.deployment, str(backup.path)))
    assert last.exit_code == 0, last.sentence
    assert quiet.left_overs() == []
    with closing(sqlite3.connect(quiet.database)) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM tools").fetchone() == (1,)


# --- other containers -------------------------------------------------------------------


def test_a_container_that_uses_the_same_database_is_named_and_must_stop(
    quiet: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (Other("forge-gateway-2", True), Other("forge-cron-1", False))
    monkeypatch.setattr(situation, "others", lambda *_: found)
    forbidden = Restore(quiet.deployment, "latest").plan().forbidden
    assert forbidden is not None
    assert forbidden.exit_code == 11
    assert "docker stop forge-gateway-2" in forbidden.text
    monkeypatch.setattr(situation, "others", lambda *_: found[1:])
    plan = Restore(quiet.deployment, "latest").plan()
    assert plan.forbidden is None
    assert "forge-cron-1" in check(plan, "containers").text


# --- while it is being read -------------------------------------------------------------


def test_a_plan_that_stands_open_is_looked_at_again(quiet: Site) -> None:
    operation = Restore(quiet.deployment, "latest")
    plan = operation.plan()
    assert operation.look_again(plan) is None
    with running("reader", quiet.database) as program:
        again = operation.look_again(plan)
        assert again is not None
        assert again.forbidden is not None
        assert f"(pid {program.pid}" in again.forbidden.text
        assert again.fingerprint == plan.fingerprint
        program.end()
    freed = operation.look_again(again)
    assert freed is not None
    assert freed.forbidden is None
    copy = quiet.database.with_name("copy")
    shutil.copy(quiet.database, copy)
    copy.rename(quiet.database)
    anew = operation.look_again(plan)
    assert anew is not None
    assert anew.fingerprint != plan.fingerprint


# --- undo without journals --------------------------------------------------------------


def test_undo_finds_its_safety_copy_by_manifest_where_the_journals_are_lost(quiet: Site) -> None:
    change(quiet, "DELETE FROM tools")
    assert quiet.do(Restore(quiet.deployment, "latest")).exit_code == 0
    told = Undo(quiet.deployment).source()
    journals = journal.folder(quiet.deployment.state_dir)
    for path in journals.glob("*-restore-*"):
        path.unlink()
    source = Undo(quiet.deployment).source()
    assert source.path == told.path
    neighbour = replace(quiet.deployment, database=quiet.database.with_name("other.db"))
    with pytest.raises(NotFoundError, match="Nothing to undo"):
        Undo(neighbour).source()
    last = quiet.do(Undo(quiet.deployment))
    assert last.exit_code == 0, last.sentence
    assert _rows(quiet.database) == 0
    again = quiet.do(Undo(quiet.deployment))
    assert again.exit_code == 0
    assert _rows(quiet.database) > 0, "what the journals tell is newer than the lost one"


def _rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM tools").fetchone()[0])


# --- the stop, and the disk -------------------------------------------------------------


def test_a_gateway_that_had_to_be_killed_is_told_in_the_safety_copy_s_manifest(
    quiet: Site,
) -> None:
    quiet.start()
    marker = quiet.folder / control.BREAK_STOP
    marker.touch()
    ref = replace(quiet.deployment.gateway, stop_timeout=1.0)  # type: ignore[type-var]
    deployment = replace(quiet.deployment, gateway=ref)
    try:
        last = quiet.do(Restore(deployment, "latest"))
    finally:
        marker.unlink(missing_ok=True)
    assert last.exit_code == 0, last.sentence
    manifest = read_manifest(Path(str(last.result["safety_path"])))
    assert manifest is not None
    assert manifest.clean_stop is False
    quiet.wait_healthy()


def test_a_suspicion_is_kept_per_database_and_cleared(quiet: Site) -> None:
    neighbour = replace(quiet.deployment, database=quiet.database.with_name("other.db"))
    assert suspicion.why_suspect(quiet.deployment) == ""
    suspicion.mark(quiet.deployment, "I/O error in mcp.db: disk I/O error.")
    assert "disk I/O error" in suspicion.why_suspect(quiet.deployment)
    assert suspicion.why_suspect(neighbour) == ""
    forbidden = suspicion.check(quiet.deployment, "prune")
    assert forbidden is not None
    assert (forbidden.verdict, forbidden.exit_code) == (Verdict.FAIL, 12)
    suspicion.mark(neighbour, "another")
    suspicion.clear(quiet.deployment)
    assert suspicion.why_suspect(quiet.deployment) == ""
    assert suspicion.check(quiet.deployment, "prune") is None
    assert "another" in suspicion.why_suspect(neighbour)
    suspicion.clear(neighbour)
    assert not suspicion.path_of(quiet.deployment).exists()


def test_a_damaged_note_of_a_suspicion_is_no_reason_to_fail(quiet: Site) -> None:
    path = suspicion.path_of(quiet.deployment)
    path.write_text("{[")
    assert suspicion.why_suspect(quiet.deployment) == ""
    suspicion.mark(quiet.deployment, "again")
    assert "again" in suspicion.why_suspect(quiet.deployment)
    suspicion.clear(quiet.deployment)
