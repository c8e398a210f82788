"""Which image an operation ends with, bringing it in, and the way back."""

import json
import os
import threading
from dataclasses import replace

import pytest

from tests.faults import needs_root
from tests.unit.compose_world import NEW, OLD, OTHER, World, served
from tui.core.errors import UnhealthyError
from tui.core.models import GatewayState, ProcessRef
from tui.core.operation import Check, Plan, Tier, Verdict
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating import switching
from tui.operations.migrating.switching import put, start, target_image
from tui.operations.migrating.taking_back import switch_back, with_switch
from tui.operations.modes import Modes
from tui.operations.own import Own
from tui.services import journal
from tui.services.containers import kept_images
from tui.services.containers.engine import Engine

KEPT = kept_images.name("forge", OLD)


def quiet(_done, _total):
    pass


@pytest.fixture(params=[2], ids=["2.x"])
def world(request, tmp_path, monkeypatch):
    found = World(tmp_path, request.param)
    monkeypatch.setenv("PATH", str(found.bin))
    with served(found):
        yield found


either = pytest.mark.parametrize("world", [1, 2], ids=["1.x", "2.x"], indirect=True)


def state(world):
    return state_of(gateway_of(world.deployment))


def decided(world, asked=""):
    return target_image(world.deployment, state(world), asked)


def owner(path):
    found = path.stat()
    return found.st_uid, found.st_gid


# --- which image ------------------------------------------------------------------------------


@either
def test_the_image_that_runs_is_taken_where_compose_names_it(world):
    world.data.chmod(0o777)
    (world.data / "mcp.db").chmod(0o666)

    target = decided(world)

    assert (target.image_id, target.name, target.problem) == (OLD, "gateway:1.0.5", "")
    assert target.switch is None


@either
def test_another_image_that_compose_names_is_the_target(world):
    world.names("gateway:1.0.7")

    target = decided(world)

    assert (target.image_id, target.name, target.problem) == (NEW, "gateway:1.0.7", "")
    assert target.switches
    told = {key: target.switch[key] for key in ("to", "from", "to_name", "from_name", "service")}
    assert told == {
        "to": NEW,
        "from": OLD,
        "to_name": "gateway:1.0.7",
        "from_name": "gateway:1.0.5",
        "service": "gateway",
    }
    assert json.loads(json.dumps(target.switch)) == target.switch


def test_an_image_that_compose_does_not_name_is_for_rehearsals_alone(world):
    target = decided(world, "gateway:1.0.7")

    assert target.problem == "U is off: the Compose file still names 1.0.5."
    assert target.image_id == NEW
    assert target.switch is None


def test_the_running_image_may_be_asked_for_although_compose_names_another(world):
    world.data.chmod(0o777)
    (world.data / "mcp.db").chmod(0o666)
    world.names("gateway:1.0.7")

    target = decided(world, "gateway:1.0.5")

    assert (target.image_id, target.switch, target.problem) == (OLD, None, "")


def test_the_named_image_may_be_asked_for_by_its_id(world):
    world.names("gateway:1.0.7")

    assert decided(world, NEW).switches


def test_an_image_that_is_nowhere_is_refused(world):
    target = decided(world, "gateway:9")

    assert target.problem == "There is no image gateway:9 here: docker pull gateway:9"
    assert target.image_id == ""


def test_an_image_that_compose_names_and_nobody_pulled_is_refused(world):
    world.names("gateway:9")

    assert decided(world).problem == (
        "The Compose file names gateway:9, which is not on this host: docker pull gateway:9."
    )


def test_a_compose_file_that_cannot_be_read_is_a_warning_and_nothing_changes(world):
    world.file.write_text("{ no")

    target = decided(world)

    assert (target.image_id, target.problem, target.switches) == (OLD, "", False)
    (check,) = [check for check in target.checks if check.name == "compose"]
    assert check.verdict is Verdict.WARN
    assert check.text.endswith("The image that runs is taken.")


