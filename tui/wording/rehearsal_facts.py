"""What the report of a rehearsal means, its schema and output, in words for both front ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui.core.models import BrokenKey, Rehearsal, SchemaChange
from tui.wording.clean import one_line, printable
from tui.wording.outcomes import Role
from tui.wording.quantities import count, duration, plural, size
from tui.wording.rehearsal_failures import short
from tui.wording.rehearsals import (
    UNTOUCHED,
    headline,
    image,
    is_nothing,
    joined,
    lost_rows,
    rehearsed,
    run_lines,
    verdict,
)

_KEYS = 3
"""Of so many tables it is told which rows point nowhere."""
WOULD_NOT_START = "With this image the gateway would not start on this database."


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is told below the revisions."""

    label: str
    text: str
    role: Role = "none"


# --- what it means ------------------------------------------------------------------------


def facts(
    report: Rehearsal,
    *,
    stop: float | None = None,
    start: float | None = None,
    other_image: bool = False,
    risks: Sequence[str] = (),
    lead_on: str = "U",
    moved_on: str = "",
) -> list[Fact]:
    """What follows from it, in the order it is read.

    Args:
        report: What was rehearsed.
        stop: Seconds that the gateway's last stop took; None when not known.
        start: Seconds that its last start took.
        other_image: Whether the gateway runs with another image.
        risks: Of each revision that ran, what its downgrade would do (`drops data` …).
        lead_on: What leads on to doing it for real: `U`, `mcpdb-tui migrations upgrade`.
        moved_on: Where the database stands where that is not where the rehearsal began; it is
            history then.
    """
    if is_nothing(report):
        return []
    if report.failed is not None or (report.problem and not report.integrity):
        return list(_failure(report, by_keys=lead_on in ("U", "D")))
    found = [Fact("rows", *_rows(report)), Fact("keys", *_keys(report))]
    if report.size[1]:
        found.append(Fact("size", f"{size(report.size[0])} → {size(report.size[1])}"))
    if report.leftovers:
        names = ", ".join(one_line(name) for name in report.leftovers)
        found.append(Fact("repaired", f"on the copy first: {names}"))
    if report.problem:
        found.append(Fact("problem", one_line(report.problem), "fail"))
    if not report.ok:
        found.append(Fact("live", UNTOUCHED))
        return found
    if moved_on:
        found.append(Fact("since", f"{one_line(moved_on)}: this is history"))
        return found
    found.append(Fact("for real", for_real(report, stop, start)))
    found.append(Fact("way back", way_back(risks, with_image=bool(report.image_id))))
    found.append(Fact("next", following(report, other_image=other_image, lead_on=lead_on)))
    return found


def _failure(report: Rehearsal, *, by_keys: bool) -> Iterator[Fact]:
    failed = report.failed
    if failed is not None and failed.error:
        yield Fact("error", one_line(failed.error), "fail")
    elif report.problem:
        yield Fact("error", one_line(report.problem), "fail")
    if failed is not None and failed.statement:
        yield Fact("statement", short(failed.statement))
    with_image = report.action == "upgrade" and bool(report.image_id)
    then = f" {WOULD_NOT_START}" if with_image else ""
    yield Fact("live", UNTOUCHED + then)
    yield Fact("next", _after_failure(report, by_keys=by_keys))


def _after_failure(report: Rehearsal, *, by_keys: bool) -> str:
    """What can be done about a rehearsal that failed."""
    failed = report.failed
    told = f"{failed.error} {failed.statement}" if failed is not None else report.problem
    if "_alembic_tmp_" in told:
        repair = ":repair…" if by_keys else "mcpdb-tui migrations upgrade --repair"
        return f"a cut migration left that table behind; {repair} drops it, a safety copy first"
    if report.action == "downgrade":
        restore = "B in 2 Backups" if by_keys else "mcpdb-tui restore"
        return f"{restore} brings a backup of that revision back instead"
    doctor = "the rows on top of 3 Migrations" if by_keys else "mcpdb-tui migrations doctor"
    again = "r with another release" if by_keys else "another release (--image)"
    return f"{doctor} may name the cause; {again}; else stay with the release that runs"


