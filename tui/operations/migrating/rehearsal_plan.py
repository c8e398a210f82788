"""What the plan of a rehearsal rests on, and what forbids it."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ContainerRef, DatabaseFacts, Deployment, MigrationAction
from tui.core.operation import Check, Facts, Verdict
from tui.operations.backing_up import inside_container
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating.code import Code, find_code
from tui.operations.migrating.rehearsing import needed
from tui.operations.migrating.route import Route, find_route
from tui.operations.migrating.wanted import Wanted
from tui.operations.reads.looking import LiveDatabase
from tui.operations.timelines.timeline import revision_of
from tui.services import files
from tui.services.migrations.running import Job
from tui.services.sqlite.connections import translating
from tui.services.sqlite.leftovers import leftovers
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, plural, size
from tui.wording.rehearsals import NOTHING

REHEARSED = ("upgrade", "downgrade", "stamp")
"""What can be rehearsed; a bootstrap is built aside anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything the plan rests on, from one look."""

    deployment: Deployment
    action: MigrationAction
    repair: bool
    live: DatabaseFacts
    code: Code
    route: Route
    left: tuple[tuple[str, str], ...]
    """`_alembic_tmp_*` tables of the live file, and what puts each right."""

    @property
    def nothing(self) -> str:
        """The sentence where there is nothing to rehearse; empty where there is something."""
        if not self.route.arrived or (self.repair and self.left):
            return ""
        at_head = set(self.route.before) == set(self.code.timeline.heads)
        return NOTHING if at_head and self.action == "upgrade" else self.route.problem

    @property
    def needed(self) -> int:
        """Bytes that copy and migration take."""
        return needed(self.deployment)

    def basis(self) -> Facts:
        """What must not have moved when it begins (I10)."""
        return {
            "database": [str(self.live.path), self.live.inode],
            "before": list(self.route.before),
            "runs": [revision.revision for revision in self.route.runs],
            "image": self.code.image_id,
            "left": [list(pair) for pair in self.left],
        }


def look_around(
    deployment: Deployment,
    action: MigrationAction,
    target: str,
    image: str,
    *,
    repair: bool,
) -> Situation:
    """Gather what the plan needs; changes nothing."""
    state = state_of(gateway_of(deployment))
    live = LiveDatabase(deployment).facts()
    # A stamp's choice of code is a rehearsal's: the gateway's own, or the image that was named,
    # whatever the gateway will be started with.
    wanted = Wanted(deployment=deployment, action="stamp", target=target, image=image)
    code = find_code(wanted, state, live.revisions)
    return Situation(
        deployment=deployment,
        action=action,
        repair=repair,
        live=live,
        code=code,
        route=_route(deployment, code, action, target),
        left=_left(deployment, live),
    )


def _route(deployment: Deployment, code: Code, action: MigrationAction, target: str) -> Route:
    """The way; where only the container sees the database, what runs on the copy finds it."""
    if inside_container.is_needed(deployment) and code.timeline.revisions:
        found = revision_of(code.timeline, target)
        if found is not None or target.startswith("-"):
            return Route(target=found.revision if found else target)
    return find_route(code.timeline, action, target)


def _left(deployment: Deployment, live: DatabaseFacts) -> tuple[tuple[str, str], ...]:
    """What a cut migration left in the live file; nothing where it cannot be read."""
    if not live.exists or live.problem:
        return ()
    try:
        with LiveDatabase(deployment).opened() as opened, translating(live.path):
            return leftovers(opened.connection)
    except McpdbError:
        return ()


def job_of(found: Situation) -> Job:
    """What is run: an upgrade to the head goes on as a start of the gateway would."""
    heads = found.code.timeline.heads
    return Job(
        action=found.action,
        target=found.route.target,
        bootstrap=found.action == "upgrade"
        and set(found.route.after or (found.route.target,)) == set(heads),
        leftovers=found.left if found.repair else (),
    )


# --- what forbids it ----------------------------------------------------------------------


def checks(found: Situation) -> tuple[Check, ...]:
    """Look at everything that a rehearsal needs."""
    deployment = found.deployment
    told = []
    if deployment.read_only:
        told.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
    if found.action not in REHEARSED:
        text = f"A {one_line(found.action)} cannot be rehearsed."
        told.append(Check("action", Verdict.FAIL, text, ExitCode.USAGE))
    told.append(_database(found))
    told.append(_code(found))
    if found.code.timeline.revisions and not found.code.problem:
        told.append(_way(found))
    if found.left:
        told.append(_leftovers(found))
    if not found.nothing:
        told.append(_space(found))
    return tuple(told)


def _database(found: Situation) -> Check:
    """Whether the live database can be read and copied from here."""
    live = LiveDatabase(found.deployment)
    text = f"{size(found.live.size)}, copied while the gateway runs"
    if inside_container.is_needed(found.deployment):
        return Check("database", Verdict.OK, f"{text}, inside the container")
    try:
        inside_container.require_whole(found.deployment)
        live.tables()
    except McpdbError as error:
        return Check("database", Verdict.FAIL, str(error), error.exit_code)
    return Check("database", Verdict.OK, text)


def _code(found: Situation) -> Check:
    """Whether there is code to run."""
    deployment, code = found.deployment, found.code
    if blocked := deployment.blocked("migrations"):
        return Check("code", Verdict.FAIL, blocked.text)
    problem = code.problem or ("" if code.timeline.revisions else code.timeline.problem)
    if problem or not code.timeline.revisions:
        by_docker = isinstance(deployment.gateway, ContainerRef)
        text = problem or "The gateway's code ships no migrations."
        exit_code = ExitCode.DOCKER if by_docker else ExitCode.PRECHECK
        return Check("code", Verdict.FAIL, text, exit_code)
    return Check("code", Verdict.OK, one_line(code.name or code.timeline.read_from))


def _way(found: Situation) -> Check:
    """Whether there is a way from where the database stands to the target."""
    route = found.route
    if found.nothing:
        return Check("way", Verdict.OK, found.nothing)
    if route.problem and not route.arrived:
        return Check("way", Verdict.FAIL, route.problem, route.exit_code)
    if not route.after:
        return Check("way", Verdict.OK, f"to {route.target}; how far that is, the copy tells")
    if found.action == "stamp":
        return Check("way", Verdict.OK, f"stamps {route.target}; runs nothing")
    text = f"{plural(len(route.runs), 'revision')} {'down' if found.action == 'downgrade' else ''}"
    return Check("way", Verdict.OK, f"{text.strip()} to {route.target}")


def _leftovers(found: Situation) -> Check:
    """What a cut migration left makes the next one fail, unless it is put right first."""
    names = ", ".join(one_line(table) for table, _remedy in found.left)
    stuck = [one_line(table) for table, remedy in found.left if not remedy]
    was = "is" if len(found.left) == 1 else "are"
    if stuck:
        text = (
            f"{', '.join(stuck)} {was} left from a migration that was cut, and neither dropping "
            "nor renaming is safe by itself: restore a backup from before it."
        )
        return Check("leftovers", Verdict.FAIL, text)
    if not found.repair:
        text = (
            f"{names} {was} left from a migration that was cut: the next one would fail. "
            "With --repair that is put right first."
        )
        return Check("leftovers", Verdict.FAIL, text)
    return Check("leftovers", Verdict.WARN, f"{names}: put right on the copy first")


def _space(found: Situation) -> Check:
    folder = found.deployment.state_dir
    try:
        files.require_space(folder, found.needed, "A rehearsal")
        free = narrow_size(files.free_space(folder), "down")
    except McpdbError as error:
        return Check("space", Verdict.FAIL, str(error), error.exit_code)
    return Check("space", Verdict.OK, f"{free} free")
