"""A switch of the image under what goes wrong around it: cuts, secrets, files of variables."""

import json
import os
import subprocess
import threading

import pytest

from tests.unit.compose_world import NEW, OLD, World, hold_lock, served
from tui.core.errors import McpdbError
from tui.core.operation import Check, Plan, Tier, Verdict
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating.switching import put, target_image
from tui.operations.migrating.taking_back import with_switch
from tui.operations.restoring import going_back
from tui.services.containers import compose, compose_cli, kept_images
from tui.services.containers.compose_up import named_image, pinned_path
from tui.services.migrations import probe
from tui.services.migrations.output import Output
from tui.services.migrations.settings import of_service


def quiet(_done, _total):
    pass


class Told(World):
    """A project whose container names a file of variables."""

    label = ""

    def facts(self, state, one):
        found = World.facts(self, state, one)
        if self.label:
            found["Config"]["Labels"]["com.docker.compose.project.environment_file"] = self.label
        return found


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a host with Compose 1.x or 2.x."""
    entered = []

    def make_world(major=2):
        world = Told(tmp_path, major)
        monkeypatch.setenv("PATH", f"{world.bin}:{os.environ['PATH']}")
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


def switch(world):
    """What the journal of an upgrade to another image holds; nobody's files change hands."""
    world.names("gateway:1.0.7")
    deployment = world.deployment
    found = target_image(deployment, state_of(gateway_of(deployment))).switch
    return {"switch": {**found, "give": {}}}


# --- a Compose that outlives the operation that called it -------------------------------------


def test_the_way_back_waits_for_a_compose_that_a_killed_operation_left_at_work(make):
    world = make()
    facts = switch(world)
    # It has the lock and has not made the container yet: the old one still stands there.
    hold_lock(world.deployment.state_dir / "compose.lock", 0.6)
    late = threading.Timer(0.3, world.set_container, kwargs={"Id": "late" + "0" * 60, "Image": NEW})
    late.start()

    put(world.deployment, facts, quiet, back=True)

    late.join()
    assert world.containers() == {world.name: OLD}


def test_a_file_that_pins_an_image_does_not_outlive_the_cut_that_left_it(make):
    world = make()
    facts = switch(world)
    put(world.deployment, facts, quiet)
    left = pinned_path(world.deployment.state_dir)
    left.write_text("{}")

    put(world.deployment, facts, quiet)

    assert not left.exists()


def test_the_plan_of_undo_says_what_the_next_compose_up_would_do(make):
    world = make()
    back = {"to": OLD, "from": NEW, "to_name": "gateway:1.0.5", "from_name": "gateway:1.0.7"}
    fits = Check("revision", Verdict.OK, "")
    plan = Plan(
        operation="undo", title="", tier=Tier.REPLACING, subject="forge", basis={}, checks=(fits,)
    )

    (check,) = with_switch(plan, world.deployment, back).checks

    assert check.text.endswith(
        "name 1.0.5 there, or the next `compose up` starts 1.0.7 on this database"
    )


# --- secrets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'Invalid interpolation format for "environment" option in service "web": "s3cr"et${"',
            'Invalid interpolation format for "environment" option in service "web": …',
        ),
        (
            "invalid interpolation format for services.gateway.environment.JWT_SECRET_KEY: "
            '"s3cret${". You may need to escape any $ with another $',
            "invalid interpolation format for services.gateway.environment.JWT_SECRET_KEY: …",
        ),
        (
            'failed to read /srv/.env: line 2: unexpected character "=" in variable name "=s3cret"',
            "failed to read /srv/.env: line 2: unexpected character …",
        ),
        (
            "services.gateway.environment.KEY contains s3cret, which is an invalid type",
            "services.gateway.environment.KEY contains …",
        ),
        (
            'The container name "/forge-gateway-1" is already in use by "0123"',
            'The container name "/forge-gateway-1" is already in use by "0123"',
        ),
    ],
)
def test_a_complaint_about_a_setting_is_told_without_the_setting(said, told):
    assert compose_cli.without_values(said) == told


def test_a_refused_project_never_says_a_secret(either, monkeypatch):
    for command in ("docker", "docker-compose"):
        (either.bin / command).write_text(
            "#!/bin/sh\n"
            'case "$*" in *version*) '
            f"echo {'1.29.2' if either.major == 1 else 'v2.29.1'}; exit 0;; esac\n"
            """echo 'invalid interpolation format for services.a.environment.B: "s3cret${"' >&2\n"""
            "exit 15\n"
        )
    compose_cli._found.cache_clear()

    found = named_image(either.ref)
    with pytest.raises(compose.DockerError) as refused:
        compose.services(either.project)

    assert "services.a.environment.B" in found.problem
    assert "services.a.environment.B" in str(refused.value)
    assert "s3cret" not in found.problem + str(refused.value)


