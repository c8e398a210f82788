"""The timeline: which migrations the gateway's code has, and where the database stands in them.

Reading only. `current` comes from the database file itself; the code beside the gateway is asked
for its revisions alone and never touches a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui.core.errors import McpdbError
from tui.core.models import (
    Applied,
    ContainerRef,
    Deployment,
    Fit,
    GatewayState,
    Revision,
    RevisionState,
    Timeline,
)
from tui.core.operation import Verdict
from tui.operations.timelines.applied import applied_to
from tui.services.migrations.graph import MigrationGraph, upto
from tui.services.migrations.probe import (
    read_container,
    read_local,
    recall_container,
    recall_local,
)
from tui.services.migrations.releases import (
    first_release_with,
    precedes,
    releases_of,
    short,
    span_of,
)
from tui.wording.clean import one_line

NO_INTERPRETER = (
    "No migrations known: the probe has no interpreter with the gateway's code (--python)."
)


def read_timeline(
    deployment: Deployment,
    gateway: GatewayState,
    current: Sequence[str],
    *,
    fresh: bool = False,
) -> Timeline:
    """Read the migrations of the code beside the database, and where the database stands.

    Asks the running container; a one-off container of its image when it is stopped, loops or is
    gone; a local interpreter when no container has the code. Never raises for one of them that
    cannot be asked: `problem` says why there are no revisions.

    Args:
        deployment: Whose.
        gateway: What the gateway is doing, from one look.
        current: Rows of `alembic_version`, read from the file.
        fresh: Ask even if the answer is remembered.
    """
    try:
        graph = _read(deployment, gateway, fresh)
    except McpdbError as error:
        return Timeline(
            revisions=(), heads=(), current=tuple(current), problem=str(error), unknown=()
        )
    return place(graph, current, _applied(deployment, graph, current))


def recalled_timeline(
    deployment: Deployment, gateway: GatewayState, current: Sequence[str]
) -> Timeline | None:
    """Return the timeline as far as it is remembered; asks nobody, starts nothing.

    None when the image or interpreter was never asked: what is cheap enough for `status`.
    """
    package = deployment.migrations.package
    graph = None
    if isinstance(deployment.gateway, ContainerRef):
        graph = recall_container(gateway.image_id or deployment.image_id, package)
    if graph is None and deployment.migrations.python:
        graph = recall_local(deployment.migrations.python, package)
    if graph is None:
        return None
    return place(graph, current, _applied(deployment, graph, current))


def _applied(
    deployment: Deployment, graph: MigrationGraph, current: Sequence[str]
) -> dict[str, Applied]:
    return applied_to(deployment, graph.revisions, current)


def _read(deployment: Deployment, gateway: GatewayState, fresh: bool) -> MigrationGraph:
    ref, known = deployment.gateway, deployment.migrations
    if isinstance(ref, ContainerRef):
        try:
            return read_container(
                ref,
                known.package,
                # One that restarts would be cut in the middle of the answer.
                up=gateway.running in ("running", "starting"),
                image_id=gateway.image_id or deployment.image_id,
                fresh=fresh,
            )
        except McpdbError:
            if not known.python:
                raise
    if known.python:
        return read_local(known.python, known.package, fresh=fresh)
    raise McpdbError(NO_INTERPRETER)


# --- where the database stands -----------------------------------------------------------


def place(
    graph: MigrationGraph,
    current: Sequence[str],
    applied: Mapping[str, Applied] | None = None,
) -> Timeline:
    """Compute from the graph alone which revisions are applied, current, pending or unknown.

    Applied is what comes before a current revision, over every branch of a merge. When the
    database stands at a revision this code does not know, nobody can say of the rest whether
    it was applied: `unknown`.
    """
    ways = applied or {}
    known = {item.revision for item in graph.revisions}
    unknown = tuple(revision for revision in current if revision not in known)
    below = upto(graph.revisions, current)

    def state(revision: str) -> RevisionState:
        if revision in current:
            return "current"
        if revision in below:
            return "applied"
        return "unknown" if unknown else "pending"

    own = own_release(graph)
    revisions = tuple(
        replace(
            item,
            state=state(item.revision),
            applied=ways[item.revision].at if item.revision in ways else None,
            applied_by=ways.get(item.revision),
            release=own if own and item.revision in graph.heads else item.release,
        )
        for item in graph.revisions
    )
    return Timeline(
        revisions=revisions,
        heads=graph.heads,
        current=tuple(current),
        unknown=unknown,
        read_from=graph.read_from,
        seconds=graph.seconds,
        problem=_problem(graph, own, unknown),
        release=own or graph.version,
    )


def own_release(graph: MigrationGraph) -> str:
    """Return the release of this code, unless its head says that it is another one's.

    What the package calls itself is surer than the table: releases share heads, and the table
    ends where it was written.
    """
    named = releases_of(graph.heads[0]) if len(graph.heads) == 1 else ()
    fitting = not named or graph.version in map(short, named)
    return graph.version if fitting and len(graph.heads) == 1 else ""


def _problem(graph: MigrationGraph, own: str, unknown: Sequence[str]) -> str:
    if not graph.revisions:
        return "The package ships no migrations."
    if unknown:
        return _not_known(unknown, own or (span_of(graph.heads[0]) if graph.heads else ""))
    if len(graph.heads) > 1:
        several = " and ".join([", ".join(graph.heads[:-1]), graph.heads[-1]])
        count = {2: "Two", 3: "Three", 4: "Four"}.get(len(graph.heads), str(len(graph.heads)))
        return (
            f"{count} heads: {several}. The image cannot upgrade; "
            "this is the package's fault, use another release."
        )
    return ""


def _not_known(unknown: Sequence[str], own: str) -> str:
    """Return the sentence for a database that stands where this code has never been."""
    names, made_by = ", ".join(map(one_line, unknown)), span_of(unknown[0])
    said = f" (release {made_by})" if made_by else ""
    needed = first_release_with(unknown[0])
    start = f"Start {needed}" if needed else "Start the release that made it"
    backup = f"restore a backup of {own}" if own else "restore an older backup"
    return f"This image does not know {names}{said}. {start}, or {backup}."


# --- questions others ask ----------------------------------------------------------------


def head(timeline: Timeline) -> str:
    """Return the one head a start of this code migrates to; empty without one, or with several."""
    return timeline.heads[0] if len(timeline.heads) == 1 else ""


def at_head(timeline: Timeline) -> bool:
    """Whether the database stands exactly at the heads of this code."""
    return bool(timeline.heads) and set(timeline.current) == set(timeline.heads)


def pending(timeline: Timeline) -> tuple[Revision, ...]:
    """Return what a start of this code would run, in the order it would run it."""
    return tuple(r for r in reversed(timeline.revisions) if r.state == "pending")


def revision_of(timeline: Timeline, name: str) -> Revision | None:
    """Return a revision by its id, by a beginning of it that fits only one, or by `head`."""
    if name in ("head", "heads"):
        name = head(timeline)
    exact = [item for item in timeline.revisions if item.revision == name]
    fitting = exact or [r for r in timeline.revisions if name and r.revision.startswith(name)]
    return fitting[0] if len(fitting) == 1 else None


def fits(timeline: Timeline, backup_revision: str) -> Fit:
    """Say whether this code can start on a backup, and how many migrations that would run."""
    if not timeline.revisions or not backup_revision:
        return Fit(verdict=Verdict.UNKNOWN, text="unknown")
    done = upto(timeline.revisions, [backup_revision])
    if not done:
        if _is_newer(timeline, backup_revision):
            return Fit(verdict=Verdict.WARN, text="too new")
        return Fit(verdict=Verdict.FAIL, text="no")
    if len(timeline.heads) > 1:
        return Fit(verdict=Verdict.FAIL, text="no")
    steps = len(timeline.revisions) - len(done)
    if not steps:
        return Fit(verdict=Verdict.OK, text="ok", steps=0)
    text = f"+{steps} step" if steps == 1 else f"+{steps} steps"
    return Fit(verdict=Verdict.OK, text=text, steps=steps)


def _is_newer(timeline: Timeline, revision: str) -> bool:
    """Whether a revision this code does not know came with a later release.

    One that no release we know of ends in is taken as newer too: releases go on, while ids that
    were renamed are rare.
    """
    came_with = first_release_with(revision)
    own = first_release_with(head(timeline))
    return not (came_with and own) or precedes(own, came_with)


def fit_sentence(timeline: Timeline, backup_revision: str, image: str = "") -> str:
    """Say in one sentence how a backup fits, e.g. for a plan.

    Args:
        timeline: Of the running image.
        backup_revision: The backup's.
        image: What to call the image, e.g. `1.0.5`; otherwise the release its head belongs to.
    """
    own = image or span_of(head(timeline))
    name = f"image {own}" if own else "this image"
    fit = fits(timeline, backup_revision)
    if fit.text == "unknown":
        why = "the backup says no revision" if timeline.revisions else timeline.problem
        return f"unknown: {why}"
    if fit.steps == 0:
        return f"{name} starts without a migration"
    if fit.steps is not None:
        return f"{fit.text}: at its start {name} migrates to {head(timeline)}"
    if len(timeline.heads) > 1:
        return f"no: {name} has several heads and cannot upgrade"
    came_with = first_release_with(backup_revision)
    where = f"came with {came_with}, the image is {own}" if came_with and own else ""
    return f"{fit.text}: revision {backup_revision} " + (where or f"is not known to {name}")
