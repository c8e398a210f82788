"""What the doctor's own operations change, and that a cut of them is finished or undone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import NOBODY, as_nobody, let_everybody_in, needs_root
from tui.core.errors import ExitCode, PrecheckError
from tui.core.operation import Progress
from tui.core.verdict import Verdict
from tui.operations.doctor import examine
from tui.operations.execution.launch import launch_resume
from tui.operations.finding.gateways import gateway_of
from tui.operations.make_folder import MakeFolder
from tui.operations.modes import Modes


def progress() -> Progress:
    return Progress(lambda _done, _total, _unit: None, lambda: False)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(running=False)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


# --- modes --------------------------------------------------------------------------------


def test_the_owner_may_write_and_all_the_world_may_not(site: Site) -> None:
    folder, database = site.database.parent, site.database
    folder.chmod(0o757)
    database.chmod(0o446)
    done = site.do(Modes(site.deployment))
    assert done.exit_code == 0, done.sentence
    assert (mode(folder), mode(database)) == (0o755, 0o644)
    assert "mcp.db 0644" in done.sentence
    forbidden = Modes(site.deployment).plan().forbidden
    assert forbidden is not None
    assert "Nothing to change" in forbidden.text


def test_modes_that_were_cut_are_put_back_and_others_are_left(site: Site) -> None:
    folder, database = site.database.parent, site.database
    folder.chmod(0o757)
    database.chmod(0o446)
    operation = Modes(site.deployment)
    steps = operation.steps(progress())
    begun = next(steps)
    records = [
        {"kind": "begun"},
        {"kind": "step_started", "step": "modes", "facts": dict(begun.facts)},
    ]
    folder.chmod(0o755)  # carried out
    database.chmod(0o640)  # somebody else's wish meanwhile
    recovery = operation.recover(records)
    assert recovery.direction == "undo"
    for action in recovery.actions:
        action.run(progress())
    assert (mode(folder), mode(database)) == (0o757, 0o640)


@needs_root
def test_who_may_not_change_a_mode_is_told_with_sudo(site: Site) -> None:
    let_everybody_in(site.folder)
    closed = as_nobody(lambda: Modes(site.deployment).plan().forbidden)
    assert closed is not None
    assert "sudo" in closed.text
    site.database.parent.chmod(0o755)
    site.database.chmod(0o666)
    forbidden = as_nobody(lambda: Modes(site.deployment).plan().forbidden)
    assert forbidden is not None
    assert forbidden.exit_code is ExitCode.PRECHECK
    assert "sudo" in forbidden.text


def test_a_link_in_the_place_of_the_database_keeps_its_target_s_mode(
    site: Site, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"")
    other.chmod(0o666)
    site.database.unlink()
    site.database.symlink_to(other)
    assert str(site.database) not in Modes(site.deployment).plan().facts["modes"]
    assert mode(other) == 0o666


@needs_root
def test_a_gateway_that_writes_by_everybody_s_right_is_given_the_files_before_it_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, database = site.database.parent, site.database
    folder.chmod(0o777)
    database.chmod(0o666)
    operation = Modes(site.deployment)
    assert operation.plan().forbidden is None, "it is run by us, who own them"
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    state = replace(gateway.state(), user=f"{NOBODY}:{NOBODY}")
    monkeypatch.setattr("tui.operations.modes.state_of", lambda _gateway: state)

    said = {one.name: one for one in examine(site.deployment, state=state)}["mode"]
    assert said.verdict is Verdict.WARN
    assert said.remedy is not None
    assert said.remedy.operation != "modes"
    assert said.remedy.by_hand == (f"sudo chown {NOBODY}:{NOBODY} -- {folder}",)
    forbidden = operation.plan().forbidden
    assert forbidden is not None
    assert f"The gateway ({NOBODY}:{NOBODY}) may write data, mcp.db" in forbidden.text
    assert (
        f"only because everybody may: `sudo chown {NOBODY}:{NOBODY} -- {folder} {database}"
        in forbidden.text
    )
    with pytest.raises(PrecheckError, match="only because everybody may"):
        next(operation.steps(progress()))
    assert (mode(folder), mode(database)) == (0o777, 0o666)

    for path in (folder, *folder.glob("mcp.db*")):
        os.chown(path, NOBODY, NOBODY)
    assert operation.plan().forbidden is None
    said = {one.name: one for one in examine(site.deployment, state=state)}["mode"]
    assert said.remedy is not None
    assert said.remedy.operation == "modes"


@pytest.mark.parametrize("known", [True, False], ids=["by-name", "no-gateway"])
def test_everybody_s_right_stays_where_the_gateway_s_user_is_not_known(
    site: Site, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    site.database.chmod(0o666)
    deployment = site.deployment if known else replace(site.deployment, gateway=None)
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    state = replace(gateway.state(), user="forge" if known else "")
    monkeypatch.setattr("tui.operations.modes.state_of", lambda _gateway: state)
    operation = Modes(deployment)
    forbidden = operation.plan().forbidden
    assert forbidden is not None
    assert "which user the gateway runs as is not known" in forbidden.text
    with pytest.raises(PrecheckError):
        next(operation.steps(progress()))
    assert mode(site.database) == 0o666
    site.database.chmod(0o464)
    assert operation.plan().forbidden is None, "nothing is taken from anybody but given"


# --- make-folder --------------------------------------------------------------------------


def test_a_missing_folder_is_made(site: Site) -> None:
    folder = site.database.parent
    shutil.rmtree(folder)
    done = site.do(MakeFolder(site.deployment))
    assert done.exit_code == 0, done.sentence
    assert mode(folder) == 0o755
    assert {path.name for path in folder.iterdir()} == {".mcpdb"}


def test_a_folder_that_holds_something_is_left_alone(site: Site) -> None:
    forbidden = MakeFolder(site.deployment).plan().forbidden
    assert forbidden is not None
    assert "holds something" in forbidden.text


def test_a_folder_that_was_begun_is_finished(site: Site) -> None:
    folder = site.database.parent
    shutil.rmtree(folder)
    operation = MakeFolder(site.deployment)
    facts = {"folder": str(folder), "user": [os.geteuid(), os.getegid()]}
    records = [{"kind": "begun"}, {"kind": "step_started", "step": "folder", "facts": facts}]
    recovery = operation.recover(records)
    assert recovery.direction == "finish"
    for _again in range(2):
        for action in recovery.actions:
            action.run(progress())
    assert folder.is_dir()
    assert operation.recover([{"kind": "begun"}]).direction == "nothing"


# --- half-made files ----------------------------------------------------------------------


def test_resume_removes_half_made_files_where_nothing_was_cut(site: Site) -> None:
    folder = site.deployment.backup_dir
    folder.mkdir(exist_ok=True)
    dead, mine = folder / ".x.999999.partial", folder / f".x.{os.getpid()}.partial"
    for path in (dead, mine):
        path.write_bytes(b"half")
    assert launch_resume(site.deployment) == []
    assert not dead.exists()
    assert mine.exists()