def _rows(report: Rehearsal) -> tuple[str, Role]:
    lost = report.lost
    gone = [table for table, (before, after) in report.rows.items() if after is None and before]
    parts = []
    if lost:
        parts.append(lost_rows(report))
    if gone:
        parts.append(
            f"{plural(len(gone), 'table')} with rows dropped: "
            + ", ".join(one_line(table) for table in gone[:6])
        )
    if not parts:
        parts.append("no table lost rows")
    new = [table for table, (before, after) in report.rows.items() if before is None and after]
    more_rows = [
        t for t, (b, a) in report.rows.items() if b is not None and a is not None and a > b
    ]
    if grown := len(new) + len(more_rows):
        parts.append(f"{plural(grown, 'table')} got rows: " + _some([*more_rows, *new]))
    if report.start_rows:
        parts.append(f"its start then changes {_some(sorted(report.start_rows))} by itself")
    if report.rolled_up:
        parts.append(f"{_some(report.rolled_up)} left alone (rolled up at a start)")
    role: Role = "fail" if lost else "warn" if gone else "none"
    return " · ".join(parts), role


def _some(names: Sequence[str]) -> str:
    told = ", ".join(one_line(name) for name in names[:3])
    return f"{told} …" if len(names) > 3 else told


def _keys(report: Rehearsal) -> tuple[str, Role]:
    before, after = report.foreign_keys
    role: Role = "fail" if after > before else "warn" if after else "none"
    broken = [key for key in report.broken_keys if key.after]
    if after == 0:
        text = "foreign_key_check ok"
    elif broken:
        told = [_broken(key) for key in broken[:_KEYS]]
        more = [f"{len(broken) - _KEYS} more"] if len(broken) > _KEYS else []
        text = "foreign keys: " + " · ".join([*told, *more])
    else:
        as_before = "as many as" if after == before else count(before)
        text = f"foreign keys: {plural(after, 'row')} point nowhere, {as_before} before"
    if report.integrity and report.integrity != "ok":
        role = "fail"
    check = one_line(report.integrity or "not reached")
    heads = {0: "", 1: " · one head"}.get(
        len(report.heads), f" · {len(report.heads)} heads: {joined(report.heads)}"
    )
    return f"{text} · quick_check {check}{heads}", role


def _broken(key: BrokenKey) -> str:
    """`4 rows in server_tool_association point to no tool; the same 4 as before`."""
    table, parent = one_line(key.table), one_line(key.parent)
    if not parent:
        return f"a key of {table} cannot be checked" + (", as before" if key.before else "")
    points = "points" if key.after == 1 else "point"
    text = f"{plural(key.after, 'row')} in {table} {points} to no {_one(parent)}"
    if key.same:
        return f"{text}; the same {count(key.after)} as before"
    return f"{text}; {count(key.before) if key.before else 'none'} before"


def _one(table: str) -> str:
    """`tool` for `tools`; a name that is no such plural is said as it is."""
    if table.endswith("s") and not table.endswith(("ss", "us", "is", "ies", "xes", "ses")):
        return table[:-1]
    return f"row of {table}"


def for_real(report: Rehearsal, stop: float | None, start: float | None) -> str:
    """`about 21 s down: stop 2.1, copy 3.9, migrate 1.2, check 4, start 9.8`."""
    parts: list[tuple[str, float | None]] = [
        ("stop", stop),
        ("copy", report.seconds.get("copy")),
        ("migrate", report.seconds.get("migrate")),
        ("check", report.seconds.get("check")),
        ("start", start),
    ]
    known = [(name, seconds) for name, seconds in parts if seconds is not None]
    told = ", ".join(f"{name} {seconds:.1f}".removesuffix(".0") for name, seconds in known)
    missing = " and ".join(name for name, seconds in parts if seconds is None)
    total = sum(seconds for _, seconds in known)
    about = f"{total:.0f} s" if 9.5 <= total < 120 else duration(total)
    tail = f"; {missing} not measured yet" if missing else ""
    return f"about {about} down: {told}{tail}"


