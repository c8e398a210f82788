"""What the commands about migrations ask first: where the database stands, and in which code."""

from __future__ import annotations

from tui.cli.session import Session
from tui.core.errors import DockerError, McpdbError, NotFoundError, UsageError, VerificationError
from tui.core.models import ContainerRef, Deployment, GatewayState, Revision, Timeline
from tui.operations.reads.looking import LiveDatabase
from tui.operations.status import read_gateway
from tui.operations.timelines.timeline import head, read_timeline
from tui.wording.clean import one_line


def revisions_of(deployment: Deployment, *, required: bool) -> tuple[str, ...]:
    """Rows of `alembic_version`.

    Args:
        deployment: Whose database is looked at.
        required: Whether a database that is not there or cannot be read is an error.

    Raises:
        McpdbError: The file cannot be read, and that is what was asked for.
    """
    live = LiveDatabase(deployment)
    facts = live.facts()
    if required and not facts.exists:
        raise NotFoundError(facts.problem)
    if required and facts.problem:
        # Reading it again raises the error itself, with its exit code.
        live.tables()
        raise VerificationError(facts.problem)
    return facts.revisions


def timeline_of(session: Session, image: str = "") -> tuple[Timeline, GatewayState]:
    """The migrations of the gateway's code and what the gateway is doing.

    Args:
        session: Whose deployment.
        image: Another local image whose migrations are asked for instead.

    Raises:
        DockerError: The code is in a container, and the engine cannot be asked for it.
        NotFoundError: Nothing here has the code.
        UsageError: Another image is asked for where the gateway is in no container.
    """
    deployment = session.deployment
    current = revisions_of(deployment, required=False)
    state, _health = read_gateway(deployment)
    if image:
        return _of_image(deployment, image, current), state
    timeline = read_timeline(deployment, state, current)
    if not timeline.revisions:
        raise without_code(deployment, timeline)
    return timeline, state


def without_code(deployment: Deployment, timeline: Timeline) -> McpdbError:
    """Why there is no timeline, with the exit code of that reason."""
    blocked = deployment.blocked("gateway")
    kind = DockerError if blocked and blocked.topic == "docker" else NotFoundError
    return kind(timeline.problem or "No migrations known.")


def _of_image(deployment: Deployment, image: str, current: tuple[str, ...]) -> Timeline:
    from tui.operations.timelines.applied import applied_to
    from tui.operations.timelines.timeline import place
    from tui.services.migrations.probe import read_image

    ref = deployment.gateway
    if not isinstance(ref, ContainerRef):
        raise UsageError("--image belongs to a gateway in a container; this one is in none.")
    graph = read_image(ref, deployment.migrations.package, image)
    return place(graph, current, applied_to(deployment, graph.revisions, current))


def revision_named(timeline: Timeline, word: str) -> Revision:
    """The revision that a person means: its id, a beginning of it, `head` or `current`.

    Raises:
        UsageError: It fits several.
        NotFoundError: It fits none.
    """
    names = _meant(timeline, word)
    exact = [r for r in timeline.revisions if r.revision in names]
    found = exact or [r for r in timeline.revisions if any(map(r.revision.startswith, names))]
    if len(found) == 1:
        return found[0]
    safe = one_line(word)
    if not found:
        if timeline.unknown and word in (*timeline.unknown, "current"):
            raise NotFoundError(timeline.problem)
        raise NotFoundError(f"This code knows no revision {safe}: see `migrations list`.")
    raise UsageError(f"{safe} is the beginning of {len(found)} revisions: say more of it.")


def _meant(timeline: Timeline, word: str) -> tuple[str, ...]:
    if word in ("head", "heads"):
        return tuple(filter(None, [head(timeline)])) or timeline.heads
    if word == "current":
        return timeline.current
    return (word,) if word else ()
