"""The report of a rehearsal in words: one place for the command line and the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.core.models import Rehearsal, RevisionRun
from tui.wording.clean import one_line
from tui.wording.outcomes import Role
from tui.wording.quantities import count, duration, plural

NOTHING = "Nothing to rehearse: database = head of this image."
UNTOUCHED = "The live database was not touched."
ON_A_COPY = "on a copy now deleted"
NAMED = 6
"""So many tables are named."""
STATEMENT_SHORT = 300
"""Characters of a failing statement where it is not shown alone."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """One revision, or the start of the image behind them."""

    revision: str
    """Empty for the start of the image."""
    name: str
    """The revision, or `start of 1.0.7 (bootstrap_db)`."""
    took: str
    what: str
    ok: bool = True


# --- the verdict --------------------------------------------------------------------------


def is_nothing(report: Rehearsal) -> bool:
    """Whether there was nothing to run."""
    return not report.problem and not report.runs and report.before == report.after


def verdict(report: Rehearsal) -> tuple[Role, str]:
    """How it went, and the word for it."""
    return ("ok", "ok") if report.ok or is_nothing(report) else ("fail", "FAIL")


def headline(report: Rehearsal, total: int = 0) -> str:
    """`e198602c3c1e → 7ab59991e017   6 revisions, 1.2 s, on a copy now deleted`.

    Args:
        report: What was rehearsed.
        total: How many revisions were to be run; 0 for what the report says.
    """
    if is_nothing(report):
        return NOTHING
    failed = report.failed
    if failed is not None:
        number = report.runs.index(failed) + 1
        total = total or report.planned
        of = f" of {total}" if total >= number else ""
        return one_line(f"at {number}{of}: {failed.revision} {failed.message}".rstrip())
    if report.problem and not report.runs:
        return one_line(report.problem)
    return f"{way(report)}   {ran(report)}, {ON_A_COPY}"


def way(report: Rehearsal) -> str:
    """`e198602c3c1e → 7ab59991e017`."""
    return f"{joined(report.before) or 'nothing'} → {joined(report.after) or 'nothing'}"


def ran(report: Rehearsal) -> str:
    """`6 revisions, 1.2 s`; of a stamp: that nothing was run."""
    if report.action == "stamp":
        return "stamped, nothing was run"
    took = duration(sum(run.seconds for run in report.runs))
    if report.action == "bootstrap" and not report.runs:
        return f"made in {duration(report.seconds.get('bootstrap', 0.0))}"
    return f"{plural(len(report.runs), 'revision')}, {took}"


def joined(revisions: Sequence[str]) -> str:
    """`e198602c3c1e + 7ab59991e017`."""
    return " + ".join(one_line(revision) for revision in revisions)


def in_a_list(report: Rehearsal) -> str:
    """`ok: upgrade to 7ab59991e017, 6 revisions, 1.2 s, with 1.0.7`."""
    _, word = verdict(report)
    target = joined(report.after) or one_line(report.target) or "nothing"
    if report.failed is not None or report.problem:
        target = one_line(report.target) or "the head"
    told = headline(report) if word == "FAIL" else ran(report)
    return f"{word}: {report.action} to {target}, {told}, with {image(report)}"


def image(report: Rehearsal) -> str:
    """What ran it: the release where it is known, otherwise the image or interpreter."""
    name = report.release or report.image or "unknown code"
    # Of an interpreter the path says little, and is long.
    return one_line(name.rpartition("/")[2] if name.startswith("/") else name)


def rehearsed(report: Rehearsal) -> str:
    """`rehearsed 2026-08-11 03:14:02 by dana on a hot copy with image 1.0.7, no network`."""
    local = report.taken.astimezone()
    by = f"with image {image(report)}, no network" if report.image_id else f"with {image(report)}"
    who = f" by {one_line(report.who)}" if report.who else ""
    return f"rehearsed {local:%b %d %H:%M:%S}{who} on a hot copy {by}"


# --- revision by revision -----------------------------------------------------------------


def run_lines(report: Rehearsal) -> list[RunLine]:
    """Every revision in the order it ran, then the start of the image."""
    lines = [
        RunLine(
            run.revision, one_line(run.revision), duration(run.seconds), what_it_did(run), run.ok
        )
        for run in report.runs
    ]
    if "bootstrap" in report.seconds and report.failed is None:
        # An interpreter's path says nothing of what it starts.
        started = image(report) if report.image_id or report.release else "the gateway"
        name = f"start of {started} (bootstrap_db)"
        failed = bool(report.problem) and not report.integrity
        took = duration(report.seconds["bootstrap"])
        lines.append(RunLine("", name, took, "FAIL" if failed else "", not failed))
    return lines


def what_it_did(run: RevisionRun) -> str:
    """`+ table mcp_app_sessions (3 indexes), 2 columns`; of a failed one, why."""
    if not run.ok:
        return one_line(f"FAIL: {run.error}" if run.error else "FAIL")
    if run.direction == "stamp":
        return "stamped, nothing was run"
    return one_line("; ".join(run.did)) or "nothing that the schema shows"


def lost_rows(report: Rehearsal) -> str:
    """`2 tables would lose rows: roles 7 → 5, user_roles 44 → 40`; empty where none would."""
    lost = sorted(report.lost.items())
    if not lost:
        return ""
    told = ", ".join(
        f"{one_line(table)} {count(before)} → {count(after)}"
        for table, (before, after) in lost[:NAMED]
    )
    more = f", {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    return f"{plural(len(lost), 'table')} would lose rows: {told}{more}"
