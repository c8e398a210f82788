"""Schedules: units that systemd takes, lines that cron takes, and only our own are touched."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import as_nobody, needs_root, without_code
from tui.core.errors import McpdbError, PrecheckError, UsageError
from tui.core.models import ContainerRef, Deployment
from tui.core.operation import Progress, Record, StepStarted
from tui.operations.activity import read_activity
from tui.operations.backing_up.missed import missed_runs
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.execution.registry import build
from tui.operations.schedule import Schedule, Unschedule, texts
from tui.operations.scheduling.installed import installed
from tui.operations.scheduling.jobs import SCHEDULED, Times, chosen, jobs, program, usual
from tui.operations.scheduling.runs import next_of, runs
from tui.operations.status import read_status
from tui.services import crontab, timers
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin
from tui.services.timers import At

ODD = Path('/srv/it\'s 50% "$new" of;it/mcp.db')
"""A path with everything that systemd, cron or a shell would take for something else."""


def deployment(database: Path = Path("/srv/forge/data/mcp.db"), name: str = "forge") -> Deployment:
    return Deployment(name=name, database=database, backup_dir=database.parent / "backups")


def run_here(operation: Schedule | Unschedule) -> object:
    """Carry out an operation in this process; its result."""
    steps = operation.steps(Progress(lambda *_: None, lambda: False))
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value


# --- times ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "weekly", "calendar", "cron"),
    [
        ("02:00", False, "*-*-* 02:00:00", "0 2 * * *"),
        ("7:05", False, "*-*-* 07:05:00", "5 7 * * *"),
        ("Sun 03:30", True, "Sun *-*-* 03:30:00", "30 3 * * 0"),
        ("saturday 23:59", True, "Sat *-*-* 23:59:00", "59 23 * * 6"),
        ("Mon 0:00", True, "Mon *-*-* 00:00:00", "0 0 * * 1"),
    ],
)
def test_a_time_as_systemd_and_cron_write_it(
    text: str, weekly: bool, calendar: str, cron: str
) -> None:
    at = At.parse(text, weekly=weekly)
    assert (at.calendar(), at.cron()) == (calendar, cron)


@pytest.mark.parametrize(
    ("text", "weekly"),
    [("24:00", False), ("2", False), ("", False), ("Sun 02:00", False), ("02:00", True),
     ("Foo 02:00", True), ("02:60", False), ("02:00; rm -rf /", False), ("02:00\n", True)],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str, weekly: bool) -> None:
    with pytest.raises(UsageError):
        At.parse(text, weekly=weekly)


# --- what runs --------------------------------------------------------------------------


def test_prune_is_confirmed_by_name_and_follows_only_a_backup_that_went_well() -> None:
    nightly, weekly, routine, logs, boot = jobs(deployment(), Times(), ("--name", "forge"))
    start = (*program(), "--db", "/srv/forge/data/mcp.db", SCHEDULED, "--name", "forge")
    assert nightly.commands == (
        (*start, "backup", "create", "--trigger", "schedule"),
        (*start, "backup", "prune", "--confirm", "forge"),
    )
    assert weekly.commands == ((*start, "backup", "drill", "--trigger", "schedule"),)
    assert routine.commands == ((*start, "maintain", "--yes", "--trigger", "schedule"),)
    assert logs.commands == ((*start, "rotate-logs", "--yes"),)
    assert boot.commands == ((*start, "resume"),) and boot.at is None
    assert Path(program()[0]).is_absolute()


@pytest.mark.parametrize(
    ("folder", "gateway", "words"),
    [
        ("/srv/forge", None, ["--project-dir", "/srv/forge"]),
        ("/srv/forge", ContainerRef(container="f-1", service="gw"),
         ["--project-dir", "/srv/forge", "--service", "gw"]),
        ("", ContainerRef(container="f-1"), ["--container", "f-1"]),
    ],
)  # fmt: skip
def test_the_commands_find_the_same_deployment_from_anywhere(
    folder: str, gateway: ContainerRef | None, words: list[str]
) -> None:
    one = Deployment(
        name="forge",
        database=Path("/srv/forge/data/mcp.db"),
        backup_dir=Path("/srv/forge/data/backups"),
        project_dir=Path(folder) if folder else None,
        gateway=gateway,
    )
    command = jobs(one, Times(), ())[-1].commands[0]
    assert list(command[len(program()) :]) == [*words, SCHEDULED, "resume"]


# --- systemd ----------------------------------------------------------------------------


def write_units(folder: Path, operation: Schedule) -> list[Path]:
    folder.mkdir()
    found = []
    for path, text in texts(operation):
        found.append(folder / Path(path).name)
        found[-1].write_text(text)
        found[-1].chmod(0o644)
    return found


@pytest.mark.parametrize("user", [False, True], ids=["system", "user"])
def test_the_units_say_what_systemd_must_know(user: bool, tmp_path: Path) -> None:
    units = {}
    for path in write_units(tmp_path / "units", Schedule(deployment(), user=user)):
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(path.read_text())
        units[path.name] = parser
    assert set(units) == {
        "mcpdb-forge-nightly.service", "mcpdb-forge-nightly.timer",
        "mcpdb-forge-weekly.service", "mcpdb-forge-weekly.timer",
        "mcpdb-forge-maintain.service", "mcpdb-forge-maintain.timer",
        "mcpdb-forge-logs.service", "mcpdb-forge-logs.timer",
        "mcpdb-forge-resume.service",
    }  # fmt: skip
    for name, day in (
        ("nightly", "*-*-* 02:00:00"),
        ("weekly", "Sun *-*-* 03:30:00"),
        ("maintain", "Sun *-*-* 04:30:00"),
        ("logs", "*-*-* 02:45:00"),
    ):
        timer = units[f"mcpdb-forge-{name}.timer"]
        assert timer["Timer"]["OnCalendar"] == day
        assert timer["Timer"]["Persistent"] == "true"
        assert timer["Timer"]["RandomizedDelaySec"]
        assert timer["Install"]["WantedBy"] == "timers.target"
        assert units[f"mcpdb-forge-{name}.service"]["Service"]["Type"] == "oneshot"
    boot = units["mcpdb-forge-resume.service"]
    assert boot["Install"]["WantedBy"] == ("default.target" if user else "multi-user.target")
    # Both missed while the host was down: one after the other, not into one another's lock.
    assert "mcpdb-forge-nightly.service" in units["mcpdb-forge-weekly.service"]["Unit"]["After"]
    assert "mcpdb-forge-weekly.service" in units["mcpdb-forge-maintain.service"]["Unit"]["After"]


needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze checks units where it exists"
)


@needs_analyze
@pytest.mark.parametrize("database", [Path("/srv/forge/data/mcp.db"), ODD], ids=["plain", "odd"])
def test_systemd_itself_finds_nothing_wrong_with_the_units(database: Path, tmp_path: Path) -> None:
    paths = write_units(tmp_path / "units", Schedule(deployment(database, 'f "100%" $x;')))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    broken = tmp_path / "units" / "broken.timer"
    text = next(p for p in paths if p.name.endswith("nightly.timer")).read_text()
    broken.write_text(re.sub("OnCalendar=.*", "OnCalendar=never", text))
    assert subprocess.run(
        ["systemd-analyze", "verify", str(broken)], capture_output=True, check=False
    ).returncode


def as_a_shell_reads(line: str) -> tuple[str, ...]:
    """What systemd shows is quoted for a shell; `$$` becomes `$` when it is started."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'printf "%s\\n" {line}'], capture_output=True, text=True, check=True
    )
    return tuple(word.replace("$$", "$") for word in done.stdout.splitlines())


