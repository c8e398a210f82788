"""A backup of a stopped gateway: whole, down for as short as can be, and always up again."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import Held, without_code
from tui.core.models import ActivityEntry, Backup
from tui.core.operation import Tier, Verdict
from tui.demo import control
from tui.demo import deployment as demo
from tui.demo.folder import Pace
from tui.operations.activity import unfinished
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.cold_backup import ColdBackup
from tui.operations.execution.launch import cancel, follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of, state_of


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all: each test leaves it whole, whatever it did."""
    pace = Pace(health_timeout=8.0, stop_timeout=1.0)
    folder = demo.create_small(tmp_path_factory.mktemp("cold") / "site", pace=pace)
    site = Site(folder)
    site.deployment = without_code(site.deployment)
    yield site
    demo.stop(folder)


@pytest.fixture
def ready(shared: Site) -> Site:
    """It runs, is healthy, and has no backup yet."""
    shutil.rmtree(shared.deployment.backup_dir, ignore_errors=True)
    for word in (control.BREAK_START, control.BREAK_STOP):
        (shared.folder / word).unlink(missing_ok=True)
    shared.start()
    return shared


def backups(site: Site) -> list[Backup]:
    return [b for b in read_catalogue(site.deployment).backups if b.kind in ("hot", "cold")]


def names_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        return {str(name) for (name,) in connection.execute("SELECT original_name FROM tools")}


def nothing_left(site: Site) -> None:
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()
    if site.deployment.backup_dir.is_dir():
        lone = [
            path.name
            for path in site.deployment.backup_dir.glob("*.json")
            if not path.with_suffix("").exists()
        ]
        assert lone == [], "a manifest without its file"


def test_what_is_in_the_wal_alone_after_a_clean_stop_is_in_the_copy(ready: Site) -> None:
    ready.add_tool("in-the-wal")
    entry = ready.do(ColdBackup(ready.deployment, label="before 1.0.8", note="by hand"))

    assert (entry.exit_code, entry.outcome) == (0, "done"), entry.sentence
    (backup,) = backups(ready)
    manifest = backup.manifest
    assert manifest is not None
    assert backup.path.name.startswith("mcp_backup_2")
    assert (backup.kind, manifest.kind, manifest.clean_stop) == ("cold", "cold", True)
    assert (manifest.label, manifest.note, manifest.source) == ("before 1.0.8", "by hand", "mcp.db")
    assert (manifest.journal_mode, manifest.secret_fingerprint != "") == ("wal", True)
    assert "in-the-wal" in names_in(backup.path)
    assert find_backup(ready.deployment, "latest").path == backup.path
    assert ready.healthy()
    assert "in-the-wal" in ready.tools()
    assert entry.down_seconds is not None
    assert entry.down_seconds < (entry.seconds or 0)
    assert entry.sentence.startswith(f"{backup.id}, ")
    nothing_left(ready)


def test_the_plan_says_how_long_it_is_down_once_that_was_measured(ready: Site) -> None:
    operation = ColdBackup(ready.deployment)
    assert ready.do(operation).exit_code == 0
    plan = operation.plan()
    assert plan.tier is Tier.DISRUPTIVE
    assert plan.forbidden is None
    assert plan.downtime is not None
    measured = sum(step.seconds or 0 for step in plan.steps if not step.gateway_up)
    assert plan.downtime == pytest.approx(measured)
    assert 0 < plan.downtime < 30
    assert plan.command.endswith("backup create --cold")


def test_a_gateway_that_does_not_stop_is_killed_and_the_manifest_says_so(ready: Site) -> None:
    ready.add_tool("before-the-kill")
    (ready.folder / control.BREAK_STOP).touch()
    entry = ready.do(ColdBackup(ready.deployment))
    assert entry.exit_code == 0, entry.sentence
    (backup,) = backups(ready)
    assert backup.manifest is not None
    assert (backup.kind, backup.manifest.clean_stop) == ("cold", False)
    assert "had to be killed" in entry.sentence
    assert "before-the-kill" in names_in(backup.path)
    assert ready.healthy()


def test_a_gateway_that_was_stopped_by_hand_stays_stopped(ready: Site) -> None:
    demo.stop(ready.folder)
    before = sorted(path.name for path in ready.database.parent.glob("mcp.db*"))
    plan = ColdBackup(ready.deployment).plan()
    assert plan.downtime == 0.0
    entry = ready.do(ColdBackup(ready.deployment))
    assert entry.exit_code == 0, entry.sentence
    (backup,) = backups(ready)
    assert backup.kind == "cold"
    assert not ready.running()
    assert "stays stopped" in entry.sentence
    assert entry.down_seconds is None
    assert sorted(path.name for path in ready.database.parent.glob("mcp.db*")) == before


