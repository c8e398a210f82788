"""Restores on the real gateway where something is not as usual."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docker import lab
from tests.docker.lab import fresh_database
from tests.docker.site import RealSite, ask, ask_finished
from tests.faults import wait_for
from tui.core.errors import McpdbError
from tui.core.operation import Check, Plan, Verdict
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import launch
from tui.operations.restore import Restore
from tui.operations.status import read_status
from tui.operations.undo import Undo

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

SLEEP = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(0)); signal.pause()"
HOLD = "f = open('/elsewhere/mcp.db', 'rb'); " + SLEEP


def check(plan: Plan, name: str) -> Check:
    (found,) = (c for c in plan.checks if c.name == name)
    return found


@pytest.fixture
def single_file(
    docker_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RealSite]:
    """A gateway that has only the file, not its folder."""
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    gateway = lab.Deployment.create("1.0.7", tmp_path / "forge")
    compose = gateway.folder / "docker-compose.yml"
    text = compose.read_text().replace("./data:/app/data", "./data/mcp.db:/app/data/mcp.db")
    # The mount point's folder is root's in the container.
    compose.write_text(text.replace("network_mode: host", 'network_mode: host\n    user: "0:0"'))
    try:
        gateway.up()
        yield RealSite(gateway)
    finally:
        gateway.down(purge=True)


def test_a_single_mounted_file_is_not_replaced_and_the_change_to_make_is_said(
    single_file: RealSite, tmp_path: Path
) -> None:
    site, deployment = single_file, single_file.deployment
    backup = tmp_path / "mcp_backup_20200101_000000.db"
    fresh_database("1.0.7", backup)
    before = site.lab.container_id(), read_status(deployment).gateway.since
    inode = site.lab.database.stat().st_ino

    operation = Restore(deployment, str(backup))
    forbidden = operation.plan().forbidden
    assert forbidden is not None
    assert forbidden.exit_code == 12
    data = site.lab.database.parent
    assert "Only the file" in forbidden.text
    assert "a swap on the host is not seen inside" in forbidden.text
    assert f"Mount {data} instead: - {data}:/app/data" in forbidden.text
    with pytest.raises(McpdbError, match="Only the file") as refused:
        launch(operation)
    assert refused.value.exit_code == 12
    assert (site.lab.container_id(), read_status(deployment).gateway.since) == before
    assert site.lab.database.stat().st_ino == inode
    assert site.lab.health()["status"] == "healthy"


def test_other_containers_on_the_file_are_named_and_then_it_is_written_into(
    raise_site: Callable[..., RealSite], small: Callable[..., str]
) -> None:
    site = raise_site("1.0.7")
    site.lab.register_tool("before-the-backup")
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    site.lab.register_tool("after-the-backup")
    operation = Restore(site.deployment, "latest")
    data = str(site.lab.database.parent)

    # A second gateway: its own settings lead to the same file.
    second = small(
        SLEEP,
        volumes=[f"{data}:/elsewhere"],
        environment={"DATABASE_URL": "sqlite:////elsewhere/mcp.db"},
    )
    forbidden = operation.plan().forbidden
    assert forbidden is not None
    assert forbidden.exit_code == 11
    assert f"{second} uses the same database" in forbidden.text
    with pytest.raises(McpdbError, match=second) as refused:
        launch(operation)
    assert refused.value.exit_code == 11

    # Something that has the file open, whatever its settings say: by its container's name.
    small(HOLD, name=second, volumes=[f"{data}:/elsewhere"], user="0:0")
    wait_for(
        lambda: (found := operation.plan().forbidden) is not None and found.name == "holders",
        "it is seen",
    )
    forbidden = operation.plan().forbidden
    assert forbidden is not None
    assert forbidden.exit_code == 11
    assert re.search(rf"\(pid \d+, {second}\) has the file open", forbidden.text)

    # A neighbour of the folder that does nothing with the file is no obstacle.
    small(SLEEP, name=second, volumes=[f"{data}:/elsewhere"])
    plan = operation.plan()
    assert plan.forbidden is None
    assert second in check(plan, "containers").text
    assert check(plan, "secret").verdict is Verdict.OK

    inode, owner = site.lab.database.stat().st_ino, site.owner_and_mode()
    entry = site.do(Restore(site.deployment, "latest", write_through=True))
    assert entry.exit_code == 0, entry.sentence
    assert site.lab.tools() == ["before-the-backup"]
    assert site.lab.health()["status"] == "healthy"
    assert site.lab.database.stat().st_ino == inode
    assert site.owner_and_mode() == owner
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    kept = Path(str(entry.result["safety_path"]))
    query = "SELECT count(*) FROM tools WHERE original_name = 'after-the-backup'"
    assert ask_finished(kept, query) == [(1,)]
    assert site.left_overs() == []

    undone = site.do(Undo(site.deployment))
    assert undone.exit_code == 0, undone.sentence
    assert sorted(site.lab.tools()) == ["after-the-backup", "before-the-backup"]
    assert site.owner_and_mode() == owner


def test_a_gateway_that_restarts_again_and_again_on_a_damaged_file_gets_the_backup(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    site.lab.register_tool("before-the-damage")
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    owner = site.owner_and_mode()
    site.lab.compose("stop")
    noise = os.urandom(40_000)
    site.lab.database.write_bytes(noise)
    site.lab.up(wait=None)
    wait_for(lambda: (read_status(site.deployment).gateway.restarts or 0) > 0, "it restarts", 90)

    plan = Restore(site.deployment, "latest").plan()
    assert plan.forbidden is None
    assert "set aside as found" in check(plan, "live").text
    assert "no automatic way back" in check(plan, "gateway").text
    entry = site.do(Restore(site.deployment, "latest"))

    assert entry.exit_code == 0, entry.sentence
    assert site.lab.health()["status"] == "healthy"
    assert site.lab.tools() == ["before-the-damage"]
    assert site.owner_and_mode() == owner
    kept = Path(str(entry.result["safety_path"]))
    assert kept.read_bytes() == noise
    assert entry.result["safety_ok"] is False
    assert site.left_overs() == []
