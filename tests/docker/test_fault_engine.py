"""A Docker engine that is stopped, and one that is killed, in the middle of an operation.

They have an engine of their own, which is really stopped: nobody else's containers are in it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker import lab
from tests.docker.lab.base import locked
from tests.docker.site import RealSite
from tests.docker.spare_engine import SpareEngine
from tests.injection.fault import Fault
from tests.injection.inject import Outcome, inject, runner
from tests.injection.whole import Before, integrity, look_at, names
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cold_backup import ColdBackup
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.restore import Restore

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

RESTORED = frozenset({"before-the-backup"})
IMPATIENT = (
    "tui.operations.finding.gateways.START_PATIENCE=2",
    "tui.operations.backing_up.cold_recovery.START_PATIENCE=2",
)


@pytest.fixture(scope="module")
def spare(docker_host: str) -> Iterator[SpareEngine]:
    """Where no private engine can be started the module is skipped, unless one is demanded."""
    engine = SpareEngine()
    with locked("spare"):
        engine.start()
        yield engine
        engine.stop()


@pytest.fixture(scope="module")
def raised(
    spare: SpareEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealSite, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", spare.address)
        gateway = lab.Deployment.create("1.0.7", tmp_path_factory.mktemp("spare") / "forge")
        site = RealSite(gateway)
        try:
            gateway.up()
            site.add_tool("before-the-backup")
            made = site.do(BackupCreate(site.deployment))
            assert made.exit_code == 0, made.sentence
            yield site, Path(str(made.result["path"]))
        finally:
            spare.start()
            gateway.down(purge=True)


@pytest.fixture
def site(raised: tuple[RealSite, Path], spare: SpareEngine) -> RealSite:
    spare.start()
    site, _backup = raised
    if not site.running():
        site.lab.compose("start")
    site.wait_healthy()
    if "since-the-backup" not in site.tools():
        site.add_tool("since-the-backup")
    return site


def engine(verb: str, place: str) -> Fault:
    return Fault("run", place, f"{sys.executable} -m tests.docker.spare_engine {verb}")


def cut(site: RealSite, deployment: Deployment, operation: object, *faults: Fault) -> Outcome:
    return inject(site, operation, *faults, settings=IMPATIENT, resume=False)  # type: ignore[arg-type]


def pay(site: RealSite, deployment: Deployment, spare: SpareEngine, before: Before) -> list[int]:
    """The engine is back; `resume` does what is owed."""
    assert not spare.answers()
    with runner(settings=IMPATIENT), pytest.raises(McpdbError) as still:
        launch_resume(deployment)
    assert still.value.exit_code == 13
    assert unfinished(deployment), "the debt was forgotten"
    spare.start()
    codes = [int(code) for _id, code in launch_resume(deployment)]
    site.wait_healthy()
    assert unfinished(deployment) == ()
    assert site.left_overs() == []
    assert site.running() == before.running
    return codes


@pytest.mark.parametrize(
    ("place", "which"),
    [("after:step_finished:stop", "old"), ("after:step_finished:swap", "new")],
)
def test_an_engine_that_is_stopped_in_a_restore_leaves_a_debt_that_is_paid_later(
    place: str, which: str, site: RealSite, raised: tuple[RealSite, Path], spare: SpareEngine
) -> None:
    deployment, before = site.deployment, look_at(site)
    outcome = cut(site, deployment, Restore(deployment, str(raised[1])), engine("stop", place))
    assert outcome.code == 13, outcome.said
    assert "mcpdb-tui resume" in outcome.said
    live = deployment.database
    expected = before.names if which == "old" else RESTORED
    # The files are right already, whatever Docker does.
    assert names(live, deployment) == expected
    assert integrity(live) == "ok"
    codes = pay(site, deployment, spare, before)
    assert codes in ([0], [1], [13])
    assert site.tools() == expected


def test_an_engine_that_is_killed_before_the_start_comes_back_in_time(
    site: RealSite, raised: tuple[RealSite, Path], spare: SpareEngine
) -> None:
    """The start is tried again while the engine is away."""
    deployment = site.deployment
    back = f"{sys.executable} -m tests.docker.spare_engine"
    away = Fault(
        "run", "after:step_finished:swap", f"{back} kill; (sleep 2; {back} start) >/dev/null 2>&1 &"
    )
    outcome = inject(site, Restore(deployment, str(raised[1])), away)
    assert outcome.code == 0, outcome.said
    assert site.tools() == RESTORED


def test_a_cold_backup_whose_engine_is_stopped_is_kept_and_owes_the_start(
    site: RealSite, spare: SpareEngine
) -> None:
    deployment, before = site.deployment, look_at(site)
    operation = ColdBackup(deployment)
    outcome = cut(site, deployment, operation, engine("stop", "after:step_finished:stop"))
    assert outcome.code == 13, outcome.said
    assert integrity(deployment.database) == "ok"
    pay(site, deployment, spare, before)
    assert site.tools() == before.names
    made = set(look_at(site).backups) - set(before.backups)
    assert len([name for name in made if name.endswith(".db")]) <= 1


def test_with_the_engine_down_what_needs_none_goes_on(
    site: RealSite, raised: tuple[RealSite, Path], spare: SpareEngine
) -> None:
    deployment = site.deployment
    spare.stop()
    for operation in (Restore(deployment, str(raised[1])), ColdBackup(deployment)):
        with pytest.raises(McpdbError) as refused:
            launch(operation)
        assert refused.value.exit_code == 13, str(refused.value)
    before = names(deployment.database, deployment)
    *_, last = follow(deployment, launch(BackupCreate(deployment)))
    assert last.exit_code == 0, last.sentence
    assert names(deployment.database, deployment) == before
