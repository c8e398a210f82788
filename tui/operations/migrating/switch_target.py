"""Which image an upgrade or a downgrade is to end with, and what bringing it in takes.

The target is the image that Compose names now: Compose files are never edited here. Who owns the
database belongs to it, for releases run as different users.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError, NotFoundError
from tui.core.models import ContainerRef, Deployment, GatewayState
from tui.core.operation import Check, Verdict
from tui.services import files
from tui.services.containers import compose_up, container_facts, kept_images
from tui.services.containers.compose_up import Named
from tui.services.containers.engine import Engine, Facts
from tui.services.giving import Giver, Owner, user_of
from tui.wording.clean import one_line

SIDECARS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The image that a gateway is to start with, and what that takes."""

    image_id: str = ""
    """Empty where there is no image: a process, or nothing is known."""
    name: str = ""
    """What a person calls it."""
    switch: dict[str, Any] | None = None
    """Goes into the journal's facts as `switch` before the stop; None: a plain start."""
    problem: str = ""
    """Why this image is refused for a change; one sentence. A rehearsal may use it all the same
    where `image_id` is not empty."""
    checks: tuple[Check, ...] = ()
    """What the plan shows beside it: who owns what, what the operator must do."""

    @property
    def switches(self) -> bool:
        """Whether another image is brought in; without that, `switch` is about owners alone."""
        return self.switch is not None and self.switch["to"] != self.switch["from"]


def target_image(deployment: Deployment, state: GatewayState, asked: str = "") -> Target:
    """Decide which image the gateway is to start with; changes nothing.

    Args:
        deployment: Whose.
        state: What the gateway is doing.
        asked: `--image`, a name or id; empty means what Compose names, else the running one.

    Returns:
        The image, and the `switch` that the journal records. It holds `to` and `from` (image
        ids), `to_name`, `from_name`, `service`, `give` (`folder` and `file`, each with the owner
        `before` and `after`), `waiting_for` and `way_back` (commands, where there is
        no Compose here).
    """
    ref = deployment.gateway
    running = state.image_id or deployment.image_id
    if not isinstance(ref, ContainerRef):
        problem = "There are no images here: the gateway is no container." if asked else ""
        return Target(problem=problem)
    engine = Engine(ref.docker_host)
    try:
        return _Deciding(deployment, ref, engine, running, state.image).target(asked)
    except McpdbError as error:
        problem = str(error) if asked or not running else ""
        return Target(image_id=running, name=state.image, problem=problem)
    finally:
        engine.close()


