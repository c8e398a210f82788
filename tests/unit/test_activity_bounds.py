"""The activity log is kept within bounds, and nothing goes that something needs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import ROOT, wait_for
from tests.many_journals import write_journal
from tests.unit.shelf import Shelf
from tui.core.models import Deployment
from tui.operations.activity import read_activity
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import follow, launch
from tui.operations.recording import pruning
from tui.operations.recording.pruning import Bounds, outlived, prune_journals
from tui.services import files, journal

NOW = datetime.now(UTC)
SMALL = Bounds(newest=20, days=400, least=10, refused=5, timeline=1_000, batch=1)
KINDS = ("backup", "prune", "verify")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Shelf(tmp_path / "data")


def fill(deployment: Deployment, count: int, *, first: int = 1, hours: float = 1.0) -> list[Path]:
    """So many, of which the last is an hour old."""
    return [
        write_journal(
            deployment, first + n, KINDS[n % 3], NOW - timedelta(hours=hours * (count - n))
        )
        for n in range(count)
    ]


def numbers(deployment: Deployment) -> list[int]:
    return [int(name[:6]) for name in journal.names(deployment.state_dir)]


# --- the rule -------------------------------------------------------------------------------


def named(number: int, days: float, kind: str = "backup", tail: str = "") -> str:
    began = NOW - timedelta(days=days)
    return f"{number:06d}-{began:%Y%m%dT%H%M%SZ}-{kind}{tail}"


def test_what_is_beyond_the_newest_has_outlived_its_use() -> None:
    names = [named(n, 1) for n in range(1, 31)]
    assert outlived(names, SMALL, NOW) == names[:10]
    assert outlived(names[:20], SMALL, NOW) == []


def test_what_is_too_old_goes_too_but_never_the_newest_few() -> None:
    names = [named(n, 500 if n <= 15 else 1) for n in range(1, 21)]
    assert outlived(names, SMALL, NOW) == names[:10]
    a_wrong_clock = NOW + timedelta(days=10_000)
    assert outlived(names, SMALL, a_wrong_clock) == names[:10]


def test_what_was_refused_is_counted_for_itself() -> None:
    ran = [named(n, 1) for n in range(1, 11)]
    refused = [named(n, 1, tail=f"-refused-{n}") for n in range(11, 111)]
    assert outlived([*ran, *refused], SMALL, NOW) == refused[:95]
    noted = [named(n, 1, "reveal", f"-tools-noted-{n}") for n in range(11, 21)]
    assert outlived([*ran, *noted], SMALL, NOW) == []


def test_the_bounds_of_the_product_hold_what_other_readers_look_for() -> None:
    from tui.operations.cataloguing.checked import LOOKED_AT

    assert pruning.BOUNDS.least >= LOOKED_AT
    assert pruning.BOUNDS.newest == 2_000
    assert pruning.BOUNDS.days == 400


# --- what stays -----------------------------------------------------------------------------


def test_old_journals_go_and_the_newest_stay(shelf: Shelf) -> None:
    fill(shelf.deployment, 50)
    assert prune_journals(shelf.deployment, SMALL) == 30
    assert numbers(shelf.deployment) == list(range(31, 51))
    assert prune_journals(shelf.deployment, SMALL) == 0


def test_nothing_is_looked_at_before_a_whole_batch_is_there(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shelf.deployment, 30)
    monkeypatch.setattr(pruning, "_named", lambda _deployment: pytest.fail("looked"))
    assert prune_journals(shelf.deployment, replace(SMALL, batch=11)) == 0


def one_old(shelf: Shelf, operation: str, **more: object) -> Path:
    """One journal, and enough behind it that it would go."""
    path = write_journal(shelf.deployment, 1, operation, NOW - timedelta(days=900), **more)  # type: ignore[arg-type]
    fill(shelf.deployment, 40, first=2)
    return path


def test_what_nothing_needs_goes(shelf: Shelf) -> None:
    path = one_old(shelf, "backup")
    prune_journals(shelf.deployment, SMALL)
    assert not path.exists()


def test_what_has_not_ended_stays(shelf: Shelf) -> None:
    path = one_old(shelf, "backup", ended=False)
    prune_journals(shelf.deployment, SMALL)
    assert path.exists()


@pytest.mark.parametrize("where", ["backups", "safety", "second"])
def test_what_a_manifest_names_stays(shelf: Shelf, where: str, tmp_path: Path) -> None:
    path = one_old(shelf, "backup")
    deployment = shelf.deployment
    folder = {
        "backups": deployment.backup_dir,
        "safety": deployment.state_dir / "safety",
        "second": tmp_path / "nas",
    }[where]
    folder.mkdir(exist_ok=True)
    if where == "second":
        deployment = replace(deployment, second_dir=folder)
    shelf.made("mcp_backup_x.db", folder=folder, parent=path.stem)
    prune_journals(deployment, SMALL)
    assert path.exists()
    assert len(numbers(deployment)) == 21


def test_with_the_second_location_away_nothing_goes(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf.deployment, 50)
    for place in (tmp_path / "gone", tmp_path):
        # Unmounted it is not there, or an empty folder: its manifests may name any journal.
        deployment = replace(shelf.deployment, second_dir=place / "nas")
        assert prune_journals(deployment, SMALL) == 0
        (tmp_path / "nas").mkdir(exist_ok=True)
    assert len(numbers(shelf.deployment)) == 50


def test_what_names_a_safety_copy_that_is_there_stays_and_goes_with_it(shelf: Shelf) -> None:
    kept = shelf.deployment.state_dir / "safety" / "mcp_safety_1.db"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"old")
    by_path = write_journal(
        shelf.deployment, 1, "import", NOW - timedelta(days=900), result={"safety_path": str(kept)}
    )
    found = files.identity(kept)
    assert found is not None
    facts: dict[str, object] = {"live_device": found.device, "live_inode": found.inode}
    by_inode = write_journal(
        shelf.deployment, 2, "bring-back", NOW - timedelta(days=900), facts=facts
    )
    # The last of its kind stays in any case: there is a later one.
    write_journal(shelf.deployment, 3, "import", NOW - timedelta(days=1))
    write_journal(shelf.deployment, 4, "bring-back", NOW - timedelta(days=1))
    fill(shelf.deployment, 40, first=5)
    prune_journals(shelf.deployment, SMALL)
    assert by_path.exists()
    assert by_inode.exists()
    kept.unlink()
    prune_journals(shelf.deployment, SMALL)
    assert not by_path.exists()
    assert not by_inode.exists()


def test_the_last_of_each_kind_and_the_last_that_went_well_stay(shelf: Shelf) -> None:
    old = NOW - timedelta(days=900)
    well = write_journal(shelf.deployment, 1, "drill", old)
    worse = write_journal(shelf.deployment, 2, "drill", old, exit_code=3, outcome="failed")
    last = write_journal(shelf.deployment, 3, "drill", old, exit_code=3, outcome="failed")
    fill(shelf.deployment, 40, first=4)
    prune_journals(shelf.deployment, SMALL)
    assert (well.exists(), worse.exists(), last.exists()) == (True, False, True)


def test_what_moved_the_database_stays_as_long_as_the_timeline_is_told(shelf: Shelf) -> None:
    old = NOW - timedelta(days=900)
    moved = [write_journal(shelf.deployment, n, "upgrade", old) for n in range(1, 9)]
    fill(shelf.deployment, 40, first=9)
    prune_journals(shelf.deployment, SMALL)
    assert all(path.exists() for path in moved)
    prune_journals(shelf.deployment, replace(SMALL, timeline=3))
    assert [path.exists() for path in moved] == [False] * 5 + [True] * 3


def test_what_is_about_another_database_of_the_folder_stays(shelf: Shelf) -> None:
    other = replace(shelf.deployment, database=shelf.database.with_name("other.db"))
    path = write_journal(other, 1, "backup", NOW - timedelta(days=900))
    fill(shelf.deployment, 40, first=2)
    prune_journals(shelf.deployment, SMALL)
    assert path.exists()


@pytest.mark.parametrize("how", ["garbage", "newer"])
def test_what_is_not_understood_stays(shelf: Shelf, how: str) -> None:
    path = one_old(shelf, "backup")
    if how == "garbage":
        path.write_bytes(b"\xff\n" + b'{"kind": "ended"}\n')
    else:
        path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    prune_journals(shelf.deployment, SMALL)
    assert path.exists()


def test_what_a_half_made_file_is_called_after_stays(shelf: Shelf) -> None:
    path = one_old(shelf, "backup")
    half = shelf.folder / f".{path.stem}.partial"
    half.write_bytes(b"x")
    prune_journals(shelf.deployment, SMALL)
    assert path.exists()
    half.unlink()
    prune_journals(shelf.deployment, SMALL)
    assert not path.exists()


def test_what_may_not_be_removed_stays_and_the_rest_goes(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = fill(shelf.deployment, 50)
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == paths[3]:
            raise PermissionError(1, "Operation not permitted")
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    assert prune_journals(shelf.deployment, SMALL) == 29
    assert numbers(shelf.deployment) == [4, *range(31, 51)]


# --- by the runner --------------------------------------------------------------------------


def back_up(deployment: Deployment) -> str:
    operation = BackupCreate(deployment)
    *_, last = follow(deployment, launch(operation, operation.plan().fingerprint))
    assert last.exit_code == 0
    return last.id


def test_the_end_of_an_operation_keeps_the_log_in_bounds_and_all_readers_find_theirs(
    shelf: Shelf,
) -> None:
    deployment = shelf.deployment
    ident = back_up(deployment)
    fill(deployment, 2_060, first=2)
    last = back_up(deployment)
    wait_for(lambda: len(journal.names(deployment.state_dir)) <= 2_001, "the old ones go")
    names = journal.names(deployment.state_dir)
    assert ident in names, "its backup's manifest names it"
    assert names[-1] == last
    assert len(names) == 2_001
    log = read_activity(deployment, steps=False)
    assert {entry.id for entry in log} == set(names)


_KILLED = """
import os, sys, time
from pathlib import Path
from tui.core.models import Deployment
from tui.operations.recording.pruning import Bounds, prune_journals
import json
real, left = Path.unlink, [int(sys.argv[2])]
def unlink(path, missing_ok=False):
    if path.suffix == ".jsonl":
        if not left[0]:
            print("there", flush=True)
            time.sleep(600)
        left[0] -= 1
    real(path, missing_ok)
Path.unlink = unlink
deployment = Deployment.from_json(json.loads(sys.argv[1]))
prune_journals(deployment, Bounds(newest=20, least=10, batch=1))
print("done", flush=True)
"""


@pytest.mark.parametrize("after", [0, 1, 17, 29])
def test_killed_at_any_removal_the_next_one_goes_on_and_nothing_needed_is_lost(
    shelf: Shelf, after: int
) -> None:
    deployment = shelf.deployment
    fill(deployment, 50)
    shelf.made("mcp_backup_x.db", parent=journal.names(deployment.state_dir)[4])
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, json.dumps(deployment.as_json()), str(after)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=dict(os.environ),
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert said == ("there" if after < 29 else "done")
    found = numbers(deployment)
    assert len(found) == 50 - after
    assert {5, *range(31, 51)} <= set(found)
    assert all(journal.is_over(path) for path in journal.paths(deployment.state_dir))
    back_up_of = read_activity(deployment, steps=False)
    assert len(back_up_of) == 50 - after
    prune_journals(deployment, SMALL)
    assert numbers(deployment) == [5, *range(31, 51)]
