"""Finishing or undoing what was cut: `resume`, and the doctor's remedy of the same."""

from __future__ import annotations

import signal

from tui.cli.following import Follower, HungUp, Signals
from tui.cli.performing import exit_of, left
from tui.cli.report.emit import emit
from tui.cli.report.outcome import outcome_lines
from tui.cli.session import Session
from tui.core.errors import ExitCode
from tui.operations.activity import read_entry
from tui.operations.execution.launch import launch_resume

SETTLED = (ExitCode.DONE, ExitCode.FAILED, ExitCode.ROLLED_BACK, ExitCode.PARTLY)
"""Outcomes that leave nothing to do: finished, or undone and as it was before."""


def settle(session: Session) -> int:
    """Settle everything that is owed and report it; returns the exit code."""
    deployment = session.deployment
    with Signals() as signals:
        follower = Follower(deployment, session.console, signals)
        try:
            settled = launch_resume(deployment, recovering=follower.recovering)
        except HungUp:
            return left(session)
        number = signals.received
    entries = [read_entry(deployment, journal_id) for journal_id, _code in settled]
    lines = [line for entry in entries for line in outcome_lines(entry)]
    owed = [exit_of(entry) for entry in entries if exit_of(entry) not in SETTLED]
    code = 128 + number if number else int(owed[-1] if owed else ExitCode.DONE)
    session.exit_code = code
    error = entries[-1].sentence if owed else ""
    if number:
        error = f"{signal.Signals(number).name} came meanwhile; nothing is left undone by it."
    return emit(
        session, {"resumed": entries}, lines or ["Nothing was cut short."], code=code, error=error
    )
