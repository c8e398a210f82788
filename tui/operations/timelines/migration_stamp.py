"""Does a schema fit its stamp: what applied revisions made and is missing, and the other way round.

Revisions are read as text (`tui.services.migrations.expected`): what they name is known, what
they compute is not. So this never says that a schema is right, only what is plainly odd.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tui.core.models import MigrationFinding, Revision, Timeline
from tui.services.migrations.expected import (
    CONSTRAINT,
    INDEX,
    Effect,
    Schema,
    Thing,
    effects,
    schema_of,
)
from tui.services.migrations.graph import upto
from tui.wording.clean import one_line

_NAMED = 3
"""So many tables and columns are named."""
_HINT = "as far as its revisions can be read"


def stamp_findings(timeline: Timeline, have: Collection[Thing]) -> list[MigrationFinding]:
    """Compare a database with what its stamp says.

    Args:
        timeline: Of the code, with where the database stands.
        have: Its tables, columns, indexes and named constraints, in lower case.
    """
    known = {revision.revision for revision in timeline.revisions}
    if not timeline.current or not set(timeline.current) <= known:
        return []
    done = upto(timeline.revisions, timeline.current)
    order = list(reversed(timeline.revisions))
    applied = schema_of((r.revision, r.source) for r in order if r.revision in done)
    pending = [r for r in order if r.revision not in done]
    early = _early(applied, pending, have)
    early |= _early_names([r for r in order if r.revision in done], pending, have)
    found = [_behind(timeline, applied, have), _ahead(early)]
    return [finding for finding in found if finding is not None]


def looks_like(timeline: Timeline, have: Collection[Thing]) -> str:
    """The revision whose schema a database without a stamp seems to have; empty if none fits.

    The oldest of those that fit alike: what is run once more may refuse, on a copy; what is
    left out is missing for ever.
    """
    order = list(reversed(timeline.revisions))
    for revision in timeline.revisions:
        if not any(_thing(effect) in have for effect in _makes(revision)):
            continue
        done = upto(timeline.revisions, [revision.revision])
        applied = schema_of((r.revision, r.source) for r in order if r.revision in done)
        pending = [r for r in order if r.revision not in done]
        if applied.things and not _missing(applied, have) and not _early(applied, pending, have):
            return revision.revision
    return ""


# --- what is missing ----------------------------------------------------------------------


def _missing(applied: Schema, have: Collection[Thing]) -> dict[Thing, str]:
    """What should be there and is not; a missing table is said without its columns."""
    return {
        thing: made
        for thing, made in applied.things.items()
        if thing not in have and (not thing[1] or (thing[0], "") in have)
    }


def _behind(
    timeline: Timeline, applied: Schema, have: Collection[Thing]
) -> MigrationFinding | None:
    missing = _missing(applied, have)
    if not missing:
        return None
    stamp = " ".join(timeline.current)
    makers = ", ".join(dict.fromkeys(missing.values()))
    target = _before(timeline, applied, missing, have)
    remedy = "Restore a backup from before it was stamped."
    if target:
        remedy = (
            f"Stamp {target}, then upgrade: what is missing is made on a copy first. Or restore "
            "a backup from before it was stamped."
        )
    return MigrationFinding(
        name="behind-stamp",
        verdict="warn",
        text=(
            f"The database is stamped {one_line(stamp)}, but {_named(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not there, which {makers} made, {_HINT}."
        ),
        remedy=remedy,
        operation="stamp" if target else "",
        params={"target": target} if target else {},
        details=_lines(missing),
    )


def _before(
    timeline: Timeline, applied: Schema, missing: Mapping[Thing, str], have: Collection[Thing]
) -> str:
    """The revision to stamp, so that an upgrade makes exactly what is missing; empty if none.

    Only on a line without branches, and only where nothing of the later revisions is there.
    """
    known = {revision.revision: revision for revision in timeline.revisions}
    at = timeline.current[0] if len(timeline.current) == 1 else ""
    redone: set[str] = set()
    while at in known and set(missing.values()) - redone:
        downs = known[at].down
        redone.add(at)
        at = downs[0] if len(downs) == 1 else ""
    if not at:
        return ""
    there = [thing for thing, made in applied.things.items() if made in redone and thing in have]
    return "" if there else at


# --- what is there too early --------------------------------------------------------------


def _early(
    applied: Schema, pending: Sequence[Revision], have: Collection[Thing]
) -> dict[Thing, str]:
    """What only pending revisions make, and is there already."""
    found: dict[Thing, str] = {}
    for revision in pending:
        for effect in _makes(revision):
            thing = _thing(effect)
            if thing in have and thing not in applied.touched:
                found.setdefault(thing, revision.revision)
    # A table is said without its columns.
    return {
        thing: made for thing, made in found.items() if not thing[1] or (thing[0], "") not in found
    }


def _early_names(
    applied: Sequence[Revision], pending: Sequence[Revision], have: Collection[Thing]
) -> dict[Thing, str]:
    """Indexes and constraints that only pending revisions name, and are there already.

    A name that an applied revision so much as mentions proves nothing, nor does a revision that
    drops what it does not name, or drops a name to make it anew.
    """
    found: dict[Thing, str] = {}
    for revision in pending:
        done = effects(revision.source)
        gone = {effect.name for effect in done if effect.does == "unname"}
        names = {
            (effect.table.lower(), effect.name.lower()): effect.name.partition(":")[2]
            for effect in done
            if effect.does == "name" and effect.name not in gone
        }
        if not gone & {INDEX, CONSTRAINT} and names and names.keys() <= set(have):
            for thing, name in names.items():
                if not any(name in other.source for other in applied):
                    found.setdefault(thing, revision.revision)
    return found


def _ahead(early: Mapping[Thing, str]) -> MigrationFinding | None:
    if not early:
        return None
    makers = ", ".join(dict.fromkeys(early.values()))
    are = "is" if len(early) == 1 else "are"
    return MigrationFinding(
        name="ahead-of-stamp",
        verdict="warn",
        text=(
            f"{_named(early)} {are} there already, though {makers} is pending, {_HINT}: a "
            "migration was cut, or the stamp was set back."
        ),
        remedy=(
            "Rehearse the upgrade: it shows on a copy whether the migrations cope with it. If "
            "they do not, restore a backup from before, or stamp what is there."
        ),
        operation="rehearse",
        details=_lines(early),
    )


# --- words --------------------------------------------------------------------------------


def _makes(revision: Revision) -> list[Effect]:
    """The tables and columns that a revision makes, under names that can be read."""
    found = effects(revision.source)
    return [effect for effect in found if effect.does in ("create", "add") and effect.table]


def _thing(effect: Effect) -> Thing:
    return effect.table.lower(), effect.name.lower() if effect.does == "add" else ""


def _said(thing: Thing) -> str:
    table, column = map(one_line, thing)
    for kind in (INDEX, CONSTRAINT):
        if column.startswith(kind):
            return f"{kind[:-1]} {column.removeprefix(kind)} of {table}"
    return f"column {table}.{column}" if column else f"table {table}"


def _named(things: Collection[Thing]) -> str:
    said = [_said(thing) for thing in things]
    more = len(said) - _NAMED
    text = ", ".join(said[:_NAMED])
    return f"{text} and {more} more" if more > 0 else text


def _lines(things: Mapping[Thing, str]) -> tuple[str, ...]:
    return tuple(f"{_said(thing)}: {made}" for thing, made in things.items())
