"""Rotation of logs: no line is lost but what is admitted, no file touched that is not ours."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Site
from tests.faults import needs_root, small_disk, wait_for
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tui.core.errors import McpdbError, PrecheckError, UsageError
from tui.core.models import Deployment, Rotation
from tui.core.settings import Flags, load
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.rotate_logs import RotateLogs
from tui.operations.rotating import working
from tui.operations.rotating.choosing import choose
from tui.services import gzips
from tui.services.folder import Folder

DAY = 86_400
LINE = "line 000000001 of a log that never rests\n"


@pytest.fixture
def quiet(make_site: Callable[..., Site]) -> Site:
    """A deployment whose gateway is stopped; its logs folder is empty."""
    return make_site(running=False)


def folder(site: Site) -> Path:
    return site.folder / "logs"


def put(path: Path, text: str = LINE * 50, *, days: float = 0.0) -> Path:
    path.write_text(text)
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))
    return path


def names(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def rotate(site: Site, **how: float) -> Any:
    return site.do(RotateLogs(site.deployment, **how))


def unpacked(place: Path) -> str:
    """What stands in every compressed log, oldest first."""
    return "".join(
        gzip.decompress(path.read_bytes()).decode() for path in sorted(place.glob("*.log.gz"))
    )


@contextmanager
def writer(path: Path, flags: str = "a", pause: float = 0.0002) -> Iterator[subprocess.Popen[str]]:
    """Somebody who writes all the time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.log_writer", str(path), flags, str(pause)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: path.exists() and path.stat().st_size > 10_000, "it writes")
        yield process
    finally:
        process.terminate()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> int:
    """How many lines it wrote in all."""
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    return int(out)


# --- by the guide's rule -----------------------------------------------------------------------


def test_a_log_that_the_screen_itself_reads_is_planned_and_rotated_the_same_way(
    quiet: Site,
) -> None:
    log = put(folder(quiet) / "old.log", days=1.2)
    with log.open(encoding="utf-8") as read:  # as the pane of the logs has it
        (planned,) = RotateLogs(quiet.deployment).plan().facts["logs"]
        assert planned["action"] == "empty"
        entry = rotate(quiet)
        assert entry.exit_code == 0, entry.sentence
        assert read.fileno() >= 0
    assert unpacked(folder(quiet)) == LINE * 50
    assert log.read_text() == ""


def test_the_guides_rule_compresses_after_a_day_and_deletes_after_thirty(quiet: Site) -> None:
    place = folder(quiet)
    put(place / "old.log", days=1.2)
    put(place / "young.log", days=0.8)
    put(place / "packed.log.gz", days=29)
    put(place / "very-old.log.gz", days=31)
    put(place / "tomorrow.log", days=-2)

    entry = rotate(quiet)

    assert entry.exit_code == 0, entry.sentence
    day = time.strftime("%Y%m%d")
    left = {f"old-{day}.log.gz", "young.log", "packed.log.gz", "tomorrow.log"}
    assert names(place) == left
    packed = place / f"old-{day}.log.gz"
    assert gzip.decompress(packed.read_bytes()).decode() == LINE * 50
    # Its thirty days are counted from its last line, and it is its log's in owner and mode.
    assert time.time() - packed.stat().st_mtime > 1.1 * DAY
    assert packed.stat().st_mode & 0o777 == 0o644
    assert entry.sentence.startswith("1 log compressed, 1 log deleted")


def test_a_name_that_is_taken_is_numbered_and_nothing_is_overwritten(quiet: Site) -> None:
    place, day = folder(quiet), time.strftime("%Y%m%d")
    put(place / f"a-{day}.log.gz", "mine")
    (place / f"a-{day}_2.log.gz").symlink_to("/nowhere")
    put(place / "a.log", days=2)
    assert rotate(quiet).exit_code == 0
    assert (place / f"a-{day}.log.gz").read_text() == "mine"
    assert gzip.decompress((place / f"a-{day}_3.log.gz").read_bytes()).decode() == LINE * 50


