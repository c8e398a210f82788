"""The doctor's findings in words: counts, a report to keep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from tui.core.models import Diagnosis
from tui.core.verdict import Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import plural

_WIDTH = 96
_SIGNS = {Verdict.OK: "+", Verdict.WARN: "!", Verdict.FAIL: "x", Verdict.UNKNOWN: "?"}


def fix_mark(one: Diagnosis) -> str:
    """`F fix` where a key puts it right, `by hand` where only a person can, else nothing."""
    if one.remedy is None:
        return ""
    return "F fix" if one.remedy.operation else "by hand"


def summary(found: Sequence[Diagnosis], at: datetime | None = None) -> str:
    """`20 checks: 18 ok, 2 warn, 0 FAIL, 0 unknown`, or that all are ok, and when.

    Args:
        found: What was looked at.
        at: When, in the zone that times are told in.
    """
    checks = plural(len(found), "check")
    if all(one.verdict is Verdict.OK for one in found):
        return f"{checks}, all ok" + (f", {at:%H:%M:%S}." if at is not None else ".")
    many = ", ".join(
        f"{sum(1 for one in found if one.verdict is verdict)} {verdict}"
        for verdict in (Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN)
    )
    return f"{checks}: {many}"


def report(name: str, host: str, found: Sequence[Diagnosis], at: datetime) -> str:
    """Everything that was found, as text to keep or to send.

    Args:
        name: The deployment's.
        host: Where it was looked at.
        found: Worst first.
        at: When.
    """
    head = f"doctor: {one_line(name)}@{one_line(host)}, {at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    lines = [head, summary(found), ""]
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
