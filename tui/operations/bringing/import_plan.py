"""The plan of an import: which rows are new, changed and the same, and what forbids it.

Keys of the plan's `facts`:

- `file`: path, kind, rows, size
- `table`, `mode` (`insert` or `upsert`)
- `over`: as a restore's plan has it
- `effect`: list of `table`, `added`, `replaced`, `same`; `effect_words`: the same in words
- `columns`: `written`, `missing` (rows that are there keep them), `secrets` (of the missing ones),
  `generated` (in the file, not written)
- `gateway_running`, `healthy_before`, `undo_days`, `verb`, `goes_wrong`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.core.errors import ExitCode
from tui.core.models import DatabaseFacts, Deployment
from tui.core.operation import Check, Plan, Tier, Verdict
from tui.operations.bringing.import_source import Source
from tui.operations.bringing.into_live_plan import GOES_WRONG, downtime, gateway, rights, steps
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.command import command_line
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.checks import containers_check, holders_check
from tui.operations.restoring.situation import Surroundings, look_near
from tui.operations.restoring.space import space_check
from tui.operations.restoring.times import COPY_RATE
from tui.services.sqlite.import_rules import Effect
from tui.services.sqlite.staging_rows import Staged
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

CHECK = "read the file again, try its rows on the rules of the table"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was read, and what it would do."""

    path: str
    """As it was named."""
    source: Source
    mode: str
    rows: Staged
    effect: Effect
    size: int
    """Bytes that its rows need in a database."""


def make_plan(operation: str, deployment: Deployment, found: Found) -> Plan:
    """Turn what was read into the plan that is confirmed; see the module for `facts`."""
    s = look_near(deployment, start=False)
    effect, table, source = found.effect, found.rows.table, found.source
    return Plan(
        operation=operation,
        title=(f"import {one_line(source.path.name)} into {one_line(table)} of {deployment.name}"),
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis={
            "file": [str(source.path), source.sha256, source.kind],
            "table": table,
            "mode": found.mode,
            "live": [str(s.live.path), s.live.inode, s.live.revision],
            "gateway": [s.state.identity, s.state.image_id, s.running],
            "effect": [dict(row) for row in effect.told],
        },
        checks=tuple(_checks(s, found)),
        steps=steps(s, CHECK, found.size / COPY_RATE),
        downtime=downtime(s),
        command=command_line(deployment, *_words(found), "--confirm", deployment.name),
        facts={
            "file": {
                "path": str(source.path),
                "kind": source.kind,
                "rows": found.rows.rows,
                "size": source.path.stat().st_size,
            },
            "table": table,
            "mode": found.mode,
            "over": {
                "path": str(s.live.path),
                "size": s.live.size,
                "wal_size": s.live.wal_size,
                "revision": s.live.revision,
                "holders": [holder.describe() for holder in s.viewers],
            },
            "effect": [dict(row) for row in effect.told],
            "effect_words": effect_words(effect),
            "columns": {
                "written": list(found.rows.columns),
                "missing": list(found.rows.missing),
                "secrets": list(found.rows.secrets),
                "generated": list(found.rows.generated),
            },
            "gateway_running": s.running,
            "healthy_before": s.healthy,
            "undo_days": UNDO_DAYS,
            "verb": "Import",
            "goes_wrong": GOES_WRONG,
        },
    )


def effect_words(effect: Effect) -> str:
    """`3 rows new, 1 changed, 12 the same`."""
    return (
        f"{plural(effect.added, 'row')} new, {count(effect.replaced)} changed, "
        f"{count(effect.same)} the same"
    )


def needed_space(live: DatabaseFacts, found: Found) -> int:
    """Bytes: the safety copy, the WAL that is taken in, the rows and their journal."""
    return live.size + 2 * live.wal_size + 2 * found.size


def _words(found: Found) -> tuple[str, ...]:
    words = ("import", found.path, "--table", found.rows.table, "--format", found.source.kind)
    return (*words, "--upsert") if found.mode == "upsert" else words


# --- checks -------------------------------------------------------------------------------


def _checks(s: Surroundings, found: Found) -> Iterator[Check]:
    yield holders_check(s)
    if (others := containers_check(s)) is not None:
        yield others
    yield from _file(s, found)
    yield from _rules(found)
    yield from _columns(found)
    needed = needed_space(s.live, found)
    yield space_check(safety_dir(s.deployment), needed, "The safety copy and the rows", s.live)
    yield rights(s)
    if (suspect := suspicion.check(s.deployment, "rows are written into it")) is not None:
        yield suspect
    yield gateway(s)


def _file(s: Surroundings, found: Found) -> Iterator[Check]:
    rows = plural(found.rows.rows, "row")
    yield Check("file", Verdict.OK, f"{one_line(found.source.path.name)}: {rows}")
    theirs = found.source.revision
    if theirs and theirs != s.live.revision:
        text = f"exported at revision {one_line(theirs)}, the database is at " + (
            one_line(s.live.revision) or "none"
        )
        yield Check("revision", Verdict.WARN, text)


def _rules(found: Found) -> Iterator[Check]:
    effect = found.effect
    for problem in effect.problems:
        yield Check("rules", Verdict.FAIL, problem, ExitCode.VERIFICATION)
    if effect.problems:
        return
    if not effect.added and not effect.replaced:
        text = "every row of the file is there already: there is nothing to import"
        yield Check("effect", Verdict.FAIL, text)
        return
    yield Check("effect", Verdict.OK, effect_words(effect))
    yield Check("rules", Verdict.OK, "keys, unique columns, checks and foreign keys fit")
    if effect.triggers:
        names = ", ".join(map(one_line, effect.triggers[:3]))
        number = plural(len(effect.triggers), "trigger")
        yield Check("triggers", Verdict.WARN, f"{number} ({names}) will not run for these rows")


def _columns(found: Found) -> Iterator[Check]:
    rows = found.rows
    plain = [name for name in rows.missing if name not in rows.secrets]
    if plain:
        text = f"not in the file: {_some(plain)}; rows that are there keep them"
        yield Check("columns", Verdict.WARN, text)
    if rows.secrets:
        text = f"not in the file: {_some(rows.secrets)}; rows that are there keep them"
        if found.effect.added:
            text += ", new rows have none"
        yield Check("secrets", Verdict.WARN, text)
    if rows.generated:
        text = f"SQLite computes {_some(rows.generated)}: what the file says of it is not written"
        yield Check("generated", Verdict.WARN, text)


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(map(one_line, names[:4])) + more
