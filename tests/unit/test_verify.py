"""Verifying: what is read, what is compared, and where the verdict is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults import print_of
from tests.unit.shelf import Shelf, aged, amended, flip
from tui.core.models import Backup
from tui.core.operation import Verdict
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.execution.registry import build, parameters
from tui.operations.verify import BackupVerify, VerifyAll
from tui.services import compression, manifests
from tui.services.manifests import read_manifest

HOT = "mcp_hotbackup_20260101_020000.db"
BARE = "mcp_backup_20260102_000000.db"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data")


def one(shelf: Shelf, name: str) -> Backup:
    return find_backup(shelf.deployment, name)


@pytest.mark.parametrize("name", [HOT, HOT + ".zst"])
def test_a_whole_backup_is_verified_and_its_manifest_says_so(shelf: Shelf, name: str) -> None:
    path = shelf.made(name, label="kept as it is")
    before = read_manifest(path)
    last = shelf.do(BackupVerify(shelf.deployment, name, full=True))
    assert (last.exit_code, last.outcome) == (0, "done")
    assert "integrity_check ok, 2 rows" in last.sentence
    after = read_manifest(path)
    assert before is not None
    assert after is not None
    assert (after.check, after.check_result, after.label) == (
        "integrity_check", "ok", "kept as it is",
    )  # fmt: skip
    assert after.verified > before.verified
    assert after.sha256 == before.sha256


def test_a_damaged_one_names_the_newest_good_one_instead(shelf: Shelf) -> None:
    good, bad = shelf.made("mcp_hotbackup_20260102_020000.db", day=2), shelf.made(HOT)
    flip(bad)
    told = shelf.do(BackupVerify(shelf.deployment, bad.name)).sentence
    newest = one(shelf, good.name)
    assert f"Do not restore this one; newest good: {newest.id} of " in told
    flip(good)
    told = shelf.do(BackupVerify(shelf.deployment, good.name)).sentence
    assert told.endswith("Do not restore this one; there is no other verified backup.")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: flip(path), "FAIL sha256"),
        (lambda path: path.write_bytes(path.read_bytes()[:-7]), "FAIL sha256"),
        (lambda path: amended(path, sha256="0" * 64), "FAIL sha256: expected 000000000000"),
        (lambda path: amended(path, rows={"one": 7}), "FAIL rows: table one should have 7 rows"),
        (lambda path: amended(path, pages=3), "FAIL pages"),
    ],
    ids=["flipped", "cut", "other hash", "other rows", "other pages"],
)
def test_a_compressed_backup_is_unpacked_and_compared(
    shelf: Shelf, damage: object, says: str
) -> None:
    path = shelf.made(HOT + ".zst")
    damage(path)  # type: ignore[operator]
    last = shelf.do(BackupVerify(shelf.deployment, path.name))
    assert (last.exit_code, says in last.sentence) == (3, True), last.sentence
    assert says in one(shelf, path.name).problem
    assert one(shelf, path.name).verdict is Verdict.FAIL
    assert not list(shelf.database.parent.rglob("*partial*"))


def test_a_compressed_file_whose_content_is_another_database_is_found(shelf: Shelf) -> None:
    path = shelf.made(HOT + ".zst")
    plain = shelf.bare("other.db")
    plain.write_bytes(plain.read_bytes() + bytes(4096))
    path.unlink()
    stored = compression.compress(plain, path, lambda _done, _total: None)
    amended(path, stored_size=stored.size, stored_sha256=stored.sha256)
    last = shelf.do(BackupVerify(shelf.deployment, path.name))
    assert last.exit_code == 3


def test_a_bare_file_that_was_read_whole_stays_unknown_and_shows_when(shelf: Shelf) -> None:
    path = shelf.bare(BARE)
    before = print_of(shelf.folder)
    assert one(shelf, BARE).verified is None
    last = shelf.do(BackupVerify(shelf.deployment, BARE))
    assert last.exit_code == 0
    assert "without a manifest to compare with" in last.sentence
    found = one(shelf, BARE)
    assert (found.verdict, found.manifest) == (Verdict.UNKNOWN, None)
    assert found.verified is not None
    assert print_of(shelf.folder) == before
    # It is about that file as it was, not about the name.
    aged(path, path.stat().st_mtime + 1)
    assert one(shelf, BARE).verified is None


@pytest.mark.parametrize("operation", ["verify", "verify-all"])
def test_a_bare_file_that_was_found_damaged_is_shown_as_damaged(
    shelf: Shelf, operation: str
) -> None:
    path = shelf.bare(BARE)
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    assert one(shelf, BARE).verdict is Verdict.UNKNOWN, "its header and schema can be read"
    params = {"backup": BARE} if operation == "verify" else {}
    last = shelf.do(build(operation, shelf.deployment, params))
    assert last.exit_code == 3
    found = one(shelf, BARE)
    assert (found.verdict, "damaged" in found.problem) == (Verdict.FAIL, True)


def test_a_manifest_that_is_not_understood_is_not_taken_for_none(shelf: Shelf) -> None:
    path = shelf.made(HOT)
    manifests.path_for(path).write_bytes(b"rubbish")
    last = shelf.do(BackupVerify(shelf.deployment, HOT))
    assert (last.exit_code, "not a manifest" in last.sentence) == (3, True)
    assert manifests.path_for(path).read_bytes() == b"rubbish"


def test_a_file_with_a_wal_beside_it_is_not_finished(shelf: Shelf) -> None:
    path = shelf.bare(BARE)
    path.with_name(BARE + "-wal").write_bytes(b"x")
    last = shelf.do(BackupVerify(shelf.deployment, BARE))
    assert (last.exit_code, "has a -wal beside it" in last.sentence) == (3, True)
    assert path.with_name(BARE + "-wal").read_bytes() == b"x"


def test_all_are_verified_and_a_bad_one_does_not_stop_the_others(shelf: Shelf) -> None:
    good = shelf.made(HOT, day=3)
    bad = shelf.made("mcp_hotbackup_20260102_020000.db", day=2)
    packed = shelf.made("mcp_hotbackup_20260101_030000.db.zst", day=1)
    theirs = shelf.made("mcp_hotbackup_20260104_030000.db", day=4, source="other.db")
    (shelf.folder / "mcp_backup_latest.db").symlink_to(good.name)
    flip(bad)
    flip(theirs)
    last = shelf.do(VerifyAll(shelf.deployment))
    assert (last.exit_code, last.outcome) == (3, "damaged found")
    assert last.sentence.startswith("2 of 3 backups ok, 1 damaged, first " + bad.name)
    verdicts = {r["name"]: r.get("problem", "")[:11] for r in last.result["results"]}
    assert verdicts == {good.name: "", bad.name: "FAIL sha256", packed.name: ""}
    assert len([step for step in last.steps if step.state == "done"]) == 3
    found = {b.path.name: b.verdict for b in read_catalogue(shelf.deployment).backups}
    assert found[bad.name] is Verdict.FAIL
    assert found[theirs.name] is Verdict.OK, "a neighbour's is verified where it belongs"
    assert shelf.do(VerifyAll(shelf.deployment, (good.name, packed.name))).exit_code == 0


def test_what_could_not_be_read_is_partly_and_no_verdict(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf.made(HOT)
    gone = shelf.made("mcp_hotbackup_20260102_020000.db", day=2)
    operation = VerifyAll(shelf.deployment)
    chosen = operation._chosen()
    monkeypatch.setattr(VerifyAll, "_chosen", lambda _self: chosen)
    gone.unlink()
    last = shelf.do(operation)
    assert (last.exit_code, last.outcome) == (15, "partly read")
    assert last.sentence.startswith(f"1 of 2 backups ok, 1 not read, first {gone.name}: There is")
    assert one(shelf, path.name).verdict is Verdict.OK


def test_there_is_nothing_to_verify_in_an_empty_folder(shelf: Shelf) -> None:
    forbidden = VerifyAll(shelf.deployment).plan().forbidden
    assert forbidden is not None
    assert forbidden.exit_code == 10


def test_what_is_asked_for_comes_back_from_its_journal(shelf: Shelf) -> None:
    operation = VerifyAll(shelf.deployment, ("a", "b"), full=True)
    params = json.loads(json.dumps(parameters(operation)))
    assert build("verify-all", shelf.deployment, params) == operation
