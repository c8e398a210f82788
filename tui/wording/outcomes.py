"""What an operation's end means, in words: one place for the command line and the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from tui.core.errors import ExitCode
from tui.core.models import ActivityEntry
from tui.wording.clean import one_line
from tui.wording.undone import undone_text

Role: TypeAlias = Literal["ok", "warn", "fail", "none"]
"""How it looks; `none` is for what is neither good nor bad."""

SWAPS = (
    *("restore", "undo", "upgrade", "downgrade", "stamp", "bootstrap", "reset"),
    *("vacuum", "analyze", "reindex", "maintain", "tune"),
)
"""Operations that put another file in the place of the live database."""

_DONE: Mapping[str, str] = {
    "restore": "RESTORED",
    "undo": "UNDONE",
    "backup": "BACKED UP",
    "backup-cold": "BACKED UP",
    "verify": "VERIFIED",
    "verify-all": "VERIFIED",
    "adopt": "ADOPTED",
    "delete": "DELETED",
    "prune": "PRUNED",
    "drill": "PROVEN",
    "salvage": "SALVAGED",
    "bring-back": "BROUGHT BACK",
    "import": "IMPORTED",
    "rehearse": "REHEARSED",
    "upgrade": "UPGRADED",
    "downgrade": "DOWNGRADED",
    "stamp": "STAMPED",
    "bootstrap": "DATABASE MADE",
    "reset": "RESET",
    "tune": "TUNED",
    "check": "CHECKED",
    "analyze": "ANALYZED",
    "vacuum": "VACUUMED",
    "reindex": "INDEXES REBUILT",
    "maintain": "MAINTAINED",
    "rotate-logs": "ROTATED",
    "down": "TAKEN DOWN",
    "up": "BROUGHT UP",
}

_PUT: Mapping[str, str] = {
    "upgrade": "upgraded",
    "downgrade": "downgraded",
    "stamp": "stamped",
    "bootstrap": "new",
    "reset": "new",
    "tune": "tuned",
    "vacuum": "vacuumed",
    "analyze": "analyzed",
    "reindex": "rebuilt",
    "maintain": "new",
}
"""What the file is called that an operation put in place; otherwise `restored`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ended."""

    sign: str
    role: Role
    word: str
    """The verdict: `ROLLED BACK`."""
    meaning: str
    """What follows from it, in a sentence; cleaned."""


def outcome_of(entry: ActivityEntry) -> Outcome:
    """The verdict about an operation that has ended, or whose process is gone."""
    return next(found for rule in _RULES if (found := rule(entry)) is not None)


def by_hand(entry: ActivityEntry) -> list[str]:
    """Command lines that a person has to run; never cut."""
    found = entry.result.get("by_hand") or ()
    return [found] if isinstance(found, str) else [str(text) for text in found]


def _own(entry: ActivityEntry) -> str:
    return one_line(entry.sentence)


# --- the rules, in this order -------------------------------------------------------------


def _not_undone(entry: ActivityEntry) -> Outcome | None:
    if entry.exit_code != ExitCode.ROLLBACK_FAILED and entry.outcome != "not undone":
        return None
    text = "nothing was deleted; both databases are whole."
    if lines := by_hand(entry):
        these = "These three lines" if len(lines) == 3 else "These lines"
        text = f"{text} {these} put the old one back:"
    return Outcome("✗", "fail", "NOT UNDONE", text)


def _gateway_down(entry: ActivityEntry) -> Outcome | None:
    if entry.outcome != "gateway down":
        return None
    text = _own(entry)
    if entry.operation in SWAPS:
        text = (
            "the database is in place and whole; Docker does not answer. "
            "When it does: mcpdb-tui resume"
        )
    return Outcome("✗", "fail", "GATEWAY DOWN", text)


def _cut(entry: ActivityEntry) -> Outcome | None:
    if entry.state != "cut":
        return None
    text = _own(entry) or "its process is gone; mcpdb-tui resume goes on"
    return Outcome("!", "warn", "CUT SHORT", text)


def _done(entry: ActivityEntry) -> Outcome | None:
    if entry.state != "done":
        return None
    words = entry.operation.split()
    word = _DONE.get(entry.operation) or _DONE.get(words[0] if words else "") or "DONE"
    text, said = _own(entry), f"{word.capitalize()} "
    if entry.operation == "undo":
        undone = undone_text(entry.result, datetime.now(UTC))
        text = "; ".join(part for part in (undone, text) if part)
    # The verdict stands before it already.
    return Outcome("✓", "ok", word, text.removeprefix(said))


def _rolled_back(entry: ActivityEntry) -> Outcome | None:
    if entry.exit_code != ExitCode.ROLLED_BACK:
        return None
    text = f"the {one_line(entry.operation)} did not work; the old database is back and whole"
    return Outcome("!", "warn", "ROLLED BACK", text)


def _cancelled(entry: ActivityEntry) -> Outcome | None:
    if entry.outcome != "cancelled":
        return None
    untouched = "nothing was changed; the gateway was not touched"
    own = _own(entry)
    return Outcome("·", "none", "CANCELLED", own if entry.down_seconds and own else untouched)


def _unhealthy(entry: ActivityEntry) -> Outcome | None:
    if entry.exit_code != ExitCode.UNHEALTHY:
        return None
    if entry.outcome.startswith("rolled back"):
        text = (
            "the old database is back and whole, but the gateway is not healthy; 5 Logs shows why"
        )
        return Outcome("✗", "fail", "ROLLED BACK, GATEWAY NOT HEALTHY", text)
    if entry.outcome == "gateway not back":
        text = "nothing was changed, but the gateway is not healthy; 5 Logs shows why"
        return Outcome("✗", "fail", "GATEWAY NOT BACK", text)
    text = _own(entry)
    if entry.outcome == "not taken back":
        return Outcome("✗", "fail", "NOT TAKEN BACK", text)
    if entry.operation in SWAPS:
        put = _PUT.get(entry.operation, "restored")
        text = (
            f"the {put} database is in place and whole; the gateway was not healthy before "
            "either. Z undoes, 5 Logs shows why"
        )
    return Outcome("✗", "fail", "LEFT UNHEALTHY", text)


def _partly(entry: ActivityEntry) -> Outcome | None:
    words = {ExitCode.BUSY: "NOT DONE", ExitCode.PARTLY: "PARTLY DONE"}
    word = next((text for code, text in words.items() if entry.exit_code == code), "")
    return Outcome("!", "warn", word, _own(entry)) if word else None


def _failed(entry: ActivityEntry) -> Outcome | None:
    return Outcome("✗", "fail", "FAIL", _own(entry))


_RULES: tuple[Callable[[ActivityEntry], Outcome | None], ...] = (
    _not_undone,
    _gateway_down,
    _cut,
    _done,
    _rolled_back,
    _cancelled,
    _unhealthy,
    _partly,
    _failed,
)
