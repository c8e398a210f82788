"""What the gateway, its helpers and other operators do in the middle of an operation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Site
from tests.injection.arena import Arena
from tests.injection.cases import BY_NAME, CASES, Case
from tests.injection.fault import Fault
from tests.injection.inject import Outcome, inject
from tests.injection.whole import LOUD, Before, assert_whole, look_at, tools_of
from tui.operations.control import GatewayRestart
from tui.operations.finding.gateways import gateway_of, state_of

STOPPING = [case for case in CASES if case.down and case.met_at]
"""Operations that stop the gateway and start it again."""

DOWN = [pytest.param(c, step, id=f"{c}-{step}") for c in STOPPING for step in c.down]
SWAPS = [case for case in STOPPING if "swap" in case.steps]


def met(case: Case, arena: Arena, *faults: Fault) -> tuple[Site, Before, Outcome]:
    case.prepare(arena)
    site = arena.site
    before = look_at(site)
    return site, before, inject(site, case.make(site), *faults)


def judged(case: Case, site: Site, before: Before, outcome: Outcome) -> str:
    loud = outcome.said if outcome.code in LOUD else ""
    return assert_whole(site, before, new=case.new(before), loud=loud)


@pytest.mark.parametrize(("case", "step"), DOWN)
def test_somebody_starts_the_gateway_while_it_should_be_down(
    case: Case, step: str, arena: Callable[..., Arena]
) -> None:
    """Looked at before the critical step; what goes on without a stopped gateway says so."""
    fault = Fault("started", f"after:step_started:{step}")
    site, before, outcome = met(case, arena(), fault)
    assert outcome.code in (0, 4, 11), outcome.said
    site.wait_healthy()
    which = judged(case, site, before, outcome)
    if outcome.code == 11:
        assert which == "old"
        assert "started by somebody else" in outcome.said
    # Whatever database is live, it is the one that the gateway serves.
    new = case.new(before) or before.names
    assert site.tools() == (before.names if which == "old" else tools_of(new))


@pytest.mark.parametrize("case", STOPPING, ids=str)
@pytest.mark.parametrize("how", ["start-fails", "unhealthy"])
def test_a_gateway_that_does_not_come_back(
    how: str, case: Case, arena: Callable[..., Arena]
) -> None:
    """Once: a replaced database is taken back, the same rows and everything else stay."""
    fault = Fault(how, "after:step_finished:stop")
    site, before, outcome = met(case, arena(), fault)
    which = judged(case, site, before, outcome)
    if case.new(before) is not None and not case.stays:
        assert (outcome.code, which) == (4, "old"), outcome.said
    else:
        assert outcome.code == 14, outcome.said
        assert which == ("new" if case.stays else "old")
        assert site.do(GatewayRestart(site.deployment)).exit_code == 0


@pytest.mark.parametrize("case", STOPPING, ids=str)
def test_a_gateway_that_will_not_stop_is_killed_after_its_timeout(
    case: Case, arena: Callable[..., Arena]
) -> None:
    fault = Fault("stop-hangs", "after:step_started:stop")
    site, before, outcome = met(case, arena(), fault)
    assert outcome.code == 0, outcome.said
    which = judged(case, site, before, outcome)
    assert (which == "new") is (case.new(before) is not None)
    case.done(site, before)
    assert state_of(gateway_of(site.deployment)).identity != before.identity


@pytest.mark.parametrize("case", SWAPS, ids=str)
@pytest.mark.parametrize("kind", ["kill-helper", "kill-all"])
@pytest.mark.parametrize(
    "place", ["after:step_finished:stop", "before:step_finished:prove", "after:step_started:swap"]
)
def test_a_swap_helper_that_dies_changes_nothing(
    place: str, kind: str, case: Case, arena: Callable[..., Arena]
) -> None:
    site, before, outcome = met(case, arena(), Fault(kind, place))
    assert outcome.code == 1
    site.wait_healthy()
    assert judged(case, site, before, outcome) == "old"
    case.undone(site, before)


@pytest.mark.parametrize("case", [BY_NAME["restore"]], ids=str)
@pytest.mark.parametrize("place", ["after:step_started:stage", "after:step_started:stop"])
def test_a_gateway_that_dies_by_itself_does_not_stop_the_work(
    place: str, case: Case, arena: Callable[..., Arena]
) -> None:
    """A crash leaves its WAL behind: every commit is taken in before anything is exchanged."""
    site, before, outcome = met(case, arena(), Fault("gateway-dies", place))
    assert outcome.code == 0, outcome.said
    if place.endswith("stage"):
        # It was not running any more when it would have been stopped, so it is not started.
        assert not site.running()
        site.start()
    assert judged(case, site, before, outcome) == "new"
    (kept,) = (site.deployment.state_dir / "safety").glob("*.db")
    from tests.injection.whole import names

    assert names(kept) == before.names