@needs_root
def test_systemd_reads_exactly_the_words_that_were_meant() -> None:
    manager = Path("/usr/lib/systemd/systemd")
    if not manager.exists() or shutil.which("setpriv") is None:
        pytest.skip("needs systemd's own program, which need not run")
    one = deployment(ODD, 'f "100%" $x; \\ \'')
    # A place that another user may look into: as root it has no test mode.
    place = Path("/tmp") / f"mcpdb-units-{os.getpid()}"
    try:
        write_units(place, Schedule(one, user=True))
        place.chmod(0o755)
        (place / "run").mkdir()
        (place / "run").chmod(0o777)
        told = []
        for name in ("nightly", "weekly", "maintain", "logs", "resume"):
            done = subprocess.run(
                [
                    "setpriv", "--reuid", "65534", "--clear-groups", "env", "-i", f"HOME={place}",
                    f"XDG_RUNTIME_DIR={place}/run",
                    f"SYSTEMD_UNIT_PATH={place}:/usr/lib/systemd/user",
                    "PATH=/usr/bin:/bin", str(manager), "--test", "--user",
                    f"--unit={timers.unit_prefix(one.name)}-{name}.service",
                ],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            unit = done.stdout.split(f"-> Unit {timers.unit_prefix(one.name)}-{name}.service", 1)[1]
            unit = unit.split("-> Unit ", 1)[0]
            lines = re.findall(r"Command Line: (.*)", unit)
            told += [as_a_shell_reads(line) for line in lines]
        wanted = [c for job in jobs(one, Times(), ()) for c in job.commands]
        assert told == wanted
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_a_control_character_is_refused(kind: str) -> None:
    one = deployment(Path("/srv/a\nExecStart=/bin/sh/mcp.db"))
    plan = Schedule(one, kind).plan()
    assert plan.forbidden is not None and plan.forbidden.exit_code == 2
    assert "control character" in plan.forbidden.text


# --- installing units -------------------------------------------------------------------


@pytest.fixture
def place(make_site: Callable[..., Site]) -> Site:
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)
    return site


