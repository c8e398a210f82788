"""Each fault at least once on the real gateway 1.0.7; every step of it is met in `tests/unit`."""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docker.site import RealSite
from tests.injection.fault import Fault, set_immutable
from tests.injection.inject import Outcome, inject
from tests.injection.whole import LOUD, Before, assert_whole, look_at
from tests.programs import running
from tui.core.errors import McpdbError
from tui.core.models import ContainerRef
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.cold_backup import ColdBackup
from tui.operations.execution.launch import launch
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.restore import Restore

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

RESTORED = frozenset({"before-the-backup"})


@pytest.fixture(scope="module")
def backup(shared_site: RealSite) -> Path:
    """The one backup that is restored again and again."""
    shared_site.add_tool("before-the-backup")
    made = shared_site.do(BackupCreate(shared_site.deployment))
    assert made.exit_code == 0, made.sentence
    return Path(str(made.result["path"]))


@pytest.fixture
def site(shared_site: RealSite, backup: Path) -> Iterator[RealSite]:
    """Healthy, with something that the backup has not."""
    site = shared_site
    if not site.running():
        site.lab.compose("start")
    site.wait_healthy()
    if "since-the-backup" not in site.tools():
        site.add_tool("since-the-backup")
    for left in safety_dir(site.deployment).glob("*"):
        left.unlink()
    for made in backup.parent.iterdir():
        if not made.name.startswith(backup.name):
            made.unlink()
    return site


def restore_meets(
    site: RealSite, backup: Path, *faults: Fault, settings: tuple[str, ...] = ()
) -> tuple[Before, Outcome]:
    before = look_at(site)
    outcome = inject(site, Restore(site.deployment, str(backup)), *faults, settings=settings)
    if outcome.code not in LOUD:
        site.wait_healthy()
    return before, outcome


def container(site: RealSite) -> str:
    ref = site.deployment.gateway
    assert isinstance(ref, ContainerRef)
    return shlex.quote(ref.container)


@pytest.mark.parametrize(
    ("kind", "place", "which"),
    [
        ("kill", "tick:stage", "old"),
        ("kill-helper", "after:step_started:swap", "old"),
        ("kill-all", "before:step_finished:prove", "old"),
        ("kill", "before:step_finished:start", "new"),
        ("cancel", "after:step_finished:stop", "old"),
        ("sigterm", "after:step_started:swap", "new"),
    ],
)
def test_a_restore_that_is_killed_or_stopped(
    kind: str, place: str, which: str, site: RealSite, backup: Path
) -> None:
    before, outcome = (
        restore_meets(site, backup, Fault(kind, place), Fault("hangup", place))
        if kind in ("cancel", "sigterm")
        else restore_meets(site, backup, Fault(kind, place))
    )
    assert outcome.code == (1 if which == "old" else 0), outcome.said
    assert assert_whole(site, before, new=RESTORED) == which
    assert (site.tools() == RESTORED) is (which == "new")


def test_a_killed_cold_backup_starts_the_gateway_again(site: RealSite) -> None:
    before = look_at(site)
    outcome = inject(site, ColdBackup(site.deployment), Fault("kill", "tick:copy"))
    assert outcome.resumed == [1]
    site.wait_healthy()
    assert assert_whole(site, before) == "old"
    assert look_at(site).backups == before.backups


def test_a_container_that_somebody_starts_while_it_should_be_down(
    site: RealSite, backup: Path
) -> None:
    start = Fault("run", "after:step_finished:prove", f"docker start {container(site)}")
    before, outcome = restore_meets(site, backup, start)
    assert outcome.code == 11
    assert "started by somebody else" in outcome.said
    assert assert_whole(site, before, new=RESTORED) == "old"


def test_a_container_that_will_not_stop_is_killed_by_the_engine(
    site: RealSite, backup: Path
) -> None:
    pids = " ".join(map(str, state_of(gateway_of(site.deployment)).pids))
    # One of them may be the engine's own look at the health, and gone by then.
    freeze = f"kill -STOP {pids} 2>/dev/null || true"
    before, outcome = restore_meets(site, backup, Fault("run", "after:step_started:stop", freeze))
    assert outcome.code == 0, outcome.said
    assert assert_whole(site, before, new=RESTORED) == "new"
    assert outcome.entry is not None
    (kept,) = safety_dir(site.deployment).glob("*.db")
    from tui.services.manifests import read_manifest

    manifest = read_manifest(kept)
    assert manifest is not None
    assert manifest.clean_stop is False


