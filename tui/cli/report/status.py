"""The report of `status`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tui.cli.report.table import labelled
from tui.cli.report.words import SIGNS, ago, gateway_word, signed
from tui.core.models import Backup, LastDrill, Status
from tui.core.operation import Verdict
from tui.services.operator import host
from tui.wording.clean import one_line
from tui.wording.quantities import age, duration, narrow_size, plural, size


def status_lines(found: Status) -> Iterator[str]:
    """Identity, then a line a fact, then what needs a person."""
    deployment = found.deployment
    marks = [f"[{deployment.production}]"] if deployment.production else []
    identity = [*marks, f"{deployment.name}@{host()}", str(deployment.database)]
    yield one_line("  ".join([*identity, *(["READ-ONLY"] if deployment.read_only else [])]))
    yield from labelled(
        [
            ("gateway", _gateway(found)),
            ("revision", _revision(found)),
            ("integrity", _integrity(found)),
            ("backup", _backup(found.last_backup, found.backups)),
            ("drill", _drill(found.drill)),
            ("database", _database(found)),
            ("disk", f"{narrow_size(found.database.disk_free, 'down')} free"),
            ("lock", _lock(found)),
        ]
    )
    for entry in found.unfinished:
        subject = f" {entry.subject}" if entry.subject else ""
        yield (
            f"! op {entry.number} {one_line(entry.operation + subject)} was cut short; "
            "mcpdb-tui resume finishes or undoes it"
        )
    told = {found.gateway.text, *(need.text for need in found.needs)}
    for problem in deployment.problems:
        if problem.text not in told:
            yield f"! {one_line(problem.text)}"
    if not found.needs:
        yield "Nothing needs you."
        return
    yield "NEEDS YOU"
    for need in found.needs:
        command = f"  {one_line(need.command)}" if need.command else ""
        yield f"  {SIGNS[need.verdict]} {one_line(need.text)}{command}"


def _gateway(found: Status) -> str:
    state = found.gateway
    word = gateway_word(state, found.health)
    parts = [word]
    if state.release:
        parts.append(state.release)
    if state.since and state.running == "running":
        parts.append(f"up {age((datetime.now(UTC) - state.since).total_seconds())}")
    if not word.startswith("✓"):
        parts.append(found.health.text or state.text)
    return "  ".join(filter(None, parts))


def _revision(found: Status) -> str:
    facts = found.database
    if facts.problem or not facts.exists:
        return signed(Verdict.UNKNOWN)
    if len(facts.revisions) > 1:
        return f"{signed(Verdict.FAIL)}  {len(facts.revisions)} at once: {facts.revision}"
    if not facts.revision:
        return f"{signed(Verdict.WARN)}  none: never migrated"
    if not found.head:
        return f"{facts.revision}  {signed(Verdict.UNKNOWN, 'head not read yet')}"
    if facts.revision == found.head:
        return f"{signed(Verdict.OK)}  {facts.revision} = head"
    return f"{signed(Verdict.WARN)}  {facts.revision}, head is {found.head}"


def _integrity(found: Status) -> str:
    if not found.database.exists:
        return signed(Verdict.UNKNOWN, "no database")
    if not found.integrity or found.integrity_at is None:
        return signed(Verdict.UNKNOWN, "never checked")
    if found.integrity != "ok":
        return f"{signed(Verdict.FAIL, one_line(found.integrity))}  {ago(found.integrity_at)}"
    return f"{signed(Verdict.OK, found.integrity)}  {ago(found.integrity_at)}"


def _backup(newest: Backup | None, backups: int) -> str:
    if newest is None:
        return f"{signed(Verdict.WARN)}  none verified, {plural(backups, 'file')} listed"
    return (
        f"{signed(newest.verdict)}  verified {ago(newest.taken)}  {newest.id}, "
        f"{plural(backups, 'backup')}"
    )


def _drill(drill: LastDrill | None) -> str:
    if drill is None:
        return signed(Verdict.UNKNOWN, "never")
    if drill.result != "ok":
        return f"{signed(Verdict.FAIL)}  {drill.backup} {ago(drill.at)}: {drill.result}"
    return f"{signed(Verdict.OK)}  {drill.backup} {ago(drill.at)}, {duration(drill.seconds)}"


def _database(found: Status) -> str:
    facts = found.database
    if not facts.exists:
        return f"{signed(Verdict.FAIL)}  {facts.problem}"
    sizes = size(facts.size) + (f" + {size(facts.wal_size)} wal" if facts.wal_size else "")
    how = f"  read as {facts.how}" if facts.how not in ("", "live") else ""
    problem = f"  {signed(Verdict.FAIL)} {facts.problem}" if facts.problem else ""
    return sizes + how + problem


def _lock(found: Status) -> str:
    owner = found.lock
    if owner is None:
        return signed(Verdict.UNKNOWN, found.state_problem) if found.state_problem else "none"
    return f"» {owner.what}, {owner.who} on {owner.host} (pid {owner.pid}), {ago(owner.since)}"
