"""Discovery: which deployment is meant, and what is said when none can be reached."""

import os
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from tests.faults import let_everybody_in
from tests.unit.fake_engine import bind, container, engine
from tui.core.errors import DockerError, NotFoundError, UsageError
from tui.core.models import ContainerRef, ProcessRef
from tui.core.settings import Flags, load
from tui.operations.finding.discover import discover
from tui.services.containers.engine import Engine
from tui.services.mounts import NO_FILE

NO_DOCKER = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


@pytest.fixture
def folder(tmp_path):
    """A project as the guide lays it out: a folder with data/mcp.db in it."""
    return project(tmp_path / "forge")


def project(folder):
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "mcp.db").write_bytes(b"")
    return folder


def look(cwd, environ=NO_DOCKER, **flags):
    return discover(load(Flags(**flags), {**environ}, cwd), environ, cwd)


def test_a_service_that_no_container_has_is_named(folder, docker, tmp_path):
    with pytest.raises(NotFoundError, match=r"service web\. Gateways here: forge-gateway-1"):
        look(tmp_path, docker(forge(folder)), service="web")


@pytest.fixture
def docker(tmp_path):
    """Start a stand-in engine with the given containers; gives the environment."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def start(*containers):
            host = stack.enter_context(engine(tmp_path / "d.sock", containers))
            return {"DOCKER_HOST": host}

        yield start


def forge(folder, name="forge", **more):
    return container(
        f"{name}-gateway-1",
        project=name,
        folder=folder,
        mounts=[bind(folder / "data")],
        **more,
    )


# --- a process gateway --------------------------------------------------------------------


def with_process(folder):
    (folder / "mcpdb.toml").write_text(
        """
        name = "demo"
        database = "data/mcp.db"
        package = "tui.demo"
        log_files = ["logs"]
        [gateway]
        kind = "process"
        start = ["true"]
        stop = ["true"]
        pid_file = "gateway.pid"
        health_url = "http://127.0.0.1:9/health"
        """
    )
    return folder


def test_a_process_gateway_is_chosen_from_anywhere_below_its_folder(folder):
    with_process(folder)
    found = look(folder / "data")
    chosen = found.require()
    assert isinstance(chosen.gateway, ProcessRef)
    assert (chosen.name, chosen.database) == ("demo", folder / "data" / "mcp.db")
    assert chosen.backup_dir == folder / "data" / "backups"
    assert chosen.migrations.package == "tui.demo"
    assert chosen.gateway.log_files == (str(folder / "logs"),)
    assert chosen.problems == ()
    assert found.candidates[0].state.running == "stopped"
    assert chosen == type(chosen).from_json(chosen.as_json())


def test_a_process_gateway_never_imports_the_docker_sdk(folder):
    with_process(folder)
    program = textwrap.dedent(
        """
        import sys, pathlib
        from tui.core.settings import Flags, load
        from tui.operations.finding.discover import discover
        here = pathlib.Path(sys.argv[1])
        assert discover(load(Flags(), {}, here), {}, here).require().name == "demo"
        heavy = {"docker", "requests", "textual", "alembic", "sqlalchemy", "sqlite_utils"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
        """
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)


def test_another_database_by_flag_does_not_get_the_process_gateway(folder):
    with_process(folder)
    other = folder / "data" / "other.db"
    other.write_bytes(b"")
    chosen = look(folder, database=str(other)).require()
    assert chosen.gateway is None and chosen.database == other
    assert chosen.blocked("gateway") is not None
    same = look(folder, database=str(folder / "data" / "mcp.db")).require()
    assert isinstance(same.gateway, ProcessRef)


# --- containers ---------------------------------------------------------------------------


def test_the_only_gateway_of_the_host_is_chosen_from_anywhere(folder, docker, tmp_path):
    chosen = look(tmp_path, docker(forge(folder))).require()
    assert chosen.name == "forge"
    assert chosen.database == folder / "data" / "mcp.db"
    assert chosen.project_dir == folder
    assert isinstance(chosen.gateway, ContainerRef)
    assert chosen.gateway.container == "forge-gateway-1"
    assert chosen.gateway.database_inside == "/app/data/mcp.db"
    assert chosen.image_id == "sha256:1"
    assert chosen.problems == ()


def test_of_several_a_person_chooses_and_a_command_is_told_how(folder, docker, tmp_path):
    stage = project(tmp_path / "stage")
    environ = docker(forge(folder), forge(stage, "stage"))
    found = look(tmp_path, environ)
    assert found.chosen is None
    assert [c.deployment.name for c in found.candidates] == ["forge", "stage"]
    with pytest.raises(UsageError, match=r"forge-gateway-1, stage-gateway-1.*--container NAME"):
        found.require()
    assert look(tmp_path, environ, container="stage-gateway-1").require().name == "stage"
    assert look(stage / "data", environ).require().name == "stage"
    assert look(tmp_path, environ, project_dir=str(folder)).require().name == "forge"
    database = str(stage / "data" / "mcp.db")
    assert look(tmp_path, environ, database=database).require().name == "stage"
    with pytest.raises(UsageError, match="Several gateways fit"):
        look(tmp_path, environ, service="gateway")


def test_a_database_given_through_a_symlink_finds_its_gateway(folder, docker, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(folder / "data" / "mcp.db")
    chosen = look(tmp_path, docker(forge(folder)), database=str(link)).require()
    assert (chosen.name, chosen.database) == ("forge", folder / "data" / "mcp.db")


def test_a_gateway_of_another_image_is_found_by_its_database(folder, docker, tmp_path):
    odd = forge(folder, "odd", image="registry/app:1", command=["run"])
    environ = docker(odd)
    assert look(tmp_path, environ).candidates == ()
    database = str(folder / "data" / "mcp.db")
    assert look(tmp_path, environ, database=database).require().gateway.container == (
        "odd-gateway-1"
    )
    assert look(tmp_path, environ, container="odd-gateway-1").require().name == "odd"


def test_containers_that_are_no_gateway_are_not_listed(folder, docker, tmp_path):
    environ = docker(
        container("db", image="postgres:16", command=["postgres"], env=["POSTGRES_DB=x"]),
        container("shop", image="shop:1", command=["run"], env=["DATABASE_URL=sqlite:///s.db"]),
        forge(folder, "ours", labels={"io.mcpdb-tui.one-off": "probe"}),
        forge(folder, "theirs", labels={"com.docker.compose.oneoff": "True"}),
    )
    found = look(tmp_path, environ)
    assert found.candidates == ()
    with pytest.raises(
        NotFoundError,
        match=r"^No gateway found on this host\. Looked at: 4 containers, 0 Compose files here\. "
        r"Give --db PATH or --project-dir\.$",
    ):
        found.require()


def test_a_container_that_is_not_there_is_named(folder, docker, tmp_path):
    with pytest.raises(NotFoundError, match=r"container nix\. Gateways here: forge-gateway-1\."):
        look(tmp_path, docker(forge(folder)), container="nix")


def test_what_stops_a_database_from_being_looked_after_is_said_in_the_list(
    folder, docker, tmp_path
):
    volume = {
        "Type": "volume",
        "Name": "vol_data",
        "Source": "/nowhere/volumes/vol_data/_data",
        "Destination": "/app/data",
        "RW": True,
    }
    environ = docker(
        forge(folder),
        container("pg-gateway-1", env=["DATABASE_URL=postgresql+psycopg://u:secret@h/d"]),
        container("vol-gateway-1", mounts=[volume]),
        forge(project(tmp_path / "lab"), "lab", state={"Status": "restarting", "ExitCode": 3}),
    )
    found = {c.deployment.gateway.container: c for c in look(tmp_path, environ).candidates}
    pg = found["pg-gateway-1"]
    assert pg.where == "PostgreSQL: use pg_dump"
    assert pg.deployment.database == NO_FILE
    assert pg.deployment.blocked("database") and not pg.deployment.blocked("logs")
    assert "secret" not in repr(pg)
    assert found["vol-gateway-1"].where == "volume vol_data, root only"
    assert found["lab-gateway-1"].state.running == "restarting"
    assert "exit 3" in found["lab-gateway-1"].text


def test_two_gateways_on_one_file_block_what_would_replace_it(folder, docker, tmp_path):
    environ = docker(forge(folder), forge(folder, "twin"))
    for candidate in look(tmp_path, environ).candidates:
        problem = candidate.deployment.blocked("replace")
        assert problem.topic == "shared" and "runs on the same database" in problem.text


def test_the_projects_own_file_marks_production_also_from_elsewhere(folder, docker, tmp_path):
    (folder / "mcpdb.toml").write_text('production = true\nname = "the forge"\n')
    chosen = look(tmp_path, docker(forge(folder))).require()
    assert (chosen.production, chosen.name) == ("PROD", "the forge")


def test_a_mistake_in_that_file_is_told_and_does_not_hide_the_gateway(folder, docker, tmp_path):
    (folder / "mcpdb.toml").write_text("nonsense")
    chosen = look(tmp_path, docker(forge(folder))).require()
    assert [p.topic for p in chosen.problems] == ["settings"]


def test_what_lies_in_this_folder_is_meant_rather_than_a_gateway_elsewhere(
    folder, docker, tmp_path
):
    here = project(tmp_path / "bare")
    chosen = look(here, docker(forge(folder))).require()
    assert (chosen.database, chosen.gateway) == (here / "data" / "mcp.db", None)


def test_settings_show_what_was_discovered_and_through_what(folder, docker, tmp_path):
    settings = look(tmp_path, docker(forge(folder))).settings
    assert settings["container"] == "forge-gateway-1"
    assert settings.origin("database") == (
        "discovered: container forge-gateway-1, DATABASE_URL=sqlite:///./data/mcp.db "
        f"and the mount of {folder / 'data'}"
    )


# --- without Docker -----------------------------------------------------------------------


def test_without_docker_the_database_of_the_guide_is_found_and_the_rest_says_why(folder):
    found = look(folder)
    chosen = found.require()
    assert chosen.database == folder / "data" / "mcp.db"
    problem = chosen.blocked("gateway")
    assert problem.text == (
        "Docker does not answer: there is no /nowhere/docker.sock. Start Docker, or set "
        "DOCKER_HOST."
    )
    assert chosen.blocked("replace") and not chosen.blocked("database")


def test_without_docker_a_database_by_flag_works(folder, tmp_path):
    chosen = look(tmp_path, database=str(folder / "data" / "mcp.db")).require()
    assert (chosen.name, chosen.gateway) == ("forge", None)


def test_with_docker_a_database_nobody_has_is_looked_after_alone(folder, docker, tmp_path):
    other = project(tmp_path / "other") / "data" / "mcp.db"
    chosen = look(tmp_path, docker(forge(folder)), database=str(other)).require()
    assert chosen.gateway is None
    assert chosen.blocked("gateway").text == (
        "No gateway is known here; the file was given with --db."
    )


def test_without_anything_the_sentence_says_what_was_looked_at(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        look(tmp_path).require()
    assert str(caught.value).startswith("Docker does not answer: there is no /nowhere")
    assert "Looked at: no containers, 0 Compose files here." in str(caught.value)


def test_a_folder_is_no_database(folder):
    with pytest.raises(UsageError, match="is a folder; give the database file"):
        look(folder, database=str(folder / "data"))


def test_a_database_in_a_folder_that_does_not_exist_is_not_found(tmp_path):
    with pytest.raises(NotFoundError, match="There is no folder"):
        look(tmp_path, database=str(tmp_path / "no" / "mcp.db"))


def compose_command(tmp_path, monkeypatch, script):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (tools / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    # The system's own docker-compose must not answer instead.
    (tools / "docker-compose").write_text("#!/bin/sh\necho 'Usage: config' >&2\nexit 1\n")
    (tools / "docker-compose").chmod(0o755)


COMPOSE_ANSWER = """\
cat <<'END'
{"name": "forge", "services": {
  "redis": {"image": "redis:7"},
  "gateway": {
    "image": "ghcr.io/ibm/mcp-context-forge:1.0.5", "command": null, "entrypoint": null,
    "environment": {"DATABASE_URL": "sqlite:///./data/mcp.db", "EMPTY": null},
    "volumes": [{"type": "bind", "source": "%s/data", "target": "/app/data"}]}}}
END"""


def test_a_project_without_a_container_is_read_by_compose(folder, tmp_path, monkeypatch, docker):
    (folder / "compose.yaml").write_text("services: {}\n")
    compose_command(tmp_path, monkeypatch, COMPOSE_ANSWER % folder)
    found = look(folder, docker())
    chosen = found.require()
    assert (chosen.name, chosen.database) == ("forge", folder / "data" / "mcp.db")
    assert chosen.gateway.container == "forge-gateway-1"
    assert found.candidates[0].state.running == "missing"
    assert chosen.problems == ()


def test_a_project_is_read_by_compose_also_while_docker_is_down(folder, tmp_path, monkeypatch):
    (folder / "compose.yaml").write_text("services: {}\n")
    compose_command(tmp_path, monkeypatch, COMPOSE_ANSWER % folder)
    chosen = look(tmp_path, project_dir=str(folder)).require()
    assert chosen.gateway.service == "gateway"
    assert chosen.blocked("gateway").topic == "docker"


def test_an_old_compose_falls_back_to_the_file_and_says_so(folder, tmp_path, monkeypatch):
    (folder / "compose.yaml").write_text("services: {}\n")
    compose_command(tmp_path, monkeypatch, "echo 'docker: unknown command: compose' >&2; exit 1")
    chosen = look(folder).require()
    assert chosen.database == folder / "data" / "mcp.db"
    assert any("needs Compose 2" in problem.text for problem in chosen.problems)


COMPOSE_1 = """\
[ "$2" = --format ] && { echo "Usage: config [options]" >&2; exit 0; }
cat <<'END'
services:
  gateway:
    image: ghcr.io/ibm/mcp-context-forge:1.0.5
    environment: {DATABASE_URL: 'sqlite:///./data/mcp.db'}
    volumes: ['%s/data:/app/data:rw', 'logs:/app/logs:ro', '/app/cache']
version: '3'
END
"""


def test_a_project_without_a_container_is_read_by_an_old_compose(folder, tmp_path, monkeypatch):
    (folder / "docker-compose.yml").write_text("services: {}\n")
    compose_command(tmp_path, monkeypatch, "echo 'unknown command: compose' >&2; exit 1")
    (tmp_path / "bin" / "docker-compose").write_text(f"#!/bin/sh\n{COMPOSE_1 % folder}")
    chosen = look(folder).require()
    assert (chosen.name, chosen.database) == (folder.name, folder / "data" / "mcp.db")
    assert chosen.gateway.container == f"{folder.name}_gateway_1"
    (folder / ".env").write_text("A=b\nCOMPOSE_PROJECT_NAME=Prod.East\n")
    assert look(folder).require().gateway.container == "prodeast_gateway_1"


# --- engines that misbehave ---------------------------------------------------------------


def test_an_engine_that_accepts_and_never_answers_is_given_up(tmp_path):
    path = tmp_path / "hang.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen(8)
        began = time.monotonic()
        with pytest.raises(DockerError, match=r"no reply within 1 s from .*hang\.sock"):
            Engine(f"unix://{path}", timeout=1).containers()
        assert time.monotonic() - began < 4


def test_an_engine_that_is_stopped_names_its_socket(tmp_path):
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(DockerError, match=r"nothing listens on .*dead\.sock\. Start it"):
        Engine(f"unix://{path}").containers()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_an_engine_that_may_not_be_asked_says_who_asked(tmp_path):
    path = tmp_path / "closed.sock"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(path))
        closed.listen(1)
        path.chmod(0o600)
        let_everybody_in(tmp_path)
        program = textwrap.dedent(
            """
            import os, sys
            from docker import APIClient  # while we may still read it
            from tui.services.containers.engine import Engine
            os.setgid(65534); os.setuid(65534)
            try:
                Engine(f"unix://{sys.argv[1]}").containers()
            except Exception as error:
                print(error)
            """
        )
        said = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
        ).stdout
    assert said.startswith(f"Docker does not answer: permission denied on {path}. You are nobody")


def test_what_answers_but_is_no_engine_is_one_sentence(tmp_path):
    import http.server
    import threading

    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(DockerError) as caught:
            Engine(f"tcp://127.0.0.1:{server.server_port}").containers()
    finally:
        server.shutdown()
        server.server_close()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "remote"),
    [
        ("unix:///var/run/docker.sock", False),
        ("tcp://127.0.0.1:2375", False),
        ("tcp://10.0.0.5:2376", True),
        ("ssh://dana@ctx-01", True),
    ],
)
def test_a_remote_engine_is_recognised_by_its_address(host, remote):
    assert Engine(host).is_remote is remote