def test_without_compose_the_command_is_told_that_is_waited_for(world, monkeypatch):
    monkeypatch.setenv("PATH", str(world.folder / "nothing"))

    assert not decided(world).switches
    target = decided(world, "gateway:1.0.7")

    waited_for = target.switch["waiting_for"]
    assert waited_for.endswith("up -d --no-deps gateway")
    assert str(world.file) in waited_for
    assert "mcpdb-tui-pinned.yml" in target.switch["way_back"]
    (check,) = [check for check in target.checks if check.name == "compose"]
    assert waited_for in check.text


def test_an_engine_that_does_not_answer_leaves_the_image_that_is_known(tmp_path):
    world = World(tmp_path)
    known = GatewayState(running="unknown", image="gateway:1.0.5", image_id=OLD)

    assert target_image(world.deployment, known).image_id == OLD
    assert "there is no" in target_image(world.deployment, known, "gateway:1.0.7").problem


def test_a_gateway_without_container_has_no_image(tmp_path):
    process = ProcessRef(folder="/", start=("true",), stop=("true",))
    deployment = replace(World(tmp_path).deployment, gateway=process)

    assert target_image(deployment, GatewayState(running="stopped")).problem == ""
    assert target_image(deployment, GatewayState(running="stopped"), "x").problem


# --- owners -----------------------------------------------------------------------------------


def test_who_must_own_the_database_is_decided_before_anything_stops(world):
    world.names("gateway:1.0.7")
    mine = [os.geteuid(), os.getegid()]

    target = decided(world)

    change = {"before": mine, "after": [10001, 10001]}
    assert target.switch["give"] == {"folder": change, "file": change}
    (check,) = [check for check in target.checks if check.name == "owner"]
    assert "10001:10001" in check.text


@pytest.mark.parametrize("user", [0, 1000])
def test_only_root_gives_files_away_and_others_are_told_the_command(world, monkeypatch, user):
    world.names("gateway:1.0.7")
    monkeypatch.setattr(os, "geteuid", lambda: user)

    (check,) = [check for check in decided(world).checks if check.name == "owner"]

    assert check.verdict is (Verdict.FAIL if user else Verdict.OK)
    if user:
        folder = world.data
        assert check.text.endswith(f"sudo chown 10001:10001 {folder} {folder / 'mcp.db'}")


def test_a_folder_that_the_new_user_may_write_stays_whose_it_is(world):
    world.names("gateway:1.0.7")
    world.data.chmod(0o777)

    assert list(decided(world).switch["give"]) == ["file"]


def test_a_log_folder_that_the_new_user_cannot_write_is_a_warning(world):
    world.names("gateway:1.0.7")
    (world.project / "logs").mkdir(mode=0o755)

    (check,) = [check for check in decided(world).checks if check.name == "logs"]

    assert check.verdict is Verdict.WARN
    assert check.text.endswith(f"sudo chown -R 10001:10001 {world.project / 'logs'}")


@needs_root
def test_owners_change_and_come_back(world):
    world.names("gateway:1.0.7")
    os.chown(world.data, 1001, 0)
    os.chown(world.data / "mcp.db", 1001, 0)
    private = world.data / ".mcpdb"
    private.mkdir(mode=0o700)
    facts = {"switch": decided(world).switch}

    put(world.deployment, facts, quiet)
    assert owner(world.data) == owner(world.data / "mcp.db") == (10001, 10001)
    assert owner(private) == (os.geteuid(), os.getegid())

    put(world.deployment, facts, quiet, back=True)
    assert owner(world.data) == owner(world.data / "mcp.db") == (1001, 0)


# --- bringing it in ---------------------------------------------------------------------------


@pytest.fixture
def facts(world):
    """What the journal of an upgrade to another image holds; nobody's files change hands."""
    world.names("gateway:1.0.7")
    return {"switch": {**decided(world).switch, "give": {}}}


