"""A gateway that came up since somebody was asked, or need not be asked, is not stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.injection.arena import Arena
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tui.core.errors import BusyError
from tui.core.operation import Tier
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.execution.launch import follow, launch
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.maintain import Maintain
from tui.operations.maintaining.words import VACUUM_LEFT_OUT
from tui.operations.vacuum import Vacuum
from tui.services import journal


@pytest.mark.parametrize("online", [False, True])
def test_a_gateway_that_is_started_while_the_routine_checks_is_not_stopped(
    online: bool, arena: Callable[..., Arena]
) -> None:
    site = arena().site
    demo.stop(site.folder)
    routine = Maintain(site.deployment, online=online)
    assert routine.plan().tier is Tier.LIGHT
    outcome = inject(site, routine, Fault("started", "after:step_started:integrity"))
    assert outcome.entry is not None
    assert outcome.code == 0, outcome.said
    records = journal.read(journal.path_of(site.deployment.state_dir, outcome.entry.id))
    begun = {record["step"] for record in records if record["kind"] == "step_started"}
    assert "stop" not in begun
    assert ("vacuum-online" in begun) is online
    left = [] if online else [VACUUM_LEFT_OUT]
    assert outcome.entry.result["left_out"] == left
    assert outcome.entry.result["mode"] == ("online" if online else "look")
    assert site.running()


def test_a_vacuum_that_nobody_was_asked_for_does_not_stop_a_gateway_brought_back_before_it(
    arena: Callable[..., Arena],
) -> None:
    site = arena().site
    operation = Vacuum(site.deployment)
    outcome = inject(site, operation, Fault("kill", "after:step_finished:stop"), resume=False)
    assert outcome.cut
    assert operation.plan().tier is Tier.LIGHT, "the gateway is down"
    with pytest.raises(BusyError, match="has to be confirmed now"):
        launch(operation, agreed=Tier.LIGHT)
    assert unfinished(site.deployment) == ()
    site.wait_healthy()
    back = state_of(gateway_of(site.deployment)).identity
    with pytest.raises(BusyError):
        launch(operation, agreed=Tier.LIGHT)
    assert state_of(gateway_of(site.deployment)).identity == back
    *_, last = follow(site.deployment, launch(operation, agreed=Tier.DISRUPTIVE))
    assert last.exit_code == 0, last.sentence
