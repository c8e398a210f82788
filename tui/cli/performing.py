"""Carrying out an operation for the command line: plan, confirmation, run, report."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from tui.cli import schema
from tui.cli.following import Follower, HungUp, Signals
from tui.cli.report.outcome import outcome_lines
from tui.cli.report.plan import plan_lines
from tui.cli.session import Session
from tui.core.errors import ERRORS_BY_CODE, ExitCode, McpdbError, UsageError
from tui.core.models import ActivityEntry
from tui.core.operation import Operation, Plan, Tier
from tui.operations.execution.launch import launch

More: TypeAlias = Callable[[ActivityEntry], tuple[Mapping[str, Any], Iterable[str]]]
"""What a command says of an operation's end: more data for `--json`, and lines on stdout that
stand for the outcome's own where it ended well."""


class UnconfirmedError(UsageError):
    """What was to be confirmed was not."""


def perform(
    session: Session,
    operation: Operation,
    *,
    confirm: str | None = None,
    more: More | None = None,
    allowed: bool = False,
) -> int:
    """Plan, ask, run and report; returns the exit code.

    Args:
        session: Where to ask and report.
        operation: What to do.
        confirm: What `--confirm` said, for operations that replace data.
        more: What else is told of its end, good or bad.
        allowed: Whether the command line said already that service may be interrupted.

    Raises:
        McpdbError: It was refused or not confirmed; nothing was changed.
    """
    plan = operation.plan()
    if plan.tier is Tier.REPLACING:
        session.partial["plan"] = plan.as_json()
        for line in () if _is_misnamed(plan) else plan_lines(plan):
            session.console.say(line)
    refuse(plan)
    if not (allowed and plan.tier is Tier.DISRUPTIVE):
        _confirm(session, plan, confirm)
    # What nobody was shown cannot have moved since.
    fingerprint = "" if plan.tier is Tier.LIGHT else plan.fingerprint
    may_disturb = plan.tier is Tier.LIGHT and (allowed or session.assume_yes)
    agreed = Tier.DISRUPTIVE if may_disturb else plan.tier
    recovered: list[str] = []
    with Signals() as signals:
        follower = Follower(operation.deployment, session.console, signals)

        def recovering(journal_id: str) -> None:
            recovered.append(journal_id)
            follower.recovering(journal_id)

        try:
            journal_id = launch(operation, fingerprint, agreed=agreed, recovering=recovering)
            entry = follower.follow(journal_id)
        except HungUp:
            return left(session)
        number = signals.received
    return _report(session, entry, number, recovered, more)


def show_plan(session: Session, operation: Operation) -> int:
    """Print what would happen and do nothing; returns the exit code the operation would meet."""
    plan = operation.plan()
    forbidden = plan.forbidden
    code = ExitCode.DONE if forbidden is None else forbidden.exit_code
    console = session.console
    if console.json:
        text = "" if forbidden is None else _why(plan)
        data = {"plan": plan.as_json()}
        console.out_json(schema.dumps(schema.document(session.command, code, data, text)))
    else:
        for line in () if _is_misnamed(plan) else plan_lines(plan):
            console.out(line)
        if forbidden is not None:
            console.say(f"mcpdb-tui: {_why(plan)}")
    return int(code)


def refuse(plan: Plan) -> None:
    """Raise what the plan forbids.

    Raises:
        McpdbError: With the exit code of the check that forbids it.
    """
    if plan.forbidden is not None:
        raise ERRORS_BY_CODE.get(plan.forbidden.exit_code, McpdbError)(_why(plan))


def _is_misnamed(plan: Plan) -> bool:
    """Whether there is no such thing as was named: then one sentence says more than a plan."""
    found = plan.forbidden
    return found is not None and found.exit_code in (ExitCode.NOT_FOUND, ExitCode.USAGE)


def _why(plan: Plan) -> str:
    check = plan.forbidden
    if check is None:
        return ""
    text = check.text.rstrip(".")
    changed = "" if "nothing was changed" in text.lower() else " Nothing was changed."
    return f"{text}.{changed}"


