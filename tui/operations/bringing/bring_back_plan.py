"""The plan of bringing rows back: what is added and replaced, what forbids it, how long it takes.

Keys of the plan's `facts`:

- `from`, `over`: as a restore's plan has them
- `effect`: list of `table`, `added`, `replaced`, `same`, and of the added ones `related` (they
  point to a row that comes back) and `parents` (such a row points to them)
- `effect_words`: the same in words, e.g. `3 rows added, 0 replaced, parents present`
- `rows`: what `tui.wording.plans` shows of it
- `gateway_running`, `healthy_before`, `undo_days`, `verb`, `goes_wrong`
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tui.core.errors import ExitCode, PrecheckError
from tui.core.models import Backup, Deployment
from tui.core.operation import Check, Plan, TableChange, Tier, Verdict
from tui.operations.bringing.into_live_plan import GOES_WRONG, downtime, gateway, rights, steps
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.command import command_line
from tui.operations.comparing.compare_tables import IGNORED
from tui.operations.finding.gateways import gateway_of, health_of, is_up
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.checks import checks as checks_of_restore
from tui.operations.restoring.situation import Situation, look_around
from tui.operations.restoring.space import size_of, space_check
from tui.operations.restoring.times import COPY_RATE
from tui.services.compression import unpacked
from tui.services.sqlite.bringing import Effect, Preview, preview
from tui.services.sqlite.choosing import Selection
from tui.services.sqlite.connections import look, translating
from tui.services.sqlite.keys import parts
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

__all__ = ["Request", "effect_words", "key_word", "look_at", "make_plan", "parts", "selection_of"]

_SHARED = ("whole", "whose", "secret", "holders", "containers")
"""Checks that are the same for a restore."""

CHECK = "check the backup and choose its rows again"


@dataclass(frozen=True, slots=True)
class Request:
    """What is brought back from where."""

    deployment: Deployment
    backup: Backup
    word: str
    """How the backup was named."""
    selection: Selection


def selection_of(deployment: Deployment, request: Selection) -> Selection:
    """The same, with the columns that the gateway changes by itself left out of account."""
    return replace(request, ignored=(*IGNORED, *deployment.ignore))


def look_at(request: Request, plain: Path | None = None) -> Preview:
    """Compute what would be added and replaced; both files are only read.

    Args:
        request: What is asked for.
        plain: The backup unpacked, where it is already.

    Raises:
        NotFoundError: There is no database, or the backup has no such table or row.
        UsageError: Nothing was asked for, or a key has another number of values.
        McpdbError: One of them cannot be read.
    """
    deployment = request.deployment
    refusal = LiveDatabase(deployment).refusal()
    if refusal:
        raise PrecheckError(refusal)
    with (
        unpacked(plain or request.backup.path) as source,
        look(deployment.database, gateway_up=lambda: is_up(deployment)) as opened,
        translating(deployment.database),
    ):
        if _may_hold(opened.connection, opened.how):
            opened.connection.execute("BEGIN")
        return preview(opened.connection, source, request.selection)


def _may_hold(connection: sqlite3.Connection, how: str) -> bool:
    """Whether one read transaction for all of it holds up nobody's writes."""
    (mode,) = connection.execute("PRAGMA main.journal_mode").fetchone()
    return how != "live" or mode == "wal"


def make_plan(operation: str, request: Request) -> Plan:
    """Turn a request into the plan that is confirmed; see the module for `facts`.

    Raises:
        McpdbError: Nothing can be planned: no such backup, table or row.
    """
    deployment, backup = request.deployment, request.backup
    found = look_at(request)
    s = look_around(deployment, backup, start=False, word=request.word, quick=True)
    s = replace(s, health=health_of(gateway_of(deployment), s.state))
    return Plan(
        operation=operation,
        title=f"bring rows of the backup {backup.id} back into the database of {deployment.name}",
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis={
            **s.basis(),
            "selection": [
                list(request.selection.tables),
                {table: list(keys) for table, keys in request.selection.rows.items()},
                request.selection.related,
            ],
            "effect": [dict(row) for row in found.effect],
        },
        checks=_checks(s, found),
        steps=steps(s, CHECK, size_of(s.backup) / COPY_RATE),
        changes=_changes(found),
        downtime=downtime(s),
        command=command_line(deployment, *_words(request, s)),
        facts={
            "from": {
                "id": backup.id,
                "name": backup.path.name,
                "kind": backup.kind,
                "label": backup.label,
                "taken": backup.taken.isoformat(),
                "size": backup.size,
                "who": backup.manifest.who if backup.manifest else "",
                "revision": backup.revision,
            },
            "over": {
                "path": str(s.live.path),
                "size": s.live.size,
                "wal_size": s.live.wal_size,
                "revision": s.live.revision,
                "holders": [holder.describe() for holder in s.viewers],
            },
            "effect": [dict(row) for row in found.effect],
            "effect_words": effect_words(found.effect),
            "rows": _told(found.effect),
            "gateway_running": s.running,
            "healthy_before": s.healthy,
            "undo_days": UNDO_DAYS,
            "verb": "Bring back",
            "goes_wrong": GOES_WRONG,
        },
    )


