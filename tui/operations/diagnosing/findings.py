"""Making a diagnosis in one line, and remedies that name an operation only where there is one."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.errors import ExitCode
from tui.core.models import Backup, Deployment, Diagnosis, Remedy
from tui.core.verdict import Verdict
from tui.operations.cataloguing.recommended import recommended, told_copy
from tui.operations.command import command_line
from tui.operations.diagnosing.patient import Patient
from tui.operations.execution.registry import OPERATIONS

RESUME = "resume"
"""No operation of the registry: what finishes or undoes those that were cut."""


def well(name: str, text: str, *explanation: str, details: Iterable[str] = ()) -> Diagnosis:
    """All is as it should be."""
    return Diagnosis(
        name=name,
        verdict=Verdict.OK,
        text=text,
        explanation=tuple(filter(None, explanation)),
        details=tuple(details),
    )


def unknown(name: str, text: str, *explanation: str, remedy: Remedy | None = None) -> Diagnosis:
    """It cannot be known from here."""
    return Diagnosis(
        name=name,
        verdict=Verdict.UNKNOWN,
        text=text,
        explanation=tuple(filter(None, explanation)),
        remedy=remedy,
    )


def warn(
    name: str,
    text: str,
    *explanation: str,
    remedy: Remedy | None = None,
    details: Iterable[str] = (),
) -> Diagnosis:
    """Nothing is broken yet, and somebody should know."""
    return Diagnosis(
        name=name,
        verdict=Verdict.WARN,
        text=text,
        explanation=tuple(filter(None, explanation)),
        remedy=remedy,
        details=tuple(details),
    )


def fail(
    name: str,
    text: str,
    *explanation: str,
    remedy: Remedy | None = None,
    details: Iterable[str] = (),
    code: ExitCode = ExitCode.FAILED,
) -> Diagnosis:
    """Something is broken, or breaks at the next start."""
    return Diagnosis(
        name=name,
        verdict=Verdict.FAIL,
        text=text,
        explanation=tuple(filter(None, explanation)),
        remedy=remedy,
        details=tuple(details),
        exit_code=code,
    )


def remedy(
    title: str, text: str, operation: str = "", by_hand: Iterable[str] = (), **params: object
) -> Remedy | None:
    """A remedy; None where it would be an operation that this build does not have.

    Args:
        title: What it does, in a few words.
        text: What is changed and what is kept.
        operation: Its name in the registry; empty where it is done by hand.
        by_hand: Command lines that do the same.
        params: The operation's own fields.
    """
    if operation and operation != RESUME and operation not in OPERATIONS:
        return None
    return Remedy(
        title=title,
        text=text,
        operation=operation,
        params=params,
        by_hand=tuple(by_hand),
    )


def fix_line(deployment: Deployment, name: str) -> str:
    """The command that applies the remedy of a check."""
    return command_line(deployment, "doctor", "--fix", name)


def restoring(patient: Patient) -> Remedy | None:
    """Put the newest good copy in the place of a database that is gone or worth nothing."""
    copy: Backup | None = recommended(patient.catalogue)
    if copy is None:
        return None
    return remedy(
        f"restore {copy.id}",
        f"{told_copy(copy, patient.now).capitalize()} takes its place; what stands there now is "
        "kept as a safety copy.",
        "restore",
        [command_line(patient.deployment, "restore", copy.id)],
        backup=copy.id,
    )
