"""Compose down and up as they are planned: what goes, what stays, and what forbids it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.unit.compose_world import NEW, OLD, PROJECT, World, served
from tui.core.errors import PrecheckError
from tui.core.models import Deployment, Problem
from tui.core.operation import Plan, Progress, StepStarted, Tier, Verdict
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.compose_control import ComposeDown, ComposeUp
from tui.operations.finding.compose_projects import image_before, project_of
from tui.services import mounts
from tui.services.containers import compose_down


@pytest.fixture(params=[1, 2], ids=["1.x", "2.x"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A host with an engine and a Compose of either kind."""
    found = World(tmp_path, request.param)
    monkeypatch.setenv("PATH", str(found.bin))
    with served(found):
        yield found


def test_the_command_names_project_and_files_and_neither_volumes_nor_a_rebuild(world: Any) -> None:
    words = compose_down.words(world.ref, "down")
    assert words[-1] == "down" and words[words.index("-p") + 1] == PROJECT
    assert str(world.file) in words
    assert not {"-v", "--volumes", "--rmi", "--remove-orphans"} & set(words)


def test_the_plan_says_what_goes_and_that_the_database_stays(world: Any) -> None:
    plan = ComposeDown(world.deployment).plan()
    assert plan.forbidden is None, plan.forbidden
    told = " ".join(plan.facts["effects"])
    assert f"removes {world.name}" in told
    assert f"keeps volumes and {world.deployment.database}" in told


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        (None, "is on no mount"),
        ({"Type": "volume", "Name": "a" * 64, "Source": "/x"}, "is an anonymous volume"),
        ({"Type": "tmpfs", "Source": ""}, "is in memory"),
        ({"Type": "volume", "Name": "forge_data", "Source": "/x"}, ""),
    ],
)
def test_down_is_refused_where_the_database_would_go_with_its_container(
    world: Any, monkeypatch: pytest.MonkeyPatch, mount: dict[str, str] | None, said: str
) -> None:
    facts = World.facts

    def other(self: World, state: Any, one: Any) -> Any:
        found = facts(self, state, one)
        found["Mounts"] = [{"Destination": "/app/data", "RW": True, **mount}] if mount else []
        return found

    monkeypatch.setattr(World, "facts", other)
    forbidden = ComposeDown(world.deployment).plan().forbidden
    assert (said in forbidden.text) if forbidden and said else (forbidden is None and not said)


