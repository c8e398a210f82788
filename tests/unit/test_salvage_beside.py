"""What a WAL or journal held and could not be read: then nothing is called complete."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.faults import without_code
from tests.unit.salvage_site import Salvaged, build, copy, run
from tui.core.models import ContainerRef, Problem
from tui.core.operation import Progress, Steps
from tui.operations.cataloguing import suspicion
from tui.operations.salvage import Salvage
from tui.operations.salvaging import reading
from tui.operations.salvaging.source import Source
from tui.services.salvage import raw_helper
from tui.services.salvage.raw_copy import RawCopy
from tui.wording import salvaged

PAGE = 1024
FRAME = PAGE + 24
COMMITS = 40


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 40 commits that are only in its WAL, behind which an older generation lies."""
    folder = tmp_path_factory.mktemp("late")
    live, kept = folder / "live.db", folder / "kept.db"
    build(live, wal=True)
    with closing(sqlite3.connect(live, isolation_level=None)) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO metrics VALUES (?,1,0.5,1,?)", [(n, "x" * 300) for n in range(9000, 9900)]
        )
        db.execute("COMMIT")
        # The next write begins the log anew, over the old frames.
        assert db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 0
        for number in range(COMMITS):
            db.execute("INSERT INTO metrics VALUES (?,1,0.5,1,'late')", (100_000 + number,))
        copy(live, kept)
        copy(beside(live), beside(kept))
    return kept


def beside(path: Path, end: str = "wal") -> Path:
    return path.with_name(f"{path.name}-{end}")


def again(source: Path, folder: Path, change: Callable[[bytearray], None]) -> Path:
    """The file once more, with another WAL."""
    target = copy(source, folder / "broken.db")
    raw = bytearray(beside(source).read_bytes())
    change(raw)
    beside(target).write_bytes(raw)
    return target


def commits(found: Salvaged) -> int:
    return len([key for key in found.table("metrics") if isinstance(key, int) and key >= 100_000])


def own_frames(path: Path) -> int:
    raw = beside(path).read_bytes()
    return sum(raw[at + 8 : at + 16] == raw[16:24] for at in range(32, len(raw), FRAME))


def facts(found: Salvaged, **more: object) -> dict[str, Any]:
    raw = RawCopy(found.path, None, None, (), False, "", 0)
    hidden = bool(more.pop("hidden_wal", False))
    raw = replace(raw, **more)  # type: ignore[arg-type]
    source = Source(found.path, True, None, 0, 0)
    return reading.facts_of(found.report, raw, source, "", hidden_wal=hidden)


def all_doubt(told: dict[str, Any], phrase: str) -> None:
    """Neither the whole nor any table is called complete, and one phrase says why."""
    assert not told["complete"]
    tables = told["tables"]
    assert isinstance(tables, list) and tables
    assert not any(table["complete"] or table["lost"] == 0 for table in tables)
    assert not any("complete" in salvaged.table_words(table) for table in tables)
    assert salvaged.losses(told).count(phrase) == 1
    assert "proved" not in salvaged.sentence(told)


# --- wal ----------------------------------------------------------------------------------


def test_a_sound_wal_over_an_older_one_is_all_there(late: Path, tmp_path: Path) -> None:
    assert 0 < own_frames(late) < (beside(late).stat().st_size - 32) // FRAME
    found = run(late, tmp_path)
    assert commits(found) == COMMITS
    assert found.report.image["wal_frames_unused"] == 0
    told = facts(found)
    assert told["complete"]
    assert all(table["complete"] for table in told["tables"])


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(500, id="page"),
        pytest.param(2, id="number"),
        pytest.param(9, id="first-salt"),
        pytest.param(13, id="second-salt"),
        pytest.param(18, id="checksum"),
    ],
)
@pytest.mark.parametrize("which", ["in-the-middle", "last"])
def test_one_bit_in_the_wal_and_nothing_is_called_complete(
    late: Path, tmp_path: Path, where: int, which: str
) -> None:
    own = own_frames(late)
    index = own // 2 if which == "in-the-middle" else own - 1

    def flip(raw: bytearray) -> None:
        raw[32 + index * FRAME + where] ^= 4

    found = run(again(late, tmp_path, flip), tmp_path)
    assert commits(found) < COMMITS
    assert found.report.image["wal_frames_unused"] == own - found.report.image["wal_frames"]
    all_doubt(facts(found), "its wal is damaged, cut or unfinished")


@pytest.mark.parametrize("left", [FRAME - 1, 5])
def test_a_wal_that_ends_in_a_frame_is_not_called_complete(
    late: Path, tmp_path: Path, left: int
) -> None:
    own = own_frames(late)

    def cut(raw: bytearray) -> None:
        del raw[32 + (own - 1) * FRAME + left :]

    found = run(again(late, tmp_path, cut), tmp_path)
    assert commits(found) == COMMITS - 1
    all_doubt(facts(found), "its wal is damaged, cut or unfinished")


@pytest.mark.parametrize("at", [1, 25], ids=["magic", "checksum"])
def test_a_wal_whose_header_is_damaged_is_not_called_complete(
    late: Path, tmp_path: Path, at: int
) -> None:
    def flip(raw: bytearray) -> None:
        raw[at] ^= 4

    found = run(again(late, tmp_path, flip), tmp_path)
    assert commits(found) == 0
    ignored = found.report.image["beside_ignored"]
    assert ignored == (["wal"] if at == 1 else [])
    all_doubt(facts(found), "commits may be missing")


