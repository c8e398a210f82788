"""How an operation ended, in lines: the verdict first, then what matters now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.cli.report.words import local
from tui.core.models import ActivityEntry
from tui.core.verdict import Verdict
from tui.wording import migrated
from tui.wording.clean import one_line
from tui.wording.outcomes import outcome_of
from tui.wording.quantities import count, duration, plural, size
from tui.wording.undone import undone_short


def outcome_lines(entry: ActivityEntry) -> list[str]:
    """The verdict in one line, and what follows from it."""
    if entry.operation == "salvage" and entry.result.get("salvaged"):
        return _salvaged(entry)
    if entry.state == "done":
        made = _MADE.get(entry.operation, _plain)
        return made(entry)
    outcome = outcome_of(entry)
    # The operation's own sentence: the meaning speaks of the screen's keys.
    text = one_line(entry.sentence) or outcome.meaning
    text = text.removeprefix(f"{outcome.word} ")
    lines = [f"{outcome.sign} {outcome.word}: {text}", *_downtime(entry)]
    return [*lines, *_report(entry), *_each(entry.result), *_safety(entry.result)]


def _report(entry: ActivityEntry) -> list[str]:
    """Where the statement stands whole, with everything else."""
    if not migrated.has_report(entry):
        return []
    report = one_line(str(entry.result["rehearsal"]))
    return [f"  report   mcpdb-tui migrations rehearsals {report}"]


def _plain(entry: ActivityEntry) -> list[str]:
    return [f"✓ {one_line(entry.sentence) or f'{entry.operation} done'}", *_each(entry.result)]


def _each(result: Mapping[str, Any]) -> list[str]:
    """A line for each of several things that were looked at."""
    lines = []
    for one in result.get("results") or ():
        name = f"{one['backup']}  {one_line(str(one['name']))}"
        if why := one.get("problem") or one.get("unread"):
            lines.append(f"  {'✗' if one.get('problem') else '?'} {name}  {one_line(str(why))}")
        else:
            lines.append(f"  ✓ {name}  {one['check']} ok, {count(int(one['rows']))} rows")
    return lines


def _backup(entry: ActivityEntry) -> list[str]:
    result = entry.result
    if "backup" not in result:
        return _plain(entry)
    lines = [
        f"✓ backed up {result['backup']}: {size(int(result['size']))}, verified{_packed(result)}, "
        f"{duration(float(result['seconds']))}",
        f"  {one_line(str(result['path']))}",
    ]
    if broken := int(result.get("foreign_key_errors", 0)):
        rows = plural(broken, "row")
        lines.append(f"! {rows} with a foreign key that points nowhere, as in the live database")
    if result.get("second"):
        lines.append(f"  copied   {one_line(str(result['second']))}")
    lines += [f"! {one_line(str(remark))}" for remark in result.get("remarks") or ()]
    return [*lines, *_downtime(entry)]


def _packed(result: Mapping[str, Any]) -> str:
    if not result.get("compression"):
        return ""
    return f", {size(int(result['stored_size']))} compressed"


def _verify(entry: ActivityEntry) -> list[str]:
    result = entry.result
    told = "" if result.get("manifest") else ", without a manifest to compare with"
    return [
        f"✓ verified {result['backup']}: {result['check']} ok, {count(int(result['rows']))} rows, "
        f"{duration(entry.seconds or 0.0)}{told}",
        f"  sha256 {result['sha256']}",
    ]


def _restore(entry: ActivityEntry) -> list[str]:
    if entry.operation != "undo":
        return [f"✓ restored {one_line(entry.subject)}: {_took(entry)}", *_since(entry)]
    what = undone_short(entry.result, datetime.now(UTC)) or "the last change"
    lines = [f"✓ undone: {what}, {_took(entry)}"]
    if text := _undone_by(entry):
        lines.append(f"  undid    {text}")
    return [*lines, *_since(entry)]


def _undone_by(entry: ActivityEntry) -> str:
    """Whose work it was, and from which copy the database came back."""
    found = entry.result.get("undoes")
    who = one_line(str(found.get("who") or "")) if isinstance(found, Mapping) else ""
    subject = one_line(entry.subject)
    parts = (f"work of {who}" if who else "", f"from safety copy {subject}" if subject else "")
    return ", ".join(part for part in parts if part)


def _migrated(entry: ActivityEntry) -> list[str]:
    # Its sentence says already where the old database is, and what was not proven.
    text = one_line(entry.sentence) or f"{entry.operation} done"
    took = f"  took     {_took(entry).removeprefix('took ')}"
    return [f"✓ {text}", took, *_gateway(entry.result), *_undo(entry.result)]


def _maintained(entry: ActivityEntry) -> list[str]:
    text = one_line(entry.sentence) or f"{entry.operation} done"
    took = f"  took     {_took(entry).removeprefix('took ')}"
    return [
        f"{'!' if entry.verdict is Verdict.WARN else '✓'} {text}",
        took,
        *_gateway(entry.result),
    ]


def _since(entry: ActivityEntry) -> list[str]:
    """What became of the gateway and of the old database."""
    result, lines = entry.result, []
    if result.get("proven_by_start") is False:
        lines.append("! the gateway is stopped as before: not proven by a start")
    return [*lines, *_gateway(result), *_safety(result)]


def _gateway(result: Mapping[str, Any]) -> list[str]:
    lines = []
    if result.get("proven_by_start") is not False and result.get("health"):
        lines.append(f"  gateway  {one_line(str(result['health']))}")
    changed = [str(name) for name in result.get("changed_since_start") or ()]
    if changed:
        named = ", ".join(map(one_line, changed[:3]))
        more = f" and {plural(len(changed) - 3, 'more table')}" if len(changed) > 3 else ""
        lines.append(f"  note     since its start the gateway changed {named}{more} by itself")
    return lines


def _took(entry: ActivityEntry) -> str:
    took = f"took {duration(entry.seconds or 0.0)}"
    if entry.down_seconds:
        took += f", gateway down {duration(entry.down_seconds)}"
    return took


def _safety(result: Mapping[str, Any]) -> list[str]:
    safety = result.get("safety")
    if not safety:
        return []
    checked = "checked ok" if result.get("safety_ok") else "not whole, kept as it was found"
    kept = f"  kept     the old database as {one_line(str(safety))}, {checked}"
    return [kept, *_undo(result)]


def _undo(result: Mapping[str, Any]) -> list[str]:
    try:
        until = datetime.fromisoformat(str(result.get("undo_until")))
    except ValueError:
        return []
    return [f"  undo     mcpdb-tui undo takes it back, until {local(until)}"]


def _salvaged(entry: ActivityEntry) -> list[str]:
    """Every table, the worst first, what is to be known, and the ways on."""
    from tui.wording import salvaged

    result, found = entry.result, entry.result["salvaged"]
    signs = {"ok": "✓", "warn": "!", "FAIL": "✗"}
    sign = "✓" if found["complete"] else "!"
    lines = [f"{sign} {one_line(entry.sentence)}", f"  {one_line(str(result['path']))}"]
    tables = found["tables"]
    wide = max((len(one_line(str(table["name"]))) for table in tables), default=0)
    for table in tables:
        name = one_line(str(table["name"])).ljust(min(wide, 40))
        lines.append(f"  {signs[salvaged.verdict_of(table)]} {name}  {salvaged.table_words(table)}")
        lines += [f"      {one_line(str(gap))}" for gap in table.get("gaps") or ()][:3]
    if more := int(found.get("tables_left_out") or 0):
        lines.append(f"    and {plural(more, 'more table')}: --json, or the manifest beside it")
    lines += [f"  {text}" for text in salvaged.remarks(found)]
    name = one_line(str(result["backup"]))
    lines += [
        f"  look      mcpdb-tui tables --backup {name}",
        f"  export    mcpdb-tui export --backup {name} --to DIR",
        f"  restore   mcpdb-tui restore {name}, suspect as it is",
        f"  or        mcpdb-tui restore latest, then restore {name} --table NAME",
    ]
    return lines


def _control(entry: ActivityEntry) -> list[str]:
    words = {"start": "started", "stop": "stopped", "restart": "restarted"}
    result = entry.result
    down = f", down {duration(entry.down_seconds)}" if entry.down_seconds else ""
    text = f"✓ gateway {words.get(entry.operation, entry.operation)}"
    if result.get("health"):
        text += f": {one_line(str(result['health']))}"
    if result.get("exit_code") not in (0, None):
        text += f" (it had to be killed, exit {result['exit_code']})"
    return [text + down]


def _downtime(entry: ActivityEntry) -> list[str]:
    if not entry.down_seconds:
        return []
    return [f"  down     {duration(entry.down_seconds)}"]


_MADE: Mapping[str, Callable[[ActivityEntry], list[str]]] = {
    "backup": _backup,
    "backup-cold": _backup,
    "verify": _verify,
    "restore": _restore,
    "undo": _restore,
    "upgrade": _migrated,
    "downgrade": _migrated,
    "stamp": _migrated,
    "bootstrap": _migrated,
    "reset": _migrated,
    "maintain": _maintained,
    "vacuum": _maintained,
    "analyze": _maintained,
    "reindex": _maintained,
    "start": _control,
    "stop": _control,
    "restart": _control,
}