def test_where_the_command_is_missing_both_say_so(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    for operation in (ComposeDown(world.deployment), ComposeUp(world.deployment)):
        forbidden = operation.plan().forbidden
        assert forbidden is not None and int(forbidden.exit_code) == 12
        assert forbidden.text == "compose down and up need the compose command; it is not here."


def test_without_docker_it_is_13_and_a_process_has_no_project(world: Any, site: Site) -> None:
    away = replace(
        world.deployment, problems=(Problem("docker", "Docker does not answer.", ("gateway",)),)
    )
    forbidden = ComposeUp(away).plan().forbidden
    assert forbidden is not None and int(forbidden.exit_code) == 13
    forbidden = ComposeDown(site.deployment).plan().forbidden
    assert forbidden is not None and "this is a process" in forbidden.text


def taken_down(world: Any, named: str = "gateway:1.0.5", **service: str) -> Deployment:
    """A project without containers whose database holds a row; its image was that of 1.0.5."""
    world.write_state({**world.state(), "containers": []})
    world.names(named, service=service)
    fill(world.deployment.database)
    return replace(world.deployment, image_id=OLD)


def fill(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE tools (name TEXT)")
        connection.execute("INSERT INTO tools VALUES ('one')")


def step_names(plan: Plan) -> list[str]:
    return [step.step for step in plan.steps]


def test_the_image_that_ran_comes_up_without_a_question(world: Any) -> None:
    plan = ComposeUp(taken_down(world)).plan()
    assert plan.forbidden is None and plan.tier is Tier.LIGHT
    assert step_names(plan) == ["up", "healthy"]


@pytest.mark.parametrize(
    ("named", "service", "ran", "said"),
    [
        ("gateway:1.0.7", {}, OLD, "another image than the one that ran here"),
        ("gateway:9", {}, OLD, "gateway:9 is fetched first"),
        ("gateway:1.0.5", {"pull_policy": "always"}, OLD, "A registry is asked"),
        ("gateway:1.0.5", {}, "", "which image ran here before is not known"),
    ],
    ids=["another", "fetched", "pulled", "unknown"],
)
def test_an_image_that_may_be_another_is_asked_for_and_a_backup_comes_first(
    world: Any, named: str, service: dict[str, str], ran: str, said: str
) -> None:
    deployment = replace(taken_down(world, named, **service), image_id=ran)
    plan = ComposeUp(deployment).plan()
    assert plan.forbidden is None, plan.forbidden
    assert plan.tier is Tier.DISRUPTIVE
    (check,) = [check for check in plan.checks if check.name == "image"]
    assert check.verdict is Verdict.WARN and said in check.text
    assert "A verified backup is made first" in check.text
    assert step_names(plan)[:2] == ["copy", "verify"] and step_names(plan)[-2:] == ["up", "healthy"]
    world.names("gateway:1.0.5")
    assert plan.fingerprint != ComposeUp(replace(deployment, image_id=OLD)).plan().fingerprint


def test_where_no_row_can_be_lost_nothing_is_asked(world: Any) -> None:
    deployment = taken_down(world, "gateway:1.0.7")
    deployment.database.write_bytes(b"")
    assert ComposeUp(deployment).plan().tier is Tier.LIGHT
    deployment.database.unlink()
    assert ComposeUp(deployment).plan().tier is Tier.LIGHT


def test_a_database_that_cannot_be_read_does_not_meet_another_image(world: Any) -> None:
    deployment = taken_down(world, "gateway:1.0.7")
    deployment.database.write_bytes(b"no database at all" * 1000)
    forbidden = ComposeUp(deployment).plan().forbidden
    assert forbidden is not None and forbidden.name == "database"


def driven(operation: ComposeUp, until: str) -> list[dict[str, Any]]:
    """The journal of an operation that is cut where a step has begun."""
    progress = Progress(lambda *_: None, lambda: False, operation_id="000001-20260811T010000Z-up")
    records: list[dict[str, Any]] = [{"kind": "begun", "params": {}}]
    for step in operation.steps(progress):
        kind = "step_started" if isinstance(step, StepStarted) else "step_finished"
        records.append({"kind": kind, "step": step.step, "facts": dict(step.facts)})
        if (kind, step.step) == ("step_started", until):
            return records
    raise AssertionError(f"it has no step {until}")


def test_before_another_image_comes_up_the_backup_is_whole(world: Any) -> None:
    deployment = taken_down(world, "gateway:1.0.7")
    records = driven(ComposeUp(deployment), "up")
    assert not world.calls("up")
    (backup,) = read_catalogue(deployment).backups
    assert backup.manifest is not None and backup.manifest.rows == {"tools": 1}
    # What was begun behind it is carried through, and the backup stays as it is.
    found = ComposeUp(deployment).recover(records)
    assert [one.action for one in found.actions] == ["up", "healthy"]


def test_an_up_that_is_cut_within_its_backup_leaves_neither_a_copy_nor_a_container(
    world: Any,
) -> None:
    deployment = taken_down(world, "gateway:1.0.7")
    operation = ComposeUp(deployment)
    records = driven(operation, "verify")
    assert any(path.is_file() for path in deployment.backup_dir.iterdir())
    found = operation.recover(records)
    assert "cut short before it began" in found.sentence and int(found.exit_code) == 1
    for action in found.actions:
        action.run(Progress(lambda *_: None, lambda: False))
    assert [path for path in deployment.backup_dir.iterdir() if path.is_file()] == []
    assert not world.calls("up") and not world.containers()


def test_the_image_before_is_that_of_a_down_and_not_of_a_downgrade(world: Any) -> None:
    deployment = world.deployment
    folder = deployment.state_dir / "journal"
    folder.mkdir(parents=True)
    for number, (operation, image) in enumerate((("down", OLD), ("downgrade", NEW)), 1):
        about = replace(deployment, image_id=image).as_json()
        begun = {"kind": "begun", "operation": operation, "format": 1, "deployment": about}
        name = f"00000{number}-20260811T010000Z-{operation}.jsonl"
        (folder / name).write_text(json.dumps(begun) + "\n")
    assert image_before(deployment) == OLD


CUT_DOWN = [{"kind": "begun"}, {"kind": "step_started", "step": "down", "facts": {}}]


def test_a_cut_down_leaves_a_gateway_that_runs_again_as_it_is(world: Any) -> None:
    world.set_container(Running=True)
    found = ComposeDown(world.deployment).recover(CUT_DOWN)
    assert (found.direction, found.actions, int(found.exit_code)) == ("nothing", (), 1)
    assert found.sentence == (
        "A compose down was cut short. The gateway runs and is left as it is; "
        "`gateway down` does it again."
    )


def test_a_cut_down_is_carried_through_where_the_gateway_is_still_down(world: Any) -> None:
    found = ComposeDown(world.deployment).recover(CUT_DOWN)
    assert [one.action for one in found.actions] == ["down"] and found.direction == "finish"
    through = [*CUT_DOWN, {"kind": "recovery_finished", "action": "down", "facts": {}}]
    world.set_container(Running=True)
    # Its own work was done then; who brought the project up since is not asked.
    after = ComposeDown(world.deployment).recover([*through, {"kind": "resumed"}])
    assert not after.actions and int(after.exit_code) == 0


def test_a_cut_down_looks_again_whether_the_database_would_go_with_its_container(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = World.facts
    monkeypatch.setattr(
        World, "facts", lambda self, state, one: {**facts(self, state, one), "Mounts": []}
    )
    (action,) = ComposeDown(world.deployment).recover(CUT_DOWN).actions
    with pytest.raises(PrecheckError, match="is on no mount: the database would go with"):
        action.run(Progress(lambda *_: None, lambda: False))
    assert not world.calls("down") and world.containers()


def test_a_project_that_was_taken_down_is_known_by_the_journal(world: Any) -> None:
    deployment = world.deployment
    folder = deployment.state_dir / "journal"
    folder.mkdir(parents=True)
    begun = {"kind": "begun", "operation": "down", "format": 1, "deployment": deployment.as_json()}
    (folder / "000001-20260811T010000Z-down.jsonl").write_text(json.dumps(begun) + "\n")
    bare = replace(deployment, gateway=replace(deployment.gateway, config_files=(), project="x"))
    assert project_of(bare) == deployment.gateway
    assert project_of(replace(deployment, gateway=None)) == deployment.gateway


def test_an_anonymous_volume_is_told_by_its_name() -> None:
    assert mounts.is_anonymous({"Name": "0123456789abcdef" * 4})
    assert not mounts.is_anonymous({"Name": "forge_data"})
