"""What the plan of an upgrade, a downgrade or a stamp rests on, from one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from tui.core.errors import McpdbError
from tui.core.models import (
    DatabaseFacts,
    Deployment,
    Rehearsal,
)
from tui.core.operation import Facts
from tui.operations.migrating.code import Code, find_code
from tui.operations.migrating.route import Route, find_route
from tui.operations.migrating.stamping import missing
from tui.operations.migrating.wanted import Wanted
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring.situation import Surroundings, look_near
from tui.operations.timelines import rehearsals
from tui.services.sqlite.connections import translating
from tui.services.sqlite.leftovers import leftovers

CLOCK_BACK = timedelta(minutes=5)
"""By so much a clock may have been put back since a rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation(Surroundings):
    """Everything the plan rests on, from one look."""

    wanted: Wanted
    code: Code
    route: Route
    left: tuple[tuple[str, str], ...] = ()
    """`_alembic_tmp_*` tables in the live file, and what puts each right."""
    rehearsal: Rehearsal | None = None
    """The report that makes another rehearsal superfluous."""
    failed: Rehearsal | None = None
    """The newest rehearsal of the very same, where it failed: doing it for real would fail too."""
    missing: tuple[str, ...] = ()
    """What a stamp would take for granted although it is not there."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether it stands there already, and nothing else was asked for either."""
        return self.route.arrived and not self.code.switches and not self.repairs

    @property
    def repairs(self) -> bool:
        """Whether something is put right that a cut migration left."""
        return self.wanted.leftovers and bool(self.left)

    @property
    def accepted(self) -> Mapping[str, tuple[int, int]]:
        """Rows that tables lose, as the rehearsal said and the plan shows: before and after."""
        return self.rehearsal.lost if self.rehearsal is not None else {}

    def basis(self) -> Facts:
        """What must not have moved when the operation begins (I10)."""
        return {
            **near_basis(self),
            "image": [self.code.image_id, self.code.target.image_id],
            "target": [self.wanted.action, self.route.target, list(self.route.after)],
            "runs": [revision.revision for revision in self.route.runs],
            "left": [list(pair) for pair in self.left],
            "leftovers": self.wanted.leftovers,
            "start": self.wanted.start,
            # What may be lost was shown: another report may say otherwise.
            "lost": self.rehearsal.id if self.rehearsal is not None and self.accepted else "",
        }


def look_around(wanted: Wanted) -> Situation:
    """Gather what the plan needs; changes nothing."""
    deployment = wanted.deployment
    near = look_near(deployment, start=wanted.start)
    code = find_code(wanted, near.state, near.live.revisions)
    route = find_route(code.timeline, wanted.action, wanted.target)
    left = _left(deployment, near.live)
    report = newest_rehearsal(wanted, code, route, left, near.live)
    good = report is not None and _is_good(report)
    return Situation(
        **{field.name: getattr(near, field.name) for field in fields(near)},
        wanted=wanted,
        code=code,
        route=route,
        left=left,
        rehearsal=report if good else None,
        failed=None if good else report,
        missing=(
            missing(deployment, code.timeline, route.target)
            if wanted.action == "stamp" and not route.problem
            else ()
        ),
    )


def near_basis(near: Surroundings) -> dict[str, object]:
    """What of the basis changes from one moment to the next."""
    return {
        "live": [str(near.live.path), near.live.inode, list(near.live.revisions)],
        "gateway": [near.state.identity, near.state.image_id, near.running],
        "way": [near.way.kind, str(near.way.keep_dir)],
    }


def _left(deployment: Deployment, live: DatabaseFacts) -> tuple[tuple[str, str], ...]:
    """What a cut migration left in the live file; nothing where it cannot be read."""
    if not live.exists or live.problem:
        return ()
    try:
        with LiveDatabase(deployment).opened() as opened, translating(live.path):
            return leftovers(opened.connection)
    except McpdbError:
        return ()


def find_rehearsal(
    wanted: Wanted,
    code: Code,
    route: Route,
    left: tuple[tuple[str, str], ...],
    live: DatabaseFacts,
) -> Rehearsal | None:
    """Find the report that makes another rehearsal superfluous.

    One after which tables hold fewer rows counts too, for it is shown in the plan that is
    confirmed; what failed, or left a damaged copy, never does. Nor does one of another file than
    stands there now, or of other revisions than would be run: what it says is not about these.
    """
    found = newest_rehearsal(wanted, code, route, left, live)
    return found if found is not None and _is_good(found) else None


def newest_rehearsal(
    wanted: Wanted,
    code: Code,
    route: Route,
    left: tuple[tuple[str, str], ...],
    live: DatabaseFacts,
) -> Rehearsal | None:
    """Find the newest report of this day about the very same, however it went.

    None where something moved since that it rests on: the file, its revision, the image, or
    which revisions are run.
    """
    if route.problem and not route.arrived:
        return None
    same = (
        report
        for report in rehearsals.listed(wanted.deployment)
        if report.action == wanted.action
        and report.target == route.target
        and report.image_id == code.image_id
        # One that broke off so early that it says no revision failed all the same.
        and (sorted(report.before) == sorted(route.before) or (report.problem and not report.runs))
    )
    found = next(same, None)
    if found is None or not _is_fresh(found) or found.live_inode not in (0, live.inode):
        return None
    if wanted.action != "stamp" and not _ran_the_same(found, route):
        return None
    repaired = [name for name, _how in left] if wanted.leftovers else []
    return found if sorted(found.leftovers) == sorted(repaired) else None


def _ran_the_same(report: Rehearsal, route: Route) -> bool:
    """Whether it ran what would be run now; one that failed came only as far as it came."""
    ran = {run.revision for run in report.runs}
    runs = {revision.revision for revision in route.runs}
    return ran <= runs if report.problem else ran == runs


def _is_fresh(report: Rehearsal) -> bool:
    """Whether it is of this day."""
    return -CLOCK_BACK <= datetime.now(UTC) - report.taken <= rehearsals.FRESH


def _is_good(report: Rehearsal) -> bool:
    """Whether it ran to its end; losses are shown before they are confirmed."""
    return not report.problem and report.integrity == "ok"
