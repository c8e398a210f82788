"""The keys of a rehearsal's report, and why it does not lead on."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app import verbs
from tui.app.seen import Seen
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE
from tui.core.models import Rehearsal
from tui.wording import rehearsals

KEYS: list[BindingType] = [
    Binding(
        "enter", "open", "revision", key_display="Enter", id="report.open", group=HERE,
        tooltip="this revision in 3 Migrations",
    ),
    Binding(
        "right_square_bracket", "tab(1)", "tabs", key_display="[ ]", id="report.tab",
        group=HERE, tooltip="Report, Schema diff, Output",
    ),
    Binding(
        "left_square_bracket", "tab(-1)", "", show=False, id="report.tab_back", group=HERE,
    ),
    Binding(
        "U", "go_on('U')", "upgrade…", id="report.upgrade", group=ASKS,
        tooltip="the same for real: shows the plan, types the name",
    ),
    Binding(
        "D", "go_on('D')", "downgrade…", id="report.downgrade", group=ASKS,
        tooltip="the same for real: shows the plan, types the name",
    ),
    Binding(
        "x", "save", "save report…", id="report.save", group=HERE,
        tooltip="into a file: JSON where its name ends in .json, otherwise text",
    ),
    Binding(
        "r", "again", "again…", show=False, id="report.again", group=HERE,
        tooltip="rehearse again, perhaps with another image",
    ),
    Binding(
        "y", "copy", "copy", show=False, id="report.copy", group=HERE,
        tooltip="copy the report as text (OSC 52)",
    ),
    Binding(
        "J,shift+down", "scroll(1)", "", show=False, key_display="J K", id="report.scroll",
        group=HERE, tooltip="scroll what stands below the revisions",
    ),
    Binding("K,shift+up", "scroll(-1)", "", show=False, id="report.scroll_up", group=HERE),
    Binding(
        "q,escape", "back", "back", key_display="q", id="report.back", group=EVERYWHERE,
        tooltip="back; the report is kept: `rehearsal reports` of the palette (:)",
    ),
]  # fmt: skip


def why_not_go_on(report: Rehearsal, key: str, seen: Seen | None, moved_on: str) -> str:
    """Say why what was rehearsed cannot be done from here; empty when it can.

    Args:
        report: What was rehearsed.
        key: `U` or `D`.
        seen: What is known of the deployment.
        moved_on: Where the database stands, if not where the rehearsal began.
    """
    if report.action not in ("upgrade", "downgrade"):
        return f"{key} is off: a {report.action} was rehearsed."
    if rehearsals.is_nothing(report):
        return f"{key} is off: there is nothing to migrate."
    if not report.ok:
        return f"{key} is off: the rehearsal failed; it would fail for real."
    if moved_on:
        return f"{key} is off: {moved_on}; r rehearses again."
    return verbs.why_not_replace(seen, f"{key} {report.action}…") if seen is not None else ""
