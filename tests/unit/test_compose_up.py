"""Which image Compose names, and remaking a container: all that a Compose may answer."""

import json
import os
import shlex
import sys
import time
from pathlib import Path

import pytest

from tests.unit.compose_world import NEW, OLD, OTHER, World, hold_lock, read, served
from tui.core.errors import BusyError, UnhealthyError
from tui.core.models import ContainerRef
from tui.services.containers import compose_cli, compose_up
from tui.services.containers.compose_up import named_image, up, up_pinned
from tui.services.containers.engine import Engine


def quiet(_done, _total):
    pass


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a host with Compose 1.x or 2.x."""
    entered = []

    def make_world(major=2):
        world = World(tmp_path, major)
        monkeypatch.setenv("PATH", str(world.bin))
        entered.append(context := served(world))
        context.__enter__()
        return world

    yield make_world
    for context in entered:
        context.__exit__(None, None, None)


@pytest.fixture(params=[1, 2], ids=["1.x", "2.x"])
def either(request, make):
    """A host with one Compose or the other."""
    return make(request.param)


@pytest.fixture
def world(make):
    return make()


# --- what it names ----------------------------------------------------------------------------


def test_the_image_of_the_compose_file_is_found_with_either_compose(either):
    either.names("gateway:1.0.7", service={"user": "55:66"}, version="3.8")

    found = named_image(either.ref)

    assert (found.name, found.id, found.user, found.problem) == (
        "gateway:1.0.7",
        NEW,
        "55:66",
        "",
    )


def test_variables_of_the_operator_fill_in_the_name(world, monkeypatch):
    world.names("gateway:${GATEWAY_TAG}")
    monkeypatch.setenv("GATEWAY_TAG", "1.0.7")

    assert named_image(world.ref).id == NEW


@pytest.mark.parametrize(("major", "default"), [(1, "forge_gateway"), (2, "forge-gateway")])
def test_a_service_that_is_built_has_the_name_that_compose_gives_it(make, major, default):
    world = make(major)
    world.file.write_text(json.dumps({"services": {"gateway": {"build": "."}}}))
    state = world.state()
    state["images"][NEW].append(f"{default}:latest")
    state["images"][NEW].append(default)
    world.write_state(state)

    assert named_image(world.ref).id == NEW


def test_an_image_that_is_not_here_is_told_with_the_command_that_brings_it(world):
    world.names("registry.example/gateway:9")

    found = named_image(world.ref)

    assert found.id == ""
    assert found.problem == (
        "The Compose file names registry.example/gateway:9, which is not on this host: "
        "docker pull registry.example/gateway:9"
    )


def test_a_service_that_is_gone_is_told(either):
    either.file.write_text(json.dumps({"services": {"web": {"image": "web"}}}))

    found = named_image(either.ref)

    assert "has no service gateway any more" in found.problem


def test_a_broken_compose_file_is_one_clean_sentence(either):
    either.file.write_text("{ not yaml")

    found = named_image(either.ref)

    assert found.problem == (
        f"Compose does not understand the project in {either.project}: "
        r"\x1b[31myaml: line 3: no."
    )
    assert found.askable


@pytest.mark.parametrize("garbage", ["[1, 2", "17", "{'a': !!python/object:os.system {}}", "null"])
def test_an_answer_that_makes_no_sense_is_a_sentence(either, garbage):
    either.behave(garbage=garbage)

    assert "is not what it should be" in named_image(either.ref).problem


def test_without_compose_only_a_person_can_say_it(world, monkeypatch):
    monkeypatch.setenv("PATH", str(world.folder / "nothing"))

    found = named_image(world.ref)

    assert not found.askable
    assert found.problem == "Another image needs the compose command; it is not here."


def test_files_of_another_host_cannot_be_asked(world):
    world.file.unlink()

    found = named_image(world.ref)

    assert not found.askable
    assert found.problem == f"The Compose project's {world.file} is not on this host."


def test_a_container_that_compose_did_not_make_has_no_name_for_its_image():
    found = named_image(ContainerRef(container="lonely"))

    assert found.problem == "lonely was not made by Compose."
    assert not found.askable


def test_a_compose_that_hangs_is_ended_with_all_that_it_started(world):
    world.behave(hangs="config")

    found = named_image(world.ref, timeout=0.5)

    assert found.problem == "`docker compose` did not end within 0.5 s."
    child = int(read(world.folder / "child"))
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(child)


def is_alive(pid):
    try:
        # A zombie that nobody reaps has ended.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- remaking ---------------------------------------------------------------------------------


def test_a_container_is_made_with_the_named_image_and_not_started(either):
    either.names("gateway:1.0.7")
    before = either.file.read_text()

    up(either.ref, NEW, either.data / ".mcpdb", quiet)

    assert either.containers() == {either.name: NEW}
    assert either.running() == []
    assert either.file.read_text() == before
    (words,) = either.calls("up")
    assert words[-6:] == [
        "up",
        "--no-start",
        "--no-deps",
        "--no-build",
        "--force-recreate",
        "gateway",
    ]
    assert words[:2] == ["-p", "forge"]
    assert words[words.index("-f") + 1] == str(either.file)


def test_a_registry_is_not_asked_for_another_image_than_the_one_that_is_meant(world):
    world.names("gateway:1.0.7", service={"pull_policy": "always"})

    up(world.ref, NEW, world.data / ".mcpdb", quiet)

    (words,) = world.calls("up")
    assert words[-3:] == ["--pull", "never", "gateway"]


def test_an_image_that_is_not_named_any_more_is_not_brought_in(world):
    world.names("other:1")

    with pytest.raises(UnhealthyError, match=r"it names other:1 now"):
        up(world.ref, NEW, world.data / ".mcpdb", quiet)

    assert world.containers() == {world.name: OLD}
    assert world.calls("up") == []


def test_another_image_than_the_one_that_is_meant_is_never_started(world):
    world.names("gateway:1.0.7")
    world.behave(gives="other:1")

    with pytest.raises(UnhealthyError, match=r"with another image .* it was not started"):
        up(world.ref, NEW, world.data / ".mcpdb", quiet)

    assert world.containers() == {world.name: OTHER}
    assert world.running() == []


@pytest.mark.parametrize("how", ["early", "renamed"])
def test_a_compose_that_fails_leaves_the_old_container_under_its_name(either, how):
    either.names("gateway:1.0.7")
    either.behave(fails=how)

    with pytest.raises(UnhealthyError, match=r"Compose did not make forge.gateway.1 anew: \S"):
        up(either.ref, NEW, either.data / ".mcpdb", quiet)

    assert either.containers() == {either.name: OLD}


def test_a_compose_that_hangs_while_it_makes_a_container_is_an_end(world, monkeypatch):
    world.names("gateway:1.0.7")
    world.behave(hangs="up")
    monkeypatch.setattr(compose_up, "UP_SECONDS", 0.5)

    with pytest.raises(UnhealthyError, match=r"did not end within 0\.5 s"):
        up(world.ref, NEW, world.data / ".mcpdb", quiet)

    assert world.containers() == {world.name: OLD}


def test_a_pinned_image_is_told_in_a_private_file_that_is_gone_afterwards(either):
    either.names("gateway:1.0.7", version="3.8")
    either.set_container(Image=NEW)

    up_pinned(either.ref, OLD, "gateway:1.0.5", either.data / ".mcpdb", quiet)

    assert either.containers() == {either.name: OLD}
    override = json.loads(read(either.folder / "override"))
    extra = {"version": "3.8"} if either.major == 1 else {}
    never = {} if either.major == 1 else {"pull_policy": "never"}
    assert override == {"services": {"gateway": {"image": "gateway:1.0.5", **never}}, **extra}
    assert read(either.folder / "override-mode") == "0o600"
    assert not list((either.data / ".mcpdb").glob("*.yml"))
    (words,) = either.calls("up")
    files = [words[i + 1] for i, word in enumerate(words) if word == "-f"]
    assert files == [str(either.file), str(either.data / ".mcpdb" / "mcpdb-tui-pinned.yml")]


def test_the_file_that_pinned_an_image_once_is_not_asked_for_again(world):
    """Compose writes the files of a container into its labels, ours among them."""
    ours = str(world.data / ".mcpdb" / "mcpdb-tui-pinned.yml")
    ref = ContainerRef(
        container=world.name,
        project="forge",
        service="gateway",
        docker_host=world.host,
        config_files=(str(world.file), ours),
        working_dir=str(world.project),
    )

    assert named_image(ref).id == OLD


def test_the_file_that_pins_goes_also_after_a_failure(world):
    world.behave(fails="early")

    with pytest.raises(UnhealthyError):
        up_pinned(world.ref, NEW, "gateway:1.0.7", world.data / ".mcpdb", quiet)

    assert not list((world.data / ".mcpdb").glob("*.yml"))


def test_the_run_of_a_killed_operation_is_waited_for(world):
    world.names("gateway:1.0.7")
    ticks = []
    hold_lock(world.data / ".mcpdb" / "compose.lock", 0.5)
    began = time.monotonic()

    up(world.ref, NEW, world.data / ".mcpdb", lambda done, total: ticks.append(done))

    assert time.monotonic() - began >= 0.4
    assert ticks
    assert world.containers() == {world.name: NEW}


def test_the_run_of_a_killed_operation_is_not_waited_for_for_ever(world, monkeypatch):
    world.names("gateway:1.0.7")
    hold_lock(world.data / ".mcpdb" / "compose.lock", 20)
    monkeypatch.setattr(compose_up, "UP_SECONDS", 0.2)

    with pytest.raises(BusyError, match="Compose still runs"):
        up(world.ref, NEW, world.data / ".mcpdb", quiet)


def test_a_command_outlives_its_parent_and_keeps_the_lock(world):
    """The lock is the run's: a parent that is killed does not free it."""
    state_dir = world.data / ".mcpdb"
    with compose_cli.alone(state_dir, 1.0, quiet) as lock:
        pid = os.fork()
        if pid == 0:  # the operation that is killed
            compose_cli.run(
                [sys.executable, "-c", "import time; time.sleep(1)"],
                cwd=None,
                deadline=30,
                lock=lock,
                waited=lambda _done, _total: os._exit(9),
            )
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9

    with pytest.raises(BusyError), compose_cli.alone(state_dir, 0.1, quiet):
        pass
    with compose_cli.alone(state_dir, 20.0, quiet):
        pass


def test_a_container_that_waits_under_the_name_of_a_cut_run_gets_its_own_back(world):
    world.set_container(Names=[f"/0123456789ab_{world.name}"])

    compose_up.give_name_back(Engine(world.host), world.ref)

    assert world.containers() == {world.name: OLD}


def test_the_old_container_of_a_cut_run_goes_where_the_new_one_is_made(world):
    state = world.state()
    old = {**state["containers"][0], "Names": [f"/0123456789ab_{world.name}"]}
    new = {**state["containers"][0], "Id": "f" * 64, "Image": NEW}
    world.write_state({**state, "containers": [old, new]})

    compose_up.give_name_back(Engine(world.host), world.ref)

    assert world.containers() == {world.name: NEW}


def test_what_a_person_types_is_quoted(world):
    ref = ContainerRef(
        container="x",
        project="forge",
        service="gateway",
        config_files=("/srv/my forge/compose.yaml",),
        working_dir="/srv/my forge",
    )

    words = shlex.split(compose_up.command(ref))

    assert words[words.index("-f") + 1] == "/srv/my forge/compose.yaml"
    assert words[-4:] == ["up", "-d", "--no-deps", "gateway"]
