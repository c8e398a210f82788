"""The doctor's findings in words that the screen and the command line share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tui.core.errors import ExitCode
from tui.core.models.doctor import Diagnosis
from tui.core.verdict import Verdict
from tui.wording.quantities import plural

_WORDS = (Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN)


def summary(found: Sequence[Diagnosis]) -> str:
    """`20 checks: 18 ok, 2 warn, 0 FAIL, 0 unknown`, or `20 checks, all ok`."""
    counted = Counter(one.verdict for one in found)
    if counted[Verdict.OK] == len(found):
        return f"{plural(len(found), 'check')}, all ok"
    told = ", ".join(f"{counted[verdict]} {verdict}" for verdict in _WORDS)
    return f"{plural(len(found), 'check')}: {told}"


def exit_code(found: Sequence[Diagnosis]) -> ExitCode:
    """That of the first FAIL; a warning, or what is not known, is no failure."""
    return next((one.exit_code for one in found if one.verdict is Verdict.FAIL), ExitCode.DONE)
