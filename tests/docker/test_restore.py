"""Backup and restore on the real gateway, with the faults that were met on it."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docker.lab import fresh_database
from tests.docker.site import RealSite, ask, ask_finished
from tui.core.errors import McpdbError
from tui.core.operation import Verdict
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue, safety_dir
from tui.operations.execution.launch import follow, launch
from tui.operations.restore import Restore
from tui.operations.status import read_status
from tui.operations.undo import Undo
from tui.services.manifests import read_manifest

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

OWNERS = {"0.3.1": (1001, 0), "1.0.7": (10001, 10001)}


@pytest.mark.parametrize("release", ["1.0.7", "0.3.1"])
def test_a_restore_takes_the_tool_back_and_keeps_owner_mode_and_revision(
    release: str, raise_site: Callable[..., RealSite]
) -> None:
    site = raise_site(release)
    site.lab.register_tool("before-the-backup")
    made = site.do(BackupCreate(site.deployment))
    assert made.exit_code == 0
    site.lab.register_tool("after-the-backup")
    owner = site.owner_and_mode()
    assert owner[:2] == OWNERS[release]

    entry = site.do(Restore(site.deployment, str(made.result["backup"])))

    assert (entry.exit_code, entry.outcome) == (0, "done"), entry.sentence
    assert site.lab.health()["status"] == "healthy"
    assert site.lab.tools() == ["before-the-backup"]
    assert site.owner_and_mode() == owner
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert ask(site.lab.database, "SELECT version_num FROM alembic_version") == [
        (made.result["revision"],)
    ]
    assert site.left_overs() == []

    undone = site.do(Undo(site.deployment))
    assert undone.exit_code == 0, undone.sentence
    assert sorted(site.lab.tools()) == ["after-the-backup", "before-the-backup"]
    assert site.owner_and_mode() == owner


def test_after_docker_kill_the_safety_copy_holds_every_commit_of_the_wal(
    raise_site: Callable[..., RealSite], tmp_path: Path
) -> None:
    site = raise_site("1.0.7")
    made = site.do(BackupCreate(site.deployment))
    for number in range(5):
        site.lab.register_tool(f"in-the-wal-{number}")
    site.lab.kill()
    wal = site.lab.database.with_name("mcp.db-wal")
    assert wal.stat().st_size > 0
    # The main file alone does not have them: what a copy of it would lose.
    bare = shutil.copy(site.lab.database, tmp_path / "bare.db")
    assert ask_finished(bare, "SELECT count(*) FROM tools") == [(0,)]

    entry = site.do(Restore(site.deployment, str(made.result["backup"]), start=True))

    assert entry.exit_code == 0, entry.sentence
    safety = safety_dir(site.deployment) / str(entry.result["safety"])
    kept = ask_finished(safety, "SELECT count(*) FROM tools WHERE original_name LIKE 'in-the-wal%'")
    assert kept == [(5,)]
    assert ask_finished(safety, "PRAGMA integrity_check") == [("ok",)]
    manifest = read_manifest(safety)
    assert manifest is not None
    assert (manifest.clean_stop, manifest.source) == (False, "mcp.db")
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert site.lab.tools() == []


def test_an_old_release_s_backup_is_migrated_by_the_new_gateway_and_keeps_its_rows(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("0.3.1")
    site.lab.register_tool("from-the-old-release")
    made = site.do(BackupCreate(site.deployment))
    site.lab.use_release("1.0.7")
    site.lab.up()
    site.lab.register_tool("from-the-new-release")

    operation = Restore(site.deployment, str(made.result["backup"]))
    plan = operation.plan()
    revision = next(check for check in plan.checks if check.name == "revision")
    assert revision.verdict is Verdict.WARN
    assert "runs 110 migrations" in revision.text
    assert "not rehearsed" in revision.text
    assert plan.facts["migrations"] == 110

    entry = site.do(operation)

    assert entry.exit_code == 0, entry.sentence
    assert site.lab.tools() == ["from-the-old-release"]
    assert ask(site.lab.database, "SELECT version_num FROM alembic_version") == [("7ab59991e017",)]
    assert read_status(site.deployment).health.verdict == "healthy"


def test_a_newer_backup_is_refused_and_the_release_it_needs_is_named(
    raise_site: Callable[..., RealSite], tmp_path: Path
) -> None:
    site = raise_site("0.3.1")
    newer = tmp_path / "newer.db"
    fresh_database("1.0.7", newer)
    before = site.deployment
    started_at = site.lab.container_id(), read_status(before).gateway.since
    with pytest.raises(McpdbError, match=r"1\.0\.7") as refused:
        launch(Restore(before, str(newer)))
    assert refused.value.exit_code == 12
    assert (site.lab.container_id(), read_status(before).gateway.since) == started_at


def cursed_backup(folder: Path) -> Path:
    """A sound database on which a newer gateway's migrations cannot run."""
    path = folder / "mcp_backup_20200101_000000.db"
    fresh_database("0.3.1", path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER no_way_forward BEFORE UPDATE ON alembic_version "
            "BEGIN SELECT RAISE(ABORT, 'this database does not let itself be migrated'); END"
        )
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


def test_a_gateway_that_cannot_become_healthy_gets_its_old_database_back(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    site.lab.register_tool("old-but-mine")
    owner = site.owner_and_mode()
    backups = site.deployment.backup_dir
    backups.mkdir(mode=0o700, exist_ok=True)
    cursed = cursed_backup(backups)

    entry = site.do(Restore(site.deployment, cursed.name))

    assert (entry.exit_code, entry.outcome) == (4, "rolled back"), entry.sentence
    assert site.lab.tools() == ["old-but-mine"]
    assert site.lab.health()["status"] == "healthy"
    assert site.owner_and_mode() == owner
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert unfinished(site.deployment) == ()
    assert site.left_overs() == []


def test_a_killed_backup_leaves_nothing_half_made_on_the_real_gateway(
    raise_site: Callable[..., RealSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = raise_site("1.0.7")
    with monkeypatch.context() as patch:
        patch.setattr(
            "tui.operations.execution.launch.runner_command",
            lambda: [sys.executable, "-m", "tests.faulty_runner", "kill-tick", "copy"],
        )
        patch.setenv("PYTHONPATH", str(ROOT))
        deployment = site.deployment
        journal_id = launch(BackupCreate(deployment))
        *_, last = follow(deployment, journal_id)
    assert last.state == "cut"
    assert site.left_overs() != []

    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    assert site.left_overs() == []
    assert len(read_catalogue(site.deployment).backups) == 1
    assert site.lab.health()["status"] == "healthy"