def units_of(site: Site) -> set[str]:
    folder = timers.units_folder(user=True)
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_installing_shows_writes_replaces_and_removes_only_our_own_units(place: Site) -> None:
    folder = timers.units_folder(user=True)
    folder.mkdir(parents=True)
    (folder / "mine.service").write_text("[Service]\nExecStart=/bin/true\n")
    operation = Schedule(place.deployment, user=True)
    shown = {file["path"]: file["after"] for file in operation.plan().facts["files"]}
    entry = place.do(operation)
    assert entry.exit_code == 0, entry.sentence
    assert {str(p): p.read_text() for p in folder.glob("mcpdb-*")} == shown
    assert all(p.stat().st_mode & 0o777 == 0o644 for p in folder.glob("mcpdb-*"))
    # Nothing runs systemd here: what is left to do is told, not skipped in silence.
    assert "run: systemctl --user daemon-reload" in entry.sentence
    assert any("enable --now" in line for line in entry.result["by_hand"])
    again = place.do(Schedule(place.deployment, user=True, at="04:15"))
    assert again.exit_code == 0
    timer = next(folder.glob("*-nightly.timer"))
    assert "OnCalendar=*-*-* 04:15:00" in timer.read_text()
    assert [(found.kind, len(found.lines)) for found in installed(place.deployment)] == [
        ("systemd", 9)
    ]
    gone = place.do(Unschedule(place.deployment, user=True))
    assert gone.exit_code == 0 and "removed 9 units" in gone.sentence
    assert units_of(place) == {"mine.service"}
    assert installed(place.deployment) == ()


