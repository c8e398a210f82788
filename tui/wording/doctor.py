"""The doctor's findings in words that the screen and the command line share."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from tui.core.errors import ExitCode
from tui.core.models.doctor import Diagnosis
from tui.core.verdict import Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import plural

_WIDTH = 96
"""Columns of a report that is kept."""
_SIGNS = {Verdict.OK: "+", Verdict.WARN: "!", Verdict.FAIL: "x", Verdict.UNKNOWN: "?"}

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


def fix_mark(one: Diagnosis) -> str:
    """`F fix` where a key puts it right, `by hand` where only a person can, else nothing."""
    if one.remedy is None:
        return ""
    return "F fix" if one.remedy.operation else "by hand"


def report(name: str, host: str, found: Sequence[Diagnosis], at: datetime) -> str:
    """Everything that was found, as text to keep or to send.

    Args:
        name: The deployment's.
        host: Where it was looked at.
        found: Worst first.
        at: When.
    """
    head = f"doctor: {one_line(name)}@{one_line(host)}, {at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    lines = [head, f"{summary(found)}.", ""]
    for one in found:
        lines += [*_told(one), ""]
    return "\n".join(lines)


def _told(one: Diagnosis) -> Iterator[str]:
    yield f"{_SIGNS[one.verdict]} {one.verdict:<7} {one_line(one.name):<10} {one_line(one.text)}"
    if one.verdict is not Verdict.OK:
        for part in one.explanation:
            yield from textwrap.wrap(one_line(part), _WIDTH, initial_indent="    ",
                                     subsequent_indent="    ")  # fmt: skip
    for detail in one.details:
        yield f"    | {one_line(detail)}"
    if one.remedy is not None:
        what = ": ".join(filter(None, (one.remedy.title, one.remedy.text)))
        yield from textwrap.wrap(one_line(what), _WIDTH, initial_indent="    fix      ",
                                 subsequent_indent="             ")  # fmt: skip
        for command in one.remedy.by_hand:
            yield f"    by hand  {one_line(command)}"
