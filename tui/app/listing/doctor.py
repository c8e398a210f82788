"""The doctor's checks as lines: the list, one check in detail, how many there are of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.app.glyphs import SIGN_ROLES, Glyphs, sign_of
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span, line, width_of
from tui.app.seen import Seen
from tui.core.models import Diagnosis
from tui.core.verdict import Verdict
from tui.wording import doctor as words
from tui.wording import quantities

PANE = 6
DEEP = "integrity"
"""The check that reads the whole file when it is asked to."""
FIELDS = ("verdict", "check")
"""What `name:word` of a filter may name."""
_VERDICT, _FIX = 7, 7
"""Columns of the verdict and of what leads to the fix."""
_NAMES = range(10, 15)
"""Columns that a check's name may take."""
_LABEL = 9


def columns(found: Sequence[Diagnosis]) -> tuple[Column, ...]:
    """Verdict, name, what is, and whether a key puts it right."""
    longest = max((len(one.name) for one in found), default=0)
    name = max(_NAMES[0], min(longest, _NAMES[-1]))
    return (
        Column("", _VERDICT),
        Column("", name),
        Column("", 20, grows=True),
        Column("", _FIX, "right"),
    )


def rows(seen: Seen, glyphs: Glyphs, now: datetime) -> list[Row]:
    """A row for each check, worst first."""
    return [_row(one, seen, glyphs, now) for one in seen.doctor or ()]


def _row(one: Diagnosis, seen: Seen, glyphs: Glyphs, now: datetime) -> Row:
    sign, word, text = sign_of(one.verdict), str(one.verdict), one.text
    if one.name == DEEP and seen.deep_since is not None:
        sign, word, text = "running", "running", _running_words(seen, now)
    role = SIGN_ROLES[sign]
    bold = sign == "fail"
    fix = words.fix_mark(one)
    return Row(
        one.name,
        (Span(word, role, bold), Span(one.name), Span(text), Span(fix, "" if fix else "muted")),
        Span(glyphs.sign(sign), role, bold),
        words=" ".join((*one.explanation, *one.details)),
        fields={"verdict": str(one.verdict), "check": one.name},
    )


def _running_words(seen: Seen, now: datetime) -> str:
    since = seen.deep_since or now
    return f"reading every page, {quantities.age(max(0.0, (now - since).total_seconds()))} so far"


def find(seen: Seen, key: str) -> Diagnosis | None:
    """The check with this name."""
    return next((one for one in seen.doctor or () if one.name == key), None)


def wanting(found: Sequence[Diagnosis]) -> list[Diagnosis]:
    """What wants a person."""
    return [one for one in found if one.verdict in (Verdict.FAIL, Verdict.WARN)]


def tab_mark(seen: Seen) -> tuple[Span, int]:
    """`!2` for the doctor's tab, and that tab's number; empty while nothing wants a person."""
    wants = wanting(seen.doctor or ())
    if not wants:
        return Span(""), PANE
    failed = any(one.verdict is Verdict.FAIL for one in wants)
    return Span(f"!{len(wants)}", "danger" if failed else "attention", failed), PANE


def empty_words(seen: Seen) -> str:
    """What stands in place of the list while there is none."""
    problem = seen.problem("doctor")
    return problem or "looking: a moment …"


def title_aside(seen: Seen, now: datetime) -> str:
    """`checked 03:14:18`."""
    if seen.doctor_at is None:
        return ""
    return f"checked {seen.doctor_at.astimezone(now.tzinfo):%H:%M:%S}"


def stands(seen: Seen, now: datetime) -> Line:
    """`20 checks: 18 ok, 2 warn, 0 FAIL, 0 unknown`, for the message line."""
    if seen.doctor is None:
        return ()
    at = seen.doctor_at.astimezone(now.tzinfo) if seen.doctor_at else None
    if problem := seen.problem("doctor"):
        since = f" since {at:%H:%M:%S}" if at else ""
        return (Span(f" not looked at{since}: {problem}", "attention"),)
    text = words.summary(seen.doctor)
    if at is not None and all(one.verdict is Verdict.OK for one in seen.doctor):
        text += f", {at:%H:%M:%S}."
    return (Span(f" {text}", "muted"),)


def detail(one: Diagnosis, glyphs: Glyphs, *, text_shown: int, heading: bool) -> tuple[Line, ...]:
    """One check: what it means, how it is put right, what it was told from.

    Args:
        one: The check.
        glyphs: Signs.
        text_shown: Columns that the list has for the text.
        heading: Whether the text is said again even if the list shows all of it.
    """
    lines: list[Line] = []
    if heading or not one.explanation or width_of((Span(one.text),)) > text_shown:
        sign = sign_of(one.verdict)
        mark = Span(f" {glyphs.sign(sign)} {one.verdict}  ", SIGN_ROLES[sign], sign == "fail")
        lines.append(line(mark, Span(one.text, bold=True)))
    first, rest = one.explanation[:1], one.explanation[1:]
    lines += [line(f" {part}") for part in first]
    # Where there are few lines only, the fix is among them rather than all that can be said.
    lines += _remedy(one)
    lines += [line(f" {part}") for part in rest]
    for number, part in enumerate(one.details):
        lines.append(line(_label("" if number else "seen"), Span(part)))
    return tuple(lines)


def _remedy(one: Diagnosis) -> list[Line]:
    remedy = one.remedy
    if remedy is None:
        return []
    key = Span(" (F)", "muted") if remedy.operation else Span("")
    text = f": {remedy.text}" if remedy.text else ""
    first = line(_label("fix"), Span(remedy.title, bold=True), key, text)
    hand = [
        line(_label("" if number else "by hand"), Span(command, bold=True))
        for number, command in enumerate(remedy.by_hand)
    ]
    return [first, *hand]


def _label(word: str) -> Span:
    return Span(f" {word:<{_LABEL}}", "muted")
