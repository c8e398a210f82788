"""Signs and words of states, as on every screen: the sign in front, the word always there."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.core.models import ActivityEntry, GatewayState, Health
from tui.core.operation import Verdict
from tui.wording import quantities

SIGNS = {Verdict.OK: "✓", Verdict.WARN: "!", Verdict.FAIL: "✗", Verdict.UNKNOWN: "?"}


def signed(verdict: Verdict, word: str = "") -> str:
    """`✓ ok`, or another word behind the same sign."""
    return f"{SIGNS[verdict]} {word or verdict}"


def gateway_word(state: GatewayState, health: Health) -> str:
    """Sign and word of a gateway: `✓ healthy`, `✗ UNHEALTHY`, `· stopped`."""
    if state.running == "running":
        return {
            "healthy": "✓ healthy",
            "unhealthy": "✗ UNHEALTHY",
            "unreachable": "✗ no answer",
            "unknown": "? health unknown",
        }[health.verdict]
    return {
        "starting": "» starting",
        "restarting": "✗ restarting",
        "stopped": "· stopped",
        "missing": "✗ missing",
        "unknown": "? unknown",
    }[state.running]


def ago(moment: datetime, now: datetime | None = None) -> str:
    """`1h14m ago`."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    return "in the future" if seconds < -1 else f"{quantities.age(seconds)} ago"


def local(moment: datetime) -> str:
    """A moment in detail: host local time with its zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def about(seconds: float | None) -> str:
    """An estimate: `4 s`, `0.2 s`; empty when nothing is known."""
    if seconds is None:
        return ""
    if seconds >= 120:
        return quantities.duration(seconds)
    return f"{seconds:.0f} s" if seconds >= 9.5 else f"{seconds:.1f}".removesuffix(".0") + " s"


def entry_sign(entry: ActivityEntry) -> str:
    """The sign in front of an operation's line."""
    if entry.state == "running":
        return "»"
    if entry.outcome == "cancelled":
        return "·"
    return SIGNS[entry.verdict]
