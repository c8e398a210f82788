"""Hot and cold backups of the real gateway, under load and with its engine gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docker import lab
from tests.docker.site import RealSite, ask, ask_finished
from tests.faults import Held, hold
from tui.core.models import Deployment
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import secret
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.cold_backup import ColdBackup
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.finding.gateways import require_gateway
from tui.services.containers.engine import Engine
from tui.services.containers.engine_exec import execute

__all__ = ["hold"]
pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def deployment(
    docker_host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[lab.Deployment]:
    """A real gateway that takes requests as fast as they come: shared by the module."""
    gateway = lab.Deployment.create("1.0.7", tmp_path_factory.mktemp("gateway") / "forge")
    with (gateway.folder / ".env").open("a") as stream:
        stream.write("RATE_LIMITING_ENABLED=false\n")
    try:
        gateway.up()
        yield gateway
    finally:
        gateway.down(purge=True)


@pytest.fixture
def site(deployment: lab.Deployment, monkeypatch: pytest.MonkeyPatch) -> RealSite:
    """The module's gateway, up and healthy."""
    monkeypatch.setenv("DOCKER_HOST", deployment.docker_host)
    deployment.wait_healthy()
    return RealSite(deployment)


class Load:
    """Registers tools as fast as the gateway takes them; every refusal counts."""

    def __init__(self, gateway: lab.Deployment, prefix: str) -> None:
        self.taken: list[str] = []
        self.errors: list[Exception] = []
        self._gateway, self._prefix = gateway, prefix
        self._over = threading.Event()
        gateway.token()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        while not self._over.is_set():
            name = f"{self._prefix}-{len(self.taken)}"
            try:
                self._gateway.register_tool(name)
            except (OSError, lab.LabError) as error:
                self.errors.append(error)
            self.taken.append(name)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join(30)


def tools_in(path: Path, prefix: str) -> set[str]:
    rows = ask_finished(
        path, f"SELECT original_name FROM tools WHERE original_name LIKE '{prefix}-%'"
    )
    return {str(name) for (name,) in rows}


def test_under_load_every_hot_backup_is_one_moment_and_every_answer_is_a_good_one(
    site: RealSite,
) -> None:
    deployment = site.deployment
    before = 0
    with Load(site.lab, "load") as load:
        for _ in range(6):
            first = len(load.taken)
            entry = site.do(BackupCreate(deployment))
            last = len(load.taken) + 1
            assert entry.exit_code == 0, entry.sentence
            assert entry.result["restarts"] == 0
            path = Path(str(entry.result["path"]))
            found = tools_in(path, "load")
            # What was answered before it began is in it; nothing that was asked for later is.
            assert {f"load-{n}" for n in range(first)} <= found
            assert found <= {f"load-{n}" for n in range(last + 1)}
            assert ask_finished(path, "PRAGMA foreign_key_check") == []
            assert len(found) >= before
            before = len(found)
    assert load.errors == []
    assert len(load.taken) > 10
    assert site.left_overs() == []


def test_a_cold_backup_has_what_a_clean_stop_leaves_in_the_wal_and_the_gateway_is_back(
    site: RealSite,
) -> None:
    site.lab.register_tool("in-the-wal")
    owner = site.owner_and_mode()
    deployment = site.deployment
    wal = site.lab.database.with_name("mcp.db-wal")
    assert wal.stat().st_size > 0

    entry = site.do(ColdBackup(deployment, label="before 1.0.8"))

    assert (entry.exit_code, entry.outcome) == (0, "done"), entry.sentence
    assert site.lab.health()["status"] == "healthy"
    backup = find_backup(deployment, str(entry.result["backup"]))
    manifest = backup.manifest
    assert manifest is not None
    assert backup.path.name.startswith("mcp_backup_2")
    assert (manifest.kind, manifest.clean_stop, manifest.label) == ("cold", True, "before 1.0.8")
    assert manifest.revision == "7ab59991e017"
    query = "SELECT count(*) FROM tools WHERE original_name = 'in-the-wal'"
    assert ask_finished(backup.path, query) == [(1,)]
    assert "in-the-wal" in site.lab.tools()
    assert site.owner_and_mode() == owner
    # Looking at the stopped file left nothing that the gateway's user cannot write.
    site.lab.register_tool("after-the-start")
    assert {path.stat().st_uid for path in wal.parent.glob("mcp.db*")} == {owner[0]}
    assert 0 < (entry.down_seconds or 0) < (entry.seconds or 0)
    plan = ColdBackup(deployment).plan()
    assert plan.downtime == pytest.approx(entry.down_seconds, abs=5.0)

    secret.forget()
    own = secret.fingerprint_of(deployment)
    assert secret.match(manifest.secret_fingerprint, own) == "same"
    for path in (*deployment.backup_dir.glob("*.json"), *deployment.state_dir.rglob("*.jsonl")):
        assert site.lab.encryption_secret.encode() not in path.read_bytes()


