"""Where no other file can take the live file's place, the backup is written into it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import (
    NOBODY,
    ROOT,
    Held,
    as_nobody,
    fill,
    needs_root,
    small_disk,
    wait_for,
    without_code,
)
from tests.programs import running, two_tables
from tui.core.errors import McpdbError
from tui.core.operation import Plan, Verdict
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.restore import Restore
from tui.operations.restoring.overwriting import content_of
from tui.operations.undo import Undo
from tui.services import processes
from tui.services.manifests import read_manifest

LATER = "written-after-the-backup"
AS_NOBODY = [
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    # The interpreter may lie in root's home: reading is all that this allows.
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
]


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """One site for all: each test leaves it whole, whatever it did."""
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-through-"))
    site = Site(demo.create_small(folder / "site"))
    site.deployment = without_code(site.deployment)
    yield site
    demo.stop(site.folder)
    shutil.rmtree(folder)


@pytest.fixture
def ready(shared: Site, give_backup: Callable[[Site], Path]) -> Site:
    """A running site with a backup, and something written since."""
    give_backup(shared)
    shared.start()
    if LATER not in shared.tools():
        shared.add_tool(LATER)
    for left in safety(shared).iterdir() if safety(shared).is_dir() else ():
        left.unlink()
    return shared


def safety(site: Site) -> Path:
    return site.deployment.state_dir / "safety"


def through(site: Site, backup: str = "latest") -> Restore:
    return Restore(site.deployment, backup, write_through=True)


def rows(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM tools")}


def check(plan: Plan, name: str) -> str:
    (found,) = (c for c in plan.checks if c.name == name)
    return f"{found.verdict} {found.text}"


def is_wal(path: Path) -> bool:
    return path.read_bytes()[18:20] == b"\x02\x02"


def is_whole(site: Site, *, new: bool) -> None:
    site.wait_healthy()
    assert site.integrity() == "ok"
    assert (LATER not in site.tools()) is new
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()


# --- the way itself ---------------------------------------------------------------------


def test_it_keeps_inode_owner_and_mode_and_a_verified_copy_of_the_old(ready: Site) -> None:
    os.chown(ready.database, 12_345, 23_456)
    ready.database.chmod(0o640)
    before = ready.database.stat()
    plan = through(ready).plan()
    assert plan.facts["way"] == "overwrite"
    assert "safety copy is copied first" in check(plan, "way")
    assert "gateway down meanwhile" in check(plan, "way")
    assert [s.step for s in plan.steps if not s.gateway_up] == [
        "stop",
        "prove",
        "keep",
        "swap",
        "start",
    ]
    last = ready.do(through(ready))
    assert (last.exit_code, last.result["way"]) == (0, "overwrite"), last.sentence
    after = ready.database.stat()
    assert (after.st_ino, after.st_uid, after.st_gid, after.st_mode) == (
        before.st_ino,
        12_345,
        23_456,
        before.st_mode,
    )
    is_whole(ready, new=True)
    assert is_wal(ready.database)
    kept = Path(str(last.result["safety_path"]))
    manifest = read_manifest(kept)
    assert manifest is not None
    assert (manifest.kind, manifest.method, manifest.check_result) == ("safety", "backup-api", "ok")
    assert (manifest.clean_stop, manifest.source) == (True, "mcp.db")
    assert LATER in rows(kept)
    assert kept.stat().st_ino != after.st_ino

    undone = ready.do(Undo(ready.deployment))
    assert undone.exit_code == 0
    is_whole(ready, new=False)
    os.chown(ready.database, 0, 0)


def test_the_safety_copy_goes_to_the_backups_where_the_state_folder_has_no_space(
    ready: Site,
) -> None:
    old = safety(ready)
    shutil.rmtree(old, ignore_errors=True)
    disk_folder = ready.deployment.state_dir / "safety"
    with small_disk(disk_folder, "64k"):
        plan = Restore(ready.deployment, "latest").plan()
        assert "is on another filesystem" in check(plan, "way")
        assert "into the backup folder" in check(plan, "way")
        last = ready.do(Restore(ready.deployment, "latest"))
        assert last.exit_code == 0, last.sentence
        kept = Path(str(last.result["safety_path"]))
        assert kept.parent == ready.deployment.backup_dir
        assert LATER in rows(kept)
        is_whole(ready, new=True)
        assert ready.do(Undo(ready.deployment)).exit_code == 0
        is_whole(ready, new=False)
        for path in ready.deployment.backup_dir.glob("mcp_safety_*"):
            path.unlink()


@needs_root
def test_a_state_folder_on_another_filesystem(ready: Site) -> None:
    shutil.rmtree(safety(ready), ignore_errors=True)
    inode = ready.database.stat().st_ino
    with small_disk(safety(ready), "16m") as disk:
        last = ready.do(Restore(ready.deployment, "latest"))
        assert last.exit_code == 0, last.sentence
        assert Path(str(last.result["safety_path"])).parent == disk
        assert ready.database.stat().st_ino == inode
        is_whole(ready, new=True)
        assert ready.do(Undo(ready.deployment)).exit_code == 0
        is_whole(ready, new=False)
    assert ready.database.stat().st_ino == inode


@needs_root
def test_another_user_who_may_write_the_file_and_not_give_one_away(
    tmp_path: Path,
    give_backup: Callable[[Site], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(prefix="mcpdb-nobody-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        site = Site(demo.create_small(folder / "site"))
        site.deployment = without_code(site.deployment)
        give_backup(site)
        for path in (site.folder, *site.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.chown(site.database, 12_345, NOBODY)
        site.database.chmod(0o660)
        site.database.parent.chmod(0o770)
        home = tmp_path / "home"
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        monkeypatch.setenv("HOME", str(home))
        for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            monkeypatch.setenv(variable, str(home / variable))
        try:
            start = "import sys; from pathlib import Path; from tui.demo import deployment as d; "
            command = [*AS_NOBODY, sys.executable, "-c", start + "d.start(Path(sys.argv[1]))"]
            subprocess.run([*command, str(site.folder)], check=True, cwd=ROOT)
            site.wait_healthy()
            site.add_tool(LATER)
            Restore(site.deployment, "latest").plan()  # what it imports late, see `as_nobody`
            plan = as_nobody(Restore(site.deployment, "latest").plan)
            assert "only root can give a new file to 12345, you are nobody" in check(plan, "way")
            monkeypatch.setattr(
                "tui.operations.execution.launch.runner_command",
                lambda: [*AS_NOBODY, sys.executable, "-P", "-m", "tui.operations.execution.runner"],
            )
            # Without a fingerprint: only a process with these rights can make the same plan.
            *_, last = follow(site.deployment, launch(Restore(site.deployment, "latest")))
            assert last.exit_code == 0, last.sentence
            found = site.database.stat()
            assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (12_345, NOBODY, 0o660)
            assert LATER in rows(Path(str(last.result["safety_path"])))
            is_whole(site, new=True)
        finally:
            demo.stop(site.folder)


# --- what forbids it --------------------------------------------------------------------


def bare(site: Site, folder: Path, page_size: int = 4096) -> Restore:
    """A file alone, with pages of a size, and a backup of the usual one."""
    database = folder / "mcp.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute("CREATE TABLE one (n)")
    backup = two_tables(folder / "mcp_backup_1.db", mode="delete")
    deployment = replace(
        site.deployment, database=database, backup_dir=folder / "backups", gateway=None
    )
    return Restore(deployment, str(backup), write_through=True)


def test_pages_of_another_size_are_refused_and_said(shared: Site, tmp_path: Path) -> None:
    operation = bare(shared, tmp_path, 8192)
    plan = operation.plan()
    assert plan.forbidden is not None
    assert plan.forbidden.exit_code == 12
    assert "pages of 4,096 bytes" in plan.forbidden.text
    assert "of 8,192" in plan.forbidden.text
    with pytest.raises(McpdbError, match="pages of 4,096"):
        launch(operation, plan.fingerprint)
    assert bare(shared, _folder(tmp_path / "same")).plan().forbidden is None


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_live_file_whose_disk_failed_is_not_overwritten_but_may_be_replaced(ready: Site) -> None:
    suspicion.mark(ready.deployment, "I/O error in mcp.db: disk I/O error.")
    plan = through(ready).plan()
    assert plan.forbidden is not None
    assert "disk failed" in plan.forbidden.text
    assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
    is_whole(ready, new=True)
    assert suspicion.why_suspect(ready.deployment) == "", "another file stands there now"


def test_a_damaged_file_is_not_written_into(shared: Site, tmp_path: Path) -> None:
    operation = bare(shared, tmp_path)
    operation.deployment.database.write_bytes(os.urandom(8192))
    plan = operation.plan()
    assert plan.forbidden is not None
    assert plan.forbidden.exit_code == 12
    assert "can only be set aside" in plan.forbidden.text


@needs_root
def test_a_file_that_is_mounted_alone_is_refused(shared: Site, tmp_path: Path) -> None:
    operation = bare(shared, tmp_path)
    live = operation.deployment.database
    done = subprocess.run(["mount", "--bind", str(live), str(live)], check=False)
    if done.returncode and "CI" not in os.environ:
        pytest.skip("this place does not let root mount")
    try:
        plan = operation.plan()
        assert plan.forbidden is not None
        assert plan.forbidden.exit_code == 12
        assert "Mount its folder instead" in plan.forbidden.text
    finally:
        subprocess.run(["umount", str(live)], check=True)


# --- cut, killed, failed ----------------------------------------------------------------

PLACES = [
    ("kill-after", "step_started:keep", False),
    ("kill-tick", "keep", False),
    ("kill-after", "step_finished:keep", False),
    ("kill-after", "step_started:swap", True),
    ("kill-tick", "swap", True),
    ("kill-before", "step_finished:swap", True),
    ("kill-after", "step_finished:swap", True),
    ("kill-after", "step_started:readback", True),
]


@pytest.mark.parametrize(("fault", "place", "new"), PLACES)
def test_killed_anywhere_it_is_old_or_new_and_whole(
    fault: str,
    place: str,
    new: bool,
    ready: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inode = ready.database.stat().st_ino
    operation = through(ready)
    fingerprint = operation.plan().fingerprint
    with monkeypatch.context():
        faulty_runner(fault, place)
        *_, last = follow(ready.deployment, launch(operation, fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == (0 if new else 1)
    is_whole(ready, new=new)
    assert is_wal(ready.database)
    assert ready.database.stat().st_ino == inode
    kept = [b for b in read_catalogue(ready.deployment).backups if b.kind == "safety"]
    assert len(kept) == (1 if new else 0)
    assert launch_resume(ready.deployment) == []


def _kill_both(site: Site, held: Held) -> None:
    """The operation's process and its helper, as the kernel does when memory is short."""
    pid = held.entry().pid
    for victim in [p for p in processes.tree(pid) if p != pid] + [pid]:
        os.kill(victim, signal.SIGKILL)
    wait_for(lambda: unfinished(site.deployment), "it is cut")


