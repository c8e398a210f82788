"""The probe beside the real gateway: exec, one-off container, and nothing touched by either."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docker.lab import Deployment as Lab
from tests.docker.lab import engine_available, image_for
from tui.core.errors import DockerError
from tui.core.models import ContainerRef, Deployment, GatewayState, MigrationsRef
from tui.operations.timelines.timeline import read_timeline
from tui.services.migrations.one_off import MAKER_LABEL
from tui.services.migrations.probe import read_container, read_image, recall_container

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(bool(engine_available()), reason=str(engine_available())),
]

PACKAGE = "mcpgateway"
HEADS = {"0.3.1": ("e75490e949b1", 3), "1.0.7": ("7ab59991e017", 113)}


@pytest.fixture(scope="module", params=sorted(HEADS))
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    lab = Lab.create(request.param, tmp_path_factory.mktemp("gateway"))
    lab.up()
    yield lab
    lab.down(purge=True)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def running(gateway: Lab) -> Lab:
    gateway.up()
    return gateway


@pytest.fixture
def stopped(gateway: Lab) -> Lab:
    gateway.compose("stop")
    return gateway


def ref(lab: Lab) -> ContainerRef:
    with closing(lab.engine.docker_py()) as client:
        name = client.containers.get(lab.container_id()).name
    return ContainerRef(
        container=str(name), docker_host=lab.docker_host, database_inside="/app/data/mcp.db"
    )


def image_id(lab: Lab) -> str:
    with closing(lab.engine.docker_py()) as client:
        return str(client.images.get(lab.image).id)


def left_behind(lab: Lab) -> list[str]:
    """One-off containers that this process made; others may use the same engine."""
    with closing(lab.engine.docker_py()) as client:
        found = client.containers.list(
            all=True, ignore_removed=True, filters={"label": MAKER_LABEL}
        )
        return [c.name for c in found if json.loads(str(c.labels[MAKER_LABEL]))[1] == os.getpid()]


def contents(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every file below a folder with its owner, mode, time and hash."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (facts.st_uid, facts.st_gid, facts.st_mode, facts.st_mtime_ns, digest)
    return found


def deployment(lab: Lab) -> Deployment:
    return Deployment(
        name=lab.name,
        database=lab.database,
        backup_dir=lab.folder / "backups",
        gateway=ref(lab),
        migrations=MigrationsRef(package=PACKAGE),
        image_id=image_id(lab),
    )


def test_the_running_container_answers_by_exec(running: Lab) -> None:
    before = sorted(path.name for path in running.database.parent.iterdir())
    graph = read_container(ref(running), PACKAGE, up=True)
    head, count = HEADS[running.release]
    assert (graph.heads, len(graph.revisions)) == ((head,), count)
    assert graph.version == running.release
    assert graph.read_from.endswith(" (exec)")
    assert graph.python == "/app/.venv/bin/python"
    assert sorted(path.name for path in running.database.parent.iterdir()) == before
    assert left_behind(running) == []


def test_a_stopped_container_is_answered_for_by_a_one_off_container(stopped: Lab) -> None:
    before = contents(stopped.folder)
    graph = read_container(ref(stopped), PACKAGE, up=False)
    assert graph.heads == (HEADS[stopped.release][0],)
    assert graph.read_from == f"one-off container of {stopped.image}"
    assert contents(stopped.folder) == before
    assert left_behind(stopped) == []


def test_a_container_that_stopped_meanwhile_is_answered_for_all_the_same(stopped: Lab) -> None:
    graph = read_container(ref(stopped), PACKAGE, up=True)
    assert graph.read_from.startswith("one-off container")


def test_a_gateway_that_loops_is_answered_for(gateway: Lab) -> None:
    gateway.make_unhealthy_on_start()
    try:
        gateway.compose("restart")
        state = GatewayState(running="restarting")
        timeline = read_timeline(deployment(gateway), state, [HEADS[gateway.release][0]])
    finally:
        gateway.mend()
    assert timeline.problem == ""
    assert timeline.revisions[0].state == "current"
    assert timeline.revisions[0].release == gateway.release


def test_a_container_that_is_gone_leaves_its_image(gateway: Lab) -> None:
    known, image = ref(gateway), image_id(gateway)
    gateway.compose("down")
    try:
        graph = read_container(known, PACKAGE, up=False, image_id=image)
        with pytest.raises(DockerError, match="There is no container"):
            read_container(known, PACKAGE, up=False)
    finally:
        gateway.up()
    assert graph.heads == (HEADS[gateway.release][0],)


def test_a_second_look_at_an_image_needs_no_engine(running: Lab) -> None:
    first = read_container(ref(running), PACKAGE, up=True)
    known = recall_container(image_id(running), PACKAGE)
    assert known is not None
    assert known.revisions == first.revisions


def test_a_database_of_another_release_is_named(running: Lab) -> None:
    stranger = next(head for head, _ in HEADS.values() if head != HEADS[running.release][0])
    timeline = read_timeline(deployment(running), GatewayState(running="running"), [stranger])
    if running.release == "0.3.1":
        assert timeline.unknown == (stranger,)
        assert timeline.problem == (
            "This image does not know 7ab59991e017 (release 1.0.7). "
            "Start 1.0.7, or restore a backup of 0.3.1."
        )
    else:
        assert timeline.pending == 110
        assert timeline.problem == ""


def test_another_image_of_the_engine_is_read_without_the_gateway_noticing(running: Lab) -> None:
    other = next(version for version in HEADS if version != running.release)
    before = running.container_id()
    graph = read_image(ref(running), PACKAGE, image_for(other, running.engine))
    assert (graph.heads, graph.version) == ((HEADS[other][0],), other)
    assert running.container_id() == before
    assert left_behind(running) == []


def test_an_image_that_is_not_there_is_named(running: Lab) -> None:
    with pytest.raises(DockerError, match="The image nobody/has:this is not on this host"):
        read_image(ref(running), PACKAGE, "nobody/has:this")