def test_what_is_not_ours_is_named_and_left_as_it_is(quiet: Site, tmp_path: Path) -> None:
    place = folder(quiet)
    outside = put(tmp_path / "outside.log", days=90)
    (place / "link.log").symlink_to(outside)
    (place / "link.log.gz").symlink_to(outside)
    os.link(outside, place / "hard.log")
    os.link(outside, place / "hard.log.gz")
    docker = f"{'a' * 64}-json.log"
    for name in (docker, "notes.txt", "backup.gz", "odd\n\x1b[31m.log.old"):
        put(place / name, days=90)
    (place / "folder.log").mkdir()
    os.mkfifo(place / "pipe.log")
    before = names(place)
    plan = RotateLogs(quiet.deployment).plan()
    assert {one["action"] for one in plan.facts["logs"]} == {"skip"}
    assert "nothing to do" in plan.title
    assert rotate(quiet).exit_code == 0
    assert names(place) == before and outside.read_text() == LINE * 50


@pytest.mark.parametrize("where", ["/var/log", "/", "/var/lib/docker/containers/" + "b" * 64])
def test_a_folder_that_is_not_the_gateways_alone_is_refused(
    where: str, quiet: Site, tmp_path: Path
) -> None:
    path = Path(where)
    if "docker" in where:
        path = tmp_path / "containers" / ("b" * 64)
        path.mkdir(parents=True)
    one = replace(quiet.deployment, rotation=Rotation(folder=str(path)))
    found = RotateLogs(one).plan().forbidden
    assert found is not None and found.exit_code == 12


def test_without_a_folder_it_says_which_setting_names_one(quiet: Site, tmp_path: Path) -> None:
    one = replace(quiet.deployment, log_files=(), project_dir=tmp_path)
    found = RotateLogs(one).plan().forbidden
    assert found is not None and (found.exit_code, "log_dir" in found.text) == (10, True)


def test_ages_and_folder_are_settings(tmp_path: Path) -> None:
    (tmp_path / "mcpdb.toml").write_text(
        'log_dir = "my logs"\nlog_compress_after = "36h"\nlog_delete_after = "2w"\n'
    )
    rules = load(Flags(project_dir=str(tmp_path)), {}, tmp_path).rotation()
    assert rules == Rotation(
        folder=str(tmp_path / "my logs"), compress_after=1.5, delete_after=14.0
    )
    (tmp_path / "mcpdb.toml").write_text('log_delete_after = "soon"\n')
    with pytest.raises(UsageError, match="log_delete_after must be an age"):
        load(Flags(project_dir=str(tmp_path)), {}, tmp_path)


# --- files that somebody writes to --------------------------------------------------------------


def assert_every_line(text: str, wrote: int, admitted: int) -> None:
    """Each number stands there once, but for those that were admitted to be lost."""
    numbers = [int(found) for found in re.findall(r"^line (\d{9}) of", text, re.MULTILINE)]
    assert numbers == sorted(numbers), "lines are out of order"
    assert len(numbers) == len(set(numbers)), "a line stands there twice"
    lost = wrote - len(numbers)
    assert 0 <= lost <= admitted, f"{lost} of {wrote} lines lost, {admitted} admitted"


@pytest.mark.parametrize("pause", [0.0, 0.0005], ids=["flood", "steady"])
def test_a_writer_that_never_rests_goes_on_in_the_same_file_and_loses_no_more_than_is_said(
    quiet: Site, pause: float
) -> None:
    place = folder(quiet)
    log = place / "gateway.log"
    with writer(log, pause=pause) as process:
        inode = log.stat().st_ino
        results = []
        for _round in range(3):
            wait_for(lambda: log.stat().st_size > 100_000, "it has written more")
            entry = rotate(quiet, compress_after=0.0)
            assert entry.exit_code == 0, entry.sentence
            results += entry.result["rotated"]
            assert process.poll() is None and log.stat().st_ino == inode
        wait_for(lambda: log.stat().st_size > 1_000, "it goes on writing")
        wrote = ended(process)
    assert [one["how"] for one in results] == ["emptied"] * 3
    assert len(list(place.glob("*.log.gz"))) == 3
    admitted = sum(one["lines"] for one in results)
    assert_every_line(unpacked(place) + log.read_text(), wrote, admitted)
    assert not list(place.glob(".*"))