def test_a_gateway_that_is_not_healthy_afterwards_costs_14_and_the_backup_is_there(
    ready: Site,
) -> None:
    demo.break_next_start(ready.folder)
    entry = ready.do(ColdBackup(ready.deployment))
    assert (entry.exit_code, entry.outcome) == (14, "gateway not healthy")
    assert "did not become healthy" in entry.sentence
    (backup,) = backups(ready)
    assert (backup.kind, backup.verdict) == ("cold", Verdict.OK)
    assert entry.result["backup"] == backup.id
    assert ready.running()
    nothing_left(ready)
    demo.stop(ready.folder)


def test_one_that_was_not_healthy_before_is_only_started_again(ready: Site) -> None:
    demo.stop(ready.folder)
    demo.break_next_start(ready.folder, times=2)
    demo.start(ready.folder)
    entry = ready.do(ColdBackup(ready.deployment))
    assert entry.exit_code == 0, entry.sentence
    assert "not healthy before either" in entry.sentence
    assert ready.running()
    assert len(backups(ready)) == 1
    demo.stop(ready.folder)


@pytest.mark.parametrize("place", ["after:step_finished:stop", "tick:copy"])
def test_a_gateway_that_comes_back_by_itself_makes_it_a_hot_backup(
    place: str, ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, place)
    held.begin(ColdBackup(ready.deployment))
    ready.start()
    identity = state_of(gateway_of(ready.deployment)).identity
    last = held.end()
    assert last.exit_code == 0, last.sentence
    (backup,) = backups(ready)
    assert backup.manifest is not None
    assert (backup.kind, backup.manifest.kind, backup.manifest.clean_stop) == ("hot", "hot", None)
    assert backup.path.name.startswith("mcp_hotbackup_")
    assert "it is a hot backup" in last.sentence
    assert ready.healthy()
    assert state_of(gateway_of(ready.deployment)).identity == identity, "nobody stopped it again"


@pytest.mark.parametrize(
    "place",
    [
        "after:step_finished:stop",
        "tick:copy",
        "after:step_started:verify",
        "after:step_finished:verify",
    ],
)
def test_a_cancel_while_it_is_down_starts_it_again_and_leaves_nothing(
    place: str, ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, place)
    held.begin(ColdBackup(ready.deployment))
    entry = held.entry()
    assert entry.cancellable
    # After the verification comes the start: it goes on, and the cancel is heard behind it.
    cancel(ready.deployment, held.id)
    last = held.end()
    assert (last.exit_code, last.outcome) == (1, "cancelled")
    ready.wait_healthy()
    assert backups(ready) == []
    nothing_left(ready)


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (("kill-after", "step_started:stop"), 0),
        (("kill-tick", "copy"), 0),
        (("kill-after", "step_finished:verify"), 1),
        (("kill-after", "step_started:start"), 1),
        (("kill-after", "step_finished:publish"), 1),
    ],
)
def test_killed_anywhere_the_gateway_is_back_and_the_backup_whole_or_gone(
    fault: tuple[str, str], kept: int, ready: Site, faulty_runner: Callable[..., None]
) -> None:
    faulty_runner(*fault)
    operation = ColdBackup(ready.deployment)
    launched = launch(operation, operation.plan().fingerprint)
    *_, cut = follow(ready.deployment, launched)
    assert cut.state == "cut"
    ((_journal, code),) = launch_resume(ready.deployment)
    assert code == (0 if kept else 1)
    ready.wait_healthy()
    found = backups(ready)
    assert [b.verdict for b in found] == [Verdict.OK] * kept
    nothing_left(ready)


def test_a_damaged_source_is_found_while_it_is_down_and_the_gateway_is_back(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    with closing(sqlite3.connect(site.database)) as connection, connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        connection.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, t TEXT)")
        connection.executemany("INSERT INTO many (t) VALUES (?)", [("y" * 300,)] * 500)
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'many'"
        (page,) = connection.execute(query).fetchone()
    with site.database.open("r+b") as stream:
        stream.seek((page + 4) * 4096)
        stream.write(os.urandom(4096))
    site.start()
    entry: ActivityEntry = site.do(ColdBackup(without_code(site.deployment)))
    assert entry.exit_code == 3
    assert "damaged" in entry.sentence
    assert backups(site) == []
    assert site.healthy()
    nothing_left(site)


def test_without_a_gateway_there_is_nothing_to_stop_and_it_is_refused(ready: Site) -> None:
    plan = ColdBackup(replace(ready.deployment, gateway=None)).plan()
    assert plan.forbidden is not None
    assert (plan.forbidden.name, plan.forbidden.exit_code) == ("gateway", 10)
    plan = ColdBackup(replace(ready.deployment, read_only=True)).plan()
    assert plan.forbidden is not None
    assert plan.forbidden.name == "read-only"


def test_the_journal_and_the_manifest_hold_no_secret(ready: Site) -> None:
    secret = control.variables(ready.folder)["AUTH_ENCRYPTION_SECRET"]
    assert ready.do(ColdBackup(ready.deployment)).exit_code == 0
    seen = [*ready.deployment.backup_dir.glob("*.json"), *ready.deployment.state_dir.rglob("*")]
    assert len(seen) > 3
    for path in seen:
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path.name
    assert json.loads(next(iter(seen)).read_bytes())["secret_fingerprint"]
