"""The other faults at every step of every operation, on a running process gateway.

A full disk, a folder that lost its permission, a wish to stop, a hang-up, a helper that dies:
before the point of no return the operation undoes itself and says why; after it, it is finished
or undone, and the gateway is as it was or it is said that it is not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable

import pytest

from tests.conftest import Site
from tests.faults import needs_root
from tests.injection.arena import Arena
from tests.injection.cases import CASES, Case
from tests.injection.fault import Fault
from tests.injection.inject import Outcome, heal, inject
from tests.injection.whole import LOUD, Before, assert_whole, look_at
from tui.operations.control import GatewayRestart
from tui.operations.execution.launch import launch_resume
from tui.operations.verify import VerifyAll

DISK = "24M"


def places(cases: Iterable[Case], of: Callable[[Case], Iterable[str]]) -> list[object]:
    return [pytest.param(case, place, id=f"{case}-{place}") for case in cases for place in of(case)]


def begins(case: Case) -> list[str]:
    return [f"after:step_started:{step}" for step in case.met_at]


def judge(site: Site, case: Case, before: Before, outcome: Outcome, *, settled: bool) -> bool:
    """The invariants; whether it came to its end."""
    loud = outcome.said if outcome.code in LOUD else ""
    new, ended = case.new(before), outcome.code == 0
    running = case.running_after(before, ended)
    which = assert_whole(site, before, new=new, loud=loud, running=running, settled=settled)
    done = ended if new is None else which == "new"
    (case.done if done else case.undone)(site, before)
    return done


@needs_root
@pytest.mark.parametrize(
    ("case", "place"),
    places(
        [case for case in CASES if case.writes and case.met_at],
        lambda case: [*begins(case), *(f"checked:{step}" for step in case.checked)],
    ),
)
def test_a_disk_that_is_full_at_a_step(case: Case, place: str, arena: Callable[..., Arena]) -> None:
    ground = arena(disk=DISK)
    case.prepare(ground)
    site = ground.site
    before = look_at(site)
    fault = Fault("enospc", place, str(site.deployment.database.parent))
    outcome = inject(site, case.make(site), fault, resume=False)
    assert not outcome.cut
    # The disk is still full: nothing below has been helped by space that came back.
    done = judge(site, case, before, outcome, settled=True)
    if not done:
        assert outcome.code in (12, *LOUD, 4), outcome.said
        if "checked" in place:
            assert outcome.code == 12
    heal((fault,))


@needs_root
@pytest.mark.parametrize(
    ("case", "place"),
    places([case for case in CASES if case.writes and case.met_at], begins),
)
def test_a_folder_that_may_not_be_written_from_a_step_on(
    case: Case, place: str, arena: Callable[..., Arena]
) -> None:
    ground = arena(disk=DISK)
    case.prepare(ground)
    site = ground.site
    before = look_at(site)
    folder = site.deployment.database.parent if case.down else site.deployment.backup_dir
    fault = Fault("eacces", place, str(folder))
    outcome = inject(site, case.make(site), fault, resume=False)
    try:
        # 11: SQLite cannot remove the WAL either, which looks as if somebody else had it open.
        assert outcome.code in (0, 11, 12, *LOUD, 4), outcome.said
        if outcome.code == 12:
            assert str(folder) in outcome.said
        loud = outcome.said if outcome.code in LOUD else ""
        which = assert_whole(site, before, new=case.new(before), loud=loud, settled=False)
    finally:
        heal((fault,))
    assert outcome.entry is not None
    put_right_by_hand(site, outcome)
    # What could not be removed then is removed by whoever changes something next.
    assert site.do(VerifyAll(site.deployment)).exit_code == 0
    after = assert_whole(site, before, new=case.new(before))
    assert after == ("old" if "by_hand" in outcome.entry.result else which)


def put_right_by_hand(site: Site, outcome: Outcome) -> None:
    """Do what the operation said is left to do, and nothing else."""
    assert outcome.entry is not None
    if outcome.entry.state == "cut":
        # Its debt stands in the journal.
        assert "resume" in outcome.said
        assert launch_resume(site.deployment)
    elif outcome.code == 5:
        for line in outcome.entry.result["by_hand"]:
            subprocess.run(["sh", "-c", line], check=True, stdout=subprocess.DEVNULL)
    elif outcome.code == 14:
        site.do(GatewayRestart(site.deployment))
    site.wait_healthy()


@pytest.mark.parametrize(
    ("case", "place"),
    places([case for case in CASES if case.cancellable and case.met_at], begins),
)
def test_a_wish_to_stop_at_a_step(case: Case, place: str, arena: Callable[..., Arena]) -> None:
    # One handler serves both signals, so they take turns along the steps.
    wish = ("cancel", "sigterm")[begins(case).index(place) % 2]
    ground = arena()
    case.prepare(ground)
    site = ground.site
    before = look_at(site)
    outcome = inject(site, case.make(site), Fault(wish, place), Fault("hangup", place))
    if outcome.code != 0:
        assert (outcome.code, outcome.entry and outcome.entry.outcome) == (1, "cancelled")
    done = judge(site, case, before, outcome, settled=True)
    assert done == (outcome.code == 0)
    if case.kept_from and case.places.index(place) >= case.places.index(case.kept_from):
        assert done, "it was cancelled behind the point of no return"
