"""Adopting: a file made by hand is read whole and becomes a backup like any other."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import print_of
from tests.unit.shelf import Shelf, aged
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry
from tui.core.operation import Verdict
from tui.operations.adopt import Adopt
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.services import compression, manifests
from tui.services.manifests import read_manifest

COLD, HOT = "mcp_backup_20260102_000000.db", "mcp_hotbackup_20260103_000000.db"
TAKEN = 1_767_312_000
"""2026-01-02 00:00:00 UTC."""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data")


def adopt(shelf: Shelf, word: str, **more: str) -> ActivityEntry:
    return shelf.do(Adopt(shelf.deployment, word, **more))


def refused(shelf: Shelf, word: str, code: int, says: str) -> None:
    before = print_of(shelf.folder)
    with pytest.raises(McpdbError) as raised:
        adopt(shelf, word)
    assert (raised.value.exit_code, says in str(raised.value)) == (code, True), raised.value
    assert print_of(shelf.folder) == before


@pytest.mark.parametrize(("name", "kind"), [(COLD, "cold"), (HOT, "hot"), ("old.sqlite", "file")])
def test_a_bare_file_gets_a_manifest_and_stays_as_it_is(shelf: Shelf, name: str, kind: str) -> None:
    path = shelf.bare(name)
    path.chmod(0o640)
    aged(path, TAKEN)
    identifier = find_backup(shelf.deployment, name).id
    stood = path.stat()
    last = adopt(shelf, name, label="before the move")
    assert (last.exit_code, last.subject) == (0, identifier)
    assert last.sentence.startswith(f"adopted {identifier}: ")
    now = path.stat()
    assert (now.st_ino, now.st_mode, now.st_uid, now.st_mtime_ns, now.st_size) == (
        stood.st_ino, stood.st_mode, stood.st_uid, stood.st_mtime_ns, stood.st_size,
    )  # fmt: skip
    manifest = read_manifest(path)
    assert manifest is not None
    assert manifests.path_for(path).stat().st_mode & 0o777 == 0o600
    assert manifest.taken == "2026-01-02T00:00:00+00:00"
    assert (manifest.adopted, manifest.method, manifest.source) == (True, "adopted", "mcp.db")
    assert (manifest.secret_fingerprint, manifest.clean_stop) == ("", None)
    assert (manifest.rows["one"], manifest.size, manifest.label) == (
        1, stood.st_size, "before the move",
    )  # fmt: skip
    found = find_backup(shelf.deployment, identifier)
    assert (found.path, found.kind, found.verdict) == (path, kind, Verdict.OK)
    assert found.taken == datetime(2026, 1, 2, tzinfo=UTC)


def test_an_adopted_backup_takes_its_place_among_ours_by_its_own_time(shelf: Shelf) -> None:
    older = shelf.made("mcp_hotbackup_20260101_020000.db", day=1)
    newer = shelf.made("mcp_hotbackup_20260105_020000.db", day=5)
    path = shelf.bare(COLD)
    aged(path, TAKEN)
    assert adopt(shelf, COLD).exit_code == 0
    names = [b.path for b in read_catalogue(shelf.deployment).backups]
    assert names == [newer, path, older]
    newer.unlink()
    assert find_backup(shelf.deployment, "latest").path == path


def test_a_file_of_the_future_is_adopted_without_pushing_others_down(shelf: Shelf) -> None:
    path = shelf.bare(COLD)
    aged(path, 2**32)
    assert adopt(shelf, COLD).exit_code == 0
    manifest = read_manifest(path)
    assert manifest is not None
    assert manifest.sequence <= datetime.now(UTC).timestamp() * 1000
    assert find_backup(shelf.deployment, COLD).future_dated


def test_a_compressed_file_is_adopted_with_both_hashes(shelf: Shelf) -> None:
    plain = shelf.bare(COLD)
    path = plain.with_name(COLD + ".zst")
    stored = compression.compress(plain, path, lambda _done, _total: None)
    size = plain.stat().st_size
    plain.unlink()
    assert adopt(shelf, path.name).exit_code == 0
    manifest = read_manifest(path)
    assert manifest is not None
    assert (manifest.compression, manifest.size) == ("zstd", size)
    assert (manifest.stored_size, manifest.stored_sha256) == (stored.size, stored.sha256)
    assert find_backup(shelf.deployment, path.name).verdict is Verdict.OK


def test_a_copy_of_a_wal_database_is_adopted_with_a_word_about_its_wal(shelf: Shelf) -> None:
    path = shelf.bare(COLD)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode=wal").fetchone() == ("wal",)
    last = adopt(shelf, COLD)
    assert last.exit_code == 0
    assert "what its -wal held then is not in it" in last.sentence
    assert sorted(p.name for p in shelf.folder.iterdir()) == [COLD, COLD + ".json"]


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_file_with_something_beside_it_is_refused(shelf: Shelf, suffix: str) -> None:
    path = shelf.bare(COLD)
    path.with_name(COLD + suffix).write_bytes(b"")
    refused(shelf, COLD, 3, f"has a {suffix} beside it")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "0 bytes"),
        (b"nothing like it", "not a SQLite database"),
        (b"\x1f\x8b" + b"x" * 200, "gzip"),
        (os.urandom(4096), "encrypted or damaged"),
    ],
    ids=["empty", "text", "gzip", "encrypted"],
)
def test_what_is_no_database_is_refused(shelf: Shelf, content: bytes, says: str) -> None:
    (shelf.folder / COLD).write_bytes(content)
    refused(shelf, COLD, 3, says)


@pytest.mark.parametrize(("cut", "says"), [(-100, "truncated"), (None, "was appended")])
def test_a_file_of_another_size_than_it_says_is_refused(
    shelf: Shelf, cut: int | None, says: str
) -> None:
    path = shelf.bare(COLD)
    path.write_bytes(path.read_bytes()[:cut] if cut else path.read_bytes() + b"x")
    refused(shelf, COLD, 3, says)


def test_a_damaged_page_is_found_by_reading_it_whole_and_nothing_is_written(shelf: Shelf) -> None:
    path = shelf.bare(COLD)
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    last = adopt(shelf, COLD)
    assert (last.exit_code, "damaged" in last.sentence) == (3, True)
    assert [p.name for p in shelf.folder.iterdir()] == [COLD]


def test_what_needs_no_adopting_or_must_not_be_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    shelf.made("mcp_hotbackup_20260101_020000.db")
    refused(shelf, "mcp_hotbackup_20260101_020000.db", 12, "has a manifest: it is in the")
    linked = shelf.bare(COLD)
    os.link(linked, tmp_path / "second.db")
    refused(shelf, COLD, 3, "2 names point to")
    outside = shelf.bare("mine.db", tmp_path)
    refused(shelf, str(outside), 12, "lies outside the backup folders")
    spoilt = shelf.bare(HOT)
    manifests.path_for(spoilt).write_bytes(b"{}")
    refused(shelf, HOT, 3, "not understood")
    refused(shelf, "nothing.db", 10, "No backup is called nothing.db")
    refused(shelf, str(shelf.database), 3, "is the live database itself")


def test_a_file_that_changes_while_it_is_read_is_not_adopted(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf.bare(COLD)
    describe = Adopt._manifest

    def changing(self: Adopt, *arguments: object) -> object:
        aged(path, 1_000_000_000)
        return describe(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Adopt, "_manifest", changing)
    last = adopt(shelf, COLD)
    assert (last.exit_code, "changed while it was read" in last.sentence) == (11, True)
    assert [p.name for p in shelf.folder.iterdir()] == [COLD]


def test_a_console_that_only_reads_adopts_nothing(shelf: Shelf) -> None:
    shelf.bare(COLD)
    shelf.deployment = replace(shelf.deployment, read_only=True)
    refused(shelf, COLD, 12, "--read-only")


@pytest.mark.parametrize(
    ("place", "adopted"),
    [("step_started:check", False), ("step_started:record", True), ("step_finished:record", True)],
)
def test_an_adopt_that_is_killed_is_finished_or_was_nothing(
    shelf: Shelf,
    place: str,
    adopted: bool,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = shelf.bare(COLD)
    faulty_runner("kill-after" if "started" in place else "kill-before", place)
    *_, last = follow(shelf.deployment, launch(Adopt(shelf.deployment, COLD)))
    assert last.state == "cut"
    monkeypatch.undo()
    ((_id, code),) = launch_resume(shelf.deployment)
    manifest = read_manifest(path)
    assert (manifest is not None, int(code)) == (adopted, 0 if adopted else 1)
    if manifest is not None:
        assert json.loads(manifests.path_for(path).read_bytes())["adopted"] is True
    assert launch_resume(shelf.deployment) == []
