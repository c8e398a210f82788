"""The copy in another place: verified there, recorded here, and never a reason to lose a backup."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import Held, as_nobody, fill, needs_root, small_disk
from tests.unit.test_hot_backup import agree, back_up, left_overs, place
from tui.core.errors import PrecheckError
from tui.core.models import Backup, Deployment, Manifest
from tui.core.operation import Verdict
from tui.operations.activity import unfinished
from tui.operations.backing_up.second_location import Place, copy_there
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.execution.launch import cancel, follow, launch, launch_resume
from tui.services.manifests import path_for, read_manifest


@pytest.fixture
def two_places(tmp_path: Path) -> Deployment:
    (tmp_path / "second").mkdir(mode=0o700)
    return replace(place(tmp_path / "data", megabytes=2), second_dir=tmp_path / "second")


def there(deployment: Deployment) -> list[str]:
    assert deployment.second_dir is not None
    return sorted(path.name for path in deployment.second_dir.iterdir())


def only(deployment: Deployment) -> tuple[Backup, Manifest]:
    (backup,) = read_catalogue(deployment).backups
    assert backup.manifest is not None
    assert backup.verdict is Verdict.OK
    return backup, backup.manifest


@pytest.mark.parametrize("compress", [False, True])
def test_the_copy_is_the_same_file_with_a_manifest_and_the_first_one_knows(
    compress: bool, two_places: Deployment
) -> None:
    entry = back_up(two_places, compress=compress)
    assert (entry.exit_code, entry.outcome) == (0, "done"), entry.sentence
    backup, manifest = only(two_places)
    copy = Path(manifest.second)
    assert copy.parent == two_places.second_dir
    assert copy.name == backup.path.name
    assert copy.read_bytes() == backup.path.read_bytes()
    assert manifest.second_verified > manifest.verified
    other = read_manifest(copy)
    assert other is not None
    assert (other.id, other.sha256, other.name) == (manifest.id, manifest.sha256, copy.name)
    assert there(two_places) == [copy.name, path_for(copy).name]
    for path in (copy, path_for(copy)):
        assert path.stat().st_mode & 0o777 == 0o600
    assert str(two_places.second_dir) in entry.sentence
    steps = {step.step: step for step in entry.steps}
    assert steps["second"].state == "done"


def test_two_hosts_may_use_one_folder_in_the_same_second(
    two_places: Deployment, hold: Callable[..., Held]
) -> None:
    held = hold(two_places, "after:step_finished:publish")
    held.begin(BackupCreate(two_places))
    (mine,) = two_places.backup_dir.glob("*.db")
    assert two_places.second_dir is not None
    others = two_places.second_dir / mine.name
    others.write_text("another host's")
    assert held.end().exit_code == 0
    _backup, manifest = only(two_places)
    assert others.read_text() == "another host's"
    assert Path(manifest.second) != others
    assert Path(manifest.second).read_bytes() == mine.read_bytes()
    known = read_manifest(Path(manifest.second))
    assert known is not None
    assert known.name == Path(manifest.second).name


def test_a_folder_that_is_not_there_is_not_made_and_the_backup_stands(tmp_path: Path) -> None:
    """Behind a mount that is missing it would be made on the very disk it is to survive."""
    deployment = replace(place(tmp_path / "data"), second_dir=tmp_path / "nas" / "backups")
    plan = BackupCreate(deployment).plan()
    assert plan.forbidden is None
    assert {c.name: c.verdict for c in plan.checks}["second"] is Verdict.WARN
    entry = back_up(deployment)
    assert (entry.exit_code, entry.outcome) == (15, "partly done")
    assert "is it mounted?" in entry.sentence
    assert not (tmp_path / "nas").exists()
    backup, manifest = only(deployment)
    assert (manifest.second, manifest.second_verified) == ("", "")
    assert entry.result["backup"] == backup.id
    assert find_backup(deployment, "latest").id == backup.id
    assert agree(backup.path) == 0


def test_the_backup_folder_is_no_second_place(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    deployment.backup_dir.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(deployment.backup_dir)
    entry = back_up(replace(deployment, second_dir=tmp_path / "link"))
    assert entry.exit_code == 15
    assert "no second place" in entry.sentence
    only(deployment)


@needs_root
def test_no_space_there_before_or_in_the_middle_costs_only_the_copy(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    deployment = place(tmp_path / "data", megabytes=8)
    with small_disk(tmp_path / "disk", "4m") as disk:
        entry = back_up(replace(deployment, second_dir=disk))
        assert entry.exit_code == 15
        assert "needs" in entry.sentence
        assert list(disk.iterdir()) == []
    with small_disk(tmp_path / "disk2", "32m") as disk:
        deployment = replace(deployment, second_dir=disk)
        held = hold(deployment, "tick:second")
        held.begin(BackupCreate(deployment))
        assert any(path.name.endswith(".partial") for path in disk.iterdir())
        fill(disk)
        last = held.end()
        assert (last.exit_code, last.outcome) == (15, "partly done")
        assert "No space left" in last.sentence
        assert [path.name for path in disk.iterdir()] == ["filler"]
    assert [b.verdict for b in read_catalogue(deployment).backups] == [Verdict.OK] * 2
    assert left_overs(deployment) == []
    assert unfinished(deployment) == ()


@needs_root
def test_a_folder_that_may_not_be_written_costs_only_the_copy(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    with small_disk(tmp_path / "disk", "4m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        entry = back_up(replace(deployment, second_dir=disk))
    assert entry.exit_code == 15
    assert "Read-only file system" in entry.sentence
    only(deployment)


@needs_root
def test_another_user_s_folder_is_refused_with_its_owner(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    assert back_up(deployment).exit_code == 0
    backup, manifest = only(deployment)
    with tempfile.TemporaryDirectory(prefix="mcpdb-test-") as name:
        public = Path(name)
        public.chmod(0o755)
        source = public / backup.path.name
        shutil.copy(backup.path, source)
        source.chmod(0o644)
        (public / "second").mkdir(mode=0o755)
        there = Place.choose(public / "second", source.name, "000001-x")
        with pytest.raises(PrecheckError, match="permission denied") as raised:
            as_nobody(lambda: copy_there(source, manifest, there, lambda _d, _t: None))
        assert "It belongs to root; you are nobody." in str(raised.value)
        assert list((public / "second").iterdir()) == []


def test_a_cancel_while_it_is_copied_there_keeps_the_backup(
    two_places: Deployment, hold: Callable[..., Held]
) -> None:
    held = hold(two_places, "tick:second")
    held.begin(BackupCreate(two_places))
    assert held.entry().cancellable
    cancel(two_places, held.id)
    last = held.end()
    assert last.exit_code == 15
    assert last.sentence.endswith("cancelled")
    assert there(two_places) == []
    _backup, manifest = only(two_places)
    assert manifest.second == ""


@pytest.mark.parametrize(
    ("fault", "code", "copied"),
    [
        (("kill-after", "step_finished:publish"), 15, False),
        (("kill-after", "step_started:second"), 15, False),
        (("kill-tick", "second"), 15, False),
        (("kill-before", "step_finished:second"), 0, True),
        (("kill-after", "step_finished:second"), 0, True),
    ],
)
def test_killed_while_it_is_copied_there_nothing_half_is_left_anywhere(
    fault: tuple[str, str],
    code: int,
    copied: bool,
    two_places: Deployment,
    faulty_runner: Callable[..., None],
) -> None:
    faulty_runner(*fault)
    operation = BackupCreate(two_places)
    *_, cut = follow(two_places, launch(operation, operation.plan().fingerprint))
    assert cut.state == "cut"
    ((_journal, found),) = launch_resume(two_places)
    assert found == code
    _backup, manifest = only(two_places)
    assert bool(manifest.second) is copied
    assert len(there(two_places)) == (2 if copied else 0)
    assert left_overs(two_places) == []


def test_what_the_other_filesystem_gives_back_is_what_counts(
    two_places: Deployment, hold: Callable[..., Held]
) -> None:
    """Written well and read back otherwise: that filesystem cannot be trusted."""
    held = hold(two_places, "tick:second")
    held.begin(BackupCreate(two_places))
    assert two_places.second_dir is not None
    (partial,) = two_places.second_dir.glob(".*.partial")
    with partial.open("r+b") as stream:
        stream.seek(5_000)
        stream.write(b"\xff")
    last = held.end()
    assert last.exit_code == 15
    assert "FAIL sha256" in last.sentence
    assert there(two_places) == []
    backup, _manifest = only(two_places)
    found = hashlib.sha256(backup.path.read_bytes()).hexdigest()
    assert backup.manifest is not None
    assert backup.manifest.sha256 == found


def test_a_link_in_its_place_is_followed_to_where_it_leads_and_strangers_stay(
    tmp_path: Path,
) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (real / "mine.txt").write_text("mine")
    (tmp_path / "second").symlink_to(real)
    deployment = replace(place(tmp_path / "data"), second_dir=tmp_path / "second")
    assert back_up(deployment).exit_code == 0
    assert len(list(real.iterdir())) == 3
    assert (real / "mine.txt").read_text() == "mine"
    shutil.rmtree(real)
    assert back_up(deployment).exit_code == 15
