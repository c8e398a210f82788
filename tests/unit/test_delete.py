"""Deleting: what a person names by its id goes, whole; everything else stays."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import as_nobody, needs_root, print_of, without_code
from tests.unit.conftest import Site
from tests.unit.shelf import Shelf, amended, seen_by_all
from tui.core.errors import McpdbError
from tui.core.operation import Tier, Verdict
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue, safety_dir
from tui.operations.delete import Delete, marked, remove
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.restore import Restore
from tui.operations.undo import Undo
from tui.services import folder
from tui.services.manifests import path_for

OLD, NEW = "mcp_hotbackup_20260101_020000.db", "mcp_hotbackup_20260102_020000.db"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "data")
    shelf.made(OLD, day=1)
    shelf.made(NEW, day=2)
    return shelf


def refused(shelf: Shelf, word: str, code: int, says: str) -> None:
    before = print_of(shelf.folder)
    with pytest.raises(McpdbError) as raised:
        shelf.do(Delete(shelf.deployment, word))
    assert (raised.value.exit_code, says in str(raised.value)) == (code, True), raised.value
    assert print_of(shelf.folder) == before


def test_a_backup_goes_with_its_manifest_and_nothing_else(shelf: Shelf) -> None:
    packed = shelf.made("mcp_hotbackup_20260103_020000.db.zst", day=3, label="the one")
    (shelf.folder / "notes.txt").write_text("mine")
    identifier = find_backup(shelf.deployment, packed.name).id
    operation = Delete(shelf.deployment, identifier)
    plan = operation.plan()
    assert (plan.tier, plan.subject, plan.forbidden) == (Tier.REPLACING, identifier, None)
    assert plan.command.endswith(f"backup delete {packed.name} --confirm {identifier}")
    before = print_of(shelf.folder)
    last = shelf.do(operation)
    assert (last.exit_code, last.subject) == (0, identifier)
    assert last.sentence.startswith(f"deleted {identifier} (the one), ")
    after = print_of(shelf.folder)
    assert set(before) - set(after) == {packed.name, packed.name + ".json"}
    assert after == {name: before[name] for name in after}


def test_what_is_kept_for_a_reason_is_refused_with_it(shelf: Shelf) -> None:
    amended(shelf.folder / OLD, pinned=True)
    refused(shelf, OLD, 12, "is pinned; mcpdb-tui backup unpin")
    amended(shelf.folder / OLD, pinned=False, check_result="FAIL sha256")
    refused(shelf, NEW, 12, "is the last verified backup")
    amended(shelf.folder / OLD, check_result="ok", source="other.db")
    refused(shelf, OLD, 12, "is of other.db, another database of this folder")
    refused(shelf, NEW, 12, "is the last verified backup")
    amended(shelf.folder / OLD, source="mcp.db", taken="2099-01-01T00:00:00+00:00")
    refused(shelf, NEW, 12, "is the last verified backup")


def test_a_damaged_backup_goes_even_where_no_verified_one_is_left(shelf: Shelf) -> None:
    for name in (OLD, NEW):
        amended(shelf.folder / name, check_result="FAIL sha256: expected")
    plan = Delete(shelf.deployment, OLD).plan()
    assert plan.forbidden is None
    assert any("no other verified" in c.text for c in plan.checks if c.verdict is Verdict.WARN)
    assert shelf.do(Delete(shelf.deployment, OLD)).exit_code == 0
    assert not (shelf.folder / OLD).exists()


def test_links_strangers_and_what_lies_elsewhere_are_left_alone(
    shelf: Shelf, tmp_path: Path
) -> None:
    link = shelf.folder / "mcp_backup_latest.db"
    link.symlink_to(NEW)
    refused(shelf, link.name, 12, f"is a symbolic link to {NEW}")
    refused(shelf, str(link), 12, f"is a symbolic link to {NEW}")
    (shelf.folder / "notes.txt").write_text("mine")
    refused(shelf, "notes.txt", 12, "is no backup; it is left alone")
    (shelf.folder / "mcp_backup_20260105_000000.db").symlink_to("/etc/hostname")
    refused(shelf, "mcp_backup_20260105_000000.db", 12, "is no backup")
    outside = shelf.bare("outside.db", tmp_path)
    refused(shelf, str(outside), 10, "No backup is called")
    refused(shelf, "latest", 10, "No backup is called latest")
    refused(shelf, str(shelf.database), 10, "No backup is called")
    os.link(shelf.folder / OLD, tmp_path / "second.db")
    refused(shelf, OLD, 3, f"2 names point to {OLD}")
    assert outside.exists()
    plan = Delete(shelf.deployment, find_backup(shelf.deployment, NEW).id).plan()
    warnings = [c.text for c in plan.checks if c.verdict is Verdict.WARN]
    assert "mcp_backup_latest.db is a link to it and will lead nowhere" in warnings


def test_a_database_that_somebody_has_open_is_not_deleted(shelf: Shelf) -> None:
    path = shelf.bare("theirs.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM one").fetchone()
        refused(shelf, "theirs.db", 11, "has theirs.db open")
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("INSERT INTO one VALUES (1)")
        connection.commit()
        refused(shelf, "theirs.db", 11, "has a -wal beside it")
    assert shelf.do(Delete(shelf.deployment, "theirs.db")).exit_code == 0


def test_a_safety_copy_goes_with_what_was_set_aside_beside_it(shelf: Shelf) -> None:
    keep = safety_dir(shelf.deployment)
    keep.mkdir(parents=True)
    path = shelf.bare("mcp_safety_20260101_030000.db", keep)
    path.with_name(path.name + "-wal").write_bytes(b"as it was found")
    assert shelf.do(Delete(shelf.deployment, path.name)).exit_code == 0
    assert list(keep.iterdir()) == []


def test_the_copy_in_the_second_location_is_named_and_stays(shelf: Shelf) -> None:
    amended(shelf.folder / OLD, second="/mnt/nas/" + OLD)
    checks = Delete(shelf.deployment, OLD).plan().checks
    assert any(f"its copy /mnt/nas/{OLD} stays" == check.text for check in checks)


def test_another_file_under_the_same_name_is_not_what_was_confirmed(shelf: Shelf) -> None:
    operation = Delete(shelf.deployment, OLD)
    confirmed = operation.plan().fingerprint
    content = (shelf.folder / OLD).read_bytes()
    (shelf.folder / OLD).unlink()
    (shelf.folder / OLD).write_bytes(content)
    with pytest.raises(McpdbError) as raised:
        launch(operation, confirmed)
    assert raised.value.exit_code == 11
    assert (shelf.folder / OLD).exists()


def test_a_recovery_leaves_a_file_alone_that_took_the_name_meanwhile(shelf: Shelf) -> None:
    mark = marked(find_backup(shelf.deployment, OLD))
    remove(mark)
    remove(mark)
    other = shelf.made(OLD)
    before = print_of(shelf.folder)
    with pytest.raises(McpdbError, match="another file"):
        remove(mark)
    assert print_of(shelf.folder) == before
    other.unlink()
    remove(mark)
    assert path_for(other).exists(), "the manifest is not the removed one's"


@pytest.mark.parametrize(
    ("when", "place", "gone"),
    [
        ("kill-after", "step_started:remove", True),
        ("kill-before", "step_finished:remove", True),
        ("kill-before", "step_started:remove", False),
    ],
)
def test_a_delete_that_is_killed_is_finished_by_the_next(
    shelf: Shelf,
    when: str,
    place: str,
    gone: bool,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operation = Delete(shelf.deployment, OLD)
    faulty_runner(when, place)
    *_, last = follow(shelf.deployment, launch(operation, operation.plan().fingerprint))
    assert last.state == "cut"
    monkeypatch.undo()
    ((_id, code),) = launch_resume(shelf.deployment)
    assert int(code) == (0 if gone else 1)
    assert (shelf.folder / OLD).exists() is not gone
    assert path_for(shelf.folder / OLD).exists() is not gone
    assert (shelf.folder / NEW).exists()
    assert launch_resume(shelf.deployment) == []


def test_a_cut_between_file_and_manifest_is_no_entry_and_is_finished(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    removing = folder.Folder.remove
    calls: list[str] = []

    def cut(self: folder.Folder, name: str, *arguments: object) -> bool:
        calls.append(name)
        if name.endswith(".json"):
            raise KeyboardInterrupt
        return removing(self, name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(folder.Folder, "remove", cut)
    with pytest.raises(KeyboardInterrupt):
        shelf.do(Delete(shelf.deployment, OLD))
    monkeypatch.undo()
    assert calls == [OLD, OLD + ".json"]
    assert [b.path.name for b in read_catalogue(shelf.deployment).backups] == [NEW]
    shelf.made("mcp_hotbackup_20260103_020000.db", day=3)
    assert shelf.do(Delete(shelf.deployment, NEW)).exit_code == 0
    assert not path_for(shelf.folder / OLD).exists()


def test_what_may_not_be_removed_is_still_there_and_told(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_arguments: object, **_values: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folder.os, "unlink", forbidden)
    last = shelf.do(Delete(shelf.deployment, OLD))
    monkeypatch.undo()
    assert (last.exit_code, "permission denied" in last.sentence) == (12, True)
    assert "It is still there." in last.sentence
    assert (shelf.folder / OLD).exists()
    assert path_for(shelf.folder / OLD).exists()


def test_the_safety_copy_that_undo_needs_is_deleted_only_with_a_warning(
    site: Site, give_backup: Callable[[Site], Path]
) -> None:
    site.deployment = without_code(site.deployment)
    give_backup(site)
    assert site.do(Restore(site.deployment, "latest")).exit_code == 0
    safety = Undo(site.deployment).source()
    plan = Delete(site.deployment, safety.id).plan()
    assert plan.forbidden is None
    assert any("`undo` is not possible any more" in c.text for c in plan.checks)
    assert site.do(Delete(site.deployment, safety.id)).exit_code == 0
    with pytest.raises(McpdbError, match="is gone; nothing to undo with"):
        Undo(site.deployment).plan()
    assert site.healthy()


@needs_root
def test_what_this_user_may_not_remove_is_refused_with_the_owner() -> None:
    with seen_by_all() as shelf:
        for name in (OLD, NEW):
            shelf.made(name)
        shelf.folder.chmod(0o755)
        for path in shelf.folder.iterdir():
            path.chmod(0o644)
        forbidden = as_nobody(lambda: Delete(shelf.deployment, OLD).plan().forbidden)
    assert forbidden is not None
    assert forbidden.exit_code == 12
    assert "belongs to root, you are nobody. Run it with sudo." in forbidden.text
