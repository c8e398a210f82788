"""How a statement of the SQL console ended, in words: one place for the screen and the command."""

from __future__ import annotations

from tui.core.models.queries import Result
from tui.wording.quantities import count, plural, size


def took(seconds: float) -> str:
    """How long it took: `0.84 s`, `31.2 s`."""
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def ending(result: Result) -> str:
    """`11 rows · 0.84 s · complete`, or what is missing and why."""
    rows = len(result.rows)
    if result.ended == "complete":
        said = "0 rows." if not rows else plural(rows, "row")
        return f"{said} · {took(result.elapsed)} · complete"
    if result.ended == "rows":
        return f"first {plural(rows, 'row')}, more exist"
    if result.ended == "size":
        return f"first {plural(rows, 'row')} ({size(result.caps.size)}), more exist"
    so_far = f"{count(rows)} {'row' if rows == 1 else 'rows'} read so far"
    if result.ended == "seconds":
        return f"stopped at {result.caps.seconds or 0:g} s, {so_far}"
    return f"stopped after {took(result.elapsed)}, {so_far}"


def more(result: Result) -> tuple[str, ...]:
    """What else is to be known of a result; often nothing."""
    found = [result.note] if result.note else []
    if result.masked:
        named = ", ".join(f"{table}.{column}" for table, column in result.masked)
        found.append(f"masked: {named}")
    if result.cut:
        most = count(result.caps.value or 0)
        found.append(f"{plural(result.cut, 'value')} cut at {most} characters")
    return tuple(found)
