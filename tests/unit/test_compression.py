"""Compressed backups: the same bytes come out, or a clear sentence and nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from tests.faults import Held, fill, needs_root, small_disk
from tests.programs import two_tables
from tests.unit.test_hot_backup import agree, back_up, left_overs, place
from tui.core.errors import Cancelled, McpdbError, VerificationError
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.execution.launch import cancel
from tui.services import compression, files
from tui.services.compression import compress, decompress, digest_inside, unpacked, unpacked_size


def quiet(_done: int, _total: int) -> None:
    pass


def packed(folder: Path, content: bytes) -> Path:
    plain, target = folder / "plain", folder / "packed.zst"
    plain.write_bytes(content)
    compress(plain, target, quiet)
    return target


@pytest.mark.parametrize("size", [0, 1, 100, files.CHUNK, files.CHUNK + 1, 3 * files.CHUNK + 7])
def test_the_same_bytes_come_out_again(size: int, tmp_path: Path) -> None:
    content = (os.urandom(1000) + b"\0" * 3000) * (size // 4000 + 1)
    content = content[:size]
    (tmp_path / "plain").write_bytes(content)
    told: list[tuple[int, int]] = []
    stored = compress(tmp_path / "plain", tmp_path / "p.zst", lambda *at: told.append(at))
    found = (tmp_path / "p.zst").read_bytes()
    assert (stored.size, stored.sha256) == (len(found), hashlib.sha256(found).hexdigest())
    assert unpacked_size(tmp_path / "p.zst") == size
    out = decompress(tmp_path / "p.zst", tmp_path / "out", quiet)
    assert out == hashlib.sha256(content).hexdigest() == digest_inside(tmp_path / "p.zst", quiet)
    assert (tmp_path / "out").read_bytes() == content
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "p.zst").stat().st_mode & 0o777 == 0o600
    if size:
        assert told[-1] == (size, size)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda raw: raw[:-1], "cut short"),
        (lambda raw: raw[: len(raw) // 2], "cut short"),
        (lambda raw: raw[:6], "cut short"),
        (lambda raw: b"", "not compressed with zstd"),
        (lambda raw: os.urandom(4096), "not compressed with zstd"),
        (lambda raw: raw + b"\0", "something behind its end"),
        (lambda raw: raw + raw, "something behind its end"),
        (lambda raw: raw[:5000] + bytes([raw[5000] ^ 0x10]) + raw[5001:], "cannot be unpacked"),
    ],
    ids=["last byte", "half", "header", "empty", "noise", "appended", "twice", "one bit"],
)
def test_what_is_damaged_is_found_whichever_way_it_is_read(
    spoil: Callable[[bytes], bytes], says: str, tmp_path: Path
) -> None:
    target = packed(tmp_path, os.urandom(200_000) + b"\0" * 200_000)
    target.write_bytes(spoil(target.read_bytes()))
    with pytest.raises(VerificationError, match=says) as raised:
        decompress(target, tmp_path / "out", quiet)
    assert raised.value.exit_code == 3
    with pytest.raises(VerificationError, match=says):
        digest_inside(target, quiet)
    with pytest.raises(VerificationError, match=says), unpacked(target):
        pytest.fail("it was given out")
    assert list(tmp_path.glob(".*")) == []


def test_a_plain_backup_is_read_where_it_lies_and_a_packed_one_from_a_copy(tmp_path: Path) -> None:
    plain = two_tables(tmp_path / "a.db", mode="delete")
    with unpacked(plain) as path:
        assert path == plain
    compress(plain, tmp_path / "a.db.zst", quiet)
    with unpacked(tmp_path / "a.db.zst") as path:
        assert path != plain
        assert agree(path) == 0
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()
    with (
        pytest.raises(Cancelled),
        unpacked(tmp_path / "a.db.zst", lambda _d, _t: (_ for _ in ()).throw(Cancelled("no"))),
    ):
        pytest.fail("it was given out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.db", "a.db.zst"]


def test_little_that_stands_for_much_does_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame that does not say its size, and one that says too much."""
    silent = zstandard.ZstdCompressor(write_content_size=False)
    (tmp_path / "silent.zst").write_bytes(silent.compress(bytes(64 * 1024 * 1024)))
    assert (tmp_path / "silent.zst").stat().st_size < 10_000
    assert unpacked_size(tmp_path / "silent.zst") == 0
    monkeypatch.setattr(compression.files, "free_space", lambda _path: 8 * 1024 * 1024)
    with pytest.raises(McpdbError, match="does not fit") as raised:
        decompress(tmp_path / "silent.zst", tmp_path / "out", quiet)
    assert raised.value.exit_code == 12
    assert (tmp_path / "out").stat().st_size < 8 * 1024 * 1024
    told = zstandard.ZstdCompressor().compress(bytes(64 * 1024 * 1024))
    (tmp_path / "told.zst").write_bytes(told)
    with pytest.raises(McpdbError, match="does not fit"):
        decompress(tmp_path / "told.zst", tmp_path / "never", quiet)
    assert not (tmp_path / "never").exists(), "nothing is written when it is known before"


def test_a_compressed_backup_describes_the_database_in_it(tmp_path: Path) -> None:
    deployment = replace(place(tmp_path / "data", megabytes=2), compress=True)
    entry = back_up(deployment)
    assert entry.exit_code == 0, entry.sentence
    (backup,) = read_catalogue(deployment).backups
    manifest = backup.manifest
    assert manifest is not None
    assert backup.path.name == manifest.name
    assert backup.path.name.endswith(".db.zst")
    assert [p.name for p in deployment.backup_dir.iterdir() if p.suffix == ".json"] == [
        f"{backup.path.name}.json"
    ]
    stored = backup.path.read_bytes()
    assert manifest.compression == "zstd"
    assert (manifest.stored_size, manifest.stored_sha256) == (
        len(stored),
        hashlib.sha256(stored).hexdigest(),
    )
    with unpacked(backup.path) as plain:
        assert manifest.size == plain.stat().st_size > 10 * manifest.stored_size
        assert manifest.sha256 == hashlib.sha256(plain.read_bytes()).hexdigest()
        assert agree(plain) == 0
    assert left_overs(deployment) == []
    assert "compressed" in entry.sentence
    assert back_up(deployment, compress=False).result["compression"] == ""


@needs_root
def test_a_disk_that_fills_up_while_it_is_compressed_leaves_nothing(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    deployment = place(tmp_path / "data", megabytes=1)
    noise = tmp_path / "noise"
    noise.write_bytes(os.urandom(1))
    with small_disk(tmp_path / "disk", "16m") as disk:
        deployment = replace(deployment, backup_dir=disk / "backups")
        held = hold(deployment, "after:step_started:pack")
        held.begin(BackupCreate(deployment, compress=True))
        fill(disk)
        last = held.end()
        assert (last.exit_code, last.outcome) == (12, "failed")
        assert "space" in last.sentence.lower()
        assert list((disk / "backups").iterdir()) == []
    assert unfinished(deployment) == ()


def test_a_cancel_while_it_is_compressed_leaves_nothing(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    deployment = place(tmp_path / "data", megabytes=8)
    held = hold(deployment, "tick:pack")
    held.begin(BackupCreate(deployment, compress=True))
    cancel(deployment, held.id)
    last = held.end()
    assert (last.exit_code, last.outcome) == (1, "cancelled")
    assert list(deployment.backup_dir.iterdir()) == []
