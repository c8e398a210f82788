"""Looking at a database never hurts its gateway, and never hangs, whatever stands there."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import as_nobody, needs_root, print_of
from tests.programs import running, two_tables
from tui.core.errors import (
    BusyError,
    DamagedError,
    McpdbError,
    NotFoundError,
    PrecheckError,
    VerificationError,
)
from tui.core.models import Deployment
from tui.operations.reads.looking import LiveDatabase
from tui.services.live.holders import holders, inodes
from tui.services.sqlite.connections import finished, look
from tui.services.sqlite.inspection import check_header, inspect


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may look into and write to: only tact keeps it clean."""
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-public-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def stopped(folder: Path, mode: str = "wal") -> Path:
    """A database that nobody has open, readable by everybody."""
    path = two_tables(folder / "mcp.db", mode=mode)
    path.chmod(0o666)
    return path


def seen(path: Path, *, up: bool = False) -> tuple[str, int]:
    """How it was opened, and what the row says."""
    with look(path, gateway_up=lambda: up) as opened:
        (value,) = opened.connection.execute("SELECT n FROM one").fetchone()
        return opened.how, int(value)


@needs_root
def test_another_user_leaves_nothing_beside_a_stopped_wal_file(public: Path) -> None:
    path = stopped(public)
    before = print_of(public)
    assert as_nobody(lambda: seen(path)) == ("immutable", 0)
    assert print_of(public) == before


@needs_root
def test_another_user_sees_the_commits_that_a_crash_left_in_the_wal(public: Path) -> None:
    path = stopped(public)
    with running("crashed", path) as program:
        program.process.wait()
    for part in public.iterdir():
        part.chmod(0o666)
    (public / "mcp.db-shm").unlink()
    before = print_of(public)
    assert as_nobody(lambda: seen(path)) == ("scratch copy", 50)
    assert print_of(public) == before


@needs_root
def test_another_user_reads_beside_sidecars_that_exist(public: Path) -> None:
    path = stopped(public)
    with running("reader", path):
        for part in public.iterdir():
            part.chmod(0o666)
        names = sorted(p.name for p in public.iterdir())
        assert names == ["mcp.db", "mcp.db-shm", "mcp.db-wal"]
        assert as_nobody(lambda: seen(path, up=True)) == ("live", 0)
        assert sorted(p.name for p in public.iterdir()) == names
        assert {p.stat().st_uid for p in public.iterdir()} == {0}


@needs_root
def test_another_user_waits_for_the_sidecars_of_a_gateway_that_is_up(public: Path) -> None:
    path = stopped(public)
    before = print_of(public)
    with pytest.raises(PrecheckError, match="with sudo") as raised:
        as_nobody(lambda: seen(path, up=True))
    assert raised.value.exit_code == 12
    assert print_of(public) == before


@needs_root
def test_another_user_reads_a_rollback_file_as_it_is(public: Path) -> None:
    path = stopped(public, "delete")
    before = print_of(public)
    assert as_nobody(lambda: seen(path)) == ("live", 0)
    assert print_of(public) == before


@needs_root
def test_a_look_without_locks_tells_the_true_journal_mode(public: Path) -> None:
    path = stopped(public)
    deployment = Deployment(name="x", database=path, backup_dir=public / "b")
    facts = as_nobody(lambda: LiveDatabase(deployment).facts())
    assert (facts.how, facts.journal_mode, facts.problem) == ("immutable", "wal", "")


@needs_root
def test_what_may_not_be_read_is_one_sentence(public: Path) -> None:
    path = stopped(public)
    path.chmod(0o600)
    with pytest.raises(PrecheckError, match="nobody") as raised:
        as_nobody(lambda: seen(path))
    assert raised.value.exit_code == 12
    public.chmod(0o700)
    deployment = Deployment(name="x", database=path, backup_dir=public / "b")
    facts = as_nobody(lambda: LiveDatabase(deployment).facts())
    assert "permission denied" in facts.problem


@needs_root
def test_what_root_leaves_belongs_to_the_owner_of_the_database(public: Path) -> None:
    path = stopped(public)
    os.chown(path, 12_345, 12_345)
    assert seen(path) == ("live", 0)
    assert {p.stat().st_uid for p in public.iterdir()} == {12_345}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE one SET n = 1")


def test_a_wal_without_its_index_is_read_with_its_commits(tmp_path: Path) -> None:
    path = stopped(tmp_path)
    with running("crashed", path) as program:
        program.process.wait()
    (tmp_path / "mcp.db-shm").unlink()
    content = path.read_bytes(), (tmp_path / "mcp.db-wal").read_bytes()
    assert seen(path) == ("live", 50)
    assert (path.read_bytes(), (tmp_path / "mcp.db-wal").read_bytes()) == content