def test_a_container_that_was_stopped_by_hand_stays_stopped(site: RealSite, backup: Path) -> None:
    site.lab.compose("stop")
    before = look_at(site)
    outcome = inject(
        site, Restore(site.deployment, str(backup)), Fault("kill", "before:step_finished:swap")
    )
    assert outcome.resumed == [0]
    assert not site.running()
    assert assert_whole(site, before, new=RESTORED) == "new"


def test_a_folder_that_may_not_be_written(site: RealSite, backup: Path) -> None:
    """Probed before anything stops."""
    folder = site.deployment.database.parent
    since = state_of(gateway_of(site.deployment)).since
    fault = Fault("eacces", "after:step_started:stage", str(folder))
    before = look_at(site)
    outcome = inject(site, Restore(site.deployment, str(backup)), fault, resume=False)
    set_immutable(folder, False)
    assert outcome.code == 12
    assert str(folder) in outcome.said
    assert state_of(gateway_of(site.deployment)).since == since
    assert assert_whole(site, before, new=RESTORED) == "old"


def test_somebody_who_does_not_let_go_is_named(site: RealSite, backup: Path) -> None:
    place = "after:step_finished:release"
    before = look_at(site)
    gate = site.lab.folder / "gate"
    from tests.injection.inject import runner
    from tui.operations.execution.launch import follow

    operation = Restore(site.deployment, str(backup))
    settings = ("tui.operations.restore.OWNERSHIP_DEADLINE=1.5",)
    with runner(Fault("hold", place, str(gate)), settings=settings):
        journal_id = launch(operation, operation.plan().fingerprint)
        from tests.faults import wait_for

        wait_for(gate.with_suffix(".reached").exists, "it stands before the stop")
        with running("reader", site.deployment.database) as program:
            gate.with_suffix(".go").touch()
            *_, last = follow(site.deployment, journal_id)
            program.end()
    for left in (gate.with_suffix(".reached"), gate.with_suffix(".go")):
        left.unlink()
    assert last.exit_code == 11
    assert f"(pid {program.pid}" in last.sentence
    site.wait_healthy()
    assert assert_whole(site, before, new=RESTORED) == "old"


def hostile(content: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "text": b"this is no database\n" * 1_000,
        "encrypted": os.urandom(len(content)),
        "truncated": content[: len(content) // 2 // 4096 * 4096],
        "trailing": content + b"\0" * 100,
        "flipped": content[:-1] + bytes([content[-1] ^ 1]),
    }


@pytest.mark.parametrize("kind", sorted(hostile(b"xx")))
def test_a_hostile_file_is_refused_before_anything_stops(
    kind: str, site: RealSite, backup: Path
) -> None:
    since = state_of(gateway_of(site.deployment)).since
    before = look_at(site)
    good = backup.read_bytes()
    try:
        backup.write_bytes(hostile(good)[kind])
        with pytest.raises(McpdbError) as refused:
            launched = launch(Restore(site.deployment, str(backup)))
            from tui.operations.execution.launch import follow

            *_, last = follow(site.deployment, launched)
            assert last.exit_code is not None
            if last.exit_code:
                from tui.core.errors import ERRORS_BY_CODE, ExitCode

                raise ERRORS_BY_CODE[ExitCode(last.exit_code)](last.sentence)
    finally:
        backup.write_bytes(good)
    assert refused.value.exit_code == 3, str(refused.value)
    assert state_of(gateway_of(site.deployment)).since == since
    assert assert_whole(site, before) == "old"


def test_a_hot_journal_beside_a_backup_is_not_replayed_into_it(
    site: RealSite, backup: Path
) -> None:
    journal = backup.with_name(backup.name + "-journal")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    content = backup.read_bytes()
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + os.urandom(4096))
    before = look_at(site)
    try:
        try:
            last = site.do(Restore(site.deployment, str(backup)))
            code = last.exit_code
        except McpdbError as error:
            code = int(error.exit_code)
    finally:
        journal.unlink(missing_ok=True)
    assert backup.read_bytes() == content, "the backup was changed"
    assert code in (0, 3)
    site.wait_healthy()
    assert assert_whole(site, before, new=RESTORED) == ("new" if code == 0 else "old")
