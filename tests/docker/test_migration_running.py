"""Migrations on a copy in one-off containers of the real gateway's images."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.docker.lab import Deployment as Lab
from tests.docker.lab import engine_available, image_for
from tests.docker.site import RealSite, ask_finished
from tui.core.errors import Cancelled, DockerError, NotFoundError
from tui.core.models import ContainerRef, Deployment
from tui.services.containers.engine import Engine
from tui.services.migrations import copies
from tui.services.migrations.job import Event, Job, MigrationFailedError, Ran
from tui.services.migrations.one_off import MAKER_LABEL
from tui.services.migrations.running import remove_left_behind, run

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(bool(engine_available()), reason=str(engine_available())),
]

OLD_HEAD, NEW_HEAD, NEXT_TO_LAST = "e75490e949b1", "7ab59991e017", "c9f8e7d6a4b3"
RUNNER = """
import sys
from pathlib import Path
from tui.core.models import Deployment
from tui.services.migrations.running import Job, run
import json
deployment = Deployment.from_json(json.loads(sys.argv[1]))
run(deployment, Job(action="upgrade"), Path(sys.argv[2]), image=sys.argv[3],
    on_event=lambda event: print(event.kind, flush=True))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A deployment of 0.3.1 whose container was made and never started."""
    lab = Lab.create("0.3.1", tmp_path_factory.mktemp("gateway") / "forge")
    try:
        lab.compose("up", "--no-start")
        yield lab
    finally:
        lab.down(purge=True)


@pytest.fixture
def deployment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("DOCKER_HOST", lab.docker_host)
    lab.compose("up", "--no-start")
    return RealSite(lab).deployment


@pytest.fixture(scope="module")
def new_image(lab: Lab) -> str:
    return image_for("1.0.7", lab.engine)


@pytest.fixture
def copy(lab: Lab, tmp_path: Path) -> Path:
    """A copy of the 0.3.1 database with rows of its own."""
    (tmp_path / "data").mkdir(mode=0o700)
    path = tmp_path / "data" / "mcp.db"
    path.write_bytes(lab.database.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(
            "INSERT INTO gateways (id, name, slug, url, transport, capabilities, created_at,"
            " updated_at, enabled, reachable) VALUES (?, ?, ?, ?, 'SSE', '{}', '2025-07-01',"
            " '2025-07-01', 1, 1)",
            [(f"g{n}", f"peer {n}", f"peer-{n}", f"http://10.0.0.{n}/sse") for n in range(20)],
        )
        connection.commit()
    return path


def one_offs(deployment: Deployment, pid: int = 0) -> list[str]:
    """Containers that a process made, this one by default; others may use the same engine."""
    ref = deployment.gateway
    assert isinstance(ref, ContainerRef)
    with closing(Engine(ref.docker_host)) as engine:
        ours = [c for c in engine.containers() if MAKER_LABEL in (c["Labels"] or {})]
    return [
        str(c["Names"][0]).lstrip("/")
        for c in ours
        if json.loads(c["Labels"][MAKER_LABEL])[1] == (pid or os.getpid())
    ]


def live(lab: Lab) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted((lab.folder / "data").rglob("*")):
        facts = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (facts.st_uid, facts.st_gid, facts.st_mode, facts.st_mtime_ns, digest)
    return found


def up(deployment: Deployment, copy: Path, image: str = "", **more: Any) -> Ran:
    return run(deployment, Job(action="upgrade"), copy, image=image, **more)


def test_an_old_database_runs_through_all_revisions_of_another_image(
    lab: Lab, deployment: Deployment, copy: Path, new_image: str
) -> None:
    before = live(lab)
    heard: list[Event] = []
    job = Job(action="upgrade", bootstrap=True)
    ran = run(deployment, job, copy, image=new_image, on_event=heard.append)
    assert len(ran.runs) == 110 and all(item.ok for item in ran.runs)
    assert (ran.before, ran.after, ran.heads) == ((OLD_HEAD,), (NEW_HEAD,), (NEW_HEAD,))
    assert (ran.release, ran.user) == ("1.0.7", (10001, 10001))
    assert ran.image == new_image and ran.image_id.startswith("sha256:")
    assert ran.bootstrap_seconds > 0
    assert [e.number for e in heard if e.kind == "done"] == list(range(1, 111))
    told = {item.revision: item.did for item in ran.runs}
    assert told["e1a2b3c4d5f6"] == ("+ gateways.add_headers, gateways.remove_headers",)
    assert told["b6c7d8e9f0a1"][-1] == "+ table mcp_app_sessions (2 indexes)"
    assert told[NEW_HEAD] == ("rebuilt oauth_tokens, 0 rows", "- idx_oauth_gateway_user")
    assert ask_finished(copy, "SELECT count(*) FROM gateways WHERE name LIKE 'peer %'") == [(20,)]
    assert ask_finished(copy, "SELECT count(*) FROM email_users") == [(1,)]  # by its bootstrap
    assert ask_finished(copy, "PRAGMA integrity_check") == [("ok",)]
    assert [path.name for path in copy.parent.iterdir()] == ["mcp.db"]
    assert (copy.stat().st_uid, copy.stat().st_mode & 0o777) == (os.geteuid(), 0o600)

    back = run(deployment, Job(action="downgrade", target="-1"), copy, image=new_image)
    assert [(item.revision, item.direction) for item in back.runs] == [(NEW_HEAD, "down")]
    assert back.after == (NEXT_TO_LAST,)
    assert live(lab) == before
    assert one_offs(deployment) == []


def test_an_old_image_refuses_a_newer_database(
    deployment: Deployment, copy: Path, new_image: str
) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [NEW_HEAD])
        connection.commit()
    with pytest.raises(MigrationFailedError, match=f"does not know {NEW_HEAD}"):
        up(deployment, copy)


@pytest.mark.parametrize("state", ["running", "looping"])
def test_it_does_not_matter_what_the_gateway_is_doing(
    lab: Lab, deployment: Deployment, copy: Path, state: str
) -> None:
    if state == "looping":
        lab.make_unhealthy_on_start()
    lab.up(wait=None)
    try:
        ran = up(deployment, copy)
    finally:
        lab.compose("down")
        if state == "looping":
            lab.mend()
    assert (ran.after, ran.release, ran.user) == ((OLD_HEAD,), "0.3.1", (1001, 0))


def test_a_container_that_is_gone_leaves_image_and_compose_file(
    lab: Lab, deployment: Deployment, tmp_path: Path
) -> None:
    lab.compose("down")
    path = tmp_path / "new" / "mcp.db"
    ran = run(deployment, Job(action="bootstrap"), path)
    assert (ran.after, ran.release) == ((OLD_HEAD,), "0.3.1")
    assert [item.name for item in path.parent.iterdir()] == ["mcp.db"]
    assert path.stat().st_uid == os.geteuid()


def test_without_the_settings_nothing_runs(lab: Lab, deployment: Deployment, copy: Path) -> None:
    """With another secret than the gateway's, migrations would encrypt what nobody can read."""
    lab.compose("down")
    ref = deployment.gateway
    assert isinstance(ref, ContainerRef)
    lost = replace(deployment, gateway=replace(ref, project="", service=""))
    with pytest.raises(DockerError, match=r"is gone, and its settings with it .* up --no-start"):
        up(lost, copy)


