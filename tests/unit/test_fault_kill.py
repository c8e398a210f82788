"""SIGKILL at every record of every operation, on a running process gateway.

Whatever the moment: the database is the old one or the new one, whole; the gateway is as it was;
nothing half-made is left; `status` tells of it and changes nothing; a second `resume` has nothing
to do.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.injection.arena import Arena
from tests.injection.cases import CASES, EXEMPT, Case
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tests.injection.whole import assert_whole, look_at
from tui.operations.execution.launch import launch_resume
from tui.operations.execution.registry import OPERATIONS
from tui.services import journal

KILLS = [
    pytest.param(case, place, id=f"{case}-{place}")
    for case in CASES
    for place in (case.places if case.kills is None else case.kills)
]


def test_every_operation_of_the_registry_is_met_by_the_faults() -> None:
    assert {case.operation for case in CASES} | set(EXEMPT) == set(OPERATIONS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_steps_that_are_met_are_those_of_the_plan_and_of_the_journal(
    case: Case, arena: Callable[..., Arena]
) -> None:
    place = arena()
    case.prepare(place)
    site = place.site
    before = look_at(site)
    operation = case.make(site)
    planned = tuple(step.step for step in operation.plan().steps)
    last = site.do(operation)
    assert last.exit_code == 0, last.sentence
    records = journal.read(journal.path_of(site.deployment.state_dir, last.id))
    begun = tuple(r["step"] for r in records if r["kind"] == "step_started")
    assert begun == case.steps
    assert planned == case.steps
    new = case.new(before)
    if case.running_after(before, True) == before.running:
        assert assert_whole(site, before, new=new) == ("old" if new is None else "new")
    case.done(site, before)


@pytest.mark.parametrize(("case", "place"), KILLS)
def test_a_kill_anywhere_is_finished_or_undone(
    case: Case, place: str, arena: Callable[..., Arena]
) -> None:
    ground = arena()
    case.prepare(ground)
    site = ground.site
    before = look_at(site)
    outcome = inject(site, case.make(site), Fault("kill", place))
    assert outcome.unpaid is None
    kept = case.is_kept(place)
    assert outcome.resumed == [case.kept_code if kept else case.cut_code]
    assert site.running() == case.running_after(before, kept)
    if site.running():
        site.wait_healthy()
    if site.running() == before.running:
        which = assert_whole(site, before, new=case.new(before))
        assert which == ("new" if kept and case.new(before) is not None else "old")
    (case.done if kept else case.undone)(site, before)
    assert launch_resume(site.deployment) == []