def test_a_wal_inside_the_container_is_told(late: Path, tmp_path: Path) -> None:
    found = run(late, tmp_path)
    all_doubt(facts(found, hidden_wal=True), "its wal is inside the container")


def test_a_file_that_was_written_meanwhile_has_no_complete_table(
    late: Path, tmp_path: Path
) -> None:
    all_doubt(facts(run(late, tmp_path), torn=True), "pages of two moments")


# --- journal ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with half a change in it, and the journal that takes it back."""
    folder = tmp_path_factory.mktemp("hot")
    live, kept = folder / "live.db", folder / "kept.db"
    build(live)
    with closing(sqlite3.connect(live, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size=5")
        db.execute("PRAGMA cache_spill=5")
        db.execute("BEGIN")
        db.execute("UPDATE metrics SET note = 'half of it, never committed, ' || note")
        copy(live, kept)
        copy(beside(live, "journal"), beside(kept, "journal"))
    return kept


@pytest.mark.parametrize("at", [None, 2, 512 + 500], ids=["sound", "header", "record"])
def test_a_damaged_journal_and_nothing_is_called_complete(
    hot: Path, tmp_path: Path, at: int | None
) -> None:
    target = copy(hot, tmp_path / "broken.db")
    raw = bytearray(beside(hot, "journal").read_bytes())
    if at is not None:
        # Of the record, every 200th byte is in the checksum.
        raw[at : at + 200] = bytes(byte ^ 4 for byte in raw[at : at + 200])
    beside(target, "journal").write_bytes(raw)
    told = facts(run(target, tmp_path))
    if at is None:
        assert told["complete"]
    else:
        all_doubt(told, "its journal is damaged")


def test_a_journal_that_was_done_with_changes_nothing(hot: Path, tmp_path: Path) -> None:
    whole, target = tmp_path / "whole.db", tmp_path / "target.db"
    build(whole)
    copy(whole, target)
    raw = bytearray(beside(hot, "journal").read_bytes())
    raw[:28] = bytes(28)
    beside(target, "journal").write_bytes(raw)
    assert facts(run(target, tmp_path))["complete"]


# --- the disk -----------------------------------------------------------------------------


def test_what_the_disk_does_not_give_of_the_wal_is_told(
    late: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real = tmp_path / "scratch", os.pread
    folder.mkdir()
    inode = beside(late).stat().st_ino

    def failing(descriptor: int, size: int, at: int) -> bytes:
        if os.fstat(descriptor).st_ino == inode and size > 32 and at < 8192 < at + size:
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, size, at)

    monkeypatch.setattr(raw_helper.os, "pread", failing)
    monkeypatch.setattr(raw_helper, "unwanted", lambda: False)
    monkeypatch.setattr(raw_helper, "BLOCK", 8000)
    told = raw_helper.copy(late, folder, sidecars=True)
    assert (told["unreadable"], told["unreadable_beside"]) == ([], 8000)
    monkeypatch.undo()
    all_doubt(
        facts(run(late, tmp_path), unreadable_beside=8000),
        "the disk did not give all of its wal or journal",
    )


# --- the operation ------------------------------------------------------------------------


def test_a_flipped_bit_in_the_wal_exits_with_15(
    make_site: Callable[..., Site], late: Path, tmp_path: Path
) -> None:
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)

    def flip(raw: bytearray) -> None:
        raw[32 + 3 * FRAME + 500] ^= 1

    sound = site.do(Salvage(site.deployment, str(late)))
    assert (sound.exit_code, sound.result["salvaged"]["complete"]) == (0, True), sound.sentence
    entry = site.do(Salvage(site.deployment, str(again(late, tmp_path, flip))))
    assert (entry.exit_code, entry.outcome) == (15, "partly salvaged"), entry.sentence
    assert "its wal is damaged, cut or unfinished, so commits may be missing" in entry.sentence
    all_doubt(entry.result["salvaged"], "its wal is damaged")
    # It was not the live file: that is as good as before.
    assert suspicion.why_suspect(site.deployment) == ""


def test_a_single_mounted_file_is_never_proved_to_be_all(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False)
    nobody = f"unix://{site.folder}/no.sock"
    only_file = replace(
        without_code(site.deployment),
        gateway=ContainerRef(container="gone", docker_host=nobody, database_inside="/data/mcp.db"),
        problems=(Problem("single-file", "Only the file is mounted.", ("live",)),),
    )
    (warned,) = [check for check in Salvage(only_file).plan().checks if check.name == "wal"]
    assert "not read" in warned.text
    progress = Progress(lambda *_told: None, lambda: False, operation_id="000001-salvage")
    told = _ended(Salvage(only_file).steps(progress))
    assert told["ends_with"] == 15
    all_doubt(told["salvaged"], "its wal is inside the container")
    assert site.left_overs() == []


def test_a_disk_that_refuses_bytes_of_the_live_wal_makes_it_suspect(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, real = make_site(running=False), reading.copied

    def refused(source: Source, scratch: Path, progress: Progress) -> tuple[RawCopy, str]:
        raw, problem = real(source, scratch, progress)
        return replace(raw, unreadable_beside=4096), problem

    monkeypatch.setattr(reading, "copied", refused)
    progress = Progress(lambda *_told: None, lambda: False, operation_id="000001-salvage")
    deployment = without_code(site.deployment)
    assert _ended(Salvage(deployment).steps(progress))["ends_with"] == 15
    assert "did not give 4,096 bytes" in suspicion.why_suspect(deployment)


def _ended(steps: Steps) -> dict[str, Any]:
    """Go through all steps; the result."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return dict(end.value)