@either
def test_the_gateway_starts_with_the_other_image_and_goes_back_to_the_old_one(world, facts):
    deployment, gateway = world.deployment, gateway_of(world.deployment)

    start(deployment, gateway, facts, quiet)
    assert world.containers() == {world.name: NEW}
    assert world.running() == [world.name]

    gateway.stop()
    start(deployment, gateway, facts, quiet, back=True)
    assert world.containers() == {world.name: OLD}
    assert world.running() == [world.name]


def test_done_again_after_a_cut_it_does_nothing(world, facts):
    put(world.deployment, facts, quiet)
    made = world.containers(), len(world.calls())

    put(world.deployment, facts, quiet)

    assert (world.containers(), len(world.calls())) == made


def test_the_way_back_needs_no_compose_where_nothing_was_made(world, facts, monkeypatch):
    monkeypatch.setenv("PATH", str(world.folder / "nothing"))

    start(world.deployment, gateway_of(world.deployment), facts, quiet, back=True)

    assert world.containers() == {world.name: OLD}
    assert world.running() == [world.name]


def test_an_image_that_cannot_be_brought_in_is_no_start(world, facts):
    world.behave(fails="renamed")

    with pytest.raises(UnhealthyError):
        start(world.deployment, gateway_of(world.deployment), facts, quiet)
    assert world.running() == []

    start(world.deployment, gateway_of(world.deployment), facts, quiet, back=True)
    assert world.containers() == {world.name: OLD}
    assert world.running() == [world.name]


def test_the_former_image_is_kept_and_no_older_one(world, facts):
    older = kept_images.name("forge", OTHER)
    stranger = kept_images.name("other-project", OTHER)
    kept_images.keep(Engine(world.host), "forge", OTHER)
    kept_images.keep(Engine(world.host), "other-project", OTHER)

    put(world.deployment, facts, quiet)

    assert world.tags(OLD) == ["gateway:1.0.5", KEPT]
    assert older not in world.tags(OTHER)
    assert stranger in world.tags(OTHER)


def test_a_former_image_that_lost_its_name_comes_back_by_ours(world, facts):
    put(world.deployment, facts, quiet)
    pulled = world.state()
    pulled["images"][OLD].remove("gateway:1.0.5")
    pulled["images"][OTHER].append("gateway:1.0.5")
    world.write_state(pulled)

    put(world.deployment, facts, quiet, back=True)

    assert world.containers() == {world.name: OLD}
    assert json.loads((world.folder / "override").read_text())["services"]["gateway"]["image"] == (
        KEPT
    )


def test_a_plain_start_starts_what_is_there(world):
    start(world.deployment, gateway_of(world.deployment), {}, quiet)

    assert world.running() == [world.name]
    assert world.calls() == []


# --- by hand ----------------------------------------------------------------------------------


@pytest.fixture
def by_hand(world, monkeypatch):
    """What the journal holds where this host has no Compose."""
    world.names("gateway:1.0.7")
    monkeypatch.setenv("PATH", str(world.folder / "nothing"))
    monkeypatch.setattr(switching, "_POLL", 0.02)
    return {"switch": {**decided(world, "gateway:1.0.7").switch, "give": {}}}


def test_a_container_that_a_person_makes_is_waited_for(world, by_hand):
    asked = threading.Event()

    def person():
        assert asked.wait(10)
        world.set_container(Image=NEW, Running=True)

    thread = threading.Thread(target=person)
    thread.start()
    put(world.deployment, by_hand, lambda _done, _total: asked.set())
    thread.join()

    assert world.containers() == {world.name: NEW}


def test_another_image_that_a_person_starts_is_stopped_and_refused(world, by_hand):
    world.set_container(Image=OTHER, Running=True)

    with pytest.raises(UnhealthyError, match="was started with another image than gateway:1"):
        put(world.deployment, by_hand, quiet)

    assert world.running() == []