class _Deciding:
    """One decision, with what it looks at."""

    def __init__(
        self, deployment: Deployment, ref: ContainerRef, engine: Engine, running: str, name: str
    ) -> None:
        self._deployment = deployment
        self._ref = ref
        self._engine = engine
        self._running = running
        self._running_name = name or deployment.image

    def target(self, asked: str) -> Target:
        named = compose_up.named_image(self._ref)
        return self._asked(asked, named) if asked else self._unasked(named)

    def _unasked(self, named: Named) -> Target:
        if named.id:
            return self._to(named.id, named.name, named)
        if not named.problem or not named.askable:
            return self._to(self._running, self._running_name, named)
        if named.name and named.name != self._running_name:
            return self._refused(self._running, self._running_name, f"{named.problem}.")
        text = f"{named.problem.rstrip('.')}. The image that runs is taken."
        return self._to(
            self._running, self._running_name, named, Check("compose", Verdict.WARN, text)
        )

    def _asked(self, asked: str, named: Named) -> Target:
        try:
            found = str(self._engine.image(asked)["Id"])
        except NotFoundError:
            here = one_line(asked)
            return Target(name=asked, problem=f"There is no image {here} here: docker pull {here}")
        if found in (self._running, named.id):
            name = self._running_name if found == self._running else named.name
            return self._to(found, name, named)
        if not named.askable and self._ref.project:
            return self._to(found, asked, named, by_hand=True)
        if named.problem and not named.name:
            return self._refused(found, asked, named.problem)
        still = one_line(short(named.name or self._running_name))
        return self._refused(found, asked, f"U is off: the Compose file still names {still}.")

    def _refused(self, image_id: str, name: str, problem: str) -> Target:
        return Target(image_id=image_id, name=name, problem=problem)

    def _to(
        self, image_id: str, name: str, named: Named, *checks: Check, by_hand: bool = False
    ) -> Target:
        """The decision is made; what does it take?"""
        if not image_id:
            return Target(name=name, checks=checks)
        other = image_id != self._running
        container = self._container()
        told = named.user if other else str((container.get("Config") or {}).get("User") or "")
        user = user_of(self._engine, self._engine.image(image_id), told)
        give, owner_checks = self._owners(image_id, user, container, other=other)
        waiting = compose_up.command(self._ref) if by_hand else ""
        if waiting:
            text = f"there is no compose here: you are asked to type: {one_line(waiting)}"
            checks = (*checks, Check("compose", Verdict.WARN, text))
        pinned = compose_up.pinned_path(self._deployment.state_dir)
        switch = {
            "to": image_id,
            "from": self._running,
            "to_name": name,
            "from_name": self._running_name,
            "service": self._ref.service,
            "give": give,
            "kept": kept_images.name(self._ref.project, self._running) if other else "",
            "compose": list(named.words),
            "version": named.version,
            "waiting_for": waiting,
            "way_back": compose_up.command(self._ref, pinned) if by_hand else "",
        }
        return Target(
            image_id=image_id,
            name=name,
            switch=switch if other or give else None,
            checks=(*checks, *owner_checks),
        )

    def _container(self) -> Facts:
        try:
            return self._engine.inspect(self._ref.container)
        except NotFoundError:
            return {}

    def _owners(
        self, image_id: str, user: tuple[int, int] | None, container: Facts, *, other: bool
    ) -> tuple[dict[str, Any], list[Check]]:
        """What must be given to the image's user, and what the plan says of it."""
        database = self._deployment.database
        if user is None or self._deployment.blocked("replace"):
            return {}, []
        giver = Giver(self._engine, database.parent, image_id, container)
        give: dict[str, Any] = {}
        for what, path in (("folder", database.parent), ("file", database)):
            owner = giver.owner(path)
            if owner is None:
                continue
            # A new file gets the user of the image that made it: the way back must know.
            anyway = other and what == "file" and (owner.uid, owner.gid) != user
            if anyway or not owner.lets_write(*user):
                give[what] = {"before": [owner.uid, owner.gid], "after": list(user)}
        checks = [_owner_check(database, give, user)] if give else []
        return give, [*checks, *_unwritable(_others(container, database), user)]


def _owner_check(database: Path, give: Mapping[str, Any], user: tuple[int, int]) -> Check:
    """Who gets what, or why that cannot be done."""
    paths = {"folder": database.parent, "file": database}
    told = " and ".join(
        f"{one_line(paths[what].name)} (of {_pair(change['before'])})"
        for what, change in give.items()
    )
    if os.geteuid():
        where = shlex.join(["chown", _pair(user), *(str(paths[what]) for what in give)])
        # Given now, the gateway that runs could not write its own file any more.
        text = (
            f"the image runs as {_pair(user)}, which needs {told}; run this as root, which gives "
            f"it while the gateway is stopped. By hand, once it is stopped: sudo {where}"
        )
        return Check("owner", Verdict.FAIL, one_line(text))
    text = f"{told}: given to {_pair(user)}, the image's user; the way back gives it back"
    return Check("owner", Verdict.OK, text)


def _pair(ids: Iterable[int]) -> str:
    return ":".join(str(number) for number in ids)


def _others(container: Facts, database: Path) -> list[Path]:
    """Other folders of this host that the container writes: its logs."""
    return [
        Path(mount["Source"])
        for mount in container_facts.mounts(container)
        if mount.get("Type") == "bind"
        and mount.get("RW", True)
        and not database.is_relative_to(Path(mount["Source"]))
    ]


def _unwritable(folders: Iterable[Path], user: tuple[int, int]) -> list[Check]:
    checks = []
    for folder in folders:
        found = files.identity(folder)
        if found is None or not files.is_folder(folder):
            continue
        owner = Owner(found.uid, found.gid, found.mode)
        if not owner.lets_write(*user):
            command = shlex.join(["sudo", "chown", "-R", _pair(user), str(folder)])
            text = f"{folder} belongs to {owner}; {_pair(user)} cannot write there: {command}"
            checks.append(Check("logs", Verdict.WARN, one_line(text)))
    return checks


def short(name: str) -> str:
    """An image's tag where that says enough, else its name."""
    tag = name.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return tag if tag[:1].isdigit() else name
