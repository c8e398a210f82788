"""The guide's own scripts in a crontab: what they would do to backups and database."""

from __future__ import annotations

from tui.core.models import Diagnosis
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fix_line, remedy, unknown, warn, well
from tui.operations.diagnosing.guide_scripts import HARMS, GuideLine, guide_lines
from tui.operations.diagnosing.patient import Patient
from tui.services import cron_places
from tui.wording.clean import one_line

_WHY = {
    "backups": "Our cold backups carry the names that it looks for.",
    "sidecars": "What was committed may stand in the -wal alone; a check says ok afterwards.",
    "database": "A -wal that stays behind is replayed into the other file, which damages it.",
    "vacuum": "`mcpdb-tui maintain` does the same with a backup first and the gateway's consent.",
    "logs": "A file that is open is copied and cut instead: `mcpdb-tui rotate-logs`.",
}


def cron(patient: Patient) -> Diagnosis:
    """Look through everything that cron runs here."""
    found, unread = guide_lines(patient.deployment), cron_places.unread()
    if not found:
        if unread:
            return unknown("cron", f"nothing is seen, but {unread}: sudo mcpdb-tui")
        return well("cron", "none of the guide's scripts is in a crontab")
    first = min(found, key=lambda one: not one.is_deadly)
    told = [told_line(one) for one in found]
    return warn(
        "cron",
        f"the guide's script {HARMS[first.harm]}",
        *told,
        *dict.fromkeys(_WHY[one.harm] for one in found),
        f"Also, {unread}." if unread else "",
        remedy=remedy(
            "comment it out" if len(found) == 1 else f"comment {len(found)} lines out",
            "Each table is kept as a copy ending in .before-mcpdb; then `mcpdb-tui schedule "
            "install` makes the backups that the script made.",
            "uncron",
            [
                fix_line(patient.deployment, "cron"),
                command_line(patient.deployment, "schedule", "install"),
            ],
        ),
        details=[one_line(one.entry.line or str(one.entry.place.path)) for one in found],
    )


def told_line(one: GuideLine) -> str:
    """`/etc/cron.d/mcp-backup, line 4, runs … at 15 3 * * *`."""
    entry = one.entry
    line = f", line {entry.number}," if entry.number else ""
    via = f" through {one_line(str(one.script))}" if one.script and entry.number else ""
    return (
        f"{one_line(str(entry.place))}{line} runs `{one_line(one.said)}`{via} ({entry.when}): it "
        f"{HARMS[one.harm]}."
    )
