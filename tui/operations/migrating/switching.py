"""Which image the gateway starts with: its own, or another one that Compose names now.

Every start of an operation goes through here, so that a switch of the image and the way back
from it are the same few lines for all of them. What a switch needs is decided while planning
(`target_image`), recorded in the journal before the stop, and done again after any cut.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui.core.errors import DockerError, McpdbError, UnhealthyError
from tui.core.models import ContainerRef, Deployment
from tui.operations.execution import waiting
from tui.operations.finding.gateways import Note, start_with_patience, with_patience
from tui.operations.migrating.switch_target import SIDECARS, Target, target_image
from tui.services import files
from tui.services.containers import compose_up, kept_images
from tui.services.containers.engine import Engine
from tui.services.gateways.protocol import Gateway
from tui.services.giving import Giver
from tui.wording.clean import one_line

__all__ = ["Target", "by_hand", "put", "start", "target_image"]

BY_HAND_SECONDS = waiting.SECONDS
_POLL = 0.5


def start(
    deployment: Deployment,
    gateway: Gateway,
    facts: Mapping[str, Any],
    note: Note,
    *,
    back: bool = False,
) -> None:
    """Start the gateway; with another image where the journal's facts hold a `switch`.

    Args:
        deployment: Whose.
        gateway: What is started.
        facts: Of the journal. `switch`: what `target_image` said before the stop.
        note: Told the seconds that have passed.
        back: Start it with the image, and on a folder of the owner, that it had before.

    Raises:
        UnhealthyError: The container could not be made with the image that is meant.
        DockerError: The engine does not answer.
    """
    put(deployment, facts, note, back=back)
    start_with_patience(gateway, note)


def put(
    deployment: Deployment,
    facts: Mapping[str, Any],
    note: Note,
    *,
    back: bool = False,
    wait: bool = True,
) -> None:
    """Give file and folder to the image's user and make the container with it; start nothing.

    Done already, it does nothing.

    Args:
        deployment: Whose; its gateway is down.
        facts: Of the journal.
        note: Told the seconds that have passed.
        back: Everything as it was before.
        wait: Where a person must make the container: wait for it.

    Raises:
        UnhealthyError: Compose failed, or gave another image.
        DockerError: The engine does not answer.
        PrecheckError: The owner may not be changed.
    """
    ref, switch = deployment.gateway, facts.get("switch")
    if not isinstance(ref, ContainerRef) or not isinstance(switch, Mapping):
        return
    change = _Change(deployment, ref, switch, back=back)
    with_patience(change.give, note)
    with_patience(lambda: change.make(note, wait=wait), note)


def by_hand(deployment: Deployment, facts: Mapping[str, Any]) -> tuple[list[str], str]:
    """What a person types to have owners and image back as they were.

    Args:
        deployment: Whose.
        facts: Of the journal.

    Returns:
        The commands that give the files back, and the one that makes and starts the container;
        empty where no image changed.
    """
    ref, switch = deployment.gateway, facts.get("switch")
    if not isinstance(ref, ContainerRef) or not isinstance(switch, Mapping):
        return [], ""
    paths = {"folder": deployment.database.parent, "file": deployment.database}
    give = [
        shlex.join(["chown", ":".join(map(str, change["before"])), str(paths[what])])
        for what, change in (switch.get("give") or {}).items()
    ]
    former = str(switch.get("from") or "")
    if not former or former == switch.get("to"):
        return give, ""
    name = kept_images.name(ref.project, former)
    return give, compose_up.pinned_line(ref, former, name, deployment.state_dir, switch)


class _Change:
    """One direction of one switch."""

    def __init__(
        self, deployment: Deployment, ref: ContainerRef, switch: Mapping[str, Any], *, back: bool
    ) -> None:
        self._deployment = deployment
        self._ref = ref
        self._switch = switch
        self._back = back
        self._wanted = str(switch.get("from" if back else "to") or "")
        self._name = str(switch.get("from_name" if back else "to_name") or "")

    def give(self) -> None:
        """Give what has to be given, or give it back."""
        folder, database = self._deployment.database.parent, self._deployment.database
        if not self._switch.get("give"):
            return
        sidecars = [database.with_name(database.name + suffix) for suffix in SIDECARS]
        whose: dict[str, list[Path]] = {"folder": [folder], "file": [database, *sidecars]}
        with self._engine() as engine:
            giver = Giver(engine, folder, self._image_for_giving(engine), self._container(engine))
            for what, change in self._switch["give"].items():
                uid, gid = change["before" if self._back else "after"]
                giver.give(whose[what], int(uid), int(gid))

    def make(self, note: Note, *, wait: bool) -> None:
        """Have the container with the image that is meant."""
        compose_up.settle(self._deployment.state_dir, note)
        with self._engine() as engine:
            compose_up.give_name_back(engine, self._ref)
            if not self._wanted or compose_up.image_of(engine, self._ref) == self._wanted:
                # A run that was killed before it could take it away left it.
                files.remove(compose_up.pinned_path(self._deployment.state_dir))
                return
            if not self._back:
                self._keep(engine)
            if self._switch.get("waiting_for"):
                if wait:
                    self._by_hand(engine, note)
                return
            state_dir = self._deployment.state_dir
            if not self._back and not self._switch.get("pinned"):
                compose_up.up(self._ref, self._wanted, state_dir, note)
                return
            compose_up.up_pinned(self._ref, self._wanted, self._usable(engine), state_dir, note)

    def _keep(self, engine: Engine) -> None:
        """Keep the image that is left, for the way back and for `undo`; and no older one."""
        former, project = str(self._switch.get("from") or ""), self._ref.project
        if former:
            kept_images.keep(engine, project, former)
        kept_images.forget(engine, project, (former, self._wanted))

    def _usable(self, engine: Engine) -> str:
        return kept_images.usable_name(engine, self._ref.project, self._wanted, self._name)

    def _by_hand(self, engine: Engine, note: Note) -> None:
        """Wait until a person has made the container.

        Raises:
            UnhealthyError: Nobody did, or with another image.
        """
        pinned = self._back or self._switch.get("pinned")
        command = waiting.command(self._switch, back=self._back)
        if pinned:
            image, folder = self._usable(engine), self._deployment.state_dir
            override = compose_up.pinned_file(self._ref, image, folder)
        self._until_made(engine, command, note)
        if pinned:
            # Not after a failure: the command that was told still needs it.
            files.remove(override)

    def _until_made(self, engine: Engine, command: str, note: Note) -> None:
        began = time.monotonic()
        while compose_up.image_of(engine, self._ref) != self._wanted:
            for facts in compose_up.up_containers(engine, self._ref):
                if facts["Image"] != self._wanted:
                    engine.stop(facts["Id"], 10.0)
                    raise UnhealthyError(
                        f"{one_line(self._ref.container)} was started with another image than "
                        f"{one_line(self._name)}; it was stopped again."
                    )
            passed = time.monotonic() - began
            if passed >= BY_HAND_SECONDS:
                raise UnhealthyError(f"Nobody made the container within 10 min: {command}")
            note(int(passed), int(BY_HAND_SECONDS))
            time.sleep(_POLL)

    def _image_for_giving(self, engine: Engine) -> str:
        return self._wanted or compose_up.image_of(engine, self._ref)

    def _container(self, engine: Engine) -> Mapping[str, Any]:
        try:
            return engine.inspect(self._ref.container)
        except DockerError:
            raise
        except McpdbError:
            return {}

    def _engine(self) -> _Closing:
        return _Closing(self._ref)


class _Closing:
    """An engine's connection for as long as it is needed."""

    def __init__(self, ref: ContainerRef) -> None:
        self._engine = Engine(ref.docker_host, timeout=30.0)

    def __enter__(self) -> Engine:
        return self._engine

    def __exit__(self, *_error: object) -> None:
        self._engine.close()
