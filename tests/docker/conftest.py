"""The real engine and real gateways; see `tests/docker/lab`."""

import contextlib
import os
import secrets

import pytest

from tests.docker import lab
from tests.docker.site import RealSite
from tui.core.models import ContainerRef

IMAGE = "1.0.7"


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/docker/" in str(item.path):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def docker_host():
    """Address of the engine; without one the test is skipped, unless one is demanded."""
    reason = lab.engine_available()
    if reason is not None:
        if os.environ.get("MCPDB_REQUIRE_DOCKER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return lab.engine().docker_host


@pytest.fixture(scope="session")
def docker_env(docker_host):
    """Environment that leads to the engine."""
    return {**os.environ, "DOCKER_HOST": docker_host}


@pytest.fixture(scope="session")
def engine(docker_host):
    """The engine, through the product's own layer."""
    from tui.services.containers.engine import Engine

    engine = Engine(docker_host)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def deployment(docker_host, tmp_path_factory):
    """A real gateway of the current release, up and healthy; shared by a module."""
    gateway = lab.Deployment.create(IMAGE, tmp_path_factory.mktemp("gateway") / "forge")
    try:
        gateway.up()
        yield gateway
    finally:
        gateway.down(purge=True)


@pytest.fixture(scope="module")
def shared_site(deployment):
    """The module's gateway as the product sees it, for tests that leave it whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", deployment.docker_host)
        yield RealSite(deployment)


@pytest.fixture(scope="module")
def gateway_ref(deployment, engine):
    """What finds the gateway of `deployment` again."""
    facts = engine.inspect(deployment.container_id())
    return ContainerRef(container=facts["Name"].lstrip("/"), docker_host=deployment.docker_host)


@pytest.fixture
def small(docker_host, engine):
    """Make small containers of the gateway's image with a program of one's own.

    Gives `make(program, **options) -> name`; `options` are the Engine API's. Making one of a
    name that exists replaces it, as Compose does.
    """
    image = lab.image_for(IMAGE, lab.engine())
    client = lab.engine().docker_py(timeout=60)
    made = set()

    def make(program, name="", start=True, **options):
        name = name or f"mcpdb-test-{secrets.token_hex(4)}"
        engine.remove(name)
        options = {"network_mode": "none", "healthcheck": {"test": ["NONE"]}, **options}
        container = client.containers.create(
            image, ["-c", program], entrypoint=["python3", "-u"], name=name, **options
        )
        made.add(name)
        if start:
            container.start()
        return name

    yield make
    for name in made:
        with contextlib.suppress(Exception):
            engine.remove(name)
    client.close()


@pytest.fixture
def raise_site(docker_host, tmp_path, monkeypatch):
    """Bring real deployments up, one a call; they are taken down with the test."""
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    raised = []

    def up(release):
        gateway = lab.Deployment.create(release, tmp_path / f"forge{len(raised)}")
        raised.append(gateway)
        gateway.up()
        return RealSite(gateway)

    yield up
    for gateway in raised:
        gateway.down(purge=True)