def test_an_older_installation_is_brought_up_to_date_and_jobs_can_be_left_out(
    place: Site,
) -> None:
    older = {"kind": "systemd", "at": "01:00", "weekly": "Sat 03:30", "user": True, "options": []}
    # As a journal of an older version names it.
    assert isinstance(build("schedule", place.deployment, older), Schedule)
    first = Schedule(place.deployment, user=True, which=("backup", "drill"))
    assert place.do(first).exit_code == 0
    assert {name.rpartition("-")[2] for name in units_of(place)} == {
        "nightly.service", "nightly.timer", "weekly.service", "weekly.timer", "resume.service",
    }  # fmt: skip
    assert place.do(Schedule(place.deployment, user=True)).exit_code == 0
    assert len(units_of(place)) == 9
    less = place.do(Schedule(place.deployment, user=True, which=("logs",), logs="05:00"))
    assert less.exit_code == 0 and "rotation of the logs at 05:00" in less.sentence
    assert {name.rpartition("-")[2] for name in units_of(place)} == {
        "logs.service", "logs.timer", "resume.service",
    }  # fmt: skip
    with pytest.raises(UsageError, match="'tea' is no job"):
        chosen(("backup", "tea"))


def test_a_gateway_that_logs_into_no_folder_has_nothing_to_rotate_every_night(
    tmp_path: Path,
) -> None:
    assert usual(deployment(tmp_path / "mcp.db")) == ("backup", "drill", "maintain")
    assert usual(replace(deployment(), log_files=(tmp_path,)))[-1] == "logs"


@pytest.mark.parametrize(
    ("at", "now", "wanted"),
    [
        (At(2, 0), "2026-08-11T01:59:30", "2026-08-11T02:00:00"),
        (At(2, 0), "2026-08-11T02:00:00", "2026-08-12T02:00:00"),
        (At(3, 30, "Sun"), "2026-08-11T02:00:00", "2026-08-16T03:30:00"),
        (At(3, 30, "Tue"), "2026-08-11T04:00:00", "2026-08-18T03:30:00"),
    ],
)
def test_when_a_job_runs_next(at: At, now: str, wanted: str) -> None:
    moment = datetime.fromisoformat(now).astimezone()
    assert next_of(at, moment) == datetime.fromisoformat(wanted).astimezone()


def test_the_jobs_of_a_crontab_block_are_told_apart() -> None:
    block = crontab.cron_lines("/m.db", jobs(deployment(ODD), Times(), (), kind="cron"))
    now = datetime.now(UTC)
    found = runs("cron", "crontab", block[1:-1], (), now)
    assert [(run.job, run.at) for run in found] == [
        ("nightly", "02:00"), ("weekly", "Sun 03:30"), ("maintain", "Sun 04:30"), ("logs", "02:45"),
    ]  # fmt: skip
    assert all(run.next > now and run.last is None for run in found)


def test_a_unit_of_the_same_name_that_is_not_ours_is_refused(place: Site) -> None:
    folder = timers.units_folder(user=True)
    folder.mkdir(parents=True)
    unit = folder / f"{timers.unit_prefix(place.deployment.name)}-nightly.service"
    for text in ("[Service]\n", "# mcpdb-tui schedule of /elsewhere/mcp.db\n[Service]\n"):
        unit.write_text(text)
        with pytest.raises(McpdbError, match="not of this database") as raised:
            launch(Schedule(place.deployment, user=True))
        assert raised.value.exit_code == 12
        assert units_of(place) == {unit.name} and unit.read_text() == text