def test_a_writer_that_has_been_silent_since_an_earlier_rotation_has_lost_nothing(
    quiet: Site,
) -> None:
    """Its descriptor still stands where the file ended then."""
    place = folder(quiet)
    log = put(place / "app.log", days=2)
    program = (
        "import os, sys\nwith open(sys.argv[1], 'a') as log:\n"
        "    log.write('x' * 100_000 + '\\n'); log.flush(); print(flush=True); sys.stdin.read()\n"
    )
    silent = subprocess.Popen(
        [sys.executable, "-c", program, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert silent.stdin is not None and silent.stdout is not None
    try:
        silent.stdout.readline()
        results = []
        for _round in range(2):
            with log.open("a") as stream:
                stream.write(LINE)
            results += rotate(quiet, compress_after=0.0).result["rotated"]
    finally:
        silent.communicate()
    assert [(one["how"], one["counted"], one["lost"]) for one in results] == [
        ("emptied", True, 0)
    ] * 2


def test_a_log_that_is_open_is_rotated_by_the_age_of_its_oldest_line(quiet: Site) -> None:
    place = folder(quiet)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - 2 * DAY))
    fresh = time.strftime("%Y-%m-%dT%H:%M:%S")
    old = put(place / "old.log", f"{stamp} - app - INFO - first\n{fresh} - app - INFO - now\n")
    new = put(place / "new.log", f"{fresh} - app - INFO - first\n", days=3)
    with old.open("a"), new.open("a"):
        # Our own process is not asked: another one must have them open.
        held = subprocess.Popen(
            ["sleep", "60"], pass_fds=(), stdout=old.open("a"), stderr=new.open("a")
        )
        try:
            entry = rotate(quiet)
        finally:
            held.kill()
            held.wait()
    assert [(one["name"], one["how"]) for one in entry.result["rotated"]] == [
        ("old.log", "emptied")
    ]
    assert old.read_text() == "" and new.stat().st_size > 0


def test_a_writer_that_does_not_append_is_left_alone(quiet: Site) -> None:
    log = folder(quiet) / "gateway.log"
    with writer(log, flags="w", pause=0.001):
        found, _complete = choose([folder(quiet)], Rotation(compress_after=0.0))
        assert [(one.action, "hole" in one.why) for one in found] == [("leave", True)]


def test_a_file_that_is_opened_between_copy_and_removal_is_emptied_instead(
    quiet: Site, tmp_path: Path
) -> None:
    """Nobody had it open when it was looked at."""
    log = put(folder(quiet) / "app.log", days=2)
    flag, over = tmp_path / "opened", tmp_path / "over"
    waits = f"while [ ! -e {over} ]; do sleep 0.05; done"
    line = f"(exec 3>>{log}; echo late >&3; touch {flag}; {waits}) </dev/null >/dev/null 2>&1 &"
    line += f" while [ ! -e {flag} ]; do sleep 0.05; done"
    fault = Fault("run", "after:step_started:finish", line)
    try:
        outcome = inject(quiet, RotateLogs(quiet.deployment), fault)
    finally:
        over.touch()
    assert outcome.entry is not None and outcome.entry.exit_code == 0
    assert outcome.entry.result["rotated"][0]["how"] == "emptied"
    assert unpacked(folder(quiet)) == LINE * 50 + "late\n"
    assert log.read_text() == ""


# --- cut ---------------------------------------------------------------------------------------

