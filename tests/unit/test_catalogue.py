"""The catalogue: what is listed as what, in which order, and what is never ours."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import NOBODY, as_nobody, needs_root, print_of
from tests.programs import two_tables
from tests.unit.shelf import Shelf, aged, amended, seen_by_all
from tui.core.errors import BusyError, McpdbError, PrecheckError, UsageError, VerificationError
from tui.core.models import Backup
from tui.core.operation import Verdict
from tui.operations.cataloguing.arranging import SORTS, arranged, rulings
from tui.operations.cataloguing.catalogue import (
    find_backup,
    next_sequence,
    read_catalogue,
    safety_dir,
    with_secrets,
)
from tui.operations.delete import Delete
from tui.services import files, folder, manifests
from tui.services.journal import Journal


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data")


def listed(shelf: Shelf) -> dict[str, Backup]:
    return {b.path.name: b for b in read_catalogue(shelf.deployment).backups}


# --- compressed ---------------------------------------------------------------------------


def test_a_compressed_backup_is_listed_by_its_stored_size(shelf: Shelf) -> None:
    path = shelf.made("mcp_hotbackup_20260101_020000.db.zst")
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.kind, found.compression, found.verdict) == ("hot", "zstd", Verdict.OK)
    assert found.size == path.stat().st_size
    assert found.manifest is not None
    assert found.manifest.size == shelf.database.stat().st_size > found.size
    assert find_backup(shelf.deployment, "latest").path == path


def test_a_compressed_file_without_manifest_is_a_file_of_unknown_revision(shelf: Shelf) -> None:
    path = shelf.made("mcp_hotbackup_20260101_020000.db.zst")
    manifests.path_for(path).unlink()
    (shelf.folder / "mcp_backup_20260102_000000.db.zst").write_bytes(b"not zstd at all")
    found = listed(shelf)
    assert found[path.name].kind == "file"
    assert (found[path.name].verdict, found[path.name].revision) == (Verdict.UNKNOWN, "")
    fake = found["mcp_backup_20260102_000000.db.zst"]
    assert (fake.verdict, "not compressed" in fake.problem) == (Verdict.FAIL, True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stored_size": 1}, "FAIL size: expected 1 bytes"),
        ({"compression": ""}, "FAIL compression: expected none, its name says zstd"),
        ({"compression": "gzip"}, "FAIL compression: expected gzip"),
    ],
)
def test_a_compressed_file_that_is_not_as_its_manifest_says_is_told(
    shelf: Shelf, change: dict[str, object], says: str
) -> None:
    amended(shelf.made("mcp_hotbackup_20260101_020000.db.zst"), **change)
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.verdict, says in found.problem) == (Verdict.FAIL, True), found.problem


# --- neighbours ---------------------------------------------------------------------------


def test_a_neighbours_backup_is_listed_as_such_and_never_latest(shelf: Shelf) -> None:
    mine = shelf.made("mcp_hotbackup_20260101_020000.db", day=1)
    theirs = shelf.made("mcp_hotbackup_20260102_020000.db", day=2, source="other.db")
    old = shelf.made("mcp_hotbackup_20260103_020000.db", day=3, source="")
    found = listed(shelf)
    assert found[theirs.name].neighbour
    assert not found[mine.name].neighbour
    assert not found[old.name].neighbour, "older manifests do not say whose they are"
    old.unlink()
    assert find_backup(shelf.deployment, "latest").path == mine
    assert find_backup(shelf.deployment, theirs.name).path == theirs


def test_a_backup_folder_that_is_the_databases_own_lists_no_live_database(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    beside = shelf.database.parent
    two_tables(beside / "other.db", mode="delete")
    hand = shelf.bare("mcp_backup_20260101_000000.db", beside)
    kept = shelf.bare("mcp.db.before-upgrade", beside)
    shelf.deployment = replace(shelf.deployment, backup_dir=beside)
    assert set(listed(shelf)) == {hand.name, kept.name}


# --- links, and what is not ours ------------------------------------------------------------


def test_a_hard_linked_backup_is_listed_with_the_reason_and_is_never_latest(shelf: Shelf) -> None:
    path = shelf.made("mcp_hotbackup_20260101_020000.db")
    os.link(path, shelf.folder.parent.parent / "second-name.db")
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.verdict, found.problem) == (Verdict.FAIL, "2 names point to this file")
    with pytest.raises(McpdbError):
        find_backup(shelf.deployment, "latest")


def test_a_safety_link_is_no_reason_if_the_journal_names_its_inode(shelf: Shelf) -> None:
    keep = safety_dir(shelf.deployment)
    keep.mkdir(parents=True, mode=0o700)
    path = shelf.made("mcp_safety_20260101_020000.db", folder=keep, kind="safety")
    os.link(path, keep.parent / "aside")
    assert listed(shelf)[path.name].verdict is Verdict.FAIL
    found = path.stat()
    writer = Journal.create(shelf.deployment.state_dir, "000001-20260101T000000Z-restore")
    writer.append("begun")
    facts = {"live_device": found.st_dev, "live_inode": found.st_ino}
    writer.append("step_started", step="prove", facts=facts)
    writer.append("ended", exit=0)
    writer.close(ended=True)
    assert listed(shelf)[path.name].verdict is Verdict.OK


@needs_root
def test_a_folder_that_somebody_else_made_a_link_is_not_followed(
    shelf: Shelf, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shelf.folder.rename(elsewhere)
    shelf.folder.symlink_to(elsewhere)
    path = shelf.made("mcp_hotbackup_20260101_020000.db")
    assert path.name in listed(shelf), "root's own link is root's wish"
    os.chown(shelf.folder, NOBODY, NOBODY, follow_symlinks=False)
    catalogue = read_catalogue(shelf.deployment)
    assert (catalogue.backups, catalogue.strangers) == ((), ("backups",))
    with pytest.raises(VerificationError, match="not followed"), folder.opened(shelf.folder):
        pass


@needs_root
def test_folders_that_may_not_be_looked_into_are_told_and_not_taken_for_empty() -> None:
    with seen_by_all() as shelf:
        shelf.made("mcp_hotbackup_20260101_020000.db")
        catalogue = as_nobody(lambda: read_catalogue(shelf.deployment))
        assert catalogue.backups == ()
        assert "permission denied" in catalogue.unread[0]
        for ask in (
            lambda: find_backup(shelf.deployment, "latest"),
            lambda: find_backup(shelf.deployment, "k7m2qd"),
            lambda: Delete(shelf.deployment, "k7m2qd").plan(),
        ):
            with pytest.raises(PrecheckError, match="permission denied"):
                as_nobody(ask)
        shelf.folder.chmod(0o755)
        (found,) = as_nobody(lambda: read_catalogue(shelf.deployment).backups)
        # The manifest may not be read: what it says is not known, and it is no guess.
        assert (found.verdict, "permission denied" in found.problem) == (Verdict.UNKNOWN, True)


@pytest.mark.parametrize("name", ["../outside.db", "/etc/hostname", "down/inside.db", ".", ""])
def test_a_latest_that_leads_out_of_its_folder_is_a_stranger(shelf: Shelf, name: str) -> None:
    (shelf.folder / "down").mkdir()
    shelf.bare("inside.db", shelf.folder / "down")
    shelf.bare("outside.db", shelf.folder.parent)
    (shelf.folder / "mcp_backup_latest.db").symlink_to(name or "mcp_backup_latest.db")
    catalogue = read_catalogue(shelf.deployment)
    assert catalogue.backups == ()
    assert "mcp_backup_latest.db" in catalogue.strangers


def test_an_open_folder_removes_only_the_file_that_was_meant(shelf: Shelf, tmp_path: Path) -> None:
    path = shelf.bare("one.db")
    meant = files.identity(path)
    assert meant is not None
    with folder.opened(shelf.folder) as held:
        # The path leads elsewhere by now, the name in the folder still to the same file.
        moved = tmp_path / "moved"
        shelf.folder.rename(moved)
        shelf.folder.mkdir()
        trap = shelf.bare("one.db")
        assert held.remove("one.db", meant.key)
        assert trap.exists()
        assert not (moved / "one.db").exists()
        assert not held.remove("one.db", meant.key), "nothing there is no error"
        (moved / "one.db").write_bytes(b"another")
        # It may well have got the removed one's inode.
        with pytest.raises(BusyError, match="another file"):
            held.remove("one.db", meant.key, meant.mtime_ns)
        (moved / "two.db").symlink_to(trap)
        with pytest.raises(BusyError):
            held.remove("two.db", meant.key)
        with pytest.raises(McpdbError):
            held.remove("../backups/one.db", meant.key)
    assert trap.exists()
    assert (moved / "one.db").read_bytes() == b"another"


# --- names, ids, clocks ---------------------------------------------------------------------


def test_an_id_that_two_backups_have_is_asked_back(shelf: Shelf) -> None:
    path = shelf.made("mcp_hotbackup_20260101_020000.db")
    copy = shelf.folder / "mcp_hotbackup_20260102_020000.db"
    shutil.copy(path, copy)
    shutil.copy(manifests.path_for(path), manifests.path_for(copy))
    (identifier,) = {b.id for b in read_catalogue(shelf.deployment).backups}
    with pytest.raises(UsageError, match="names 2 backups"):
        find_backup(shelf.deployment, identifier)
    assert find_backup(shelf.deployment, copy.name).path == copy
    assert find_backup(shelf.deployment, str(path)).path == path


@pytest.mark.parametrize("seconds", [2**33, 2**36, -(2**31)])
def test_a_file_of_an_impossible_day_is_listed_and_harmless(shelf: Shelf, seconds: int) -> None:
    made = shelf.made("mcp_hotbackup_20260101_020000.db")
    path = shelf.bare("mcp_backup_20260102_000000.db")
    aged(path, seconds)
    found = listed(shelf)[path.name]
    assert found.future_dated is (found.taken > datetime.now(UTC))
    assert find_backup(shelf.deployment, "latest").path == made
    assert next_sequence(shelf.deployment) < 2**43


def test_a_future_dated_backup_is_flagged_and_later_ones_still_come_after_it(shelf: Shelf) -> None:
    ahead = shelf.made(
        "mcp_hotbackup_20991231_235959.db",
        taken=datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC),
        sequence=4_102_444_799_000,
    )
    now = shelf.made("mcp_hotbackup_20260102_020000.db", sequence=4_102_444_799_001)
    found = listed(shelf)
    assert found[ahead.name].future_dated
    assert "counts for no rule" in found[ahead.name].problem
    assert not found[now.name].future_dated
    assert find_backup(shelf.deployment, "latest").path == now
    assert next_sequence(shelf.deployment) == 4_102_444_799_002
    kept = rulings(shelf.deployment, read_catalogue(shelf.deployment))
    assert kept[ahead].keep
    assert kept[now].keep


@pytest.mark.parametrize(
    "text",
    ['"seconds": Infinity', '"seconds": NaN', '"size": 1e999', '"sequence": ' + "9" * 400,
     '"rows": {"one": ' + "9" * 400 + "}", '"drill_seconds": -1e400'],
)  # fmt: skip
def test_a_number_that_nothing_can_have_is_no_manifest(shelf: Shelf, text: str) -> None:
    path = shelf.made("mcp_hotbackup_20260101_020000.db")
    manifest = manifests.path_for(path)
    key = text.split('"')[1]
    values = json.loads(manifest.read_text())
    del values[key]
    manifest.write_text(json.dumps(values)[:-1] + ", " + text + "}")
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.verdict, found.manifest) == (Verdict.FAIL, None)
    assert "wrong kind" in found.problem


# --- what is known beyond the files -----------------------------------------------------------


def test_the_secret_of_a_backup_is_compared_with_the_one_in_force(shelf: Shelf) -> None:
    same = shelf.made("mcp_hotbackup_20260101_020000.db", secret_fingerprint="5a17:aa")
    other = shelf.made("mcp_hotbackup_20260102_020000.db", secret_fingerprint="5a17:bb")
    bare = shelf.bare("mcp_backup_20260103_000000.db")
    catalogue = read_catalogue(shelf.deployment)

    def secrets(fingerprint: str) -> dict[str, str]:
        found = with_secrets(catalogue, fingerprint).backups
        return {b.path.name: b.secret for b in found}

    assert secrets("5a17:aa") == {same.name: "same", other.name: "other", bare.name: "unknown"}
    assert set(secrets("").values()) == {"unknown"}


def test_only_a_drill_that_went_well_proves_a_backup(shelf: Shelf) -> None:
    when = "2026-01-05T00:00:00+00:00"
    good = shelf.made("mcp_hotbackup_20260101_020000.db", drilled=when, drill_result="ok")
    bad = shelf.made("mcp_hotbackup_20260102_020000.db", drilled=when, drill_result="no table")
    found = listed(shelf)
    assert found[good.name].drilled == datetime(2026, 1, 5, tzinfo=UTC)
    assert found[bad.name].drilled is None


def test_the_list_is_sorted_and_filtered_as_asked(shelf: Shelf) -> None:
    one = shelf.made("mcp_hotbackup_20260101_020000.db.zst", day=1, label="Before Upgrade")
    two = shelf.made("mcp_backup_20260102_020000.db", day=2, pinned=True)
    three = shelf.bare("mcp_backup_20260103_000000.db")
    backups = read_catalogue(shelf.deployment).backups

    def names(sort: str = "taken", words: str = "") -> list[str]:
        return [b.path.name for b in arranged(backups, sort, words)]

    newest = [three.name, two.name, one.name]
    assert names() == newest
    assert names("age") == newest[::-1]
    assert names("size")[-1] == one.name
    assert names("kind") == [two.name, three.name, one.name]
    assert names("verified") == [two.name, one.name, three.name]
    assert names(words="before UPGRADE hot") == [one.name]
    assert names(words="pinned") == [two.name]
    assert names(words="unknown file") == [three.name]
    assert names(words="nothing like it") == []
    assert {len(names(sort)) for sort in SORTS} == {3}


def test_looking_changes_nothing(shelf: Shelf) -> None:
    shelf.made("mcp_hotbackup_20260101_020000.db.zst")
    shelf.bare("mcp_backup_20260103_000000.db")
    (shelf.folder / "mcp_backup_20260104_000000.db").write_bytes(b"")
    before = print_of(shelf.database.parent)
    read_catalogue(shelf.deployment)
    assert print_of(shelf.database.parent) == before
