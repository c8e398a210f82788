"""The guide's scripts in crontabs: known by what they do to this deployment, and silenced."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import needs_root
from tui.core.errors import BusyError
from tui.core.verdict import Verdict
from tui.demo.deployment import CRON_FILE
from tui.operations.diagnosing.guide_scripts import GuideLine, guide_lines
from tui.operations.doctor import examine
from tui.operations.uncron import Uncron
from tui.services import cron_edit, cron_places

BACKUP_SCRIPT = """#!/bin/bash
# backup-database.sh
set -e
BACKUP_DIR="./data/backups"
DATE=$(date +%Y%m%d_%H%M%S)
BACKUP_FILE="mcp_backup_${DATE}.db"
sudo mkdir -p "${BACKUP_DIR}"
sudo sqlite3 ./data/mcp.db ".backup ${BACKUP_DIR}/${BACKUP_FILE}"
# Clean up old backups (keep last 7 days)
find "${BACKUP_DIR}" -name "mcp_backup_*.db" -mtime +7 -delete
"""
WEEKLY_SCRIPT = """#!/bin/bash
./backup-database.sh
sudo sqlite3 ./data/mcp.db "PRAGMA integrity_check;" | grep -v "ok" || echo "OK"
sudo sqlite3 ./data/mcp.db "VACUUM;"
"""
ROTATE_SCRIPT = """#!/bin/bash
LOG_DIR="./logs"
find "${LOG_DIR}" -name "*.log" -mtime +1 -exec gzip {} \\;
find "${LOG_DIR}" -name "*.log.gz" -mtime +30 -delete
"""


class Host:
    """An `/etc` and a spool of its own, and a project with the guide's scripts."""

    def __init__(self, root: Path, site: Site) -> None:
        self.root = root
        self.site = site
        for folder in ("etc/cron.d", "etc/cron.daily", "var/spool/cron/crontabs"):
            (root / folder).mkdir(parents=True)
        for name, text in (
            ("backup-database.sh", BACKUP_SCRIPT),
            ("weekly-maintenance.sh", WEEKLY_SCRIPT),
            ("rotate-logs.sh", ROTATE_SCRIPT),
        ):
            self.script(site.folder / name, text)

    @staticmethod
    def script(path: Path, text: str) -> Path:
        path.write_text(text)
        path.chmod(0o755)
        return path

    def table(self, name: str, *lines: str) -> Path:
        path = self.root / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def found(self) -> tuple[GuideLine, ...]:
        return guide_lines(self.site.deployment)


