"""Full and failing disks under the real gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docker import lab
from tests.docker.site import RealSite
from tests.injection.arena import Disk
from tests.injection.fault import Fault, fill
from tests.injection.inject import heal, inject
from tests.injection.whole import assert_whole, integrity, look_at
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import launch_resume
from tui.operations.prune import Prune
from tui.operations.restore import Restore
from tui.operations.verify import BackupVerify

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

RESTORED = frozenset({"before-the-backup"})


@pytest.fixture(scope="module")
def on_disk(
    docker_host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealSite, Path]]:
    """A real gateway whose data folder is a small filesystem of its own, and one backup."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker_host)
        gateway = lab.Deployment.create("1.0.7", tmp_path_factory.mktemp("small") / "forge")
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
            site.add_tool("before-the-backup")
            made = site.do(BackupCreate(site.deployment))
            assert made.exit_code == 0, made.sentence
            yield site, Path(str(made.result["path"]))
        finally:
            (data / "filler").unlink(missing_ok=True)
            gateway.down()
            disk.close()
            gateway.down(purge=True)


@pytest.fixture
def site(on_disk: tuple[RealSite, Path]) -> RealSite:
    site, _backup = on_disk
    site.wait_healthy()
    if "since-the-backup" not in site.tools():
        site.add_tool("since-the-backup")
    return site


@pytest.mark.parametrize("place", ["checked:stage", "after:step_started:prove"])
def test_a_full_disk_at_a_step_of_a_real_restore(
    place: str, site: RealSite, on_disk: tuple[RealSite, Path]
) -> None:
    before = look_at(site)
    fault = Fault("enospc", place, str(site.lab.folder / "data"))
    outcome = inject(site, Restore(site.deployment, str(on_disk[1])), fault, resume=False)
    try:
        # Judged while the disk is still full.
        if place == "checked:stage":
            assert outcome.code == 12, outcome.said
            assert site.left_overs() == []
        assert outcome.code in (0, 4, 11, 12, 14), outcome.said
        assert integrity(site.deployment.database) == "ok"
        if outcome.code in (0, 12):
            site.wait_healthy()
    finally:
        heal((fault,))
    launch_resume(site.deployment)
    site.wait_healthy()
    which = assert_whole(site, before, new=RESTORED)
    assert (which == "new") is (outcome.code == 0)


def test_prune_makes_room_on_a_full_disk_and_a_backup_does_not_fit(site: RealSite) -> None:
    for _number in range(2):
        assert site.do(BackupCreate(site.deployment)).exit_code == 0
    before = look_at(site)
    filler = fill(site.lab.folder / "data")
    try:
        refused = BackupCreate(site.deployment).plan().forbidden
        assert refused is not None
        assert refused.exit_code == 12
        pruned = site.do(Prune(site.deployment, {"keep_last": 1, "minimum": 1}))
        assert pruned.exit_code == 0, pruned.sentence
        assert len(look_at(site).backups) == 2
    finally:
        filler.unlink()
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    assert assert_whole(site, before) == "old"


def test_a_disk_of_backups_that_fails_leaves_the_real_gateway_alone(
    site: RealSite, on_disk: tuple[RealSite, Path], tmp_path: Path
) -> None:
    """Real I/O errors while the backup is read: nothing has been stopped yet."""
    apart = tmp_path / "apart"
    apart.mkdir()
    disk = Disk(apart, "24M")
    try:
        deployment = replace(site.deployment, backup_dir=apart / "backups")
        made = site.do(BackupCreate(deployment))
        assert made.exit_code == 0, made.sentence
        before = look_at(site)
        disk.sync()
        place = "after:step_started:stage"
        operation = Restore(deployment, str(made.result["path"]))
        outcome = inject(site, operation, Fault("eio", place, str(apart)), resume=False)
        assert outcome.code in (3, 12), outcome.said
        assert "I/O error" in outcome.said or "Input/output error" in outcome.said
        assert site.healthy()
        assert look_at(site).identity == before.identity
        disk.mend()
        assert site.do(BackupVerify(deployment, "latest")).exit_code == 0
        assert assert_whole(site, before) == "old"
    finally:
        disk.close()