def test_helper_and_operation_killed_inside_the_writing(
    ready: Site, hold: Callable[..., Held]
) -> None:
    """What the helper had written is in the file: only SQLite's journal can tell old from new."""
    held = hold(ready.deployment, "tick:swap")
    held.begin(through(ready))
    _kill_both(ready, held)
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 0
    is_whole(ready, new=True)


def test_a_hot_journal_of_a_killed_writing_is_replayed_and_the_writing_finished(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_started:swap")
    held.begin(through(ready))
    _kill_both(ready, held)
    half_written(ready.database)
    assert ready.database.with_name("mcp.db-journal").exists()
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 0
    is_whole(ready, new=True)


def half_written(live: Path) -> None:
    """Overwrite a database by the backup API and be killed in the middle of it."""
    code = (
        "import os, signal, sqlite3, sys\n"
        "live = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "live.execute('PRAGMA journal_mode=DELETE'); live.execute('PRAGMA cache_size=1')\n"
        "source = sqlite3.connect(':memory:', isolation_level=None)\n"
        "source.execute('CREATE TABLE x (y)')\n"
        "for _ in range(40): source.execute('INSERT INTO x VALUES (randomblob(3000))')\n"
        "def stop(status, left, total):\n"
        "    if left < total // 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "source.backup(live, pages=1, progress=stop)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(live)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_what_somebody_wrote_to_a_cut_file_is_not_overwritten(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_started:swap")
    held.begin(through(ready))
    _kill_both(ready, held)
    # Somebody starts the gateway before anybody resumes, and it is used.
    demo.start(ready.folder)
    ready.wait_healthy()
    ready.add_tool("written-after-the-cut")
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 15
    ready.wait_healthy()
    assert "written-after-the-cut" in ready.tools()
    assert ready.integrity() == "ok"
    assert ready.left_overs() == []
    assert unfinished(ready.deployment) == ()


def test_a_helper_killed_alone_while_it_writes_is_undone(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_started:swap")
    held.begin(through(ready))
    pid = held.entry().pid
    (helper,) = (p for p in processes.tree(pid) if p != pid)
    os.kill(helper, signal.SIGKILL)
    last = held.end()
    assert last.exit_code == 1
    assert "Nothing was changed" in last.sentence
    is_whole(ready, new=False)


def test_a_gateway_that_is_not_healthy_afterwards_gets_its_old_content_back(ready: Site) -> None:
    inode = ready.database.stat().st_ino
    demo.break_next_start(ready.folder, "exit")
    last = ready.do(through(ready))
    assert (last.exit_code, last.outcome) == (4, "rolled back"), last.sentence
    is_whole(ready, new=False)
    assert ready.database.stat().st_ino == inode
    assert is_wal(ready.database)


def test_a_way_back_that_is_barred_says_three_lines_that_work(
    ready: Site, hold: Callable[..., Held]
) -> None:
    demo.break_next_start(ready.folder, "exit")
    held = hold(
        ready.deployment,
        "after:recovery_started:swap-back",
        "tui.operations.restoring.restore_recovery.BACK_DEADLINE=1.0",
    )
    held.begin(through(ready))
    with running("reader", ready.database) as program:
        last = held.end()
        program.end()
    lines = last.result["by_hand"]
    assert (last.exit_code, len(lines)) == (5, 3)
    for line in lines:
        subprocess.run(["sh", "-c", line], check=True, stdout=subprocess.DEVNULL)
    is_whole(ready, new=False)


def test_a_cancel_while_the_old_content_is_copied_changes_nothing(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "tick:keep")
    held.begin(through(ready))
    os.kill(held.entry().pid, signal.SIGINT)
    last = held.end()
    assert (last.exit_code, last.outcome) == (1, "cancelled")
    is_whole(ready, new=False)
    assert is_wal(ready.database)
    assert list(safety(ready).iterdir()) == []


@needs_root
def test_a_disk_that_is_full_when_the_writing_begins_leaves_the_old_content(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    """The rollback journal finds no space: SQLite takes back what it had written."""
    with small_disk(tmp_path / "disk", "32m") as disk:
        site = Site(demo.create_small(disk / "site"))
        site.deployment = without_code(site.deployment)
        try:
            site.start()
            assert site.do(BackupCreate(site.deployment)).exit_code == 0
            site.add_tool(LATER)
            held = hold(site.deployment, "after:step_started:swap")
            held.begin(through(site))
            filler = fill(disk)
            before = content_of(site.database)
            last = held.end()
            assert content_of(site.database) == before or site.running()
            filler.unlink()
            assert last.exit_code == 12, last.sentence
            assert "No space" in last.sentence
            is_whole(site, new=False)
        finally:
            demo.stop(site.folder)


def test_the_check_says_ok_of_nothing_where_a_rename_is_possible(ready: Site) -> None:
    plan = Restore(ready.deployment, "latest").plan()
    assert plan.facts["way"] == "swap"
    assert "way" not in {c.name for c in plan.checks}
    assert all(c.verdict is not Verdict.FAIL for c in plan.checks)