@pytest.fixture
def host(make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    root = tmp_path / "host"
    monkeypatch.setattr(cron_places, "ROOT", root)
    return Host(root, make_site(running=False))


# --- known --------------------------------------------------------------------------------


def test_a_host_without_them_is_well(host: Host) -> None:
    host.table("etc/crontab", "SHELL=/bin/sh", "17 * * * * root cd / && run-parts /etc/cron.hourly")
    host.table("etc/cron.d/certbot", "0 */12 * * * root test -x /usr/bin/certbot && certbot renew")
    assert host.found() == ()


@pytest.mark.parametrize(
    ("line", "harm"),
    [
        ("cd {here} && ./backup-database.sh", "backups"),
        ("cd '{here}' && /bin/bash backup-database.sh >/dev/null 2>&1", "backups"),
        ("{here}/backup-database.sh", "backups"),
        ("cd {here}; find ./data/backups -name 'mcp_backup_*.db' -mtime +7 -delete", "backups"),
        ("find {here}/data -type f \\( -name '*.db' \\) -mtime +9 -exec rm {{}} \\;", "backups"),
        ("find {here}/data/backups -name 'mcp_backup_*' -mtime +7 | xargs rm -f", "backups"),
        ("cd {here} && ./weekly-maintenance.sh", "backups"),
        ("cd {here} && sqlite3 ./data/mcp.db 'VACUUM;'", "vacuum"),
        ("cd {here} && ./rotate-logs.sh", "logs"),
        ("rm -f {here}/data/mcp.db-wal {here}/data/mcp.db-shm", "sidecars"),
        ("cp {here}/backup.db {here}/data/mcp.db", "database"),
        ("D={here}/data; sudo rm -f $D/mcp.db", "database"),
    ],
)
def test_what_a_line_does_to_this_deployment_is_known_by_its_words(
    host: Host, line: str, harm: str
) -> None:
    host.table("etc/cron.d/x", f"15 3 * * * root {line.format(here=host.site.folder)}")
    (one,) = host.found()
    assert one.harm == harm
    assert (one.entry.number, one.entry.when, one.entry.user) == (1, "15 3 * * *", "root")


@pytest.mark.parametrize(
    "line",
    [
        "# cd {here} && ./backup-database.sh",
        "find /srv/other/data/backups -name 'mcp_backup_*.db' -mtime +7 -delete",
        "find {here}/data/backups -name '*.tmp' -mtime +7 -delete",
        "find {here}/data/backups -name 'mcp_backup_*.db' -mtime +7 -print",
        "cd {here} && sqlite3 ./data/mcp.db '.backup ./data/backups/x.db'",
        "sqlite3 /srv/other/mcp.db VACUUM",
        "rm -f /tmp/mcp.db-wal",
        "cp {here}/data/mcp.db /elsewhere/mcp.db",
        "cd {here} && mcpdb-tui backup create",
    ],
)
def test_what_does_no_harm_here_is_left_alone(host: Host, line: str) -> None:
    text = line.format(here=host.site.folder)
    host.table("etc/cron.d/x", text if text.startswith("#") else f"15 3 * * * root {text}")
    assert host.found() == ()


def test_tables_of_users_and_scripts_of_a_period_are_looked_through(host: Host) -> None:
    here = host.site.folder
    host.table("var/spool/cron/crontabs/dana", f"@daily cd {here} && ./backup-database.sh")
    host.script(host.root / "etc/cron.daily/mcp", f"#!/bin/sh\ncd {here}\n./backup-database.sh\n")
    (host.root / "etc/cron.daily/off").write_text(f"#!/bin/sh\ncd {here}\n./backup-database.sh\n")
    by_kind = {one.entry.place.kind: one for one in host.found()}
    assert set(by_kind) == {"user", "script"}, "what may not be run is not run"
    assert (by_kind["user"].entry.user, by_kind["user"].entry.when) == ("dana", "@daily")
    assert by_kind["script"].entry.number == 0
    assert by_kind["user"].script == here / "backup-database.sh"


def test_hostile_tables_are_no_reason_to_stop(host: Host) -> None:
    (host.root / "etc/cron.d/binary").write_bytes(os.urandom(4_000) + b"\0")
    (host.root / "etc/cron.d/loop").symlink_to("loop")
    os.mkfifo(host.root / "etc/cron.d/pipe")
    host.table("etc/cron.d/quote", "* * * * * root echo 'never closed", "* * *", "@reboot")
    host.table("etc/cron.d/big", "#" * 300_000)
    me = host.site.folder / "calls-itself.sh"
    host.script(me, f"#!/bin/sh\n{me}\n")
    host.table("etc/cron.d/round", f"* * * * * root {me}")
    assert host.found() == ()


def test_the_doctor_tells_where_it_stands_and_what_it_does(host: Host) -> None:
    table = host.table(
        "etc/cron.d/mcp-backup",
        "",
        f"15 3 * * * root cd {host.site.folder} && ./backup-database.sh",
    )
    said = {one.name: one for one in examine(host.site.deployment)}["cron"]
    assert said.verdict is Verdict.WARN
    assert said.text == "the guide's script would delete our backups"
    assert f"{table}, line 2, runs `find ./data/backups" in said.explanation[0]
    assert said.remedy is not None
    assert said.remedy.operation == "uncron"


# --- silenced -----------------------------------------------------------------------------


@pytest.fixture
def guided(make_site: Callable[..., Site]) -> Site:
    """A project that names a table of cron of its own."""
    site = make_site(running=False)
    Host.script(site.folder / "backup-database.sh", BACKUP_SCRIPT)
    (site.folder / CRON_FILE).write_text(
        f"SHELL=/bin/sh\n15 3 * * * root cd {site.folder} && ./backup-database.sh\n"
        "5 5 * * * root certbot renew\n"
    )
    (site.folder / CRON_FILE).chmod(0o644)
    return site


def test_the_line_becomes_a_comment_and_the_table_is_kept_as_it_was(guided: Site) -> None:
    table = guided.folder / CRON_FILE
    before = table.read_text()
    done = guided.do(Uncron(guided.deployment))
    assert done.exit_code == 0, done.sentence
    lines = table.read_text().split("\n")
    assert lines[1] == f"# mcpdb-tui: {before.splitlines()[1]}"
    assert [lines[0], *lines[2:]] == [before.split("\n")[0], *before.split("\n")[2:]]
    assert table.stat().st_mode & 0o777 == 0o644
    copy = table.with_name(f".{CRON_FILE}.before-mcpdb")
    assert copy.read_text() == before
    assert str(copy) in done.sentence
    assert guide_lines(guided.deployment) == ()
    again = Uncron(guided.deployment).plan().forbidden
    assert again is not None
    assert "Nothing to comment out" in again.text


def test_an_earlier_copy_is_never_written_over(guided: Site) -> None:
    table = guided.folder / CRON_FILE
    first = table.with_name(f".{CRON_FILE}.before-mcpdb")
    first.write_text("an older one")
    assert guided.do(Uncron(guided.deployment)).exit_code == 0
    assert first.read_text() == "an older one"
    assert first.with_name(f"{first.name}.2").exists()


def test_a_table_that_changed_since_it_was_looked_at_is_left_as_it_is(guided: Site) -> None:
    (target,) = Uncron(guided.deployment).targets()
    table = guided.folder / CRON_FILE
    table.write_text("# somebody was here\n" + table.read_text())
    before = table.read_text()
    with pytest.raises(BusyError, match="has changed since"):
        cron_edit.silence(target, str(guided.deployment.state_dir))
    assert table.read_text() == before


HEADER = (
    "# DO NOT EDIT THIS FILE - edit the master and reinstall.",
    "# (/tmp/crontab.q1/crontab installed on Mon Nov 30 18:00:00 2026)",
    "# (Cron version -- $Id: crontab.c,v 2.13 1994/01/17 03:20:37 vixie Exp $)",
)
"""What Debian's crontab puts in front of a table, and leaves out when it shows it."""


@pytest.fixture
def spooled(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root's crontab as Debian's program keeps it: the guide's line twice, another between."""
    here = host.site.folder
    host.site.deployment.state_dir.mkdir(exist_ok=True)
    line = f"15 3 * * * cd {here} && ./backup-database.sh"
    table = host.table(
        "var/spool/cron/crontabs/root", *HEADER, line, "5 5 * * * certbot renew", line
    )
    programs = tmp_path / "programs"
    programs.mkdir()
    header = "\n".join(HEADER)
    # `crontab -l` and `crontab -`, for one user, in its own words.
    Host.script(
        programs / "crontab",
        f"#!/bin/sh\nif [ \"$1\" = -l ]; then exec tail -n +4 '{table}'; fi\n"
        f"{{ cat <<'HEADER'\n{header}\nHEADER\ncat; }} > '{table}.new' "
        f"&& mv '{table}.new' '{table}'\n",
    )
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return table


@needs_root
def test_lines_of_a_user_s_crontab_are_found_behind_the_header_that_crontab_does_not_show(
    host: Host, spooled: Path
) -> None:
    before = spooled.read_text().splitlines()
    (target,) = Uncron(host.site.deployment).targets()
    assert set(target.lines) == {"4", "6"}, "numbered as in the file"
    (copy,) = cron_edit.silence(target, str(host.site.deployment.state_dir))
    assert Path(copy).read_text().splitlines() == before[3:]
    mark = cron_edit.MARK
    assert spooled.read_text().splitlines() == [
        *HEADER,
        mark + before[3],
        before[4],
        mark + before[5],
    ]
    assert host.found() == ()
    assert cron_edit.silence(target, str(host.site.deployment.state_dir)) == [], "done already"


@needs_root
@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_user_s_crontab_with_a_line_more_or_less_than_was_seen_is_left_as_it_is(
    host: Host, spooled: Path, times: int
) -> None:
    (target,) = Uncron(host.site.deployment).targets()
    spooled.write_text("\n".join([*HEADER, *[target.lines["4"]] * times, ""]))
    before = spooled.read_text()
    with pytest.raises(BusyError, match="has changed since"):
        cron_edit.silence(target, str(host.site.deployment.state_dir))
    assert spooled.read_text() == before


def test_a_table_that_is_a_link_is_not_followed(guided: Site) -> None:
    table = guided.folder / CRON_FILE
    real = table.rename(table.with_name("real"))
    table.symlink_to(real)
    forbidden = Uncron(guided.deployment).plan().forbidden
    assert forbidden is not None
    assert "is a link" in forbidden.text


@needs_root
def test_a_script_of_a_period_loses_its_right_to_be_run(host: Host) -> None:
    path = host.script(
        host.root / "etc/cron.daily/mcp",
        f"#!/bin/sh\ncd {host.site.folder}\n./backup-database.sh\n",
    )
    (target,) = Uncron(host.site.deployment).targets()
    assert cron_edit.silence(target, str(host.site.deployment.state_dir)) == []
    assert path.stat().st_mode & 0o777 == 0o644
    assert host.found() == ()


def test_read_only_changes_no_table(guided: Site) -> None:
    forbidden = Uncron(replace(guided.deployment, read_only=True)).plan().forbidden
    assert forbidden is not None
    assert "--read-only" in forbidden.text