def test_a_project_that_is_printed_by_half_is_no_complaint(tmp_path):
    program = tmp_path / "compose"
    program.write_text("#!/bin/sh\necho 'JWT_SECRET_KEY: s3cret'\nkill -9 $$\n")
    program.chmod(0o755)

    done = compose_cli.run([str(program), "config"], cwd=None, deadline=10)

    assert (done.code, done.said) == (-9, "")


def test_settings_are_those_that_the_container_would_get(either):
    """Compose prints each `$` twice; a secret of that kind would encrypt for nobody."""
    printed = {"environment": {"AUTH_ENCRYPTION_SECRET": "pa$$word$$$$"}}
    either.names("gateway:1.0.5", service=printed)

    service = of_service(either.ref)

    assert service["Config"]["Env"] == ["AUTH_ENCRYPTION_SECRET=pa$word$$"]


# --- files of variables -----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["production.env", "/absolute"], ids=["relative", "absolute"])
def test_compose_gets_the_file_of_variables_that_the_container_was_made_with(either, where):
    file = either.project / "production.env"
    file.write_text("TAG=1.0.7\n")
    either.label = where if where == "production.env" else str(file)
    either.names("gateway:1.0.7")

    put(either.deployment, switch(either), quiet)

    given = [words[words.index("--env-file") + 1] for words in either.calls()]
    assert set(given) == {str(file)}
    assert len(given) == len(either.calls()) > 1


def test_without_its_file_of_variables_the_project_is_not_asked(either):
    either.label = "gone.env"
    either.names("gateway:1.0.7")

    found = named_image(either.ref)

    assert not found.askable
    assert str(either.project / "gone.env") in found.problem


# --- by hand ----------------------------------------------------------------------------------


def test_where_the_way_back_is_barred_the_commands_bring_image_and_owner_back_too(either):
    """`docker start` would let the new image migrate the old file."""
    either.names("gateway:1.0.7", version="3.8")
    deployment = either.deployment
    facts = {"switch": target_image(deployment, state_of(gateway_of(deployment))).switch}
    assert set(facts["switch"]["give"]) == {"folder", "file"}
    facts |= {"keep": str(deployment.state_dir / "safety" / "old.db")}
    mine = f"{os.geteuid()}:{os.getegid()}"

    _stop, move, begin = going_back.by_hand(deployment, facts)

    assert f"chown {mine} {deployment.database}" in move
    assert f"chown {mine} {deployment.database.parent}" in move
    tag, rest = begin.split(" && ", 1)
    assert tag == f"docker tag {OLD} {kept_images.name('forge', OLD)}"
    put(deployment, {"switch": {**facts["switch"], "give": {}}}, quiet)
    assert either.containers() == {either.name: NEW}
    subprocess.run(["sh", "-c", rest], check=True, cwd="/", timeout=20)
    assert either.containers() == {either.name: OLD}
    pinned = json.loads((either.folder / "override").read_text())
    assert pinned.get("version") == ("3.8" if either.major == 1 else None)


def test_who_is_not_root_is_not_led_to_take_the_file_from_the_gateway_that_runs(make, monkeypatch):
    world = make()
    world.names("gateway:1.0.7")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    deployment = world.deployment

    target = target_image(deployment, state_of(gateway_of(deployment)))

    (check,) = [check for check in target.checks if check.name == "owner"]
    assert check.verdict is Verdict.FAIL
    assert "once it is stopped: sudo chown" in check.text


# --- images that are none of the gateway's ----------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (
            [(127, b'OCI runtime create failed: exec: "/app/.venv/bi')] * 2,
            "No interpreter in X has",
        ),
        ([(127, b"OCI runtime create failed"), (0, b"")], "X has no package mcpgateway."),
        ([(1, b"exec /usr/bin/python3: exec format error")], "its image is for another processor."),
    ],
    ids=["no-python", "no-package", "other-processor"],
)
def test_an_image_of_something_else_is_one_clear_sentence(answers, told):
    said = iter(answers)

    def run(command):
        code, stderr = next(said)
        if code:
            return Output(code, b"", stderr)
        marker = json.loads(command[-1])["marker"]
        error = {"error": {"kind": "package", "text": "has no package mcpgateway"}}
        return Output(1, f"{marker}{json.dumps(error)}".encode(), b"")

    pythons = ["/app/.venv/bin/python", "python3"]

    with pytest.raises(McpdbError) as refused:
        probe.ask(run, pythons, "mcpgateway", "X", timeout=1)

    assert told in str(refused.value)
    assert "OCI" not in str(refused.value)
