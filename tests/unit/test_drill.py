"""Restore drills: a backup is proven restorable, or found out, and nothing live is touched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import needs_root, print_of, small_disk, without_code
from tui.core.errors import McpdbError
from tui.core.models import LastDrill
from tui.core.operation import Verdict
from tui.operations.activity import read_activity
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.cataloguing.proven import last_drill
from tui.operations.drill import Drill
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.needs import needs_of
from tui.operations.status import read_status
from tui.services.manifests import path_for, read_manifest


@pytest.fixture
def quiet(make_site: Callable[..., Site], give_backup: Callable[[Site], Path]) -> Site:
    """A stopped gateway with one backup."""
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)
    give_backup(site)
    return site


def flip(path: Path, offset: int | None = None) -> None:
    """Change one bit of one byte."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if offset is None else offset] ^= 1
    path.write_bytes(bytes(content))


def needs(site: Site, drill: LastDrill | None, now: datetime | None = None) -> list[str]:
    status = read_status(site.deployment)
    found = needs_of(
        facts=status.database,
        state=status.gateway,
        health=status.health,
        catalogue=read_catalogue(site.deployment),
        unfinished=(),
        drill=drill,
        now=now,
    )
    return [need.text for need in found if "rill" in need.text]


def test_a_whole_backup_is_proven_and_its_manifest_and_status_say_so(quiet: Site) -> None:
    live = print_of(quiet.database.parent / "backups")
    backup = find_backup(quiet.deployment, "latest")
    entry = quiet.do(Drill(quiet.deployment))
    assert entry.exit_code == 0, entry.sentence
    assert entry.sentence.startswith(f"restorable: {backup.id}, ")
    manifest = read_manifest(backup.path)
    assert manifest is not None
    assert (manifest.drill_result, manifest.check) == ("ok", "integrity_check")
    assert manifest.drill_seconds > 0
    assert read_catalogue(quiet.deployment).newest_verified is not None
    now = print_of(quiet.database.parent / "backups")
    changed = {name for name in now if now[name] != live.get(name)}
    assert changed == {path_for(backup.path).name}
    assert quiet.left_overs() == []
    drill = read_status(quiet.deployment).drill
    assert drill is not None and (drill.backup, drill.result) == (backup.id, "ok")
    assert needs(quiet, drill) == []


def test_one_flipped_byte_is_found_and_the_catalogue_shows_it(quiet: Site) -> None:
    backup = find_backup(quiet.deployment, "latest")
    flip(backup.path)
    entry = quiet.do(Drill(quiet.deployment))
    assert entry.exit_code == 3
    assert "FAIL sha256" in entry.sentence
    shown = read_catalogue(quiet.deployment).backups[0]
    assert shown.verdict is Verdict.FAIL and "FAIL sha256" in shown.problem
    assert read_catalogue(quiet.deployment).newest_verified is None
    assert quiet.left_overs() == []
    status = read_status(quiet.deployment)
    assert status.drill is not None and "FAIL sha256" in status.drill.result
    assert needs(quiet, status.drill)[0].startswith(f"The drill of {backup.id} failed: FAIL")


