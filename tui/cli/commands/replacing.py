"""What the commands that put another database in place have in common: plan, name, start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from tui.cli.performing import perform, show_plan
from tui.cli.session import Session
from tui.core.operation import Operation

F = TypeVar("F", bound=Callable[..., object])


def asked(function: F) -> F:
    """`--plan` and `--confirm`."""
    function = click.option(
        "--confirm", metavar="NAME", help="The deployment's name: confirms it without asking."
    )(function)
    return click.option(
        "--plan",
        "--dry-run",
        "plan_only",
        is_flag=True,
        help="Print the plan and do nothing; the exit code is that of what forbids it.",
    )(function)


start = click.option(
    "--start", is_flag=True, help="Start the gateway afterwards, even if it is stopped."
)


def replace(session: Session, operation: Operation, plan_only: bool, confirm: str | None) -> int:
    """Show the plan, or ask for the name and do it; returns the exit code."""
    if plan_only:
        return show_plan(session, operation)
    return perform(session, operation, confirm=confirm)
