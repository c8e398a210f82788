"""Nights on which everything goes wrong at once: what is good stays, and nothing is claimed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import NOBODY, as_nobody, needs_root
from tests.unit.shelf import Shelf, amended, seen_by_all
from tui.core.errors import BusyError, McpdbError, VerificationError
from tui.core.operation import Progress, Verdict
from tui.operations import backup
from tui.operations.activity import read_entry
from tui.operations.adopt import Adopt
from tui.operations.annotate import Pin
from tui.operations.backing_up.making import Draft
from tui.operations.backing_up.publishing import publish
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.delete import Delete
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.finding.gateways import state_of
from tui.operations.prune import Prune
from tui.operations.verify import BackupVerify
from tui.services import operator
from tui.services.manifests import path_for, read_manifest

OLD, NEW = "mcp_hotbackup_20260101_020000.db", "mcp_hotbackup_20260102_020000.db"
ONE = {"keep_last": 1, "minimum": 1}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data")


def names(shelf: Shelf) -> set[str]:
    return {path.name for path in shelf.folder.iterdir() if path.suffix != ".json"}


def rot(path: Path) -> None:
    """Change what is in it, and neither its size nor its time."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@contextmanager
def open_elsewhere(path: Path) -> Iterator[None]:
    """Another process that has a database open."""
    program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
    program += "c.execute('SELECT * FROM sqlite_schema').fetchall(); print(1, flush=True); input()"
    words = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline()
        yield
        child.kill()


# --- prune ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".zst"])
def test_nothing_is_pruned_for_the_sake_of_a_backup_that_has_rotted(
    shelf: Shelf, suffix: str
) -> None:
    shelf.made(OLD, day=1)
    newest = shelf.made(NEW + suffix, day=2)
    rot(newest)
    entry = shelf.do(Prune(shelf.deployment, ONE))
    assert entry.exit_code == 3
    assert "nothing was removed" in entry.sentence and "FAIL sha256" in entry.sentence
    assert names(shelf) == {OLD, newest.name}
    # It is known from now on: `latest` is the good one, and the next prune keeps that.
    assert find_backup(shelf.deployment, "latest").path.name == OLD
    assert shelf.do(Prune(shelf.deployment, ONE)).exit_code == 0
    assert names(shelf) == {OLD, newest.name}


def test_what_latest_takes_is_kept_also_behind_a_newer_adopted_file(shelf: Shelf) -> None:
    shelf.made(OLD, day=1)
    shelf.made("by-hand.db", day=2, kind="file", adopted=True)
    assert shelf.do(Prune(shelf.deployment, ONE)).exit_code == 0
    assert find_backup(shelf.deployment, "latest").path.name == OLD


def test_a_second_location_that_is_the_first_by_another_name_is_pruned_once(
    shelf: Shelf, tmp_path: Path
) -> None:
    for day in (1, 2, 3):
        shelf.made(f"mcp_hotbackup_2026010{day}_020000.db", day=day)
    (shelf.folder / "mcp_backup_latest.db").symlink_to(OLD)
    (tmp_path / "second").symlink_to(shelf.folder)
    deployment = replace(shelf.deployment, second_dir=tmp_path / "second")
    operation = Prune(deployment, ONE)
    assert operation.plan().facts["dropped"] == 1
    assert shelf.do(operation).exit_code == 0
    # What the link leads to is kept by the rules of the first location.
    assert (shelf.folder / OLD).exists()


def test_a_folder_of_the_catalogue_is_no_second_location(shelf: Shelf) -> None:
    """Each backup would be listed twice, and two of one would count as two."""
    deployment = replace(shelf.deployment, second_dir=shelf.database.parent)
    checks = {check.name: check for check in BackupCreate(deployment).plan().checks}
    assert checks["second"].verdict is Verdict.WARN
    entry = shelf.do(BackupCreate(deployment))
    assert (entry.exit_code, entry.outcome) == (15, "partly done")
    assert "no second place" in entry.sentence
    assert len(read_catalogue(deployment).backups) == 1


