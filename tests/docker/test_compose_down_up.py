"""Compose down and up on a real project: containers and networks go, the data stays."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.docker.site import RealSite
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tui.operations.compose_control import ComposeDown, ComposeUp

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def of_project(site: RealSite) -> tuple[list[str], list[str]]:
    """Containers and networks of the project, as the engine has them."""
    only = {"label": f"com.docker.compose.project={site.lab.project}"}
    with closing(site.lab.engine.docker_py()) as client:
        return (
            [one["Names"][0] for one in client.api.containers(all=True, filters=only)],
            [one["Name"] for one in client.api.networks(filters=only)],
        )


def test_down_removes_containers_and_networks_and_up_brings_the_same_database_back(
    shared_site: RealSite,
) -> None:
    site = shared_site
    site.add_tool("made-before-down")
    inode = site.lab.database.stat().st_ino
    containers, networks = of_project(site)
    name = site.deployment.name
    assert containers

    refused = site.command("gateway", "down")
    assert refused.returncode == 2 and "--yes confirms it" in refused.stderr
    assert f"keeps volumes and {site.lab.database}" in refused.stderr
    down = site.command("gateway", "down", "--yes", "--json")

    assert down.returncode == 0, down.stderr
    assert "removed; volumes and the database stay" in down.stdout
    assert of_project(site) == ([], [])
    assert site.lab.database.stat().st_ino == inode
    # What needs no container goes on, and says what there is.
    status = json.loads(site.command("status", "--json").stdout)["data"]
    assert status["gateway"]["running"] == "missing"
    assert status["deployment"]["name"] == name
    assert site.command("gateway", "status").returncode == 10
    again = site.command("gateway", "down", "--yes")
    assert again.returncode == 10 and "it is down" in again.stderr

    # A project that Compose does not understand is refused; a gateway that is sick costs 14.
    file = site.lab.folder / "docker-compose.yml"
    content = file.read_text()
    file.write_text("services: [")
    try:
        odd = site.command("gateway", "up")
    finally:
        file.write_text(content)
    assert odd.returncode == 12 and "does not understand the project" in odd.stderr
    broken = site.lab.folder / "boot" / "broken"
    broken.touch()
    try:
        sick = site.command("gateway", "up")
    finally:
        broken.unlink()
    assert sick.returncode == 14 and "did not become healthy" in sick.stderr, sick.stderr

    up = site.command("gateway", "up", "--json")

    assert up.returncode == 0, up.stderr
    assert site.healthy() and "made-before-down" in site.tools()
    assert of_project(site) == (containers, networks)
    assert site.lab.database.stat().st_ino == inode


def test_a_killed_down_goes_on_where_the_gateway_is_gone_and_so_does_the_up_behind_it(
    shared_site: RealSite,
) -> None:
    site = shared_site
    # A gateway that runs may have been brought up again since: it is left as it is.
    place = "after:step_started:down"
    outcome = inject(site, ComposeDown(site.deployment), Fault("kill", place))
    assert outcome.resumed == [1]
    assert site.healthy()
    place = "before:step_finished:down"
    outcome = inject(site, ComposeDown(site.deployment), Fault("kill", place))
    assert outcome.resumed == [0]
    assert of_project(site)[0] == []
    place = "before:step_finished:up"
    outcome = inject(site, ComposeUp(site.deployment), Fault("kill", place))
    assert outcome.resumed == [0]
    assert site.healthy()


def test_where_there_is_no_compose_it_says_so(
    shared_site: RealSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = shared_site.deployment
    monkeypatch.setenv("PATH", str(tmp_path))
    found = ComposeDown(deployment).plan().forbidden
    assert found is not None
    assert (int(found.exit_code), found.text) == (
        12,
        "compose down and up need the compose command; it is not here.",
    )