@pytest.mark.parametrize(
    "fault", ["kill-after step_started:write", "kill-before step_finished:write",
              "kill-after step_started:enable"],
)  # fmt: skip
def test_killed_while_installing_everything_is_as_before(
    fault: str, place: Site, faulty_runner: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.do(Schedule(place.deployment, user=True, at="01:00")).exit_code == 0
    folder = timers.units_folder(user=True)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    config = os.environ["XDG_CONFIG_HOME"]
    faulty_runner(*fault.split())
    with suppress(McpdbError):
        operation = Schedule(place.deployment, user=True, at="05:00")
        *_, last = follow(place.deployment, launch(operation))
        assert last.state == "cut"
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as again:
        again.setenv("XDG_CONFIG_HOME", config)
        assert len(launch_resume(place.deployment)) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


# --- cron -------------------------------------------------------------------------------


def test_a_block_is_added_replaced_and_removed_and_the_rest_is_byte_for_byte_as_it_was() -> None:
    mark, mine = (
        "/srv/forge/data/mcp.db",
        "# keep\nMAILTO=dana\n\n5 4 * * * /usr/bin/true # 50\\%\n",
    )
    first = crontab.cron_lines(mark, jobs(deployment(), Times(), ()))
    second = crontab.cron_lines(mark, jobs(deployment(), Times(at="05:00"), ()))
    other = crontab.cron_lines("/other/mcp.db", jobs(deployment(), Times(at="01:00"), ()))
    table = crontab.with_block(mine, mark, first)
    assert table.startswith(mine) and crontab.block_in(table, mark) == first
    table = crontab.with_block(table, "/other/mcp.db", other) + "9 9 * * * after\n"
    table = crontab.with_block(table, mark, second)
    assert crontab.block_in(table, mark) == second
    assert crontab.block_in(table, "/other/mcp.db") == other
    table = crontab.with_block(table, mark, ())
    table = crontab.with_block(table, "/other/mcp.db", ())
    assert table == mine + "9 9 * * * after\n"


@pytest.mark.parametrize("lost", ["# END", "# BEGIN"])
def test_a_block_that_lost_an_end_is_not_guessed_at(lost: str) -> None:
    mark = "/srv/forge/data/mcp.db"
    block = crontab.cron_lines(mark, jobs(deployment(), Times(), ()))
    cut = "\n".join(line for line in block if not line.startswith(lost)) + "\n0 1 * * * mine\n"
    with pytest.raises(PrecheckError, match="not a pair"):
        crontab.with_block(cut, mark, block)


def test_a_line_gives_the_shell_the_words_that_were_meant(tmp_path: Path) -> None:
    spy = tmp_path / "it's 50% of it"
    spy.mkdir()
    record = spy / "said"
    program_ = spy / "program"
    program_.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {shlex.quote(str(record))}\n')
    program_.chmod(0o755)
    line = crontab.cron_command([(str(program_), '"a" $b;c', "%d"), (str(program_), "two")])
    assert "%" not in line.replace("\\%", "")
    command = crontab.as_cron_runs_it(f"0 2 * * * {line}")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert record.read_text().splitlines() == ['"a" $b;c', "%d", "two"]


def test_what_fails_is_mailed_with_its_exit_code_and_the_rest_is_left_out() -> None:
    line = crontab.cron_command([("sh", "-c", "echo why; exit 12"), ("echo", "not reached")])
    done = subprocess.run(
        ["/bin/sh", "-c", crontab.as_cron_runs_it(f"@reboot {line}")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (12, "why\n")


def test_a_backslash_is_refused_for_cron() -> None:
    with pytest.raises(UsageError, match="backslash"):
        crontab.cron_command([("a\\b",)])


def test_a_line_that_cron_would_cut_is_refused() -> None:
    crontab.cron_command([("x" * 900,)])
    with pytest.raises(UsageError, match="too long"):
        crontab.cron_command([("x" * 1000,)])


@needs_root
def test_crons_own_program_takes_the_block_and_gives_it_back() -> None:
    if shutil.which("crontab") is None:
        pytest.skip("needs cron's own crontab program")

    def story() -> tuple[object, ...]:
        before = crontab.read_crontab()
        try:
            crontab.write_crontab("5 4 * * * /usr/bin/true\n")
            one = deployment(ODD)
            run_here(Schedule(one, "cron"))
            with_it, there = crontab.read_crontab(), installed(one)
            double = Schedule(one, "systemd", user=True).plan().forbidden
            run_here(Unschedule(one, "cron"))
            block = crontab.cron_lines(str(ODD), jobs(one, Times(), (), kind="cron"))
            return with_it, there, double and double.text, crontab.read_crontab(), block
        finally:
            crontab.write_crontab(before)

    with_it, there, double, after, block = as_nobody(story)
    assert with_it == "5 4 * * * /usr/bin/true\n" + "\n".join(block) + "\n"  # type: ignore[arg-type]
    assert there[0].kind == "cron" and there[0].lines == block[1:-1]  # type: ignore[index]
    assert "everything would run twice" in str(double)
    assert after == "5 4 * * * /usr/bin/true\n"


# --- runs that came to nothing ----------------------------------------------------------


def test_a_scheduled_run_that_finds_the_lock_is_counted_until_one_goes_well(place: Site) -> None:
    operation = BackupCreate(place.deployment, trigger="schedule")
    assert place.do(operation).exit_code == 0
    lock = DatabaseLock(place.deployment.state_dir)
    lock.acquire(Origin(who="dana", host="ctx-01", origin=""), "restore k7m2qd", wait=5.0)
    try:
        for asked in (operation, operation, BackupCreate(place.deployment)):
            with pytest.raises(McpdbError) as raised:
                launch(asked)
            assert raised.value.exit_code == 11
    finally:
        lock.release()
    missed = missed_runs(place.deployment)
    # The third was asked for by a person, who was told.
    assert [(run.operation, run.exit_code, run.refused) for run in missed] == [
        ("backup", 11, True)
    ] * 2
    texts_ = [need.text for need in read_status(place.deployment).needs]
    clock = missed[0].at.astimezone()
    today = clock.date() == datetime.now(UTC).astimezone().date()
    when = f"{clock:%H:%M}" if today else f"{clock:%b %d %H:%M}"
    assert f"The backup of {when} did not run: locked (exit 11), 1 more before it." in texts_
    assert place.do(operation).exit_code == 0
    assert missed_runs(place.deployment) == ()
    assert not any("did not run" in need.text for need in read_status(place.deployment).needs)


def test_a_backup_of_unchanged_data_is_made_and_recorded_all_the_same(place: Site) -> None:
    operation = BackupCreate(place.deployment, trigger="schedule")
    made = [place.do(operation).result["backup"] for _ in range(2)]
    assert len(set(made)) == 2
    entries = [e for e in read_activity(place.deployment) if e.operation == "backup"]
    assert [entry.exit_code for entry in entries] == [0, 0]


@pytest.fixture
def own_cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A crontab program that keeps its table in a file, byte by byte."""
    table = tmp_path / "table"
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'case "$1" in\n-l) test -e {table} || {{ echo no crontab for me >&2; exit 1; }}\n'
        f"cat {table};;\n-) cat > {table};;\n-r) rm {table};;\nesac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return table


STRANGE = (
    b"# caf\xe9, in another encoding\n"
    b"5 4 * * * printf 'a\x0cb\x1c\xc2\x85\xe2\x80\xa8c'\n"
    b"PASSWORD=hunter2\r\n"
)


def test_the_rest_of_a_crontab_keeps_every_byte_and_reaches_no_journal(
    tmp_path: Path, own_cron: Path
) -> None:
    own_cron.write_bytes(STRANGE)
    one = deployment(tmp_path / "data" / "mcp.db")
    schedule = Schedule(one, "cron")
    assert "hunter2" not in json.dumps(schedule.plan().facts)
    records = recorded(schedule)
    assert own_cron.read_bytes().startswith(STRANGE)
    assert len(own_cron.read_bytes()) > len(STRANGE)
    assert "hunter2" not in json.dumps(records)
    (undo,) = schedule.recover(records).actions
    undo.run(Progress(lambda *_: None, lambda: False))
    assert own_cron.read_bytes() == STRANGE
    run_here(schedule)
    before = schedule.plan().fingerprint
    own_cron.write_bytes(own_cron.read_bytes() + b"# edited meanwhile\n")
    assert schedule.plan().fingerprint != before
    run_here(Unschedule(one, "cron"))
    assert own_cron.read_bytes() == STRANGE + b"# edited meanwhile\n"


def recorded(operation: Schedule) -> list[Record]:
    """What its journal would hold."""
    found: list[Record] = []
    for step in operation.steps(Progress(lambda *_: None, lambda: False)):
        kind = "step_started" if isinstance(step, StepStarted) else "step_finished"
        found.append({"kind": kind, "step": step.step, "facts": dict(step.facts)})
    return found