def test_a_file_that_somebody_has_open_is_neither_adopted_nor_pruned(shelf: Shelf) -> None:
    """A live database of somebody else's, say: in rollback mode it has nothing beside it."""
    bare = shelf.bare("other.db")
    with open_elsewhere(bare):
        refused = Adopt(shelf.deployment, "other.db").plan().forbidden
        assert refused is not None and refused.exit_code == 11
        assert "open" in refused.text
    shelf.do(Adopt(shelf.deployment, "other.db"))
    amended(bare, taken="2026-01-01T00:00:00+00:00", sequence=1)
    shelf.made(NEW, day=5)
    with open_elsewhere(bare):
        ruling = {r["name"]: r for r in Prune(shelf.deployment, ONE).plan().facts["rulings"]}
        assert "in use" in ruling["other.db"]["rule"] and ruling["other.db"]["keep"]
    assert Prune(shelf.deployment, ONE).plan().facts["dropped"] == 1


def test_a_pin_holds_in_the_second_location_when_the_first_file_is_lost(
    shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    deployment = replace(shelf.deployment, second_dir=tmp_path / "second")
    for _number in range(2):
        assert shelf.do(BackupCreate(deployment)).exit_code == 0
    newest, oldest = read_catalogue(deployment).backups
    assert shelf.do(Pin(deployment, oldest.id)).exit_code == 0
    copy = deployment.second_dir and deployment.second_dir / oldest.path.name
    assert copy is not None
    known = read_manifest(copy)
    assert known is not None and known.pinned
    oldest.path.unlink()
    path_for(oldest.path).unlink()
    assert shelf.do(Prune(deployment, ONE)).exit_code == 0
    assert copy.exists() and newest.path.exists()


# --- two databases, one folder ----------------------------------------------------------


def test_databases_of_one_name_that_share_a_backup_folder_are_told_apart(tmp_path: Path) -> None:
    """Two gateways on one host, both with `mcp.db`, both told to keep their backups here."""
    one, other = Shelf(tmp_path / "one"), Shelf(tmp_path / "other")
    mine = one.deployment
    theirs = replace(other.deployment, backup_dir=mine.backup_dir)
    for deployment in (mine, theirs, theirs):
        assert one.do(BackupCreate(deployment)).exit_code == 0
    assert [b.neighbour for b in read_catalogue(mine).backups] == [True, True, False]
    assert [b.neighbour for b in read_catalogue(theirs).backups] == [False, False, True]
    latest = find_backup(mine, "latest")
    assert latest.manifest is not None
    assert latest.manifest.source_folder == str(one.database.parent)
    # Neither prunes nor deletes the other's.
    assert Prune(mine, ONE).plan().facts["dropped"] == 0
    refused = Delete(mine, read_catalogue(mine).backups[0].id).plan().forbidden
    assert refused is not None and str(other.database) in refused.text
    # Once the other database is gone, its folder may just as well have been ours.
    other.database.unlink()
    assert not any(b.neighbour for b in read_catalogue(mine).backups)


def test_backups_of_another_host_and_of_a_moved_database_stay_ours(shelf: Shelf) -> None:
    (shelf.database.parent / "twin").mkdir()
    twin = shelf.database.parent / "twin" / "mcp.db"
    twin.write_bytes(shelf.database.read_bytes())
    there = str(twin.parent)
    shelf.made(OLD, source_folder=there, host="elsewhere")
    shelf.made(NEW, source_folder=str(shelf.folder / "gone"), host=operator.host())
    assert [b.neighbour for b in read_catalogue(shelf.deployment).backups] == [False, False]


def test_a_name_that_somebody_else_has_a_manifest_for_is_not_taken(shelf: Shelf) -> None:
    other = shelf.made(OLD)
    text = path_for(other).read_bytes()
    partial = shelf.folder / ".x.partial"
    other.rename(partial)
    values = {**json.loads(text), "id": "0thers"}
    with pytest.raises(McpdbError, match="somebody else"):
        publish(partial, other, values)
    assert path_for(other).read_bytes() == text


# --- the catalogue ----------------------------------------------------------------------


def test_a_link_to_the_live_database_is_a_stranger_and_not_even_opened(shelf: Shelf) -> None:
    (shelf.database.parent / "mcp_backup_latest.db").symlink_to("mcp.db")
    catalogue = read_catalogue(shelf.deployment)
    assert (catalogue.backups, catalogue.strangers) == ((), ("mcp_backup_latest.db",))


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "../../etc/passwd", "latest", "", "x" * 500])
def test_an_id_that_nobody_could_speak_or_type_is_not_taken_over(
    shelf: Shelf, hostile: str
) -> None:
    shelf.made(OLD, id=hostile)
    (found,) = read_catalogue(shelf.deployment).backups
    assert found.id.isalnum() and len(found.id) == 6
    entry = shelf.do(BackupVerify(shelf.deployment, found.id))
    assert entry.exit_code == 0 and entry.sentence.startswith(found.id)


