"""What is looked at while an upgrade, a downgrade or a stamp is planned, each with its verdict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ContainerRef, Deployment, Rehearsal, Timeline
from tui.core.operation import Check, Verdict
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.recommended import recommended, told_copy
from tui.operations.migrating.copying import needed_space
from tui.operations.migrating.situation import Situation
from tui.operations.migrating.times import copy_seconds
from tui.operations.restoring.checks import (
    containers_check,
    gateway_check,
    holders_check,
    rights_check,
)
from tui.operations.restoring.situation import Surroundings
from tui.operations.restoring.space import space_check
from tui.services.migrations.graph import upto
from tui.services.migrations.releases import span_of
from tui.wording.clean import one_line
from tui.wording.quantities import duration, plural, size
from tui.wording.rehearsal_failures import failed_at

STAMPING = "Stamping tells Alembic that changes are there. It makes none."

FILE = {
    "upgrade": "the upgraded database",
    "downgrade": "the downgraded database",
    "stamp": "the stamped database",
}


def checks(s: Situation) -> tuple[Check, ...]:
    """Every check of a plan, in the order in which they are shown.

    Where there is no database that is all there is to say: what else is amiss follows from it.
    """
    if not s.live.exists:
        return (_live(s),)
    found = [check for each in _CHECKS if (check := each(s)) is not None]
    return (*found, *s.code.target.checks)


def passing(near: Surroundings) -> tuple[Check, ...]:
    """The checks whose answer changes from one moment to the next."""
    found = (_space(near), holders_check(near), containers_check(near))
    return tuple(check for check in found if check is not None)


def _live(s: Situation) -> Check:
    if not s.live.exists:
        text = f"there is no database at {one_line(str(s.live.path))}; `bootstrap` makes a new one"
        with suppress(McpdbError):
            copy = recommended(read_catalogue(s.deployment))
            if copy is not None:
                told = told_copy(copy, datetime.now(UTC))
                text += f", `restore {copy.id}` brings its rows back ({told})"
        return Check("live", Verdict.FAIL, text, ExitCode.NOT_FOUND)
    if s.live.problem:
        return Check("live", Verdict.FAIL, s.live.problem)
    kept = "copied before it is overwritten" if s.way.kind == "overwrite" else "kept as safety copy"
    return Check("live", Verdict.OK, f"{kept}, {size(s.live.size)}")


def _code(s: Situation) -> Check:
    problem = s.code.problem
    if not problem and not s.code.timeline.revisions:
        problem = s.code.timeline.problem or "the gateway's code ships no migrations"
    if problem:
        silent = s.state.running == "unknown" and isinstance(s.deployment.gateway, ContainerRef)
        code = ExitCode.DOCKER if silent else ExitCode.PRECHECK
        return Check("code", Verdict.FAIL, problem, code)
    release, name = s.code.release, s.code.name
    told = f"{name} (release {release})" if release not in name else name
    return Check("code", Verdict.OK, one_line(told or s.code.timeline.read_from))


def _target(s: Situation) -> Check:
    route = s.route
    if route.arrived and not s.nothing_to_do:
        what = "what was left is put right" if s.repairs else "only the image changes"
        return Check("target", Verdict.OK, f"{route.target}: no migration is run, {what}")
    if route.problem:
        text = route.problem
        if s.code.timeline.unknown and s.wanted.action != "stamp":
            text = f"{text.removesuffix('.')}{newest_fitting(s.deployment, s.code.timeline)}"
        return Check("target", Verdict.FAIL, text, route.exit_code)
    ahead = " = head" if route.target in s.code.timeline.heads else ""
    if s.wanted.action == "stamp":
        return Check("target", Verdict.WARN, _stamping(s))
    way = "up" if s.wanted.action == "upgrade" else "down"
    text = f"{route.target}{ahead}: {plural(len(route.runs), 'revision')} {way}"
    if len(route.after) > 1:
        text += f"; it then stands at {' and '.join(route.after)}"
    return Check("target", Verdict.OK, text)


def _stamping(s: Situation) -> str:
    skipped, text = s.route.skipped, STAMPING
    if s.missing:
        more = f" and {len(s.missing) - 3} more" if len(s.missing) > 3 else ""
        text += f" Missing here: {', '.join(s.missing[:3])}{more}."
    if skipped:
        told = ", ".join(one_line(revision.message) for revision in skipped[:3])
        more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
        text += f" {plural(len(skipped), 'revision')} between: {told}{more}."
    return text


def newest_fitting(deployment: Deployment, timeline: Timeline) -> str:
    """The date of the newest backup that this code can start on: `: Aug 11 02:00.`."""
    known = {revision.revision for revision in timeline.revisions}
    found: datetime | None = None
    with suppress(McpdbError):
        for backup in read_catalogue(deployment).backups:
            fits = backup.revision in known and backup.verdict is not Verdict.FAIL
            if fits and not backup.neighbour and (found is None or backup.taken > found):
                found = backup.taken
    return ", of which there is none here." if found is None else f": {_moment(found)}."


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%b %d %H:%M}"


def _leftovers(s: Situation) -> Check | None:
    if not s.left:
        return None
    names = ", ".join(one_line(name) for name, _how in s.left)
    stuck = [one_line(name) for name, how in s.left if not how]
    if stuck:
        text = (
            f"{', '.join(stuck)} is left from a migration that was cut, and holds rows that are "
            "nowhere else: look at it first"
        )
        return Check("leftovers", Verdict.FAIL, text)
    if not s.wanted.leftovers:
        text = (
            f"{names} is left from a migration that was cut: `migrations upgrade --repair` puts "
            "it right on the copy"
        )
        return Check("leftovers", Verdict.FAIL, text)
    does = ", ".join(f"{one_line(name)}: {_REMEDY[how]}" for name, how in s.left)
    return Check("leftovers", Verdict.WARN, f"{does}, on the copy")


_REMEDY = {"drop": "dropped, its table is whole", "rename": "renamed back, it holds the rows"}


def _risk(s: Situation) -> Check | None:
    if s.wanted.action != "downgrade" or not s.route.runs:
        return None
    by = [r for r in s.route.runs if (r.downgrade or "unknown") == s.route.risk]
    names = ", ".join(r.revision for r in by[:3]) + (", …" if len(by) > 3 else "")
    match s.route.risk:
        case "may refuse":
            text = f"{names} may refuse to go down; the rehearsal tells"
        case "drops data":
            text = (
                f"{names} drops data: what its tables or columns hold is in the safety copy alone"
            )
        case "unknown":
            text = f"what {names} does on the way down cannot be told from its source"
        case risk:
            return Check("risk", Verdict.OK, risk)
    return Check("risk", Verdict.WARN, text)


def starts_again(s: Situation) -> str:
    """What a start of the gateway makes of it, in one sentence; empty when it holds."""
    if not s.deployment.migrates_at_start:
        return ""
    top = s.code.ends_at
    if not top or len(top) > 1 or s.route.after == top or not s.route.target:
        return ""
    started = s.code.target.name if s.code.started is not None else s.code.release or s.code.name
    named = f"Image {one_line(started)}" if started else "The gateway"
    when = "at its start" if s.running or s.start else "at its next start"
    on = "on" if s.wanted.action == "upgrade" else "up again"
    return f"{named} migrates {on} {when}, to {top[0]}."


def stays_pending(s: Situation) -> str:
    """What a start leaves undone of a gateway that migrates nothing then; empty where nothing."""
    if s.deployment.migrates_at_start or s.wanted.action == "stamp" or not s.route.after:
        return ""
    revisions = (s.code.started or s.code.timeline).revisions
    left = len({r.revision for r in revisions} - upto(revisions, s.route.after))
    if not left:
        return ""
    stay = "stays" if left == 1 else "stay"
    return f"The gateway's start runs no migrations; {plural(left, 'revision')} {stay} pending."


def fitting_release(s: Situation) -> str:
    """The release that ends where the database then stands; empty when none is known."""
    return span_of(s.route.target)


def _holds(s: Situation) -> Check | None:
    started = s.code.started
    if started is not None and started.revisions and s.route.target:
        known = {revision.revision for revision in started.revisions}
        if unknown := [revision for revision in s.route.after if revision not in known]:
            text = f"{one_line(s.code.target.name)} does not know {unknown[0]}: it would not start"
            return Check("holds", Verdict.FAIL, text)
    if not (again := starts_again(s)):
        return None
    release = fitting_release(s)
    only = f" It holds only with release {release}." if release and _is_down(s) else ""
    return Check("holds", Verdict.WARN, f"{again}{only}")


def _is_down(s: Situation) -> bool:
    return s.wanted.action == "downgrade"


def _rehearsed(s: Situation) -> Check | None:
    if s.route.problem and s.nothing_to_do:
        return None
    report = s.rehearsal
    if s.failed is not None:
        what = _WHAT.get(s.wanted.action, s.wanted.action)
        text = (
            f"the rehearsal of {what} failed {_moment(s.failed.taken)}{_where(s.failed)}; it would "
            "fail for real. Rehearse again after the cause is mended"
        )
        return Check("rehearsed", Verdict.FAIL, text)
    if report is None:
        return Check("rehearsed", Verdict.WARN, "not rehearsed yet: the first step does it")
    when = _moment(report.taken)
    took = duration(report.seconds.get("migrate", 0.0))
    if report.lost:
        tables = list(report.lost.items())
        named = ", ".join(f"{one_line(t)} {a:,} → {b:,}" for t, (a, b) in tables[:4])
        more = ", …" if len(tables) > 4 else ""
        lose = "1 table loses" if len(tables) == 1 else f"{len(tables)} tables lose"
        return Check("rehearsed", Verdict.WARN, f"{when}, {took}; {lose} rows: {named}{more}")
    return Check("rehearsed", Verdict.OK, f"{when} with {one_line(report.image)}: ok, {took}")


def _where(report: Rehearsal) -> str:
    """` at d45c8b39e07f: table tools has no column x`."""
    at, why = failed_at(report)
    return (f" at {at}" if at else "") + (f": {why}" if why else "")


_WHAT = {"upgrade": "this upgrade", "downgrade": "this downgrade", "stamp": "this stamp"}


def _secret(_s: Situation) -> Check:
    return Check("secret", Verdict.OK, "stored secrets are not touched")


def _space(near: Surroundings) -> Check:
    needed = needed_space(near.live, near.way)
    return space_check(near.live.path.parent, needed, "A migration of a copy", near.live)


def _way(s: Situation) -> Check | None:
    if s.way.problem:
        return Check("way", Verdict.FAIL, s.way.problem)
    if s.way.kind == "swap":
        return None
    about = duration(copy_seconds(s))
    text = (
        f"{s.way.why}, so the migrated copy is written into the live file: a safety copy is made "
        f"first, about {about} more, gateway down meanwhile"
    )
    return Check("way", Verdict.WARN, text)


def _gateway(s: Situation) -> Check:
    return gateway_check(s, FILE.get(s.wanted.action, "the new database"))


_CHECKS: tuple[Callable[[Situation], Check | None], ...] = (
    _live,
    _code,
    _target,
    _leftovers,
    _risk,
    _holds,
    _rehearsed,
    _secret,
    _space,
    holders_check,
    containers_check,
    rights_check,
    _way,
    _gateway,
)