CUTS = [
    "after:step_started:copy",
    "tick:copy",
    "after:step_finished:copy",
    "after:step_started:finish",
    "before:step_finished:finish",
    "before:ended:",
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("held", [False, True], ids=["free", "open"])
def test_killed_anywhere_every_line_is_there_and_no_copy_twice(
    quiet: Site, cut: str, held: bool
) -> None:
    place = folder(quiet)
    log = put(place / "app.log", days=2)
    with log.open("a") as opened, subprocess.Popen(["sleep", "99"], stdout=opened) as holder:
        if not held:
            opened.close()
            holder.kill()
            holder.wait()
        outcome = inject(quiet, RotateLogs(quiet.deployment), Fault("kill", cut))
        holder.kill()
    finished = cut in CUTS[3:]
    assert outcome.resumed == [0 if finished else 1]
    assert unpacked(place) + (log.read_text() if log.exists() else "") == LINE * 50
    assert len(list(place.glob("*.log.gz"))) == (1 if finished else 0)
    assert not list(place.glob(".*"))
    assert log.exists() == (held or not finished)
    assert launch_resume(quiet.deployment) == []


# --- disks and rights ---------------------------------------------------------------------------


@needs_root
def test_a_log_that_does_not_fit_stays_and_the_others_go_on(quiet: Site, tmp_path: Path) -> None:
    with small_disk(tmp_path / "logs", "3m") as place:
        big = place / "big.log"
        big.write_bytes(os.urandom(2 * 1024 * 1024))
        put(place / "small.log")
        for path in place.iterdir():
            os.utime(path, (time.time() - 2 * DAY,) * 2)
        content = big.read_bytes()
        one = replace(quiet.deployment, rotation=Rotation(folder=str(place)))
        journal_id = launch(RotateLogs(one))
        *_, entry = follow(one, journal_id)
        assert (entry.exit_code, entry.outcome) == (15, "partly done"), entry.sentence
        assert "big.log" in entry.sentence and "No space" in entry.sentence
        assert big.read_bytes() == content
        assert {path.name.partition("-")[0] for path in place.iterdir()} == {"big.log", "small"}
        (place / "small.log").unlink(missing_ok=True)
        *_, entry = follow(one, launch(RotateLogs(one)))
        assert entry.exit_code == 12, entry.sentence
        assert big.read_bytes() == content and not list(place.glob(".*"))


def marked(path: Path) -> dict[str, Any]:
    (found,), _complete = choose([path.parent], Rotation())
    return found.mark


def test_a_copy_that_gets_no_name_is_never_thrown_away_once_its_log_is_gone(
    quiet: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = put(folder(quiet) / "app.log", days=2)
    mark = marked(log)
    copied = working.copy(mark, ".x.partial", lambda _done, _total: None)
    (log.parent / "taken.log.gz").touch()
    monkeypatch.setattr(working, "final_names", lambda *_: iter(["taken.log.gz"]))
    with pytest.raises(McpdbError, match=r"is whole in \.x\.partial") as caught:
        working.finish(mark, ".x.partial", copied)
    assert caught.value.facts["kept"] == ".x.partial"
    assert gzip.decompress((log.parent / ".x.partial").read_bytes()).decode() == LINE * 50


def test_a_disk_that_fails_behind_the_emptying_leaves_the_copy(
    quiet: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = put(folder(quiet) / "app.log", days=2)
    mark = marked(log)
    copied = working.copy(mark, ".x.partial", lambda _done, _total: None)
    real = gzips.sync

    def fails(descriptor: int, name: Path) -> None:
        if name == log and log.stat().st_size == 0:
            raise PrecheckError("No space left on device.")
        real(descriptor, name)

    monkeypatch.setattr(gzips, "sync", fails)
    with log.open("a") as opened, subprocess.Popen(["sleep", "99"], stdout=opened) as holder:
        done = working.finish(mark, ".x.partial", copied)
        holder.kill()
    assert done["how"] == "emptied" and "lost" not in done
    assert unpacked(folder(quiet)) == LINE * 50 and log.read_text() == ""


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "always"])
def test_a_folder_that_fails_behind_the_removal_leaves_the_copy_and_says_where_it_is(
    quiet: Site, monkeypatch: pytest.MonkeyPatch, lasting: bool
) -> None:
    log = put(folder(quiet) / "app.log", days=2)
    mark = marked(log)
    copied = working.copy(mark, ".x.partial", lambda _done, _total: None)
    real, failed = Folder.sync, []

    def fails(self: Folder) -> None:
        if lasting or not failed:
            failed.append(log.exists())
            raise PrecheckError("Cannot write to the folder: Input/output error.")
        real(self)

    monkeypatch.setattr(Folder, "sync", fails)
    if lasting:
        with pytest.raises(McpdbError, match="Input/output error") as caught:
            working.finish(mark, ".x.partial", copied)
        (left,) = names(folder(quiet))
        assert caught.value.facts["kept"] == left
        assert str(caught.value).endswith(f"What was in app.log is whole in {left}.")
    else:
        done = working.finish(mark, ".x.partial", copied)
        assert done["how"] == "compressed" and names(folder(quiet)) == {done["file"]}
    assert failed[0] is False, "the log went before the first failure"
    assert unpacked(folder(quiet)) == LINE * 50


@pytest.mark.parametrize("blind", [False, True], ids=["log there", "cannot be looked at"])
def test_a_removal_that_fails_leaves_the_log_and_drops_the_copy_only_where_that_is_seen(
    quiet: Site, monkeypatch: pytest.MonkeyPatch, blind: bool
) -> None:
    log = put(folder(quiet) / "app.log", days=2)
    mark = marked(log)
    copied = working.copy(mark, ".x.partial", lambda _done, _total: None)
    real, looks = Folder.identity, []

    def refuses(*_: object) -> bool:
        looks.append("tried")
        raise PrecheckError("Input/output error.")

    def identity(self: Folder, name: str) -> Any:
        if blind and looks and name == "app.log":
            raise PrecheckError("Cannot read app.log.")
        return real(self, name)

    monkeypatch.setattr(working, "_removed", refuses)
    monkeypatch.setattr(Folder, "identity", identity)
    with pytest.raises(McpdbError, match="Input/output error") as caught:
        working.finish(mark, ".x.partial", copied)
    assert log.read_text() == LINE * 50
    assert names(folder(quiet)) == {"app.log", *([".x.partial"] if blind else [])}
    assert caught.value.facts.get("kept") == (".x.partial" if blind else None)


@pytest.mark.parametrize(
    "torn", [lambda last: last[:-5], lambda _last: bytes(300)], ids=["cut short", "zeros"]
)
def test_a_torn_member_takes_no_whole_one_before_it_along(
    quiet: Site, torn: Callable[[bytes], bytes]
) -> None:
    """Power went while what came last was added: what was added and synced before is whole."""
    log = put(folder(quiet) / "app.log", days=2)
    mark = marked(log)
    copied = working.copy(mark, ".x.partial", lambda _done, _total: None)
    added = gzip.compress(b"came later\n") + gzip.compress(b"and later\n")
    with (log.parent / ".x.partial").open("ab") as copy:
        copy.write(added + torn(gzip.compress(b"came last\n" * 100)))
    os.truncate(log, 0)
    done = working.finish(mark, ".x.partial", copied, again=True)
    assert done["how"] == "emptied"
    assert unpacked(folder(quiet)) == LINE * 50 + "came later\nand later\n"


def test_a_copy_that_cannot_be_read_is_not_cut(
    quiet: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = put(folder(quiet) / "app.log", days=2)
    mark = marked(log)
    copied = working.copy(mark, ".x.partial", lambda _done, _total: None)
    with (log.parent / ".x.partial").open("ab") as copy:
        copy.write(gzip.compress(b"came later\n"))
    whole = (log.parent / ".x.partial").read_bytes()
    log.unlink()

    def fails(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(gzips.os, "pread", fails)
        with pytest.raises(McpdbError, match="Input/output error"):
            working.finish(mark, ".x.partial", copied)
    assert (log.parent / ".x.partial").read_bytes() == whole


@needs_root
def test_a_log_that_the_kernel_lets_nobody_empty_stays_as_it_is(quiet: Site) -> None:
    """`chattr +a`: it may be appended to, and neither emptied nor removed."""
    log = put(folder(quiet) / "app.log", days=2)
    done = subprocess.run(["chattr", "+a", str(log)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this filesystem has no such attribute")
    try:
        with log.open("a") as opened, subprocess.Popen(["sleep", "99"], stdout=opened) as holder:
            entry = rotate(quiet, compress_after=0.0)
            holder.kill()
    finally:
        subprocess.run(["chattr", "-a", str(log)], check=True)
    assert entry.exit_code == 12 and "app.log" in entry.sentence
    assert names(folder(quiet)) == {"app.log"} and log.read_text() == LINE * 50


def test_what_changed_since_it_was_looked_at_is_not_deleted(quiet: Site) -> None:
    log = put(folder(quiet) / "old.log.gz", days=40)
    (found,), _complete = choose([folder(quiet)], Rotation())
    put(log, "written again")
    with pytest.raises(McpdbError, match="another file"):
        working.delete(found.mark)
    assert log.read_text() == "written again"


def test_a_copy_is_read_back_member_by_member(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    for piece in (b"one\n" * 9_000, b"", b"two\n"):
        gzips.add(descriptor, [piece], path)
    length, _digest = gzips.read_back(descriptor, path)
    assert length == 36_004 and gzip.decompress(path.read_bytes()).endswith(b"one\ntwo\n")
    os.ftruncate(descriptor, path.stat().st_size - 3)
    with pytest.raises(McpdbError, match="cut short"):
        gzips.read_back(descriptor, path)
    os.close(descriptor)


def test_read_only_changes_nothing(quiet: Site) -> None:
    put(folder(quiet) / "a.log", days=2)
    one: Deployment = replace(quiet.deployment, read_only=True)
    assert RotateLogs(one).plan().forbidden is not None