def test_a_file_damaged_before_it_had_a_manifest_is_found_by_its_pages(quiet: Site) -> None:
    backup = find_backup(quiet.deployment, "latest")
    path_for(backup.path).unlink()
    size = backup.path.stat().st_size
    content = backup.path.read_bytes()
    backup.path.write_bytes(content[: size // 2] + b"\xff" * 4096 + content[size // 2 + 4096 :])
    entry = quiet.do(Drill(quiet.deployment, backup.path.name))
    assert entry.exit_code == 3
    assert backup.path.name in entry.sentence and ".partial" not in entry.sentence
    assert last_drill(quiet.deployment, read_catalogue(quiet.deployment)) is not None


@pytest.mark.parametrize("damage", [False, True], ids=["whole", "one flipped byte"])
def test_a_compressed_backup_is_unpacked_and_judged(quiet: Site, damage: bool) -> None:
    operation = BackupCreate(quiet.deployment, compress=True)
    assert quiet.do(operation).exit_code == 0
    backup = find_backup(quiet.deployment, "latest")
    assert backup.path.name.endswith(".zst")
    if damage:
        flip(backup.path)
    entry = quiet.do(Drill(quiet.deployment, backup.id))
    assert entry.exit_code == (3 if damage else 0), entry.sentence
    manifest = read_manifest(backup.path)
    assert manifest is not None
    assert (manifest.check_result == "ok") is (manifest.drill_result == "ok") is not damage
    assert quiet.left_overs() == []


def test_without_a_verified_backup_there_is_nothing_to_drill(quiet: Site) -> None:
    for path in quiet.deployment.backup_dir.iterdir():
        path.unlink()
    with pytest.raises(McpdbError, match="no verified backup") as raised:
        launch(Drill(quiet.deployment))
    assert raised.value.exit_code == 10


@pytest.mark.parametrize("scratch", ["", "elsewhere"])
@pytest.mark.parametrize("place", ["kill-tick stage", "kill-after step_started:check"])
def test_killed_its_scratch_copy_is_removed_and_the_manifest_is_as_before(
    quiet: Site,
    tmp_path: Path,
    scratch: str,
    place: str,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    backup = find_backup(quiet.deployment, "latest")
    before = path_for(backup.path).read_bytes()
    faulty_runner(*place.split())
    with suppress(McpdbError):
        operation = Drill(quiet.deployment, scratch=str(folder) if scratch else "")
        *_, last = follow(quiet.deployment, launch(operation))
        assert last.state == "cut"
    monkeypatch.undo()
    left = [*quiet.deployment.state_dir.rglob("*.partial"), *folder.iterdir()]
    assert len(left) == 1
    assert len(launch_resume(quiet.deployment)) == 1
    assert quiet.left_overs() == [] and list(folder.iterdir()) == []
    assert path_for(backup.path).read_bytes() == before
    assert read_activity(quiet.deployment)[0].exit_code == 1
    assert quiet.do(Drill(quiet.deployment)).exit_code == 0


@needs_root
def test_a_scratch_place_without_space_is_refused_before_anything(
    quiet: Site, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", "100k") as disk:
        operation = Drill(quiet.deployment, scratch=str(disk))
        with pytest.raises(McpdbError, match="A drill needs") as raised:
            launch(operation)
        assert raised.value.exit_code == 12
        assert list(disk.iterdir()) == []
    with pytest.raises(McpdbError, match="is no folder") as raised:
        launch(Drill(quiet.deployment, scratch=str(tmp_path / "nowhere")))
    assert raised.value.exit_code == 12


def test_after_45_days_a_drill_is_wanted(quiet: Site) -> None:
    now = datetime.now(UTC)
    drill = LastDrill(at=now - timedelta(days=44), backup="k7m2qd", result="ok", seconds=2.0)
    assert needs(quiet, drill, now) == []
    assert needs(quiet, replace(drill, at=now - timedelta(days=45)), now) == ["Last drill 45d ago."]
    assert needs(quiet, None, now) == []


def test_the_newest_drill_counts_whichever_backup_it_was_of(quiet: Site) -> None:
    assert quiet.do(Drill(quiet.deployment)).exit_code == 0
    first = find_backup(quiet.deployment, "latest")
    assert quiet.do(BackupCreate(quiet.deployment)).exit_code == 0
    second = find_backup(quiet.deployment, "latest")
    flip(second.path)
    assert quiet.do(Drill(quiet.deployment, second.id)).exit_code == 3
    found = last_drill(quiet.deployment, read_catalogue(quiet.deployment))
    assert found is not None and found.backup == second.id and found.result != "ok"
    # The journal remembers what was drilled when the backups are gone.
    for path in quiet.deployment.backup_dir.iterdir():
        path.unlink()
    found = last_drill(quiet.deployment, read_catalogue(quiet.deployment))
    assert found is not None and found.backup == second.id
    assert first.id != second.id