def way_back(risks: Sequence[str], *, with_image: bool) -> str:
    """What takes it back once it was done for real."""
    old = (
        "the old file with its image, kept 30 days" if with_image else "the old file, kept 30 days"
    )
    said = [
        words
        for risk, words in (
            ("may refuse", "refuse"),
            ("drops data", "drop data"),
            ("no-op", "leave the schema as it is"),
        )
        if risk in risks
    ]
    return f"{old}; a downgrade would {' or '.join(said)}" if said else old


def following(report: Rehearsal, *, other_image: bool, lead_on: str) -> str:
    """What to do now."""
    together = "with a way back"
    if report.action == "downgrade":
        return f"the same for real with {'D' if lead_on == 'U' else lead_on}, and a way back"
    if other_image and report.image_id:
        name = image(report)
        return (
            f"name {name} in the Compose file, do not start it; {lead_on} then migrates {together}"
        )
    return f"{lead_on} does it for real, {together}"


# --- schema and output --------------------------------------------------------------------


def change(item: SchemaChange) -> str:
    """`+ column gateways.add_headers  TEXT`."""
    head = f"{item.sign} {item.kind} {change_name(item)}"
    return f"{head}  {one_line(item.detail)}".rstrip()


def change_name(item: SchemaChange) -> str:
    """`gateways.add_headers`, `mcp_app_sessions`, `idx_oauth (oauth_tokens)`."""
    table, name = one_line(item.table), one_line(item.name)
    if item.kind in ("table", "view") or name == table or not table:
        return name
    if item.kind in ("index", "trigger"):
        return f"{name} on {table}"
    return f"{table}.{name}"


def schema_summary(report: Rehearsal) -> str:
    """`+ 2 tables, 14 columns · - 1 index`; `the schema stays as it is`."""
    parts = []
    for sign in "+-~":
        kinds: dict[str, int] = {}
        for item in report.schema:
            if item.sign == sign:
                kinds[item.kind] = kinds.get(item.kind, 0) + 1
        if kinds:
            told = ", ".join(_plural_kind(number, kind) for kind, number in kinds.items())
            parts.append(f"{sign} {told}")
    return " · ".join(parts) or "the schema stays as it is"


def _plural_kind(number: int, kind: str) -> str:
    if kind == "index" and number != 1:
        return f"{count(number)} indexes"
    return plural(number, kind)


def output_lines(report: Rehearsal) -> list[str]:
    """The failing statement and error whole, then what was printed."""
    lines: list[str] = []
    failed = report.failed
    if failed is not None:
        lines += [f"{failed.revision} failed: {one_line(failed.error)}"]
        lines += [f"  {one_line(text)}" for text in printable(failed.statement).splitlines()]
        lines.append("")
    lines += [one_line(text) for text in report.output]
    return lines or ["It printed nothing."]


def as_text(report: Rehearsal, found: Sequence[Fact]) -> str:
    """The whole report as plain text, for a file."""
    _, word = verdict(report)
    lines = [f"{word}  {headline(report)}", rehearsed(report), ""]
    lines += [
        f"  {'ok  ' if run.ok else 'FAIL'} {run.name:<14} {run.took:>9}  {run.what}".rstrip()
        for run in run_lines(report)
    ]
    lines += ["", *(f"  {fact.label:<10}{fact.text}" for fact in found), ""]
    lines += [f"SCHEMA  {schema_summary(report)}"]
    lines += [f"  {change(item)}" for item in report.schema]
    lines += ["", "ROWS"]
    lines += [f"  {text}" for text in _row_lines(report.rows)] or ["  the same in every table"]
    lines += ["", "OUTPUT", *(f"  {text}" for text in output_lines(report))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _row_lines(rows: Mapping[str, tuple[int | None, int | None]]) -> Iterator[str]:
    for table, (before, after) in sorted(rows.items()):
        yield f"{one_line(table)}  {_side(before)} → {_side(after)}"


def _side(rows: int | None) -> str:
    return "none" if rows is None else count(rows)
