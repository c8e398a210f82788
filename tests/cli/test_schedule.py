"""`schedule` as it is typed, and its lines as cron runs them."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Place
from tui.demo import deployment as demo
from tui.operations.activity import read_activity
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.services.crontab import as_cron_runs_it


def cron(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a crontab the way cron does: its shell, its few variables, no terminal."""
    return subprocess.run(
        ["/bin/sh", "-c", as_cron_runs_it(line)],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "root"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def lines_of(cli: Cli) -> dict[str, str]:
    """What a crontab would hold: a line for each job."""
    done = cli("schedule", "print", "--cron")
    assert done.code == 0, done
    assert done.out.startswith("# BEGIN mcpdb-tui") and "# END mcpdb-tui" in done.out
    found = [line for line in done.out.splitlines() if not line.startswith("#")]
    return dict(zip(("nightly", "weekly", "maintain", "logs", "boot"), found, strict=True))


def test_the_exact_cron_lines_back_up_prune_drill_and_resume(quiet: Place, tmp_path: Path) -> None:
    lines = lines_of(quiet.cli)
    assert [line.split(" /")[0].split(" o=")[0] for line in lines.values()] == [
        "0 2 * * *", "30 3 * * 0", "30 4 * * 0", "45 2 * * *", "@reboot",
    ]  # fmt: skip
    # The first boot makes up for the night that was missed, the second has nothing to make up.
    for name in ("boot", "boot", "nightly", "weekly"):
        done = cron(lines[name], tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
    entries = [e.operation for e in read_activity(quiet.deployment)]
    assert entries == ["drill", "prune", "backup", "prune", "prune", "backup"]
    backups = read_catalogue(quiet.deployment).backups
    assert len(backups) == 2 and backups[0].manifest is not None
    assert backups[0].manifest.trigger == "schedule"
    drill = quiet.cli.json("status").document["data"]["drill"]
    assert (drill["backup"], drill["result"]) == (backups[0].id, "ok")


def test_after_a_backup_that_failed_nothing_is_pruned_and_the_reason_is_mailed(
    quiet: Place, tmp_path: Path
) -> None:
    lines = lines_of(quiet.cli)
    quiet.database.rename(quiet.database.with_name("away.db"))
    done = cron(lines["nightly"], tmp_path)
    assert done.returncode not in (0, 127)
    assert "mcp.db" in done.stdout
    assert not any(e.operation == "prune" for e in read_activity(quiet.deployment))


def test_a_project_with_an_odd_name_is_found_by_its_cron_line(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s 50% $HOME & co; "x"'
    demo.create_small(folder)
    try:
        cli = Cli(["--project-dir", str(folder)], tmp_path)
        done = cron(lines_of(cli)["nightly"], tmp_path)
        assert (done.returncode, done.stdout) == (0, ""), done
        assert len(read_catalogue(demo.describe(folder)).backups) == 1
    finally:
        demo.stop(folder)


def test_print_shows_every_unit_under_its_path(quiet: Place) -> None:
    done = quiet.cli("schedule", "print", "--systemd", "--at", "01:30", "--weekly", "Sat 05:00")
    assert done.code == 0, done
    assert done.out.count("# /etc/systemd/system/mcpdb-") == 9
    assert "OnCalendar=*-*-* 01:30:00" in done.out and "OnCalendar=Sat *-*-* 05:00:00" in done.out
    document = quiet.cli.json("schedule", "print", "--systemd", "--user").document
    assert document["data"]["kind"] == "systemd"
    assert all("/systemd/user/" in file["path"] for file in document["data"]["files"])


def test_install_shows_the_files_asks_and_can_be_taken_back(quiet: Place) -> None:
    kind = ("--systemd", "--user")
    refused = quiet.cli("schedule", "install", *kind)
    assert refused.code == 2, refused
    assert "OnCalendar=" in refused.err and "--yes confirms it" in refused.err
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "systemd" / "user"
    assert not folder.exists()
    assert "Nothing is scheduled" in quiet.cli("schedule", "status").out
    done = quiet.cli("schedule", "install", *kind, "--yes")
    assert done.code == 0, done
    assert len(list(folder.iterdir())) == 9
    status = quiet.cli.json("schedule", "status").document["data"]
    assert [found["kind"] for found in status["installed"]] == ["systemd"]
    assert status["missed"] == []
    assert [run["job"] for run in status["jobs"]] == ["logs", "maintain", "nightly", "weekly"]
    assert "nightly   02:00      next" in quiet.cli("schedule", "status").out
    assert quiet.cli("schedule", "remove", "--yes").code == 0
    assert list(folder.iterdir()) == []


def test_what_this_session_was_told_is_told_to_the_scheduled_commands(
    quiet: Place, tmp_path: Path
) -> None:
    quiet.cli.env["MCPDB_BACKUP_DIR"] = str(tmp_path / "my backups")
    done = quiet.cli("schedule", "print", "--cron", "--name", "prod east", "--theme", "dark")
    assert f"--backup-dir '{tmp_path}/my backups'" in done.out
    assert "--name 'prod east'" in done.out and "--confirm 'prod east'" in done.out
    assert "--theme" not in done.out
    line = next(line for line in done.out.splitlines() if line.startswith("@reboot"))
    assert shlex.split(as_cron_runs_it(line))


def test_which_jobs_and_when_can_be_chosen(quiet: Place) -> None:
    words = ("--jobs", "logs, maintain", "--maintain", "Sat 06:00", "--logs", "01:15")
    done = quiet.cli("schedule", "print", "--cron", *words)
    found = [line.split(" o=")[0] for line in done.out.splitlines() if not line.startswith("#")]
    assert found == ["0 6 * * 6", "15 1 * * *", "@reboot"]
    assert "backup create" not in done.out
    for wrong in ("tea", ","):
        done = quiet.cli("schedule", "print", "--cron", "--jobs", wrong)
        assert done.code == 2 and "there are backup, drill, maintain, logs" in done.err


@pytest.mark.parametrize(
    "words",
    [("--at", "25:00"), ("--at", "noon"), ("--weekly", "03:30"), ("--weekly", "Blue 03:30")],
)
def test_a_time_that_is_none(quiet: Place, words: tuple[str, str]) -> None:
    done = quiet.cli("schedule", "print", "--cron", *words)
    assert done.code == 2, done
    assert words[1].split()[0] in done.err and "Traceback" not in done.err


def test_read_only_installs_nothing(quiet: Place) -> None:
    done = quiet.cli("schedule", "install", "--systemd", "--user", "--yes", "--read-only")
    assert done.code == 12, done
    assert not (Path(os.environ["XDG_CONFIG_HOME"]) / "systemd").exists()
