"""Disks that really fail: the kernel answers EIO to everything until they are mounted anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.faults import needs_root, wait_for
from tests.injection.arena import Arena
from tests.injection.cases import BY_NAME, still_good
from tests.injection.fault import Fault
from tests.injection.inject import inject, runner
from tests.injection.whole import assert_whole, look_at, names
from tui.core.errors import McpdbError
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.verify import BackupVerify
from tui.services import processes

DISK = "24M"


@needs_root
@pytest.mark.parametrize(
    ("operation", "place"),
    [
        ("backup", "after:step_started:copy"),
        ("backup", "after:step_started:verify"),
        ("backup", "after:step_started:publish"),
        ("restore", "after:step_started:stage"),
        ("verify", "after:step_started:check"),
        ("drill", "after:step_started:stage"),
        ("backup-cold", "after:step_started:copy"),
        ("backup-cold", "after:step_started:verify"),
    ],
)
def test_a_disk_of_backups_that_fails_costs_the_operation_alone(
    operation: str, place: str, arena: Callable[..., Arena]
) -> None:
    """The live database lies elsewhere: it and its gateway are as before."""
    ground = arena(apart=DISK)
    assert ground.apart is not None
    case = BY_NAME[operation]
    site = ground.site
    before = look_at(site)
    ground.apart.sync()
    fault = Fault("eio", place, str(ground.apart.folder))
    outcome = inject(site, case.make(site), fault, resume=False)
    try:
        assert outcome.entry is not None
        assert outcome.code in (1, 3, 5, 12), outcome.said
        assert outcome.said
        live = site.deployment.database
        assert names(live, site.deployment) == before.names
        assert site.integrity() == "ok"
        site.wait_healthy()
        if "cold" not in operation:
            assert state_of(gateway_of(site.deployment)).identity == before.identity
    finally:
        ground.apart.mend()
    with suppress(McpdbError):
        launch_resume(site.deployment)
    # Mounted again it is used again, and what was half made is swept.
    assert site.do(BackupVerify(site.deployment, "latest")).exit_code == 0
    assert assert_whole(site, before) == "old"
    still_good(site, before)


@needs_root
@pytest.mark.parametrize(
    "place",
    [
        "after:step_started:stage",
        "after:step_started:prove",
        "after:step_started:swap",
        "before:step_finished:swap",
        "after:step_started:readback",
    ],
)
def test_a_disk_that_dies_under_the_database_leaves_old_or_new(
    place: str, arena: Callable[..., Arena]
) -> None:
    """Journal and database die together; after the machine came back `resume` settles it."""
    ground = arena(disk=DISK)
    assert ground.disk is not None
    case = BY_NAME["restore"]
    site = ground.site
    before = look_at(site)
    ground.disk.sync()
    operation = case.make(site)
    fault = Fault("eio", place, str(ground.disk.folder))
    with runner(fault) as marks:
        journal_id = launch(operation, operation.plan().fingerprint)
        pid = 0
        with suppress(McpdbError):
            for entry in follow(site.deployment, journal_id):
                pid = entry.pid
        assert (marks / "fault-0").exists()
        wait_for(lambda: not _works(pid), "the operation's process has ended")
    # The machine starts anew: nothing of it lives, the disk is mounted, the gateway comes up.
    demo.stop(ground.folder)
    wait_for(lambda: _unmounted(ground), "nobody has a file open there")
    ground.disk.mount()
    assert [entry.operation for entry in unfinished(site.deployment)] == ["restore"]
    ((_id, code),) = launch_resume(site.deployment)
    if not site.running():
        site.start()
    site.wait_healthy()
    assert code in (0, 1, 4)
    which = assert_whole(site, before, new=case.new(before))
    assert (which == "new") is (code == 0)


def _works(pid: int) -> bool:
    found = processes.tree(pid) if pid else ()
    with suppress(OSError, ValueError):
        state = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]  # noqa: PTH123, SIM115
        if state in "ZX":
            return False
    return bool(found)


def _unmounted(ground: Arena) -> bool:
    import subprocess

    assert ground.disk is not None
    try:
        ground.disk.unmount()
    except subprocess.CalledProcessError:
        return False
    return True
