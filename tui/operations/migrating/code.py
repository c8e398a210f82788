"""Which code migrates a database: the gateway's own image, or another local one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, GatewayState, Timeline
from tui.operations.migrating.switching import Target, target_image
from tui.operations.migrating.wanted import Wanted
from tui.operations.timelines.timeline import place, read_timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What migrates, and with what the gateway starts afterwards."""

    timeline: Timeline
    """Of the code that migrates, with where the database stands."""
    target: Target
    """The image that the gateway starts with."""
    image: str = ""
    """What is given to `running.run`; empty means the gateway's own code."""
    image_id: str = ""
    """Of what migrates; empty for an interpreter."""
    name: str = ""
    """What a person calls what migrates."""
    release: str = ""
    started: Timeline | None = None
    """Of the image that the gateway starts with, where that is another one than what migrates."""
    problem: str = ""
    """Why it cannot be used, in one sentence."""

    @property
    def switches(self) -> bool:
        """Whether the gateway starts with another image than it has now."""
        return self.target.switches

    @property
    def ends_at(self) -> tuple[str, ...]:
        """Heads of the code that the gateway starts with; empty when they are not known."""
        return (self.started or self.timeline).heads


def find_code(wanted: Wanted, state: GatewayState, current: tuple[str, ...]) -> Code:
    """Find out which code migrates; changes nothing.

    An upgrade is done by the image that the gateway then starts with. A downgrade is done by the
    one that knows the way down, mostly the running one, which is not the one that it holds with.

    Args:
        wanted: What is asked for.
        state: What the gateway is doing.
        current: Rows of `alembic_version`.
    """
    deployment = wanted.deployment
    own = state.image_id or deployment.image_id
    ref = deployment.gateway
    if not isinstance(ref, ContainerRef):
        problem = "There are no images here: the gateway is no container." if wanted.image else ""
        return Code(
            timeline=read_timeline(deployment, state, current),
            target=Target(),
            name=state.release or state.image,
            release=state.release,
            problem=problem,
        )
    if wanted.action == "upgrade":
        target = target_image(deployment, state, wanted.image)
        wish = target.image_id
    elif wanted.action == "downgrade":
        target, wish = target_image(deployment, state), wanted.image
    else:
        target, wish = Target(image_id=own, name=state.image), wanted.image
    if wish and wish != own:
        code = _other(deployment, ref, wish, current, target)
    else:
        code = Code(
            timeline=read_timeline(deployment, state, current),
            target=target,
            image_id=own,
            name=state.image or deployment.image,
            release=state.release,
            problem=target.problem,
        )
    starts = target.image_id if target.switches else own
    if not starts or starts == code.image_id:
        return code
    return replace(code, started=_read(deployment, ref, starts, current))


def _other(
    deployment: Deployment, ref: ContainerRef, wish: str, current: tuple[str, ...], target: Target
) -> Code:
    """Another image than the gateway's own."""
    from tui.services.containers.engine import Engine

    name = target.name if wish == target.image_id else wish
    engine = Engine(ref.docker_host)
    try:
        image_id = str(engine.image(wish).get("Id") or "")
    except McpdbError as error:
        empty = Timeline(revisions=(), heads=(), current=current, problem=str(error))
        return Code(timeline=empty, target=target, name=name, problem=str(error))
    finally:
        engine.close()
    timeline = _read(deployment, ref, image_id, current)
    return Code(
        timeline=timeline,
        target=target,
        image=image_id,
        image_id=image_id,
        name=name,
        release=timeline.release,
        problem=target.problem,
    )


def _read(
    deployment: Deployment, ref: ContainerRef, image_id: str, current: tuple[str, ...]
) -> Timeline:
    """The timeline of a local image; `problem` says why it could not be read."""
    from tui.services.migrations.probe import read_image

    try:
        return place(read_image(ref, deployment.migrations.package, image_id), current)
    except McpdbError as error:
        return Timeline(revisions=(), heads=(), current=current, problem=str(error))
