"""The copy by bytes: a disk that does not give all, a file that is written meanwhile."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.core.errors import Cancelled, NotFoundError, VerificationError
from tui.services.salvage import raw_helper
from tui.services.salvage.raw_copy import copy_raw


def test_a_copy_is_the_same_and_private_and_nothing_is_made_beside_the_source(
    tmp_path: Path,
) -> None:
    source, folder = tmp_path / "mcp.db", tmp_path / "scratch"
    folder.mkdir()
    source.write_bytes(os.urandom(300_000))
    source.with_name("mcp.db-wal").write_bytes(os.urandom(5_000))
    before = sorted(path.name for path in tmp_path.iterdir())
    found = copy_raw(source, folder, lambda _done, _all: None, sidecars=True)
    assert found.database.read_bytes() == source.read_bytes()
    assert found.wal is not None and found.wal.stat().st_size == 5_000
    assert (found.journal, found.torn, found.unreadable) == (None, False, ())
    assert found.database.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_blocks_that_the_disk_does_not_give_are_zeros_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "mcp.db", tmp_path / "scratch"
    folder.mkdir()
    content = os.urandom(100_000)
    source.write_bytes(content)
    real = os.pread

    def failing(descriptor: int, size: int, at: int) -> bytes:
        if at < 20_480 and at + size > 12_288:
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, size, at)

    monkeypatch.setattr(raw_helper.os, "pread", failing)
    monkeypatch.setattr(raw_helper, "unwanted", lambda: False)
    found = raw_helper.copy(source, folder, sidecars=False)
    assert found["unreadable"] == [(12_288, 20_480)]
    assert (folder / "db").read_bytes() == content[:12_288] + bytes(8_192) + content[20_480:]


def test_a_checkpoint_in_the_middle_is_noticed_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "mcp.db", tmp_path / "scratch"
    folder.mkdir()
    source.write_bytes(bytes(10_000))
    number = 0

    def written(_seconds: float = 0.0) -> bool:
        nonlocal number
        number += 1
        os.utime(source, ns=(number * 10**9, number * 10**9))
        return False

    monkeypatch.setattr(raw_helper, "unwanted", written)
    found = raw_helper.copy(source, folder, sidecars=True)
    assert (found["torn"], found["attempts"]) == (True, raw_helper.ATTEMPTS)


def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    with pytest.raises(NotFoundError, match="There is no"):
        copy_raw(tmp_path / "gone", folder, lambda _done, _all: None, sidecars=True)
    with pytest.raises(VerificationError, match="is not a plain file"):
        copy_raw(folder, folder, lambda _done, _all: None, sidecars=True)


def test_a_wish_to_stop_ends_the_process(tmp_path: Path) -> None:
    source, folder = tmp_path / "mcp.db", tmp_path / "scratch"
    folder.mkdir()
    with source.open("wb") as stream:
        stream.truncate(400_000_000)

    def stop(_done: int, _all: int) -> None:
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        copy_raw(source, folder, stop, sidecars=False)
    # It waited for its end: nobody writes on.
    assert (folder / "db").stat().st_size < 400_000_000


def test_a_helper_without_a_request_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tui.services.salvage.raw_helper"],
        input=b"", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
