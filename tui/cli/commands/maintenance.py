"""`maintain`, `check`, `vacuum`, `analyze`, `reindex`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from tui.cli.click_parts import Command
from tui.cli.performing import UnconfirmedError, perform, show_plan
from tui.cli.session import Session
from tui.core.errors import UsageError
from tui.core.operation import Operation, Plan, Tier
from tui.operations.analyze import Analyze
from tui.operations.check import DatabaseCheck
from tui.operations.maintain import Maintain
from tui.operations.reindex import Reindex
from tui.operations.vacuum import Vacuum
from tui.wording.plans import about
from tui.wording.quantities import narrow_size

F = TypeVar("F", bound=Callable[..., object])

plan_option = click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Print the plan and do nothing; the exit code is that of what forbids it.",
)


def _where(function: F) -> F:
    """`--stop` and `--online`."""
    function = click.option(
        "--online", is_flag=True, help="Beside the running gateway, whose writers wait meanwhile."
    )(function)
    return click.option(
        "--stop", is_flag=True, help="The gateway may be stopped for it: nobody is asked."
    )(function)


def _run(session: Session, operation: Operation, plan_only: bool, *, allowed: bool) -> int:
    return (
        show_plan(session, operation) if plan_only else perform(session, operation, allowed=allowed)
    )


def _exclusive(stop: bool, online: bool) -> None:
    if stop and online:
        raise UsageError("--stop and --online exclude each other.")


def _chosen(session: Session, what: str, stopped: Plan, beside: Plan, *, leave: str) -> str:
    """Ask on a terminal which way it is done: `stop`, `online` or `no`; empty: nobody was asked.

    Args:
        session: Where to ask.
        what: E.g. `VACUUM`.
        stopped: The plan with the gateway stopped.
        beside: The plan beside it.
        leave: What happens with neither.
    """
    if stopped.tier is not Tier.DISRUPTIVE or not session.console.interactive:
        return ""
    if session.assume_yes:
        return "stop"
    down = f"about {about(stopped.downtime)} down, safe" if stopped.downtime else "safe"
    ways = [f"s stop the gateway ({down})"]
    if beside.forbidden is None:
        locked, needs = beside.facts.get("locked"), int(beside.facts.get("needs") or 0)
        cost = [f"locks writers about {about(locked)}"] if locked else []
        cost += [f"needs {narrow_size(needs)}"] if needs else []
        ways.append(f"o online ({'; '.join(cost)})" if cost else "o online")
    answer = session.console.ask(f"{what}: {', '.join(ways)}, else {leave}. [s/o/N] ") or ""
    found = {"s": "stop", "stop": "stop", "o": "online", "online": "online"}
    return found.get(answer.strip().lower(), "no")


@click.command("check", cls=Command)
@click.option("--quick", is_flag=True, help="`quick_check`: ten times faster, leaves indexes out.")
@plan_option
@click.pass_obj
def check(session: Session, quick: bool, plan_only: bool) -> int:
    """Check the live database while the gateway runs; exits with 3 on damage.

    `integrity_check` (or `quick_check`) and the foreign keys, of one moment. What it finds is what
    `status` says from then on; after damage nothing prunes, vacuums or overwrites until a full
    check has passed.
    """
    return _run(session, DatabaseCheck(session.deployment, quick=quick), plan_only, allowed=True)


@click.command("vacuum", cls=Command)
@_where
@plan_option
@click.pass_obj
def vacuum(session: Session, stop: bool, online: bool, plan_only: bool) -> int:
    """Give back the room of unused pages.

    With the gateway stopped a new file is written, checked and put in the place of the old one,
    which is kept. With --online it is done in the live file, after a verified copy; writers wait
    meanwhile, and it needs twice the space. Asks which, where neither is said.
    """
    _exclusive(stop, online)
    deployment = session.deployment
    if not (stop or online or plan_only):
        plans = (Vacuum(deployment).plan(), Vacuum(deployment, online=True).plan())
        way = _chosen(session, "VACUUM", *plans, leave="nothing")
        _require_yes(way)
        stop, online = way == "stop", way == "online"
    return _run(session, Vacuum(deployment, online=online), plan_only, allowed=stop or online)


@click.command("analyze", cls=Command)
@_where
@plan_option
@click.pass_obj
def analyze(session: Session, stop: bool, online: bool, plan_only: bool) -> int:
    """Let SQLite count what its query planner goes by.

    With the gateway stopped all of every index is counted, on a copy that takes the file's place;
    with --online a part of each, in a moment. Asks which, where neither is said.
    """
    _exclusive(stop, online)
    deployment = session.deployment
    if not (stop or online or plan_only):
        plans = (Analyze(deployment).plan(), Analyze(deployment, online=True).plan())
        way = _chosen(session, "ANALYZE", *plans, leave="nothing")
        _require_yes(way)
        stop, online = way == "stop", way == "online"
    return _run(session, Analyze(deployment, online=online), plan_only, allowed=stop or online)


def _require_yes(way: str) -> None:
    """Nothing without an answer.

    Raises:
        UnconfirmedError: There was none; the operation itself says it where nobody can be asked.
    """
    if way == "no":
        raise UnconfirmedError("Not confirmed. Nothing was changed.")


@click.command("reindex", cls=Command)
@plan_option
@click.pass_obj
def reindex(session: Session, plan_only: bool) -> int:
    """Rebuild damaged indexes from their tables.

    For damage that only indexes have, as `check` tells. The gateway is stopped; every index of a
    copy is made anew, the copy is checked in full and takes the place of the file, which is kept.
    Asks y/n, --yes answers.
    """
    return _run(session, Reindex(session.deployment), plan_only, allowed=False)


@click.command("maintain", cls=Command)
@_where
@click.option("--no-vacuum", is_flag=True, help="Leave VACUUM out.")
@click.option(
    "--trigger", type=click.Choice(["hand", "schedule"]), default="hand", help="Who asks for it."
)
@plan_option
@click.pass_obj
def maintain(
    session: Session, stop: bool, online: bool, no_vacuum: bool, trigger: str, plan_only: bool
) -> int:
    """The weekly routine: backup, integrity, foreign keys, ANALYZE, VACUUM, size.

    VACUUM needs --stop or --online while the gateway runs; a terminal is asked, and without one it
    is left out, which the result says. Damage ends it behind the check, with exit code 3.
    """
    _exclusive(stop, online)
    deployment = session.deployment

    def made(*, stop: bool, online: bool) -> Maintain:
        return Maintain(deployment, stop=stop, online=online, vacuum=not no_vacuum, trigger=trigger)

    asks = session.console.interactive and not no_vacuum and trigger == "hand"
    if not (stop or online or plan_only) and asks and not session.assume_yes:
        plans = (made(stop=True, online=False).plan(), made(stop=False, online=True).plan())
        way = _chosen(session, "VACUUM", *plans, leave="leave it out")
        stop, online = way == "stop", way == "online"
    return _run(session, made(stop=stop, online=online), plan_only, allowed=stop or online)