def test_a_hot_journal_is_replayed_in_a_copy_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = stopped(folder, "delete")
    with running("interrupted", path) as program:
        program.process.wait()
    before = print_of(folder)
    assert (folder / "mcp.db-journal").stat().st_size > 0
    assert seen(path) == ("scratch copy", 0)
    assert print_of(folder) == before
    # While the gateway is up it is the gateway's to replay.
    with pytest.raises(McpdbError):
        seen(path, up=True)
    assert print_of(folder) == before


def test_a_writer_at_work_is_waited_for_and_then_named_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stopped(tmp_path, "delete")
    monkeypatch.setattr("tui.services.sqlite.connections.connect.__kwdefaults__", {"timeout": 0.2})
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("UPDATE one SET n = 9")
        before = print_of(tmp_path)
        with pytest.raises(BusyError) as raised:
            seen(path)
        assert raised.value.exit_code == 11
        assert print_of(tmp_path) == before
    with running("locker", path) as program, pytest.raises(BusyError) as raised:
        seen(path)
    assert re.search(rf"\(pid {program.pid}[,)]", str(raised.value)), "the holder is not named"


def nothing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("this is no database\n" * 500)


def zipped(path: Path) -> None:
    path.write_bytes(gzip.compress(path.read_bytes()))


def noise(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def header_alone(path: Path) -> None:
    os.truncate(path, 50)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_instead(path: Path) -> None:
    path.rename(path.with_name("other.db"))
    path.symlink_to("other.db")


def dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def pipe_instead(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device_instead(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


Damage = Callable[[Path], None]
DAMAGES: list[tuple[Damage, type[McpdbError]]] = [
    (nothing, NotFoundError),
    (empty, VerificationError),
    (text, DamagedError),
    (zipped, DamagedError),
    (noise, DamagedError),
    (truncated, DamagedError),
    (header_alone, DamagedError),
    (folder_instead, VerificationError),
    (link_instead, VerificationError),
    (dangling_link, VerificationError),
    (pipe_instead, VerificationError),
    (device_instead, VerificationError),
]


@pytest.mark.parametrize(("damage", "error"), DAMAGES, ids=lambda value: value.__name__)
def test_what_is_no_database_is_told_and_left_as_it_is(
    tmp_path: Path, damage: Damage, error: type[McpdbError]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = two_tables(folder / "mcp.db", mode="delete", megabytes=1)
    damage(path)
    before = print_of(folder)
    with pytest.raises(error) as raised:
        seen(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == (10 if error is NotFoundError else 3)
    facts = LiveDatabase(Deployment(name="x", database=path, backup_dir=folder)).facts()
    assert facts.exists is (damage is not nothing)
    assert facts.problem
    assert print_of(folder) == before


@pytest.mark.parametrize(("damage", "error"), DAMAGES, ids=lambda value: value.__name__)
def test_the_same_as_a_backup_is_refused_by_every_check(
    tmp_path: Path, damage: Damage, error: type[McpdbError]
) -> None:
    path = two_tables(tmp_path / "mcp_backup_1.db", mode="delete", megabytes=1)
    damage(path)
    before = print_of(tmp_path)
    for check in (check_header, lambda p: inspect(p, lambda _d, _t: None, lambda: None)):
        with pytest.raises(McpdbError) as raised:
            check(path)
        assert raised.value.exit_code == (10 if error is NotFoundError else 3)
    with pytest.raises(McpdbError), finished(path):
        pass
    assert print_of(tmp_path) == before


def test_bytes_behind_the_end_are_not_seen_by_sqlite_but_refused_in_a_backup(
    tmp_path: Path,
) -> None:
    path = two_tables(tmp_path / "mcp.db", mode="delete")
    with path.open("ab") as stream:
        stream.write(b"more")
    assert seen(path) == ("live", 0)
    with pytest.raises(VerificationError, match="something was appended"):
        check_header(path)


def test_a_finished_backup_with_the_wal_flag_gets_no_sidecars(tmp_path: Path) -> None:
    path = two_tables(tmp_path / "mcp_backup_1.db", mode="wal")
    before = print_of(tmp_path)
    report = inspect(path, lambda _d, _t: None, lambda: None, full=True)
    assert (report.journal_mode, report.check) == ("wal", "integrity_check")
    assert print_of(tmp_path) == before


def test_a_released_viewer_holds_nothing_and_reads_again_later(tmp_path: Path) -> None:
    path = two_tables(tmp_path / "mcp.db")
    live = LiveDatabase(Deployment(name="x", database=path, backup_dir=tmp_path / "b"))
    assert live.counts()["one"] == 1
    live.release()
    with pytest.raises(BusyError):
        live.counts()
    assert os.getpid() not in [holder.pid for holder in holders(inodes(path))[0]]
    live.reopen()
    assert live.counts()["one"] == 1