def effect_words(effect: Effect) -> str:
    """`3 rows added, 1 replaced, parents present`."""
    added, replaced, parents = (
        sum(int(row[word]) for row in effect) for word in ("added", "replaced", "parents")
    )
    kin = "parents present" if not parents else f"with {plural(parents, 'parent')}"
    return f"{plural(added, 'row')} added, {count(replaced)} replaced, {kin}"


def _told(effect: Effect) -> dict[str, object]:
    """The effect as the front ends show a plan's rows; see `tui.wording.plans`."""

    def some(word: str) -> list[dict[str, object]]:
        return [
            {"table": row["table"], "rows": row[word], "names": [], "columns": []}
            for row in effect
            if row[word]
        ]

    return {"back": some("added"), "changed": some("replaced"), "lost": [], "nothing": ""}


def needed_space(s: Situation, found: Preview) -> int:
    """Bytes: the safety copy, the WAL that is taken in, the rows and their journal."""
    share = round(found.share * size_of(s.backup))
    return s.live.size + 2 * s.live.wal_size + 2 * share


# --- checks -------------------------------------------------------------------------------


def _checks(s: Situation, found: Preview) -> tuple[Check, ...]:
    shared = [check for check in checks_of_restore(s) if check.name in _SHARED]
    own = [
        _revision(s),
        _effect(found),
        *_rules(found),
        *_triggers(found),
        *_left_out(found),
        _space(s, found),
        rights(s),
        suspicion.check(s.deployment, "rows are written into it"),
        gateway(s),
    ]
    return (*shared, *(check for check in own if check is not None))


def _revision(s: Situation) -> Check:
    if s.backup.revision == s.live.revision:
        return Check("revision", Verdict.OK, f"both are at {one_line(s.live.revision) or 'none'}")
    text = (
        f"the backup is at {one_line(s.backup.revision) or 'none'}, the database at "
        f"{one_line(s.live.revision) or 'none'}: only columns that both have are written"
    )
    return Check("revision", Verdict.WARN, text)


def _effect(found: Preview) -> Check:
    words = effect_words(found.effect)
    if not any(row["added"] or row["replaced"] for row in found.effect):
        text = "nothing is missing and nothing differs: there is nothing to bring back"
        return Check("effect", Verdict.FAIL, text)
    return Check("effect", Verdict.OK, words)


def _rules(found: Preview) -> Sequence[Check]:
    if not found.objections:
        return (Check("rules", Verdict.OK, "keys, unique columns and foreign keys fit"),)
    return [
        Check(
            objection.about,
            Verdict.FAIL,
            objection.text,
            ExitCode.VERIFICATION if objection.about == "parents" else ExitCode.PRECHECK,
        )
        for objection in found.objections
    ]


def _triggers(found: Preview) -> Sequence[Check]:
    if not found.triggers:
        return ()
    names = ", ".join(map(one_line, found.triggers[:3]))
    text = (
        f"{plural(len(found.triggers), 'trigger')} ({names}) will not run for these rows: what "
        "was written when the rows were new is not written again"
    )
    return (Check("triggers", Verdict.WARN, text),)


def _left_out(found: Preview) -> Sequence[Check]:
    return [
        Check("left out", Verdict.WARN, f"{one_line(table)}: {why}")
        for table, why in found.left_out.items()
    ]


def _space(s: Situation, found: Preview) -> Check:
    needed = needed_space(s, found)
    return space_check(safety_dir(s.deployment), needed, "The safety copy and the rows", s.live)


# --- numbers ------------------------------------------------------------------------------


def _changes(found: Preview) -> tuple[TableChange, ...]:
    return tuple(
        TableChange(
            str(row["table"]),
            found.counts[str(row["table"])],
            found.counts[str(row["table"])] + int(row["added"]),
        )
        for row in found.effect
        if row["added"]
    )


# --- the same as a command line -----------------------------------------------------------


def _words(request: Request, s: Situation) -> tuple[str, ...]:
    deployment, path = request.deployment, request.backup.path
    listed = (deployment.backup_dir, deployment.database.parent, safety_dir(deployment))
    name = path.name if path.parent in listed else str(path)
    words = ["restore", request.backup.id if request.backup.neighbour else name]
    for table in request.selection.tables:
        words += ["--table", table]
    for table, keys in request.selection.rows.items():
        for key in keys:
            words += ["--rows", f"{table}={key_word(key)}"]
    if not request.selection.related:
        words.append("--alone")
    return (*words, "--confirm", deployment.name)


def key_word(key: Sequence[object]) -> str:
    """A primary key as `--rows` takes it: `a|b`, with a backslash before what is not a mark."""
    if len(key) == 1:
        return _escaped(str(key[0]), ",")
    return _escaped("|".join(_escaped(str(part), "|") for part in key), ",")


def _escaped(text: str, mark: str) -> str:
    return text.replace("\\", "\\\\").replace(mark, f"\\{mark}")