def test_a_person_is_not_waited_for_for_ever(world, by_hand, monkeypatch):
    monkeypatch.setattr(switching, "BY_HAND_SECONDS", 0.1)

    with pytest.raises(UnhealthyError, match="up -d --no-deps gateway"):
        put(world.deployment, by_hand, quiet)


def test_nobody_is_waited_for_where_the_gateway_stays_stopped(world, by_hand):
    put(world.deployment, by_hand, quiet, wait=False)

    assert world.containers() == {world.name: OLD}


def test_the_way_back_by_hand_has_its_file_until_it_is_gone(world, by_hand):
    world.set_container(Image=NEW)
    pinned = world.data / ".mcpdb" / "mcpdb-tui-pinned.yml"
    seen = []

    def person(_done, _total):
        seen.append(json.loads(pinned.read_text())["services"]["gateway"]["image"])
        world.set_container(Image=OLD)

    put(world.deployment, by_hand, person, back=True)

    assert seen == ["gateway:1.0.5"]
    assert not pinned.exists()
    assert str(pinned) in by_hand["switch"]["way_back"]


# --- undo -------------------------------------------------------------------------------------


def done_upgrade(world, facts):
    """The journal of an upgrade that was done, and its safety copy's name."""
    number, journal_id = journal.next_id(world.data / ".mcpdb", "upgrade", "")
    writer = journal.Journal.create(world.data / ".mcpdb", journal_id)
    writer.append(
        "begun",
        format=1,
        number=number,
        operation="upgrade",
        title="upgrade",
        subject="",
        params={},
        deployment=world.deployment.as_json(),
        steps=[],
        pid=1,
        started=0.0,
        boot="",
        who="dana",
        host="ctx-01",
        origin="",
        command="",
    )
    writer.append("step_started", step="stop", title="stop", cancellable=True, facts=facts)
    safety = world.data / ".mcpdb" / "safety" / "mcp_safety_x.db"
    result = {"safety": safety.name, "safety_path": str(safety)}
    writer.append("ended", exit=0, outcome="done", sentence="", result=result, facts=result)
    writer.close(ended=True)
    return safety


def test_undo_takes_the_image_back_with_the_file(world, facts):
    safety = done_upgrade(world, facts)
    put(world.deployment, facts, quiet)

    back = switch_back(world.deployment, safety)
    assert (back["to"], back["from"]) == (OLD, NEW)

    start(world.deployment, gateway_of(world.deployment), {"switch": back}, quiet)
    assert world.containers() == {world.name: OLD}
    put(world.deployment, {"switch": back}, quiet, back=True)
    assert world.containers() == {world.name: NEW}


def test_undo_gives_the_files_back_to_whom_they_belonged(world):
    world.names("gateway:1.0.7")
    switch = decided(world).switch
    safety = done_upgrade(world, {"switch": switch})

    turned = switch_back(world.deployment, safety)["give"]

    assert turned["folder"] == {
        "before": [10001, 10001],
        "after": [os.geteuid(), os.getegid()],
    }


def test_undo_of_what_changed_no_image_leaves_the_image_alone(world):
    assert switch_back(world.deployment, done_upgrade(world, {})) is None
    owners_alone = {"switch": {"to": OLD, "from": OLD, "give": {"file": {}}}}
    assert switch_back(world.deployment, done_upgrade(world, owners_alone)) is None


def plan_with(check):
    return Plan(
        operation="undo", title="", tier=Tier.REPLACING, subject="forge", basis={}, checks=(check,)
    )


def test_the_plan_of_undo_says_which_image_comes_back(world, facts):
    too_new = Check("revision", Verdict.FAIL, "this image does not know it")
    back = {**facts["switch"], "to": OLD, "from": NEW, "to_name": "gateway:1.0.5"}

    plan = with_switch(plan_with(too_new), world.deployment, back)

    (check,) = plan.checks
    assert check.verdict is Verdict.OK
    assert "the image it had then: 1.0.5" in check.text