def left(session: Session) -> int:
    """The terminal is gone: say so to whoever still listens, and leave the work alone."""
    code = 128 + signal.SIGHUP
    text = "The terminal is gone; the work goes on. `mcpdb-tui activity` shows it."
    if session.console.json:
        session.console.out_json(schema.dumps(schema.document(session.command, code, None, text)))
    else:
        session.console.say(text)
    return code


# --- asking -----------------------------------------------------------------------------


def _confirm(session: Session, plan: Plan, confirm: str | None) -> None:
    if plan.tier is Tier.DISRUPTIVE:
        _confirm_disruptive(session, plan)
    elif plan.tier is Tier.REPLACING:
        _confirm_replacing(session, plan, confirm)


def _confirm_disruptive(session: Session, plan: Plan) -> None:
    if session.assume_yes:
        return
    if not session.console.interactive:
        raise UnconfirmedError(
            f"{plan.title.capitalize()}: {_disturbs(plan)}, and there is no terminal to "
            "ask on; --yes confirms it. Nothing was changed."
        )
    answer = session.console.ask(f"{plan.title}: {_disturbs(plan)}. Go on? [y/N] ")
    if (answer or "").lower() not in ("y", "yes"):
        raise UnconfirmedError("Not confirmed. Nothing was changed.")


def _disturbs(plan: Plan) -> str:
    """What it does to others: calls to the gateway fail, or other work is done from now on."""
    if "disturbs" in plan.facts:
        return str(plan.facts["disturbs"])
    if plan.downtime == 0:
        return "this changes what the host does by itself"
    return "this interrupts its service; calls to it fail meanwhile"


def _confirm_replacing(session: Session, plan: Plan, confirm: str | None) -> None:
    if confirm is None:
        if not session.console.interactive:
            raise UnconfirmedError(
                f"This {_does(plan)} data, and there is no terminal to type the name on; --confirm "
                f"{plan.subject} confirms it, --yes is not enough. Nothing was changed."
            )
        confirm = session.console.ask(f"Type {plan.subject}, {_what_changes(plan)}: ")
    if (confirm or "").strip() != plan.subject:
        raise UnconfirmedError(
            f"{(confirm or 'Nothing')!s} is not {plan.subject}, {_what_changes(plan)}. "
            "Nothing was changed."
        )


def _does(plan: Plan) -> str:
    return "removes" if plan.facts.get("subject_kind") == "backup" else "replaces"


def _what_changes(plan: Plan) -> str:
    if plan.facts.get("subject_kind") == "backup":
        return "the id of the backup that goes"
    return "the name of the gateway that changes"


# --- reporting --------------------------------------------------------------------------


def _report(
    session: Session,
    entry: ActivityEntry,
    number: int,
    recovered: list[str],
    more: More | None,
) -> int:
    code = 128 + number if number else exit_of(entry)
    session.exit_code = code
    data, lines = more(entry) if more is not None else ({}, ())
    session.partial |= {"operation": entry, "recovered": recovered, **data}
    console = session.console
    if console.json:
        sentence = "" if code == 0 else _sentence(entry, number)
        told = schema.document(session.command, code, session.partial, sentence)
        console.out_json(schema.dumps(told))
        return code
    report = list(lines)
    for line in report:
        console.out(line)
    # What was made is data; what went wrong is narration, like every other refusal.
    write = console.out if exit_of(entry) == 0 else console.say
    for line in outcome_lines(entry) if exit_of(entry) or not report else ():
        write(line)
    return code


def _sentence(entry: ActivityEntry, number: int) -> str:
    if exit_of(entry) == 0 and number:
        return f"{signal.Signals(number).name} came too late: the {entry.operation} was finished."
    return entry.sentence or entry.outcome or f"The {entry.operation} did not work."


def exit_of(entry: ActivityEntry) -> int:
    """The exit code of an operation that has ended or given up."""
    return int(ExitCode.FAILED if entry.exit_code is None else entry.exit_code)