# --- making -----------------------------------------------------------------------------


def test_a_database_without_a_table_is_no_backup(shelf: Shelf) -> None:
    """It would be the newest verified one, and in time the only one that is kept."""
    good = shelf.made(OLD)
    with closing(sqlite3.connect(shelf.database)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema").fetchall():
            connection.execute(f'DROP TABLE "{name}"')
    entry = shelf.do(BackupCreate(shelf.deployment))
    assert entry.exit_code == 3 and "no table" in entry.sentence
    assert names(shelf) == {OLD}
    assert find_backup(shelf.deployment, "latest").path == good


@needs_root
def test_a_backup_is_not_written_behind_a_link_that_the_catalogue_does_not_follow(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.folder.rmdir()
    (tmp_path / "trap").mkdir(mode=0o777)
    shelf.folder.symlink_to(tmp_path / "trap")
    os.chown(shelf.folder, NOBODY, NOBODY, follow_symlinks=False)
    refused = BackupCreate(shelf.deployment).plan().forbidden
    assert refused is not None and refused.exit_code == 3
    assert "symbolic link" in refused.text
    with pytest.raises(VerificationError, match="symbolic link"):
        Draft.begin(BackupCreate(shelf.deployment), state_of(None), quiet_progress())
    assert list((tmp_path / "trap").iterdir()) == []


def quiet_progress(tick: Callable[..., None] = lambda *_: None) -> Progress:
    return Progress(tick, lambda: False, operation_id="000001-20260101T000000Z-backup")


@needs_root
def test_a_copy_made_without_locks_is_thrown_away_when_the_gateway_starts_meanwhile() -> None:
    """Another user reads a stopped WAL database as immutable: pages of two moments, all `ok`."""
    with seen_by_all() as shelf:
        with closing(sqlite3.connect(shelf.database)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        shelf.database.chmod(0o666)
        shelf.database.parent.chmod(0o777)
        shelf.folder.chmod(0o777)

        def write(*_: object) -> None:
            with closing(sqlite3.connect(shelf.database)) as connection, connection:
                connection.execute("UPDATE one SET n = n + 1")

        def story(tick: Callable[..., None]) -> str:
            progress = quiet_progress(tick)
            target = shelf.folder / f"{os.getpid()}.db"
            return backup.copy_to(shelf.deployment, target, progress).journal_mode

        assert as_nobody(lambda: story(lambda *_: None)) == "wal"
        with pytest.raises(BusyError, match="Try again"):
            as_nobody(lambda: story(write))


def test_a_compressed_backup_that_was_cut_says_that_it_is_not_compressed(
    shelf: Shelf, faulty_runner: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty_runner("kill-after", "step_started:pack")
    operation = BackupCreate(shelf.deployment, compress=True)
    *_, cut = follow(shelf.deployment, launch(operation, operation.plan().fingerprint))
    assert cut.state == "cut"
    monkeypatch.undo()
    ((journal_id, code),) = launch_resume(shelf.deployment)
    assert code == 0
    entry = read_entry(shelf.deployment, journal_id)
    assert "is whole" in entry.sentence and "not compressed" in entry.sentence
    assert find_backup(shelf.deployment, "latest").compression == ""
