"""The page of an operation that has ended: verdict first, then now, lost, down, why, next.

Keys of `ActivityEntry.result` that are said when they are there: `why` (text), `log` (list of
lines), `next` (list of text), `by_hand` (list of command lines), `safety` (file name), `safety_ok`,
`undo_until` (ISO 8601), `planned_down` (seconds), `changed_since_start` (list of tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from tui.app.screens.lines import (
    ATTENTION,
    BOLD,
    DANGER,
    HEALTHY,
    MUTED,
    hanging,
    line,
    say,
)
from tui.app.screens.running_words import name_of
from tui.app.screens.step_lines import step_lines, summary
from tui.core.errors import ExitCode
from tui.core.models import ActivityEntry
from tui.wording import migrated
from tui.wording.clean import one_line
from tui.wording.outcomes import by_hand as by_hand
from tui.wording.outcomes import outcome_of
from tui.wording.quantities import duration

_STYLES = {"ok": HEALTHY, "warn": ATTENTION, "fail": DANGER, "none": MUTED}
_INDENT = 10


def verdict(entry: ActivityEntry) -> tuple[str, str, str, str]:
    """Sign, its style, the word, and what the word means here."""
    outcome = outcome_of(entry)
    return outcome.sign, _STYLES[outcome.role], outcome.word, outcome.meaning


def can_be_undone(entry: ActivityEntry) -> bool:
    """Whether its result says that Z undoes it."""
    return bool(_until(entry.result.get("undo_until")) or entry.result.get("made") is True)


def title(entry: ActivityEntry) -> tuple[Content, str]:
    """Row 3."""
    return line(f" {name_of(entry)}  op {entry.number}", ("   result", MUTED)), ""


def page(
    entry: ActivityEntry, width: int, now: datetime, gateway: str, *, steps: bool = False
) -> list[Content]:
    """The whole page.

    Args:
        entry: What ended.
        width: Columns.
        now: For amounts that are told as of now.
        gateway: How the gateway is at this moment, in words.
        steps: Every step with its time instead of the summary.
    """
    sign, style, word, meaning = verdict(entry)
    head = line((f"{sign} {word}", f"{style} bold"))
    rows = hanging(line(" ", head), say(meaning, BOLD), width - 1, head.cell_length + 4)
    for number, text in enumerate(by_hand(entry), 1):
        rows += hanging(line((f"{number:>8}", MUTED)), say(text, BOLD), width - 1, _INDENT)
    rows.append(Content(""))
    for label, parts in _facts(entry, gateway):
        for number, part in enumerate(parts):
            rows += hanging(
                line(" ", (label if not number else "", MUTED)), part, width - 1, _INDENT
            )
    if entry.result.get("salvaged"):
        from tui.app.screens.salvage_lines import salvage_lines

        rows += salvage_lines(entry.result, width)
    rows.append(Content(""))
    if steps:
        rows += step_lines(entry, width, now)
    else:
        rows += hanging(line((" steps", MUTED)), summary(entry) or "none", width - 1, _INDENT)
    if following := _next(entry):
        rows.append(Content(""))
        for number, text in enumerate(following, 1):
            label = " next" if number == 1 else ""
            rows += hanging(line((label, MUTED)), f"{number}. {text}", width - 1, _INDENT)
    code = "" if entry.exit_code is None else f"exit {entry.exit_code} · "
    took = "" if entry.seconds is None else f" · took {duration(entry.seconds)}"
    whence = f" from {one_line(entry.origin)}" if entry.origin else ""
    by = f"by {one_line(entry.who)} on {one_line(entry.host)}{whence}"
    rows += [
        Content(""),
        *hanging(line(" "), say(f"{code}op {entry.number}{took} · {by}", MUTED), width - 1, 1),
    ]
    if entry.command:
        rows += hanging(line((" command", MUTED)), say(entry.command), width - 1, _INDENT)
    return rows


def _facts(entry: ActivityEntry, gateway: str) -> list[tuple[str, Sequence[Content | str]]]:
    result = entry.result
    facts: list[tuple[str, Sequence[Content | str]]] = []
    if gateway:
        facts.append(("now", [say(gateway)]))
    if entry.exit_code == ExitCode.ROLLED_BACK:
        facts.append(("lost", ["nothing: the gateway could not write while it was down"]))
    if entry.down_seconds:
        planned = result.get("planned_down")
        said = f"; the plan said about {duration(float(planned))}" if planned else ""
        facts.append(("down", [f"{duration(entry.down_seconds)}{said}"]))
    if result.get("safety"):
        checked = ", checked ok" if result.get("safety_ok") else ", not checked"
        undo = _until(result.get("undo_until"))
        facts.append(("kept", [say(f"old database as {result['safety']}{checked}{undo}")]))
    why = [say(text) for text in (result.get("why"), _why(entry)) if text]
    log = result.get("log") or result.get("log_lines") or ()
    why += [line("│ ", text) for text in ([log] if isinstance(log, str) else log)]
    if why:
        facts.append(("why", why))
    facts += [(label, [say(text)]) for label, text in migrated.told(entry)]
    if changed := result.get("changed_since_start"):
        names = [changed] if isinstance(changed, str) else [str(name) for name in changed]
        more = f" and {len(names) - 3} more tables" if len(names) > 3 else ""
        text = (
            f"Since its start the gateway changed {', '.join(names[:3])}{more} by itself; "
            f"that is no fault of the {entry.operation}."
        )
        facts.append(("note", [say(text)]))
    return facts


def _why(entry: ActivityEntry) -> str:
    """The operation's own sentence, unless the verdict's line is it already."""
    return "" if one_line(entry.sentence).endswith(verdict(entry)[3]) else entry.sentence


def _until(value: object) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    return f" · Z undoes it until {moment.astimezone():%b %d}"


def _next(entry: ActivityEntry) -> list[str]:
    if given := entry.result.get("next"):
        return [given] if isinstance(given, str) else [str(text) for text in given]
    if entry.state == "cut":
        return ["mcpdb-tui resume finishes or undoes it; so does the next change"]
    if entry.exit_code == ExitCode.ROLLED_BACK:
        return [
            "see to what stands under why",
            "then the same again: the plan is made anew",
        ]
    if entry.exit_code == ExitCode.BUSY:
        return ["the same again: the plan is made anew"]
    if entry.state == "failed" and migrated.has_report(entry):
        return ["the report, with schema and output: : rehearsal reports"]
    return []
