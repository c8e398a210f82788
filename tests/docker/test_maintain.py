"""Maintenance of the real gateway 1.0.7, whose data folder is a small disk of its own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator

import pytest

from tests.docker import lab
from tests.docker.site import RealSite, ask
from tests.injection.arena import Disk
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tests.injection.whole import assert_whole, look_at
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.maintain import Maintain
from tui.operations.vacuum import Vacuum

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def on_disk(
    docker_host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealSite, Disk]]:
    """One real gateway for all, on a disk that can be full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker_host)
        gateway = lab.Deployment.create("1.0.7", tmp_path_factory.mktemp("maintained") / "forge")
        data = gateway.folder / "data"
        aside = gateway.folder / "aside"
        shutil.copytree(data, aside)
        owner = data.stat()
        disk = Disk(data, "64M")
        try:
            for path in aside.iterdir():
                shutil.copy2(path, data / path.name)
            os.chown(data, owner.st_uid, owner.st_gid)
            gateway.give_data_to_user()
            gateway.up()
            site = RealSite(gateway)
            site.add_tool("before-the-routine")
            yield site, disk
        finally:
            (data / "filler").unlink(missing_ok=True)
            gateway.down()
            disk.close()
            gateway.down(purge=True)


@pytest.fixture
def site(on_disk: tuple[RealSite, Disk]) -> RealSite:
    site, _disk = on_disk
    site.wait_healthy()
    for folder in (site.deployment.backup_dir, safety_dir(site.deployment)):
        for left in folder.glob("*"):
            left.unlink()
    return site


def since(site: RealSite) -> object:
    """When the container was started last: a look at its health comes and goes as a process."""
    return state_of(gateway_of(site.deployment)).since


def test_the_weekly_routine_from_cron_and_with_a_stop(site: RealSite) -> None:
    before, tools = look_at(site), site.tools()
    started = since(site)
    weekly = site.command("maintain", "--trigger", "schedule", "--json")
    assert weekly.returncode == 0, weekly.stderr
    result = json.loads(weekly.stdout)["data"]["operation"]["result"]
    assert result["left_out"] == ["VACUUM left out: the gateway runs; --stop allows it."]
    assert result["integrity"] == "ok"
    assert since(site) == started, "nobody stopped it"
    assert assert_whole(site, before) == "old"

    owner = site.owner_and_mode()
    stopped = site.command("maintain", "--stop")

    assert stopped.returncode == 0, stopped.stderr
    assert "VACUUM gave back" in stopped.stdout
    site.wait_healthy()
    assert site.owner_and_mode() == owner
    assert site.tools() == tools
    assert assert_whole(site, before, new=before.names) == "new"
    assert ask(site.deployment.database, "SELECT count(*) > 0 FROM sqlite_stat1") == [(1,)]
    (kept,) = safety_dir(site.deployment).glob("*.db")
    assert kept.stat().st_ino == before.inode


def test_a_vacuum_beside_the_real_gateway_that_goes_on_writing(site: RealSite) -> None:
    before = look_at(site)
    started = since(site)
    done = site.command("vacuum", "--online")
    assert done.returncode == 0, done.stderr
    assert since(site) == started, "nobody stopped it"
    site.add_tool("after-the-vacuum")
    assert site.healthy()
    assert ask(site.deployment.database, "PRAGMA quick_check") == [("ok",)]
    assert site.tools() == before.names | {"after-the-vacuum"}
    (kept,) = safety_dir(site.deployment).glob("*.db")
    assert kept.stat().st_size > 0


def test_a_routine_that_is_killed_leaves_the_file_as_it_was_and_the_gateway_back(
    site: RealSite,
) -> None:
    before = look_at(site)
    fault = Fault("kill", "before:step_finished:vacuum")
    outcome = inject(site, Maintain(site.deployment, stop=True), fault)
    assert outcome.resumed == [1]
    site.wait_healthy()
    assert assert_whole(site, before, new=before.names) == "old"
    assert site.tools() == before.names


def test_a_disk_that_is_full_while_the_new_file_is_written(site: RealSite) -> None:
    before = look_at(site)
    data = site.lab.folder / "data"
    full = Fault("enospc", "after:step_started:vacuum", str(data))
    # A gateway that finds no room at all is not healthy: `test_fault_disk` waits for that.
    freed = Fault("run", "after:failed:vacuum", f"rm {shlex.quote(str(data / 'filler'))}")
    outcome = inject(site, Vacuum(site.deployment), full, freed, resume=False)
    assert outcome.code == 12, outcome.said
    assert "No space left" in outcome.said
    site.wait_healthy()
    assert assert_whole(site, before) == "old"
