"""Another image on the real gateway: brought in by Compose, taken back with file and owner."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docker import lab
from tests.docker.migration_site import (
    OLD,
    assert_left_nothing,
    give_logs,
    image_id,
    image_of,
    stands_at,
)
from tests.docker.site import RealSite
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating.switching import put, target_image
from tui.operations.upgrade import Upgrade
from tui.services.containers import compose_up
from tui.services.containers.engine import Engine
from tui.services.giving import Giver, user_of

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def quiet(_done: int, _total: int) -> None:
    pass


def owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


@pytest.fixture(scope="module")
def site(docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    """A gateway 0.3.1 that runs."""
    found = lab.Deployment.create("0.3.1", tmp_path_factory.mktemp("switch") / "forge")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker_host)
        try:
            found.up()
            yield RealSite(found)
        finally:
            found.down(purge=True)


def switch_of(site: RealSite) -> dict[str, object]:
    deployment = site.deployment
    target = target_image(deployment, state_of(gateway_of(deployment)))
    assert target.switch is not None, target
    return {"switch": target.switch}


def test_a_container_is_remade_and_goes_back_while_nothing_of_it_runs(site: RealSite) -> None:
    deployment, data = site.deployment, site.lab.database.parent
    file = site.lab.folder / "docker-compose.yml"
    site.lab.name_release("1.0.7")
    named = file.read_bytes()
    facts = switch_of(site)
    site.lab.compose("stop")

    put(deployment, facts, quiet)

    assert image_of(site) == image_id(site, "1.0.7")
    assert not site.running()
    assert owner(data) == owner(site.lab.database) == lab.release("1.0.7").owner
    assert owner(deployment.state_dir) == (os.geteuid(), os.getegid())
    assert stands_at(site.lab.database) == [OLD], "the new gateway has run"

    put(deployment, facts, quiet, back=True)

    assert image_of(site) == image_id(site, "0.3.1")
    assert owner(data) == owner(site.lab.database) == lab.release("0.3.1").owner
    assert file.read_bytes() == named
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    gateway.start()
    site.wait_healthy()
    # What the container says of its files now does not lead astray.
    assert switch_of(site)["switch"]["to"] == image_id(site, "1.0.7")  # type: ignore[index]


def _killed_after_the_rename(site: RealSite, name: str) -> bool:
    """Let Compose make the container anew and kill it on the way; whether that was in time."""
    run = subprocess.Popen(
        [*lab.compose_command(), "up", "--no-start", "--force-recreate"],
        cwd=site.lab.folder,
        env=site.lab.engine.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    killed = False
    with closing(site.lab.engine.docker_py()) as client:
        while run.poll() is None and not killed:
            found = client.api.containers(all=True)
            names = [each.lstrip("/") for one in found for each in one["Names"]]
            if any(one.endswith(f"_{name}") for one in names):
                os.killpg(run.pid, signal.SIGKILL)
                killed = True
    run.wait()
    return killed


def test_a_compose_that_is_killed_in_the_middle_leaves_a_container_to_go_on_with(
    site: RealSite,
) -> None:
    """It renames the old container before it makes the new one."""
    site.lab.name_release("1.0.7")
    deployment, facts = site.deployment, switch_of(site)
    site.lab.compose("stop")
    name = deployment.gateway.container  # type: ignore[union-attr]
    assert any(_killed_after_the_rename(site, name) for _ in range(5)), "it was always faster"

    put(deployment, facts, quiet, back=True)

    assert image_of(site) == image_id(site, "0.3.1")
    assert compose_up.image_of(Engine(), deployment.gateway) == image_id(site, "0.3.1")  # type: ignore[arg-type]
    with closing(site.lab.engine.docker_py()) as client:
        ours = [
            c.name for c in client.containers.list(all=True, ignore_removed=True) if name in c.name
        ]
    assert ours == [name]


def test_a_next_release_that_does_not_start_gives_file_owner_and_image_back_together(
    site: RealSite,
) -> None:
    site.lab.name_release("0.3.1")
    site.lab.up()
    give_logs(site, "0.3.1")
    data, live = site.lab.database.parent, site.lab.database
    inode, mine = live.stat().st_ino, lab.release("0.3.1").owner
    site.lab.name_release("1.0.7-sick")

    entry = site.do(Upgrade(site.deployment))

    assert (entry.exit_code, entry.outcome) == (4, "rolled back"), entry.sentence
    site.wait_healthy()
    assert image_of(site) == image_id(site, "0.3.1")
    assert live.stat().st_ino == inode
    assert owner(live) == owner(data) == mine
    assert stands_at(live) == [OLD]
    assert_left_nothing(site)


def test_owners_change_inside_a_container_where_numbers_are_not_the_hosts(
    site: RealSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is done for an engine that maps users, and for an operator who is not root."""
    monkeypatch.setattr(Giver, "same_numbers", False)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mcp.db").touch()
    (folder / "link").symlink_to("/etc/passwd")
    engine = Engine()
    giver = Giver(engine, folder, image_id(site, "1.0.7"), {})

    giver.give([folder, folder / "mcp.db", folder / "link", folder / "gone"], 10001, 10002)

    assert owner(folder) == owner(folder / "mcp.db") == (10001, 10002)
    assert owner(Path("/etc/passwd")) == (0, 0)
    found = giver.owner(folder / "mcp.db")
    assert found is not None
    assert (found.uid, found.gid) == (10001, 10002)
    assert_left_nothing(site)


@pytest.mark.parametrize(
    ("told", "user"),
    [
        ("", (10001, 10001)),
        ("7:8", (7, 8)),
        ("www-data", (33, 33)),
        ("33", (33, 33)),
        ("www-data:adm", (33, 4)),
        ("4711", (4711, 0)),
        ("nobody-of-this-name", None),
    ],
)
def test_whom_a_container_runs_as_is_read_out_of_its_image(
    site: RealSite, told: str, user: tuple[int, int] | None
) -> None:
    engine = Engine()

    assert user_of(engine, engine.image(image_id(site, "1.0.7")), told) == user