class Relay:
    """A way to the engine that can be taken away: what a stopped daemon looks like."""

    def __init__(self, path: Path, engine: str) -> None:
        self.path, self._engine = path, engine
        self._listening: socket.socket | None = None
        self._open: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"unix://{self.path}"

    def up(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.path))
        self._listening.listen(16)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def down(self) -> None:
        assert self._listening is not None
        # Wakes the one that waits in `accept`.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.path.unlink()
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _address = listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine.removeprefix("unix://"))
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(65_536):
                target.sendall(block)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("place", "kind"), [("after:step_finished:copy", "cold"), ("tick:copy", "hot")]
)
def test_an_engine_that_goes_away_midway_costs_13_and_resume_pays_the_debt(
    place: str,
    kind: str,
    site: RealSite,
    hold: Callable[..., Held],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    relay = Relay(tmp_path / "relay.sock", site.lab.docker_host)
    relay.up()
    monkeypatch.setenv("DOCKER_HOST", relay.address)
    deployment = site.deployment
    known = {backup.id for backup in read_catalogue(deployment).backups}
    held = hold(deployment, place, "tui.operations.backing_up.cold_recovery.START_PATIENCE=1.0")
    held.begin(ColdBackup(deployment))
    relay.down()
    last = held.end()

    assert last.exit_code == 13
    assert (last.outcome, last.state) == ("gateway down", "cut")
    assert last.sentence.startswith("The backup is made and verified; the gateway is stopped")
    assert "mcpdb-tui resume" in last.sentence
    new = [b for b in read_catalogue(deployment).backups if b.id not in known]
    assert [(b.kind, b.verdict.value) for b in new] == [(kind, "ok")]
    with pytest.raises(OSError):
        site.lab.health()

    relay.up()
    ((_journal, code),) = launch_resume(deployment)
    assert code == 0
    assert site.lab.health()["status"] == "healthy"
    assert unfinished(deployment) == ()
    assert site.left_overs() == []
    relay.down()


@pytest.fixture
def single_file(
    docker_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RealSite]:
    """A gateway that has only the file, not its folder: it keeps the WAL to itself."""
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


def inside(site: RealSite, deployment: Deployment) -> list[str]:
    """What lies beside the database in the container."""
    engine = Engine(site.lab.docker_host)
    listed = execute(engine, site.lab.container_id(), ["ls", "-A", "/app/data"])
    engine.close()
    return sorted(listed.stdout.decode().split())


def test_a_single_mounted_file_is_backed_up_inside_its_container(
    single_file: RealSite, faulty_runner: Callable[..., None]
) -> None:
    site, deployment = single_file, single_file.deployment
    assert [problem.topic for problem in deployment.problems] == ["single-file"]
    site.lab.register_tool("seen-inside-only")
    query = "SELECT count(*) FROM tools WHERE original_name = 'seen-inside-only'"
    # What a copy made on the host would lack.
    assert ask_finished(site.lab.database, query) == [(0,)]
    around = inside(site, deployment)

    entry = site.do(BackupCreate(deployment, compress=False))

    assert entry.exit_code == 0, entry.sentence
    backup = find_backup(deployment, "latest")
    assert backup.manifest is not None
    assert (backup.kind, backup.manifest.journal_mode) == ("hot", "wal")
    assert ask(backup.path, query) == [(1,)]
    assert inside(site, deployment) == around
    assert site.left_overs() == []
    assert not site.lab.database.with_name("mcp.db-wal").exists(), "nothing was made on the host"

    refused = ColdBackup(deployment).plan().forbidden
    assert refused is not None
    assert (refused.name, refused.exit_code) == ("database", 12)
    assert "inside the container" in refused.text

    # A clean stop leaves the commits in the container: the host's file alone would lack them.
    gateway = require_gateway(deployment)
    gateway.stop()
    stopped = BackupCreate(deployment).plan().forbidden
    assert stopped is not None
    assert (stopped.name, stopped.exit_code) == ("database", 12)
    assert "start the gateway" in stopped.text
    gateway.start()
    site.wait_healthy()

    faulty_runner("kill-tick", "copy")
    operation = BackupCreate(deployment)
    *_, cut = follow(deployment, launch(operation, operation.plan().fingerprint))
    assert cut.state == "cut"
    ((_journal, code),) = launch_resume(deployment)
    assert code == 1
    assert inside(site, deployment) == around
    assert site.left_overs() == []
    assert site.lab.health()["status"] == "healthy"
