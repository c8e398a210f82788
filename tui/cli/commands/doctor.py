"""`doctor`: every check of the deployment, and the remedy of one of them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tui.cli.click_parts import Command
from tui.cli.commands.settling import settle
from tui.cli.performing import perform
from tui.cli.report.doctor import doctor_lines, explained
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import ERRORS_BY_CODE, McpdbError, PrecheckError, UsageError
from tui.core.models import Diagnosis
from tui.core.verdict import Verdict
from tui.operations.diagnosing.findings import RESUME
from tui.operations.doctor import CHECKS, examine
from tui.operations.execution.registry import build
from tui.wording.clean import one_line
from tui.wording.doctor import exit_code


def _names(_context: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """For the shell's completion."""
    return [name for name, _check in CHECKS if name.startswith(typed)]


@click.command(cls=Command)
@click.option("--deep", is_flag=True, help="Also read every page, and ask what takes long.")
@click.option(
    "--fix", metavar="CHECK", shell_complete=_names, help="Carry out the remedy of this check."
)
@click.option("--explain", metavar="CHECK", shell_complete=_names, help="Tell it at length.")
@click.option("--confirm", metavar="NAME", help="The deployment's name, where --fix wants it.")
@click.pass_obj
def doctor(
    session: Session, deep: bool, fix: str | None, explain: str | None, confirm: str | None
) -> int:
    """Every check of database, backups, gateway and host, worst first; changes nothing.

    Damage that --deep finds is remembered as if `check` had found it: until that passes nothing
    is deleted or overwritten by the file.

    With --fix the remedy is an operation like any other: it shows its plan and asks y/n (--yes
    answers) or wants the deployment's name typed (--confirm). Exits with the code of the worst
    FAIL; with 0 where there is none, also with a warning or a check that could not look
    (unknown).
    """
    for word in (fix, explain):
        if word is not None and word not in dict(CHECKS):
            names = ", ".join(name for name, _check in CHECKS)
            raise UsageError(f"There is no check {one_line(word)!r}; there are {names}.")
    if fix is not None and explain is not None:
        raise UsageError("--fix and --explain are two wishes: give one of them.")
    deployment = session.deployment
    found = examine(deployment, deep=deep)
    if fix is not None:
        return _fix(session, _named(found, fix), confirm)
    if explain is not None:
        found = [_named(found, explain)]
        lines = explained(deployment, found[0])
    else:
        lines = doctor_lines(deployment, found)
    code = exit_code(found)
    worst = next((one for one in found if one.verdict is Verdict.FAIL), None)
    error = f"{worst.name}: {one_line(worst.text).rstrip('.')}." if worst is not None else ""
    return emit(session, {"checks": list(found)}, lines, code=int(code), error=error)


def _named(found: Sequence[Diagnosis], name: str) -> Diagnosis:
    """The check of that name.

    Raises:
        PrecheckError: There was nothing it could look at.
    """
    for one in found:
        if one.name == name:
            return one
    raise PrecheckError(f"There is nothing here that the check {name} could look at.")


def _fix(session: Session, one: Diagnosis, confirm: str | None) -> int:
    """Carry out the remedy of a check; returns the exit code.

    Raises:
        McpdbError: It has none, or none that this program can carry out.
    """
    if one.verdict is Verdict.OK:
        text = f"{one.name} is ok: {one_line(one.text).rstrip('.')}. Nothing was changed."
        return emit(session, {"checks": [one]}, [text])
    remedy = one.remedy
    if remedy is None:
        text = f"{one.name}: {one_line(one.text).rstrip('.')}. No remedy is known."
        raise ERRORS_BY_CODE.get(one.exit_code, McpdbError)(text)
    if not remedy.operation:
        lines = " && ".join(remedy.by_hand)
        raise PrecheckError(f"{one.name}: {remedy.title} by hand: {lines or remedy.text}")
    session.console.say(f"{one.name}: {one_line(one.text)}")
    session.console.say(f"fix: {remedy.title}. {remedy.text}")
    if remedy.operation == RESUME:
        return settle(session)
    operation = build(remedy.operation, session.deployment, remedy.params)
    return perform(session, operation, confirm=confirm)
