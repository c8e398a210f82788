"""`schedule`: print, install, remove and show what runs by night."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from tui.cli.click_parts import Group
from tui.cli.performing import perform
from tui.cli.report.emit import emit
from tui.cli.report.schedule import installed_lines, plan_lines, printed_lines
from tui.cli.session import Session
from tui.core.setting_keys import KEYS
from tui.operations.activity import read_activity
from tui.operations.backing_up.missed import missed_runs
from tui.operations.schedule import Schedule, Unschedule, texts
from tui.operations.scheduling.installed import installed
from tui.operations.scheduling.jobs import ALL, AT, LOGS, MAINTAIN, WEEKLY, chosen, usual
from tui.operations.scheduling.runs import runs
from tui.services.timers import systemd_runs

F = TypeVar("F", bound=Callable[..., object])

_PASSED_BY_THEMSELVES = ("project_dir", "database", "service", "container")
_OF_A_PERSON = ("theme", "glyphs", "read_only", "production")


def _kind(function: F) -> F:
    """`--systemd` or `--cron`; what runs here by default."""
    for flag in ("cron", "systemd"):
        function = click.option(f"--{flag}", "kind", flag_value=flag, help=f"By {flag}.")(function)
    user = click.option("--user", is_flag=True, help="This user's own systemd, not the system's.")
    return user(function)


def _times(function: F) -> F:
    for flag, default, text in (
        ("--logs", LOGS, "Time of the daily rotation of the logs."),
        ("--maintain", MAINTAIN, "Day and time of the weekly routine."),
        ("--weekly", WEEKLY, "Day and time of the weekly drill."),
        ("--at", AT, "Time of the nightly backup and prune."),
    ):
        function = click.option(flag, default=default, show_default=True, help=text)(function)
    text = f"Which of {','.join(ALL)}; all of them, logs where it is known which."
    return click.option("--jobs", metavar="LIST", help=text)(function)


def _schedule(
    session: Session, kind: str | None, user: bool, jobs: str | None, **times: str
) -> Schedule:
    words = [word.strip() for word in (jobs or "").split(",") if word.strip()]
    return Schedule(
        session.deployment,
        _chosen(kind, user),
        user=user,
        options=_options(session),
        which=usual(session.deployment) if jobs is None else chosen(words),
        **times,
    )


@click.group(cls=Group)
def schedule() -> None:
    """Nightly backups and prunes, weekly drill and routine, rotated logs: by systemd or cron."""


@schedule.command("print")
@_times
@_kind
@click.pass_obj
def print_(
    session: Session, /, kind: str | None, user: bool, jobs: str | None, **times: str
) -> int:
    """Print the units or the crontab block; changes nothing."""
    operation = _schedule(session, kind, user, jobs, **times)
    found = texts(operation)
    files = [{"path": path, "text": text} for path, text in found]
    return emit(session, {"kind": operation.kind, "files": files}, printed_lines(found))


@schedule.command("install")
@_times
@_kind
@click.pass_obj
def install(
    session: Session, /, kind: str | None, user: bool, jobs: str | None, **times: str
) -> int:
    """Show the units or the crontab block, ask y/n (--yes answers), install them.

    What was installed for this database before is replaced, everything else left as it is.
    """
    return _ask(session, _schedule(session, kind, user, jobs, **times))


@schedule.command("remove")
@_kind
@click.pass_obj
def remove(session: Session, kind: str | None, user: bool) -> int:
    """Remove what `schedule install` made for this database; asks y/n, --yes answers."""
    if kind is None:
        there = installed(session.deployment)
        kind = next((found.kind for found in there), None)
        user = user or any(found.user for found in there[:1] if found.kind == "systemd")
    return _ask(session, Unschedule(session.deployment, _chosen(kind, user), user=user))


@schedule.command("status")
@click.pass_obj
def status(session: Session) -> int:
    """What is scheduled for this database, when it runs, and which runs came to nothing."""
    activity = read_activity(session.deployment)
    there, missed = installed(session.deployment), missed_runs(session.deployment, activity)
    now = datetime.now(UTC)
    jobs = [runs(one.kind, one.where, one.lines, activity, now) for one in there]
    data = {"installed": there, "jobs": [run for found in jobs for run in found], "missed": missed}
    return emit(session, data, installed_lines(there, jobs, missed))


def _ask(session: Session, operation: Schedule | Unschedule) -> int:
    for line in plan_lines(operation.plan()):
        session.console.say(line)
    return perform(session, operation)


def _chosen(kind: str | None, user: bool) -> str:
    """What was asked for, else what runs here."""
    return kind or ("systemd" if user or systemd_runs(user=user) else "cron")


def _options(session: Session) -> Sequence[str]:
    """Options and variables of this session that a scheduled command would not know."""
    words: list[str] = []
    for name, key in KEYS.items():
        if not key.flag or name in (*_PASSED_BY_THEMSELVES, *_OF_A_PERSON):
            continue
        setting = session.settings.setting(name)
        if setting.origin.startswith(("flag", "MCPDB_")) and setting.value not in (None, ""):
            text = str(setting.value)
            words += [key.flag, str(Path(text).absolute()) if key.kind == "path" else text]
    return tuple(words)