def test_an_image_that_is_not_here_is_named(deployment: Deployment, copy: Path) -> None:
    with pytest.raises(DockerError, match="The image nobody/has:this is not on this host"):
        up(deployment, copy, "nobody/has:this")


def test_an_image_without_the_gateway_is_named(
    deployment: Deployment, copy: Path, new_image: str
) -> None:
    other = replace(deployment, migrations=replace(deployment.migrations, package="nosuch"))
    with pytest.raises(NotFoundError, match="has no package nosuch"):
        up(other, copy, new_image)


def test_a_stop_that_is_asked_for_leaves_no_container(
    deployment: Deployment, copy: Path, new_image: str
) -> None:
    heard: list[Event] = []

    def checkpoint() -> None:
        if heard:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        up(deployment, copy, new_image, on_event=heard.append, checkpoint=checkpoint)
    assert one_offs(deployment) == []
    assert copy.stat().st_uid == os.geteuid()


def test_a_killed_run_leaves_a_container_that_the_next_one_removes(
    deployment: Deployment, copy: Path, new_image: str
) -> None:
    words = [json.dumps(deployment.as_json()), str(copy), new_image]
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, *words], stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout is not None and runner.stdout.readline() == "revision\n"
    try:
        (name,) = one_offs(deployment, runner.pid)
        assert name not in remove_left_behind(deployment)
    finally:
        runner.send_signal(signal.SIGKILL)
        runner.wait()
        runner.stdout.close()
    assert one_offs(deployment, runner.pid) == [name]
    assert name in remove_left_behind(deployment)
    assert one_offs(deployment, runner.pid) == []


def test_a_user_who_may_give_nothing_away_opens_the_copy_instead(
    deployment: Deployment, copy: Path, new_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[int, int]] = []

    def open_to(database: Path, owner: tuple[int, int] | None) -> None:
        assert owner == (10001, 10001)
        real(database, None)
        opened.append((database.stat().st_mode & 0o777, database.parent.stat().st_mode & 0o777))

    real = copies.open_to
    monkeypatch.setattr("tui.services.migrations.copies.open_to", open_to)
    ran = run(deployment, Job(action="upgrade", target="3b17fdc40a8d"), copy, image=new_image)
    assert (ran.after, opened) == (("3b17fdc40a8d",), [(0o666, 0o777)])
    assert copy.stat().st_mode & 0o777 == 0o600
