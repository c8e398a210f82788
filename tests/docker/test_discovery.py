"""Discovery on a real engine with a real gateway."""

import contextlib
import secrets
import time
from pathlib import Path

import pytest
from docker.errors import NotFound

from tests.docker import lab
from tui.core.models import ContainerRef
from tui.core.settings import Flags, load
from tui.operations.finding.discover import discover


def look(cwd, environ, **flags):
    return discover(load(Flags(**flags), environ, cwd), environ, cwd)


def test_the_folder_of_the_project_selects_its_gateway(deployment, docker_env):
    for cwd in (deployment.folder, deployment.folder / "data"):
        chosen = look(cwd, docker_env).require()
        assert chosen.database == deployment.database
        assert chosen.project_dir == deployment.folder
        assert chosen.name == deployment.project
        assert chosen.gateway.service == "gateway"
        assert chosen.gateway.docker_host == deployment.docker_host
        assert chosen.gateway.database_inside == "/app/data/mcp.db"
        assert chosen.gateway.config_files == (str(deployment.folder / "docker-compose.yml"),)
        assert chosen.log_files == (deployment.folder / "logs",)
        assert chosen.image == deployment.image
        assert chosen.problems == ()


def test_the_file_alone_finds_the_gateway_that_has_it(deployment, docker_env):
    chosen = look(Path("/"), docker_env, database=str(deployment.database)).require()
    assert isinstance(chosen.gateway, ContainerRef)
    assert chosen.name == deployment.project


def test_a_stopped_gateway_is_found_too(deployment, docker_env, engine):
    engine.stop(deployment.container_id(), 10)
    try:
        found = look(deployment.folder, docker_env)
        assert found.require().database == deployment.database
        assert found.candidates[0].state.running == "stopped"
    finally:
        engine.start(deployment.container_id())
        deployment.wait_healthy()


def test_discovery_costs_little_beside_the_sdk(deployment, docker_env):
    look(deployment.folder, docker_env)  # the SDK is imported by now
    began = time.monotonic()
    look(deployment.folder, docker_env)
    assert time.monotonic() - began < 2


@pytest.fixture
def client(docker_host):
    client = lab.engine().docker_py(timeout=60)
    yield client
    client.close()


@pytest.fixture
def other(client):
    """Make containers of the gateway's image with another database; they are not started."""
    image = lab.image_for("1.0.7", lab.engine())
    made = []

    def make(url, **options):
        container = client.containers.create(
            image,
            ["mcpgateway"],
            name=f"mcpdb-test-{secrets.token_hex(4)}",
            environment={"DATABASE_URL": url},
            network_mode="none",
            **options,
        )
        made.append(container)
        return container.name

    yield make
    for container in made:
        with contextlib.suppress(NotFound):
            container.remove(force=True, v=True)


def candidate(environ, name):
    found = look(Path("/"), environ, container=name)
    return next(c for c in found.candidates if c.deployment.gateway.container == name)


def topics(found):
    return [problem.topic for problem in found.deployment.problems]


def test_a_named_volume_is_found_where_the_engine_keeps_it(other, docker_env, client):
    volume = client.volumes.create(f"mcpdb-test-{secrets.token_hex(4)}")
    try:
        name = other("sqlite:///./data/mcp.db", volumes=[f"{volume.name}:/app/data"])
        found = candidate(docker_env, name)
        assert found.where == f"volume {volume.name}"
        assert found.deployment.database.parent.is_dir()
        assert found.deployment.database.match(f"volumes/{volume.name}/_data/mcp.db")
        client.containers.get(name).remove(force=True)
    finally:
        volume.remove(force=True)


def test_a_single_file_mount_is_recognised(other, docker_env, tmp_path):
    (tmp_path / "mcp.db").touch()
    name = other("sqlite:////app/data/mcp.db", volumes=[f"{tmp_path}/mcp.db:/app/data/mcp.db"])
    found = candidate(docker_env, name)
    assert topics(found) == ["single-file"]
    assert found.deployment.database == tmp_path / "mcp.db"
    assert found.deployment.blocked("replace")


def test_a_database_in_the_containers_own_layer_is_recognised(other, docker_env):
    assert topics(candidate(docker_env, other("sqlite:///./data/mcp.db"))) == ["no-mount"]


def test_postgresql_is_recognised(other, docker_env):
    found = candidate(docker_env, other("postgresql+psycopg://mcp:geheim@db:5432/mcp"))
    assert topics(found) == ["postgresql"] and found.state.running == "stopped"
    assert "geheim" not in repr(found.deployment)


def test_several_gateways_are_for_a_person_to_choose(deployment, other, docker_env):
    other("postgresql://db/mcp")
    found = look(Path("/"), docker_env)
    assert found.chosen is None
    assert deployment.project in [c.deployment.name for c in found.candidates]
