"""A recovery that is killed as well; every first kill is met in `test_fault_kill`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.injection.arena import LATER, Arena
from tests.injection.fault import Fault
from tests.injection.inject import inject, runner
from tests.injection.whole import assert_whole, look_at
from tui.core.errors import McpdbError
from tui.operations.activity import read_activity, unfinished
from tui.operations.execution.launch import follow, launch_resume
from tui.operations.restore import Restore

RECOVERY_PLACES = [
    (place, f"{when}:{kind}:{action}")
    for place, actions in (
        ("after:step_finished:stop", ("discard", "start-again")),
        ("after:step_finished:swap", ("start", "readback")),
    )
    for action in actions
    for when, kind in (
        ("after", "recovery_started"),
        ("before", "recovery_finished"),
        ("after", "recovery_finished"),
    )
]


@pytest.mark.parametrize(("place", "second"), RECOVERY_PLACES)
def test_a_recovery_killed_as_well_is_carried_through_by_the_next(
    place: str, second: str, arena: Callable[..., Arena]
) -> None:
    site = arena().site
    before = look_at(site)
    operation = Restore(site.deployment, "latest")
    outcome = inject(site, operation, Fault("kill", place), resume=False)
    assert outcome.cut
    with runner(Fault("kill", second)) as marks:
        with pytest.raises(McpdbError):
            launch_resume(site.deployment)
        assert (marks / "fault-0").exists()
    (still_open,) = (e for e in read_activity(site.deployment) if e.exit_code is None)
    *_, last = follow(site.deployment, still_open.id)
    assert last.state == "cut"

    launch_resume(site.deployment)
    site.wait_healthy()
    which = assert_whole(site, before, new=before.names - {LATER})
    assert (which == "new") is place.endswith("swap")
    assert unfinished(site.deployment) == ()
