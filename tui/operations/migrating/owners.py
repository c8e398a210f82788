"""Who owns a database, its folder and its sidecars, and giving them to the gateway's user."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, GatewayState
from tui.core.operation import Check, Facts, Verdict
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating.switch_target import SIDECARS
from tui.operations.timelines.migration_owner import user_of
from tui.services import files
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.services.giving import Giver, Owner


@dataclass(frozen=True, slots=True)
class Gift:
    """What changes hands."""

    owners: dict[str, dict[str, list[int]]]
    """By path; owner and group `before` and `after`, as containers number them."""
    user: str


def look(deployment: Deployment, state: GatewayState) -> tuple[Gift, list[Check]]:
    """Who owns what, and whether that lets the gateway's user write it."""
    try:
        with _giver(deployment, state) as (giver, user):
            return _compared(deployment, giver, user)
    except McpdbError as error:
        return Gift({}, ""), [Check("owner", Verdict.FAIL, str(error), error.exit_code)]


def _compared(
    deployment: Deployment, giver: Giver, user: tuple[int, int]
) -> tuple[Gift, list[Check]]:
    owners: dict[str, dict[str, list[int]]] = {}
    told, stuck = [], []
    for path in _paths(deployment):
        owner = giver.owner(path)
        # What everybody may write is given as well: else that right could never be taken away.
        # A folder with the sticky bit, such as /tmp, is there for everybody.
        shared = owner is not None and bool(owner.mode & stat.S_ISVTX)
        if owner is None or owner.lets_write(*user, everybody=shared):
            continue
        if owner.uid == user[0]:
            stuck.append(path)
            continue
        owners[str(path)] = {"before": [owner.uid, owner.gid], "after": list(user)}
        told.append(f"{path.name} (of {owner})")
    name = f"{user[0]}:{user[1]}"
    if stuck:
        text = f"{stuck[0]} belongs to {name} already, and its mode lets nobody write: chmod u+w"
        return Gift({}, name), [Check("owner", Verdict.FAIL, one_line(text))]
    if not owners:
        text = f"Nothing to give: the gateway's user {name} may write the database and its folder."
        return Gift({}, name), [Check("owner", Verdict.FAIL, text)]
    return Gift(owners, name), [
        Check("owner", Verdict.OK, one_line(f"{', '.join(told)}: given to {name}"))
    ]


def need_everybody(
    deployment: Deployment, state: GatewayState, paths: Sequence[Path]
) -> tuple[tuple[int, int], list[Path]]:
    """The gateway's user, and which of these it may write only because everybody may.

    Raises:
        McpdbError: The user cannot be told, or the engine does not answer.
    """
    if isinstance(deployment.gateway, ContainerRef):
        with _giver(deployment, state) as (giver, user):
            return user, [path for path in paths if _needs_everybody(giver.owner(path), user)]
    own = user_of(deployment, state)
    if own is None:
        raise McpdbError("which user the gateway runs as is not known here")
    from tui.services.giving import Owner

    there = [(path, one) for path in paths if (one := files.identity(path)) is not None]
    return own, [
        path for path, one in there if _needs_everybody(Owner(one.uid, one.gid, one.mode), own)
    ]


def _needs_everybody(owner: Owner | None, user: tuple[int, int]) -> bool:
    return (
        owner is not None
        and owner.lets_write(*user)
        and not owner.lets_write(*user, everybody=False)
    )


def _paths(deployment: Deployment) -> list[Path]:
    live = deployment.database
    return [live.parent, live, *(live.with_name(live.name + suffix) for suffix in SIDECARS)]


@contextmanager
def _giver(deployment: Deployment, state: GatewayState) -> Iterator[tuple[Giver, tuple[int, int]]]:
    """What changes owners, and the gateway's user.

    Raises:
        McpdbError: The user cannot be told.
        NotFoundError: The container or its image is gone.
        DockerError: The engine does not answer.
    """
    from tui.services.containers.engine import Engine
    from tui.services.giving import Giver, user_of

    ref = deployment.gateway
    assert isinstance(ref, ContainerRef)
    engine = Engine(ref.docker_host)
    try:
        container = engine.inspect(ref.container)
        image = engine.image(state.image_id or str(container["Image"]))
        user = user_of(engine, image, str(container["Config"].get("User") or ""))
        if user is None:
            raise McpdbError(f"Which user {one_line(ref.container)} runs as cannot be told.")
        yield Giver(engine, deployment.database.parent, str(image["Id"]), container), user
    finally:
        engine.close()


def give(deployment: Deployment, owners: Mapping[str, Any], whose: str) -> Facts:
    """Give every path its owner; done already, it does nothing."""
    if owners:
        with _giver(deployment, state_of(gateway_of(deployment))) as (giver, _user):
            for path, change in owners.items():
                uid, gid = change[whose]
                giver.give([Path(path)], int(uid), int(gid))
    return {}
