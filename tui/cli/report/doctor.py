"""The report of `doctor`: a line a check, and one check at length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import SIGNS
from tui.core.models import Deployment, Diagnosis
from tui.core.verdict import Verdict
from tui.operations.diagnosing.findings import fix_line
from tui.services.operator import host
from tui.wording.clean import one_line
from tui.wording.doctor import summary


def doctor_lines(deployment: Deployment, found: Sequence[Diagnosis]) -> Iterator[str]:
    """Whose, then the checks, worst first, then how each that is not ok is put right."""
    yield one_line(f"{deployment.name}@{host()}  {deployment.database}")
    yield from aligned(
        [(f"{SIGNS[one.verdict]} {one.verdict}", one.name, one_line(one.text)) for one in found]
    )
    ill = [one for one in found if one.verdict in (Verdict.FAIL, Verdict.WARN) and one.remedy]
    if ill:
        yield "FIX"
        yield from labelled([(one.name, _short(deployment, one)) for one in ill], "  ")
    yield f"{summary(found)}."


def _short(deployment: Deployment, one: Diagnosis) -> str:
    """The command that puts it right, and what that does."""
    assert one.remedy is not None
    if one.remedy.operation:
        return f"{fix_line(deployment, one.name)}  {one.remedy.title}"
    return f"by hand: {' && '.join(one.remedy.by_hand) or one.remedy.text}"


def explained(deployment: Deployment, one: Diagnosis) -> Iterator[str]:
    """One check at length: what it means, what was seen, and how it is put right."""
    yield f"{SIGNS[one.verdict]} {one.verdict}  {one.name}  {one_line(one.text)}"
    rows = [("", text) for text in one.explanation]
    rows += [("" if number else "seen", line) for number, line in enumerate(one.details)]
    remedy = one.remedy
    if remedy is not None:
        rows.append(("fix", f"{remedy.title}: {remedy.text}"))
        lines = remedy.by_hand
        if remedy.operation:
            lines = tuple(dict.fromkeys((fix_line(deployment, one.name), *lines)))
        rows += [("" if number else "by hand", line) for number, line in enumerate(lines)]
    yield from labelled(rows, "    ")