def test_undo_is_refused_without_the_former_image(world, facts):
    gone = f"sha256:{'d' * 64}"
    back = {**facts["switch"], "to": gone, "from": NEW, "to_name": "gateway:1.0.5"}

    plan = with_switch(plan_with(Check("revision", Verdict.OK, "")), world.deployment, back)

    assert plan.forbidden is not None
    assert plan.forbidden.text.startswith("image 1.0.5 is needed: Docker knows no sha256:ddd")


# --- own --------------------------------------------------------------------------------------


def test_own_says_whose_what_becomes(world):
    world.set_container(Image=NEW)
    (world.data / "mcp.db-wal").touch(mode=0o600)
    mine = f"{os.geteuid()}:{os.getegid()}"

    plan = Own(world.deployment).plan()

    (check,) = [check for check in plan.checks if check.name == "owner"]
    assert check.text == (
        f"data (of {mine}), mcp.db (of {mine}), mcp.db-wal (of {mine}): given to 10001:10001"
    )
    assert plan.tier is Tier.DISRUPTIVE
    assert plan.forbidden is None


def test_own_has_nothing_to_do_where_all_may_be_written(world):
    world.set_container(Image=OTHER)  # runs as root

    plan = Own(world.deployment).plan()

    assert plan.forbidden is not None
    assert plan.forbidden.text.startswith("Nothing to give")


@needs_root
def test_what_everybody_may_write_is_given_first_and_then_closed(world):
    world.set_container(Image=NEW)  # runs as 10001:10001
    database = world.data / "mcp.db"
    world.data.chmod(0o777)
    database.chmod(0o666)

    forbidden = Modes(world.deployment).plan().forbidden
    assert forbidden is not None
    assert "The gateway (10001:10001) may write data, mcp.db only" in forbidden.text
    assert "gateway own` first" in forbidden.text
    plan = Own(world.deployment).plan()
    assert plan.forbidden is None, plan.forbidden
    assert set(plan.facts["owners"]) == {str(world.data), str(database)}

    for path in (world.data, database):
        os.chown(path, 10001, 10001)
    assert Own(world.deployment).plan().forbidden.text.startswith("Nothing to give")
    assert Modes(world.deployment).plan().forbidden is None


def test_a_folder_that_is_there_for_everybody_is_not_given_away(world):
    world.set_container(Image=NEW)
    world.data.chmod(0o1777)

    assert str(world.data) not in Own(world.deployment).plan().facts["owners"]


@needs_root
def test_own_that_was_cut_gives_everything_back(world):
    os.chown(world.data, 10001, 10001)  # half of it was done
    owners = {
        str(world.data): {"before": [1001, 0], "after": [10001, 10001]},
        str(world.data / "mcp.db"): {"before": [1001, 0], "after": [10001, 10001]},
    }
    os.chown(world.data / "mcp.db", 1001, 0)
    records = [
        {"kind": "step_started", "step": "stop", "facts": {"was_running": False}},
        {"kind": "step_finished", "step": "stop", "facts": {}},
        {"kind": "step_started", "step": "give", "facts": {"owners": owners}},
    ]

    recovery = Own(world.deployment).recover(records)
    assert [action.action for action in recovery.actions] == ["give-back"]
    for _again in range(2):
        for action in recovery.actions:
            action.run(None)

    assert owner(world.data) == owner(world.data / "mcp.db") == (1001, 0)


def test_own_that_was_cut_behind_the_giving_is_finished(world):
    owners = {str(world.data): {"before": [1001, 0], "after": [10001, 10001]}}
    records = [
        {"kind": "step_started", "step": "stop", "facts": {"was_running": True, "starts": True}},
        {"kind": "step_started", "step": "give", "facts": {"owners": owners}},
        {"kind": "step_finished", "step": "give", "facts": {"given": True}},
    ]

    recovery = Own(world.deployment).recover(records)

    assert recovery.direction == "finish"
    assert [action.action for action in recovery.actions] == ["start"]
