"""Why a rehearsal forbids doing it for real, in a sentence that another may follow."""

from __future__ import annotations

from tui.core.models import Rehearsal
from tui.wording.clean import one_line, printable
from tui.wording.rehearsals import STATEMENT_SHORT, headline, lost_rows


def failure(report: Rehearsal) -> str:
    """`FAIL at 2 of 3: e28cd485ad3c …: table … already exists. The statement: CREATE TABLE ….`."""
    failed = report.failed
    if failed is None:
        return one_line(report.problem)
    lines = failed.error.strip().splitlines()
    why = one_line(lines[0]) if lines else "it failed"
    said = f"FAIL {headline(report)}: {why}".rstrip(".") + "."
    return f"{said} The statement: {short(failed.statement)}." if failed.statement else said


def failed_at(report: Rehearsal) -> tuple[str, str]:
    """The revision that raised, empty where none did, and why it failed: one line, no full stop."""
    failed = report.failed
    if failed is None:
        said = report.problem or report.integrity or lost_rows(report)
        return "", one_line(said).rstrip(".")
    lines = failed.error.strip().splitlines()
    return one_line(failed.revision), short(lines[0] if lines else "").rstrip(".")


def short(statement: str) -> str:
    """A statement on one line, cut at its end where it is long."""
    whole = " ".join(one_line(word) for word in printable(statement).split())
    return whole if len(whole) <= STATEMENT_SHORT else whole[: STATEMENT_SHORT - 1] + "…"
